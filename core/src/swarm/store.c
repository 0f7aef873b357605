/* Verified pieces in memory: a list by last use, and a budget. */
#include <stdlib.h>

#include "base/bits.h"
#include "swarm/units.h"

static void unlink_piece(pt_context *cx, pt_piece *piece) {
  if (piece->newer)
    piece->newer->older = piece->older;
  else
    cx->newest = piece->older;
  if (piece->older)
    piece->older->newer = piece->newer;
  else
    cx->oldest = piece->newer;
  piece->newer = piece->older = NULL;
}

static void link_newest(pt_context *cx, pt_piece *piece) {
  piece->newer = NULL;
  piece->older = cx->newest;
  if (cx->newest)
    cx->newest->newer = piece;
  else
    cx->oldest = piece;
  cx->newest = piece;
}

void pt_store_add(pt_piece *piece) { link_newest(piece->swarm->cx, piece); }

void pt_store_touch(pt_piece *piece) {
  unlink_piece(piece->swarm->cx, piece);
  link_newest(piece->swarm->cx, piece);
}

void pt_store_remove(pt_piece *piece) {
  pt_swarm *s = piece->swarm;
  uint32_t number = (uint32_t)(piece - s->pieces);
  uint32_t size = pt_swarm_piece_size(s, number);
  unlink_piece(s->cx, piece);
  free(piece->data);
  piece->data = NULL;
  piece->state = PT_PIECE_NONE;
  pt_bits_clear(s->have, number);
  s->have_count--;
  s->have_bytes -= size;
  s->cx->stats.stored_bytes -= size;
  pt_swarm_file_of(s, number)->verified--;
  for (pt_peer *p = s->peers; p; p = p->next) pt_peer_say_donthave(p, number);
}

void pt_store_trim(pt_context *cx) {
  pt_piece *piece = cx->oldest;
  while (piece && cx->stats.stored_bytes > cx->memory_max) {
    pt_piece *next = piece->newer;
    if (piece->pins == 0) pt_store_remove(piece);
    piece = next;
  }
}
