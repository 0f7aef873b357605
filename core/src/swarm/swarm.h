/* A swarm: one BitTorrent v2 torrent and the peers we share it with.
 *
 * Questions this structure answers: which pieces are there, which do we have,
 * which does a page want, who has them, and what hash must each have?
 *
 *   swarm --- files[]   where each file's pieces begin, its root and layer
 *         |-- pieces[]  what we hold of each piece
 *         |-- wants[]   pieces that page requests wait for, oldest first by `order`
 *         |-- streams   the page requests themselves (stream.h)
 *         |-- peers     one for each channel (peer.h)
 *         '-- fetches   HTTP requests to the origin under way (origin.h)
 *
 * swarm.c keeps the structure; the units beside it act on it:
 *   layers.c    hashes of pieces: getting and giving them (BEP 52)
 *   assembly.c  blocks become verified pieces, bad blocks find their sender
 *   store.c     verified pieces in memory, least recently used ones go first
 *   picker.c    which piece to ask which peer for
 *   origin.c    which piece to fetch from the origin, and when
 *   stream.c    page requests: windows, credit, delivery in order
 *   peer.c, receive.c, send.c   the wire protocol with one peer */
#ifndef PT_SWARM_SWARM_H
#define PT_SWARM_SWARM_H

#include "format/merkle.h"
#include "swarm/context.h"

typedef struct pt_swarm pt_swarm;
typedef struct pt_peer pt_peer;
typedef struct pt_stream pt_stream;
typedef struct pt_fetch pt_fetch;

enum pt_piece_state {
  PT_PIECE_NONE = 0,
  PT_PIECE_GATHERING, /* some blocks are here, or asked for */
  PT_PIECE_FULL,      /* all blocks are here, its hash is not known yet */
  PT_PIECE_HAVE       /* verified */
};

/* After a piece of several senders failed: what each block's hash was, so that
 * the verified piece tells whose block was wrong. */
typedef struct pt_suspect {
  pt_hash leaf;
  uint16_t giver;
} pt_suspect;

typedef struct pt_assembly {
  uint32_t serial; /* tells this one from another at the same place */
  uint32_t block_count;
  uint32_t blocks_here;
  uint16_t giver[]; /* per block; PT_GIVER_NONE: not here */
} pt_assembly;

typedef struct pt_piece {
  pt_swarm *swarm;
  struct pt_piece *newer, *older; /* among verified pieces, by last use */
  uint8_t *data;
  pt_assembly *assembly; /* while gathering or full */
  pt_suspect *suspects;  /* per block, after a failure; else NULL */
  uint32_t pins;         /* streams whose window covers it: never evicted */
  uint32_t want;         /* its place in wants[] + 1; 0: nobody waits for it */
  uint16_t available;    /* connected peers that have it */
  uint16_t giver;        /* of a verified piece: who gave most of it */
  uint8_t state;         /* enum pt_piece_state */
  uint8_t failures;
} pt_piece;

/* A piece that streams wait for. */
typedef struct pt_want {
  uint32_t piece;
  uint32_t order;    /* smaller was wanted earlier */
  bool blocking;     /* the page can't render without it */
  bool near;         /* close enough ahead of its stream for the origin */
  bool head;         /* among the first pieces its stream needs next */
  bool head_start;   /* taken from the origin while peers are on their way */
  uint64_t since_us; /* wanted since (near: near since) */
  uint64_t lost_us;  /* the last peer that had it went at this time */
  pt_peer *from;     /* asked of this peer, or NULL */
  pt_fetch *fetch;   /* being fetched from the origin, or NULL */
} pt_want;

