/* Verified pieces: those in memory and those on disk, each a list by last use;
 * and the budget of memory. */
#include <stdlib.h>

#include "base/bits.h"
#include "swarm/content.h"
#include "swarm/units.h"

static void unlink_from(pt_context *cx, pt_piece *piece, enum pt_place place) {
  pt_piece *newer = piece->newer[place], *older = piece->older[place];
  *(newer ? &newer->older[place] : &cx->newest[place]) = older;
  *(older ? &older->newer[place] : &cx->oldest[place]) = newer;
}

static void link_newest(pt_context *cx, pt_piece *piece, enum pt_place place) {
  piece->newer[place] = NULL;
  piece->older[place] = cx->newest[place];
  *(cx->newest[place] ? &cx->newest[place]->newer[place] : &cx->oldest[place]) = piece;
  cx->newest[place] = piece;
}

void pt_store_link(pt_piece *piece, enum pt_place place) {
  pt_context *cx = piece->swarm->cx;
  link_newest(cx, piece, place);
  if (place != PT_ON_DISK) return;
  piece->on_disk = true;
  cx->stats.disk_bytes += piece->swarm->piece_length;
}

void pt_store_unlink(pt_piece *piece, enum pt_place place) {
  pt_swarm *s = piece->swarm;
  unlink_from(s->cx, piece, place);
  if (place == PT_ON_DISK) {
    piece->on_disk = false;
    s->cx->stats.disk_bytes -= s->piece_length;
    return;
  }
  pt_content_del(piece->content);
  piece->content = NULL;
  s->cx->stats.stored_bytes -= pt_swarm_piece_size(s, (uint32_t)(piece - s->pieces));
}

void pt_store_touch(pt_piece *piece) {
  pt_context *cx = piece->swarm->cx;
  for (enum pt_place place = PT_IN_MEMORY; place <= PT_ON_DISK; place++) {
    if (place == PT_ON_DISK ? !piece->on_disk : !piece->content) continue;
    unlink_from(cx, piece, place);
    link_newest(cx, piece, place);
  }
}

void pt_store_remove(pt_piece *piece) {
  pt_swarm *s = piece->swarm;
  uint32_t number = (uint32_t)(piece - s->pieces);
  pt_disk_forget(piece);
  if (piece->content) pt_store_unlink(piece, PT_IN_MEMORY);
  piece->state = PT_PIECE_NONE;
  piece->told = false;
  pt_bits_clear(s->have, number);
  s->have_count--;
  s->have_bytes -= pt_swarm_piece_size(s, number);
  pt_swarm_file_of(s, number)->verified--;
  for (pt_peer *p = s->peers; p; p = p->next) pt_peer_say_donthave(p, number);
}

void pt_store_trim(pt_context *cx) {
  pt_piece *piece = cx->oldest[PT_IN_MEMORY];
  while (piece && cx->stats.stored_bytes > cx->memory_max) {
    pt_piece *newer = piece->newer[PT_IN_MEMORY];
    if (!piece->on_disk && piece->pins == 0)
      pt_store_remove(piece);
    else if (piece->on_disk && piece->pins == 0 && !piece->unwritten && newer)
      pt_store_unlink(piece, PT_IN_MEMORY); /* never the newest: it was read for someone */
    piece = newer;
  }
}
