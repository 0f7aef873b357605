/* The units that act on a swarm; see swarm.h for which is which. */
#ifndef PT_SWARM_UNITS_H
#define PT_SWARM_UNITS_H

#include "format/merkle.h"
#include "swarm/peer.h"

/* --- layers.c: the hash each piece must have ------------------------------ */

/* The hash of a piece, or NULL while it is not known. */
const uint8_t *pt_layers_hash(const pt_swarm *s, uint32_t piece);
/* The height of the hashes of a file's pieces. */
uint32_t pt_layers_height(const pt_swarm *s, const pt_file *f);
/* Is the piece's hash not known, but asked for, and likely to come? */
bool pt_layers_coming(pt_swarm *s, uint32_t piece);
/* Gets the hashes that wanted pieces lack: from a peer, else from the site. */
void pt_layers_plan(pt_swarm *s);
/* Fetches the site's document of them, unless it is on its way or no use. */
void pt_layers_ask_origin(pt_swarm *s);
/* Takes over a file's whole layer from disk. False: it does not lead to its root. */
bool pt_layers_adopt(pt_swarm *s, pt_file *file, const uint8_t *hashes);
void pt_layers_origin_data(pt_swarm *s, pt_bytes data);
void pt_layers_origin_end(pt_swarm *s, int code, uint64_t status);
/* Asks the peer for the leaves of a piece. False: that makes no sense. */
bool pt_layers_ask_leaves(pt_peer *p, uint32_t piece);
/* The piece is wrong: those who have it are asked for its leaves, one after the
 * other. False: nobody is left to ask. */
bool pt_layers_doubt(pt_swarm *s, uint32_t piece);
/* BEP 52 messages. */
void pt_layers_request(pt_peer *p, const pt_wire_message *m);
void pt_layers_hashes(pt_peer *p, const pt_wire_message *m);
void pt_layers_reject(pt_peer *p, const pt_wire_message *m);

/* --- assembly.c: blocks become pieces -------------------------------------- */

/* Opens the piece for gathering. False: no memory. */
bool pt_assembly_open(pt_swarm *s, uint32_t piece);
/* Who gave the first block that is here; PT_GIVER_NONE when none is. */
uint16_t pt_assembly_first_giver(const pt_assembly *a);
/* May a block of this giver go into the piece? After a failure it is got from
 * one source only, so that it comes out who lied. */
bool pt_assembly_takes(const pt_swarm *s, uint32_t piece, uint16_t giver);
bool pt_assembly_lacks(const pt_swarm *s, uint32_t piece, uint32_t block);
/* A block has come (bytes may be NULL when they were written in place). */
void pt_assembly_put(pt_swarm *s, uint32_t piece, uint32_t begin, pt_bytes block, uint16_t giver);
/* What each block of the piece must hash to, proven: from now on they are
 * checked one by one, and so are those that are here. */
void pt_assembly_leaves(pt_swarm *s, uint32_t piece, const pt_hash *leaves);
/* Looks after a piece that is known to be wrong: thrown away when nobody tells
 * which of its blocks are. */
void pt_assembly_doubt(pt_swarm *s, uint32_t piece);
/* Tries again to verify full pieces of a file whose hashes have come. */
void pt_assembly_retry(pt_swarm *s, pt_file *file);
void pt_assembly_drop(pt_swarm *s, uint32_t piece);
void pt_assembly_free(pt_assembly *a);
/* Drops it when nobody waits for the piece any more and nothing brings it. */
void pt_assembly_abandon(pt_swarm *s, uint32_t piece);

/* Has a full piece, or one from disk, the hash that it must have? */
bool pt_assembly_right(const pt_swarm *s, uint32_t piece);
/* Tells the host of a verified piece (PT_OUT_PIECE). */
void pt_assembly_tell(pt_swarm *s, uint32_t piece);
enum pt_source pt_giver_source(uint16_t giver);

/* --- store.c: verified pieces, in memory and on disk ------------------------- */

/* Puts a piece to those in memory (its content is there) or on disk, as the
 * one used last / takes it out, and its content away. */
void pt_store_link(pt_piece *piece, enum pt_place place);
void pt_store_unlink(pt_piece *piece, enum pt_place place);
void pt_store_touch(pt_piece *piece);
/* It is not had any more, wherever it was. */
void pt_store_remove(pt_piece *piece);
/* Evicts least recently used pieces from memory until the budget holds again. */
void pt_store_trim(pt_context *cx);

