/* The units that act on a swarm; see swarm.h for which is which. */
#ifndef PT_SWARM_UNITS_H
#define PT_SWARM_UNITS_H

#include "format/metainfo.h"
#include "swarm/peer.h"

/* --- layers.c: the hash each piece must have ------------------------------ */

/* The hash of a piece, or NULL while it is not known. */
const uint8_t *pt_layers_hash(const pt_swarm *s, uint32_t piece);
/* Gets the hashes that wanted pieces lack: from a peer, else the .torrent. */
void pt_layers_plan(pt_swarm *s);
void pt_layers_torrent_data(pt_swarm *s, pt_bytes data);
void pt_layers_torrent_end(pt_swarm *s, int code, uint64_t status);
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
/* Tries again to verify full pieces of a file whose hashes have come. */
void pt_assembly_retry(pt_swarm *s, pt_file *file);
void pt_assembly_drop(pt_swarm *s, uint32_t piece);
/* Drops it when nobody waits for the piece any more and nothing brings it. */
void pt_assembly_abandon(pt_swarm *s, uint32_t piece);

/* --- store.c: verified pieces ----------------------------------------------- */

void pt_store_add(pt_piece *piece);
void pt_store_touch(pt_piece *piece);
void pt_store_remove(pt_piece *piece);
/* Evicts least recently used pieces until the budget holds again. */
void pt_store_trim(pt_context *cx);

/* --- picker.c: what to ask of whom ------------------------------------------- */

void pt_picker_plan(pt_swarm *s);

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
/* A request to the origin failed: the next one waits, longer each time. */
void pt_origin_failed(pt_swarm *s);

/* --- stream.c: page requests --------------------------------------------------- */

struct pt_stream {
  pt_swarm *swarm;
  pt_stream *next, *prev;
  uint32_t id;
  uint32_t file;
  uint64_t at, end; /* in the file, bytes: next to deliver, and its end */
  uint64_t credit;
  uint32_t window_first, window_end; /* pinned pieces */
  uint32_t near_end, near_target;    /* up to here the origin may be asked */
  bool blocking;
  int result;             /* PT_OK while it runs, else why it failed */
  uint64_t starved_us;    /* has waited for its next piece since */
  uint32_t rescue_pieces; /* pieces of the next rescue */
  uint64_t rescued_us;
};
pt_stream *pt_stream_new(pt_swarm *s, uint32_t id, uint32_t file, uint64_t at, uint64_t end,
                         bool blocking);
void pt_stream_del(pt_stream *st);
void pt_stream_credit(pt_stream *st, uint64_t bytes);
/* Moves the window over what should be fetched now. */
void pt_stream_advance(pt_stream *st);
/* The next verified bytes within credit, or the end. False: nothing yet. */
bool pt_stream_poll(pt_stream *st, pt_event *out);

#endif
