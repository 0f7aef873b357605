/* Page requests: a window of pieces ahead of what the page has taken is kept
 * wanted and in memory; verified bytes are handed out in order, as far as the
 * page has given credit. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "swarm/units.h"

#define PT_AHEAD_BYTES                                                                             \
  (16u << 20)                           /* asked of peers ahead of the page: the                   \
                                           wider, the more there is to trade */
#define PT_NEAR_BYTES (4u << 20)        /* of it, what the origin may be asked for */
#define PT_AHEAD_TIGHT_BYTES (1u << 20) /* when memory is short */
#define PT_WINDOW_STEP_BYTES                                                                       \
  (1u << 20) /* windows move in such steps, so that                                                \
                fetches are worth a request */
#define PT_HEAD_PIECES 2u
#define PT_DELIVER_MAX (256u << 10) /* bytes in one output */

pt_stream *pt_stream_new(pt_swarm *s, uint32_t id, uint32_t file, uint64_t at, uint64_t end,
                         bool blocking) {
  assert(file < s->file_count && at <= end && end <= s->files[file].length);
  pt_stream *st = calloc(1, sizeof *st);
  if (!st) return NULL;
  const pt_file *f = &s->files[file];
  st->swarm = s;
  st->id = id;
  st->file = file;
  st->at = at;
  st->end = end;
  st->blocking = blocking;
  st->near_end = st->window_first = st->window_end =
      f->piece_first + (uint32_t)(at / s->piece_length);
  st->prev = s->streams_last;
  if (s->streams_last)
    s->streams_last->next = st;
  else
    s->streams = st;
  s->streams_last = st;
  pt_stream_advance(st);
  s->deliverable = true;
  return st;
}

static void unpin(pt_swarm *s, uint32_t piece) {
  assert(s->pieces[piece].pins > 0);
  if (--s->pieces[piece].pins > 0) return;
  s->cx->pinned_bytes -= pt_swarm_piece_size(s, piece);
  pt_want *w = pt_swarm_want_of(s, piece);
  if (w && w->from) pt_peer_cancel(w->from, piece);
  pt_swarm_unwant(s, piece);
  pt_assembly_abandon(s, piece);
}

static void pin(pt_stream *st, uint32_t piece) {
  pt_swarm *s = st->swarm;
  if (s->pieces[piece].pins++ == 0) s->cx->pinned_bytes += pt_swarm_piece_size(s, piece);
  if (s->pieces[piece].state == PT_PIECE_HAVE || pt_swarm_want(s, piece, st->blocking)) return;
  st->result = PT_ERR_NOMEM;
  s->deliverable = true;
}

void pt_stream_del(pt_stream *st) {
  pt_swarm *s = st->swarm;
  while (st->window_first < st->window_end) unpin(s, st->window_first++);
  if (st->prev)
    st->prev->next = st->next;
  else
    s->streams = st->next;
  if (st->next)
    st->next->prev = st->prev;
  else
    s->streams_last = st->prev;
  s->dirty = true;
  free(st);
}

/* What is pinned can't be evicted: all windows together should leave room. */
static uint64_t ahead_bytes(const pt_swarm *s) {
  const pt_context *cx = s->cx;
  bool tight = cx->pinned_bytes > cx->memory_max / 2;
  uint64_t ahead = tight ? PT_AHEAD_TIGHT_BYTES : PT_AHEAD_BYTES;
  if (ahead > cx->memory_max / 4) ahead = cx->memory_max / 4;
  return ahead > 2u * s->piece_length ? ahead : 2u * s->piece_length;
}

static uint32_t pieces_in(const pt_swarm *s, uint64_t bytes) {
  return bytes / s->piece_length ? (uint32_t)(bytes / s->piece_length) : 1;
}

/* Moves an edge of the window to `target`, in steps but for the last one. */
static bool worth_moving(const pt_swarm *s, uint32_t edge, uint32_t target, uint32_t next,
                         uint32_t last) {
  if (edge >= target) return false;
  return target > last || edge <= next || target - edge >= pieces_in(s, PT_WINDOW_STEP_BYTES);
}