/* --- disk.c: verified pieces on the host's disk ------------------------------- */

/* The host may keep so many bytes from now on. */
void pt_disk_limit(pt_context *cx, uint64_t disk_max);
/* Has a verified piece written, if it is worth it. */
void pt_disk_keep(pt_piece *piece);
/* The next PT_OUT_STORE_WRITE. */
bool pt_disk_poll(pt_context *cx, pt_event *out);
/* Takes it out of all that concerns the disk, in silence. */
void pt_disk_forget(pt_piece *piece);
/* What an earlier run left. */
void pt_disk_stored_layer(pt_swarm *s, uint32_t file, pt_bytes hashes);
void pt_disk_stored(pt_swarm *s, pt_bytes numbers);
/* Has a piece that is not in memory read, if that is possible now: for a peer, or NULL. */
void pt_disk_read(pt_swarm *s, uint32_t piece, pt_remote *whose);
void pt_disk_data(pt_swarm *s, uint32_t piece, int code, pt_bytes data);
/* Gives up on a disk whose reads take too long, evicts least recently used pieces. */
void pt_disk_settle(pt_context *cx);
uint64_t pt_disk_deadline(const pt_context *cx);

/* --- picker.c: what to ask of whom ------------------------------------------- */

/* Asks all peers, and gives up on who stalls. */
void pt_picker_plan(pt_swarm *s);
/* Asks those only of which pt_peer_hungers() was said. */
void pt_picker_feed(pt_swarm *s);

/* --- fallback.c: when a piece goes to the origin, and why --------------------- */

#define PT_CONNECT_PATIENCE_US (1500u * PT_MS_US) /* connections are waited for, at least */
#define PT_STARTING_BYTES (1u << 20)          /* of a stream: its start is not waited for long */
#define PT_RESCUE_CALM_US (5u * PT_SECOND_US) /* then a rescue begins anew, with one piece */

/* What holds for all pieces at a moment. */
typedef struct pt_company {
  bool anybody;  /* any peer whose pieces we know */
  bool greeting; /* a peer whose pieces and wants we do not know yet */
  bool electors; /* somebody takes part in elections */
} pt_company;
pt_company pt_fallback_company(const pt_swarm *s);
/* When this want goes to the origin (now, later, PT_NEVER), and why. */
uint64_t pt_fallback_due(pt_swarm *s, pt_company c, pt_want *w, enum pt_fallback *why);
/* Is it of a small file, which doesn't wait for others as long? */
bool pt_fallback_small(const pt_swarm *s, const pt_want *w);
/* Are first connections being made, of peers that may have it? */
bool pt_fallback_expecting(const pt_swarm *s, pt_company c);
/* Has a peer the piece, and may be asked? */
bool pt_fallback_held(const pt_swarm *s, uint32_t piece);
/* Do peers bring anything at present? */
bool pt_fallback_flows(const pt_swarm *s);
/* Does it come so slowly that the site would have given it long ago? A film is not asked, and in
 * company nobody is: who fetches is elected there. */
bool pt_fallback_late(pt_swarm *s, const pt_stream *st);
/* How long after it began to starve a stream is rescued: where nobody is left
 * who might help, what was begun goes on without a pause. */
uint64_t pt_fallback_rescue_delay(const pt_swarm *s, pt_company c, const pt_stream *st,
                                  uint32_t next);
/* May a peer still bring the piece that the stream waits for? Peers that only
 * promise to are believed for a while. */
bool pt_fallback_hopeful(pt_swarm *s, pt_company c, const pt_stream *st, uint32_t piece);

/* --- origin.c: the safety net ------------------------------------------------ */

struct pt_fetch {
  pt_fetch *next;
  uint32_t id;
  uint32_t first, count; /* pieces */
  uint64_t at;           /* bytes of the span that have come */
  uint64_t length;       /* bytes of the span */
  uint32_t serial;       /* the assembly its current block goes to; 0: none */
  uint64_t started_us, progress_us;
};
void pt_origin_plan(pt_swarm *s);
/* The fetch under way that will bring this whole piece, or NULL. */
pt_fetch *pt_origin_bringing(const pt_swarm *s, uint32_t piece);
/* False when the fetch is not of this swarm. */
bool pt_origin_data(pt_swarm *s, uint32_t fetch, pt_bytes data);
bool pt_origin_end(pt_swarm *s, uint32_t fetch, int code, uint64_t status);
void pt_origin_cancel_all(pt_swarm *s);
/* Fetches wanted pieces of one file, unless the origin may not be asked now. */
void pt_origin_fetch_now(pt_swarm *s, uint32_t first, uint32_t count);
/* A request to the origin failed: the next one waits, longer each time. */
void pt_origin_failed(pt_swarm *s);