typedef struct pt_file {
  char *path; /* URL path on the site */
  uint64_t length;
  uint32_t piece_first, piece_count;
  uint32_t height; /* of its Merkle tree */
  pt_hash root;
  pt_hash *layer;  /* piece hashes when there are several, else NULL */
  uint8_t *chunks; /* per PT_LAYER_CHUNK hashes of layer: known? */
  uint32_t chunk_count, chunks_known;
  uint32_t verified; /* pieces of it we have */
  uint64_t asked_us; /* hashes last asked of a peer; 0: never */
  uint32_t asked_of; /* and on which channel */
  bool rejected;     /* which rejected it: another may be asked at once */
} pt_file;

#define PT_LAYER_CHUNK 512u /* piece hashes in one hash request */

struct pt_swarm {
  pt_context *cx;
  uint8_t key[PT_ID_SIZE];
  uint32_t piece_length, piece_count, file_count;
  uint32_t piece_height; /* of piece hashes in a Merkle tree */
  uint64_t length;
  pt_file *files;
  pt_piece *pieces;
  uint8_t *have; /* bitfield of verified pieces */
  uint32_t have_count;
  uint64_t have_bytes;

  pt_want *wants;
  uint32_t want_count, want_cap, want_order;
  uint64_t wanting_since_us; /* the first want of the present run of wants */
  bool windows_changed;      /* peers are to hear pt_want */

  pt_stream *streams, *streams_last;
  pt_peer *peers;
  uint32_t peer_count;
  pt_fetch *fetches;
  uint32_t torrent_fetch; /* id of the fetch of the .torrent, 0: none */
  uint64_t torrent_retry_us;
  uint8_t *torrent; /* its bytes as they come */
  size_t torrent_len;
  uint64_t torrent_progress_us;
  bool torrent_useless; /* it was wrong: do not fetch it again */
  bool torrent_missing; /* the site did not have it when last asked */

  bool joined;           /* the server has us in it */
  bool counted;          /* the server said how many others there are */
  uint64_t count_due_us; /* later than this nobody waits for it to say so */
  uint32_t complete, incomplete;
  uint64_t rejoin_us; /* when to ask the server for more peers */
  uint64_t rechoke_us;
  uint32_t rechoke_round;

  bool deliverable; /* a stream may have bytes to hand out */
  bool dirty;       /* something changed that planning should see */
  uint64_t plan_us; /* when planning should look again */
  pt_hash *scratch; /* leaf hashes of one piece */
};

/* One file of a new swarm, in torrent order. */
typedef struct pt_swarm_file {
  const char *path;
  uint64_t length;
  const uint8_t *root;
} pt_swarm_file;

/* NULL when memory or a limit does not allow it. */
pt_swarm *pt_swarm_new(pt_context *cx, const uint8_t key[PT_ID_SIZE], uint32_t piece_length,
                       const pt_swarm_file *files, uint32_t file_count);
/* The file moved on the site. False: no memory, the old path stays. */
bool pt_swarm_set_path(pt_swarm *s, uint32_t file, const char *path);
/* Streams must have been ended and peers removed. */
void pt_swarm_del(pt_swarm *s);

/* Bytes of a piece (a file's last may be short). */
uint32_t pt_swarm_piece_size(const pt_swarm *s, uint32_t piece);
pt_file *pt_swarm_file_of(const pt_swarm *s, uint32_t piece);
bool pt_swarm_complete(const pt_swarm *s);

/* Someone waits for a piece we do not have / nobody does any more. */
bool pt_swarm_want(pt_swarm *s, uint32_t piece, bool blocking);
void pt_swarm_unwant(pt_swarm *s, uint32_t piece);
pt_want *pt_swarm_want_of(const pt_swarm *s, uint32_t piece);

/* Plans everything that is due: asks peers, fetches from the origin, gives up
 * on who stalls. Called after each input that made the swarm dirty. */
void pt_swarm_plan(pt_swarm *s);
/* A planner asks to be called again no later than at_us. */
void pt_swarm_wake(pt_swarm *s, uint64_t at_us);
/* When it must be planned again if nothing happens. */
uint64_t pt_swarm_deadline(const pt_swarm *s);

#endif