static uint32_t within(uint32_t next, uint32_t ahead, uint32_t last) {
  return last - next < ahead ? last + 1 : next + ahead;
}

static void mark(pt_stream *st, uint32_t next) {
  pt_swarm *s = st->swarm;
  for (; st->near_end < st->near_target; st->near_end++) {
    pt_want *w = pt_swarm_want_of(s, st->near_end);
    if (!w || w->near) continue;
    w->near = true;
    w->since_us = s->cx->now_us;
    s->windows_changed = s->dirty = true;
  }
  for (uint32_t i = next; i < st->window_end && i < next + PT_HEAD_PIECES; i++) {
    pt_want *w = pt_swarm_want_of(s, i);
    if (w) w->head = true;
  }
}

void pt_stream_advance(pt_stream *st) {
  pt_swarm *s = st->swarm;
  const pt_file *f = &s->files[st->file];
  if (st->at >= st->end) return;
  uint32_t next = f->piece_first + (uint32_t)(st->at / s->piece_length);
  uint32_t last = f->piece_first + (uint32_t)((st->end - 1) / s->piece_length);
  uint32_t target = within(next, pieces_in(s, ahead_bytes(s)), last);
  while (st->window_first < next && st->window_first < st->window_end) unpin(s, st->window_first++);
  if (st->window_first < next) st->window_first = st->window_end = next;
  if (worth_moving(s, st->window_end, target, next, last)) {
    while (st->window_end < target) pin(st, st->window_end++);
  }
  uint32_t near = within(next, pieces_in(s, PT_NEAR_BYTES), last);
  if (near > st->window_end) near = st->window_end;
  if (st->near_end < next) st->near_end = next;
  if (worth_moving(s, st->near_end, near, next, last)) st->near_target = near;
  mark(st, next);
}

void pt_stream_credit(pt_stream *st, uint64_t bytes) {
  st->credit = bytes > UINT64_MAX - st->credit ? UINT64_MAX : st->credit + bytes;
  st->swarm->deliverable = true;
}

static bool finish(pt_stream *st, int code, pt_event *out) {
  *out = (pt_event){.kind = PT_OUT_REQUEST_END, .id = st->id, .code = code};
  return true;
}

bool pt_stream_poll(pt_stream *st, pt_event *out) {
  pt_swarm *s = st->swarm;
  if (st->result != PT_OK) return finish(st, st->result, out);
  if (st->at >= st->end) return finish(st, PT_OK, out);
  const pt_file *f = &s->files[st->file];
  uint32_t number = f->piece_first + (uint32_t)(st->at / s->piece_length);
  pt_piece *piece = &s->pieces[number];
  if (piece->state != PT_PIECE_HAVE || st->credit == 0) {
    bool starves = st->credit > 0;
    if (starves && !st->starved_us) {
      st->starved_us = s->cx->now_us ? s->cx->now_us : 1; /* 0: it does not */
      s->dirty = true;
    } else if (!starves) {
      st->starved_us = 0;
    }
    return false;
  }
  st->starved_us = 0;
  uint32_t in_piece = (uint32_t)(st->at % s->piece_length);
  uint64_t take = pt_swarm_piece_size(s, number) - in_piece;
  if (take > st->end - st->at) take = st->end - st->at;
  if (take > st->credit) take = st->credit;
  if (take > PT_DELIVER_MAX) take = PT_DELIVER_MAX;
  *out = (pt_event){.kind = PT_OUT_REQUEST_DATA,
                    .id = st->id,
                    .code = piece->giver == PT_GIVER_ORIGIN ? PT_SOURCE_ORIGIN : PT_SOURCE_PEER,
                    .offset = st->at,
                    .data = {piece->data + in_piece, (size_t)take}};
  if (piece->giver >= PT_GIVER_FIRST) memcpy(out->peer, s->cx->names[piece->giver], PT_ID_SIZE);
  pt_store_touch(piece);
  st->at += take;
  st->credit -= take;
  s->cx->stats.delivered_bytes += take;
  pt_stream_advance(st);
  return true;
}