/* --- pace.c: a film's player must not run dry ------------------------------------ */

/* What visitors load is built without it (PT_VISITORS_ONLY) until a browser's
 * host tells what was played (PT_URGENCY_PLAYER). */
#ifdef PT_VISITORS_ONLY
static inline bool pt_pace_is_film(const pt_stream *st) { return (void)st, false; }
static inline bool pt_pace_looks_after(const pt_swarm *s) { return (void)s, false; }
static inline void pt_pace_credit(pt_stream *st, uint64_t bytes) { (void)st, (void)bytes; }
static inline void pt_pace_given(pt_stream *st, uint64_t bytes) { (void)st, (void)bytes; }
static inline bool pt_pace_fed(const pt_stream *st) { return (void)st, false; }
static inline void pt_pace_advance(pt_stream *st) { (void)st; }
static inline void pt_pace_plan(pt_stream *st, pt_company c) { (void)st, (void)c; }
#else
/* A player's film or sound, from somewhere to its end, and not a short one. */
bool pt_pace_is_film(const pt_stream *st);
/* Is there such a player, who still waits for some of it? */
bool pt_pace_looks_after(const pt_swarm *s);
/* The player takes so many bytes more / was given so many. */
void pt_pace_credit(pt_stream *st, uint64_t bytes);
void pt_pace_given(pt_stream *st, uint64_t bytes);
/* Has it so much that others come first? */
bool pt_pace_fed(const pt_stream *st);
/* Lets its window follow what it has played. */
void pt_pace_advance(pt_stream *st);
/* Puts what the player needs soon first, and fetches from the origin what would
 * come too late otherwise. */
void pt_pace_plan(pt_stream *st, pt_company c);
#endif

/* --- stream.c: page requests --------------------------------------------------- */

struct pt_stream {
  pt_swarm *swarm;
  pt_stream *next, *prev;
  uint32_t id;
  uint32_t file;
  uint64_t begin, at, end; /* in the file, bytes: where it began, next to deliver, its end */
  uint64_t credit;
  uint32_t window_first, window_end; /* pinned pieces */
  uint32_t near_end, near_target;    /* up to here the origin may be asked */
  bool blocking;
  bool played;            /* a film or a sound: wanted in order */
  bool player;            /* its credit tells what has been played (PT_URGENCY_PLAYER) */
  bool paced;             /* its consumer pauses: a player that has run dry must not wait */
  uint64_t unwanted_us;   /* it has had no credit since; 0: it has some */
  int result;             /* PT_OK while it runs, else why it failed */
  uint64_t starved_us;    /* has waited for its next piece since */
  uint32_t rescue_pieces; /* pieces of the next rescue */
  uint64_t rescued_us;
  /* Of a film (pace.c): */
  uint64_t window;   /* credit its player began with */
  uint64_t dry_us;   /* when the player will have played all it was given */
  uint64_t mark_us;  /* what it took is counted since; 0: it takes whatever comes */
  uint64_t taken;    /* bytes since then */
  uint64_t begun_us; /* the request came */
};
/* played: a film or a sound, which is wanted in order. */
pt_stream *pt_stream_new(pt_swarm *s, uint32_t id, uint32_t file, uint64_t at, uint64_t end,
                         bool blocking, bool played, bool player);
/* The piece that its next byte is in; there is one more to come. */
uint32_t pt_stream_next(const pt_stream *st);
/* Has it neither failed nor been given everything? */
bool pt_stream_runs(const pt_stream *st);
/* A long download: when it ends matters, not when it begins. */
bool pt_stream_is_bulk(const pt_stream *st);
void pt_stream_del(pt_stream *st);
/* A piece in its window was lost: whoever waits for it wants it again. */
void pt_stream_want_again(pt_swarm *s, uint32_t piece);
void pt_stream_credit(pt_stream *st, uint64_t bytes);
/* Moves the window over what should be fetched now. */
void pt_stream_advance(pt_stream *st);
/* The next verified bytes within credit, or the end. False: nothing yet. */
bool pt_stream_poll(pt_stream *st, pt_event *out);

#endif
