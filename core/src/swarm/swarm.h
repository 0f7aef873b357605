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
 *   content.c   the bytes of pieces: nobody else looks at them
 *   store.c     verified pieces in memory, least recently used ones go first
 *   disk.c      and on the host's disk: written once, checked whenever read
 *   picker.c    which piece to ask which peer for
 *   fallback.c  when a piece goes to the origin, and why
 *   origin.c    fetches from the origin
 *   pace.c      a film's player must not run dry: when it needs which piece
 *   stream.c    page requests: windows, credit, delivery in order
 *   peer.c, receive.c, send.c   the wire protocol with one peer */
#ifndef PT_SWARM_SWARM_H
#define PT_SWARM_SWARM_H

#include "base/rate.h"
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
  PT_PIECE_HAVE       /* verified; in memory (content) or on disk or both */
};

typedef struct pt_assembly {
  uint32_t serial; /* tells this one from another at the same place */
  uint32_t block_count;
  uint32_t blocks_here;
  pt_hash *leaves;   /* per block: the hash it must have, or NULL while that is not known */
  uint64_t asked_us; /* the leaves were last asked of a peer */
  uint32_t asked_of; /* and on which channel; 0: none so far */
  uint32_t doubts;   /* the piece is wrong: times the leaves were asked to tell where */
  uint16_t giver[];  /* per block; PT_GIVER_NONE: not here */
} pt_assembly;

typedef struct pt_piece {
  pt_swarm *swarm;
  struct pt_piece *newer[2], *older[2]; /* by last use, per enum pt_place */
  struct pt_piece *unwritten_next;      /* to be given to the host's disk, too */
  uint8_t *content;                     /* its bytes (content.h) */
  pt_assembly *assembly;                /* while gathering or full */
  pt_assembly *suspects;                /* of several givers, after a failure; else NULL. Its
                                           leaves are what was wrong somewhere */
  uint32_t pins;                        /* streams whose window covers it: never evicted */
  uint32_t want;                        /* its place in wants[] + 1; 0: nobody waits for it */
  uint16_t available;                   /* connected peers that have it */
  uint16_t giver;                       /* of a verified piece: who gave most of it */
  uint8_t state;                        /* enum pt_piece_state */
  uint8_t failures;
  bool on_disk;   /* or about to be: */
  bool unwritten; /* its PT_OUT_STORE_WRITE is due */
  bool reading;   /* asked of the host */
  bool told;      /* PT_OUT_PIECE was given */
} pt_piece;

/* A piece that streams wait for. */
typedef struct pt_want {
  uint32_t piece;
  uint32_t order;        /* smaller was wanted earlier */
  bool blocking;         /* the page can't render without it */
  bool patient;          /* only long downloads wait for it */
  bool near;             /* close enough ahead of its stream for the origin */
  bool head;             /* among the first pieces its stream needs next */
  bool film;             /* a film's, whose player pace.c looks after */
  bool soon;             /* a player needs it soon (pace.c) */
  bool head_start;       /* taken from the origin while peers are on their way */
  uint64_t since_us;     /* wanted since (near: near since) */
  uint64_t lost_us;      /* the last peer that had it went at this time */
  uint64_t under_way_us; /* somebody else is fetching it since; 0: nobody */
  pt_peer *from;         /* asked of this peer, or NULL */
  pt_fetch *fetch;       /* being fetched from the origin, or NULL */
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
  bool layer_on_disk;        /* the host keeps it (PT_OUT_STORE_LAYER) */
  uint32_t verified;         /* pieces of it we have */
  uint64_t asked_us;         /* hashes last asked of a peer; 0: never */
  uint32_t asked_of;         /* and on which channel */
  bool rejected;             /* which rejected it: another may be asked at once */
  uint64_t play_rate;        /* bytes/s at which players take it; 0: not known */
  uint64_t advanced;         /* bytes its players were advanced while peers were on their way */
  uint8_t refusals;          /* times in a row that the origin did not have it as promised */
  uint64_t refused_until_us; /* not to be asked for there before */
} pt_file;

#define PT_LAYER_CHUNK 512u /* piece hashes in one hash request */

struct pt_swarm {
  pt_context *cx;
  uint8_t key[PT_ID_SIZE];
  bool hybrid;            /* it has a v1 info-hash: */
  uint8_t v1[PT_ID_SIZE]; /* by which WebTorrent clients know it */
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
  pt_rate rate_in;           /* blocks that peers bring */
  uint64_t block_us;         /* when a peer last brought a block; 0: none has yet */
  uint64_t progress_us;      /* when the last piece was verified */

  pt_stream *streams, *streams_last;
  pt_peer *peers;
  uint32_t peer_count;
  uint64_t met_us;                 /* when a peer last said for the first time what it has */
  uint32_t company;                /* peers that want pieces and said so */
  bool shared;                     /* there were such when it was last planned */
  pt_peer *hungry;                 /* those that may be asked for more at once */
  pt_peer *talkers, *talkers_last; /* those that may have something to send */
  pt_fetch *fetches;
  uint32_t layers_fetch; /* id of the fetch of the piece layers, 0: none */
  uint64_t layers_retry_us;
  uint8_t *document; /* the layers as they come, document_size() in layers.c */
  size_t document_len;
  uint64_t layers_progress_us;
  bool layers_useless; /* they were wrong: do not fetch them again */
  bool layers_missing; /* the site did not have them when last asked */

  bool joined;           /* the server has us in it */
  bool counted;          /* the server said how many others there are */
  uint64_t count_due_us; /* later than this nobody waits for it to say so */
  uint32_t complete, incomplete;
  uint64_t rejoin_us; /* when to ask the server for more peers */
  uint32_t declined;  /* times that it was asked because dials came to nothing */
  uint64_t rechoke_us;
  uint32_t rechoke_round;

  bool deliverable; /* a stream may have bytes to hand out */
  bool dirty;       /* something changed that all planning should see */
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

/* The piece is verified: here, or on disk. Nobody waits for it any more. */
void pt_swarm_have(pt_swarm *s, uint32_t piece);

/* Someone waits for a piece we do not have / nobody does any more. */
bool pt_swarm_want(pt_swarm *s, uint32_t piece, bool blocking, bool patient);
void pt_swarm_unwant(pt_swarm *s, uint32_t piece);
pt_want *pt_swarm_want_of(const pt_swarm *s, uint32_t piece);

/* Plans what is due. What concerns one peer only (a block came, it has one
 * piece more) asks that peer for more; everything else (`dirty`, or its time
 * has come) is planned as a whole: asking peers, fetching from the origin,
 * giving up on who stalls. */
void pt_swarm_plan(pt_swarm *s);
/* Did something happen that pt_swarm_plan() should see? */
bool pt_swarm_restless(const pt_swarm *s);
/* A planner asks to be called again no later than at_us. */
void pt_swarm_wake(pt_swarm *s, uint64_t at_us);
/* When it must be planned again if nothing happens. */
uint64_t pt_swarm_deadline(const pt_swarm *s);

#endif
