/* Page requests: a window of pieces ahead of what the page has taken is kept
 * wanted and in memory; verified bytes are handed out in order, as far as the
 * page has given credit. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "swarm/content.h"
#include "swarm/units.h"

#define PT_AHEAD_BYTES (16u << 20)      /* asked of peers ahead of the page: */
#define PT_BULK_AHEAD_BYTES (64u << 20) /* the wider, the more there is to trade */
#define PT_NEAR_BYTES (4u << 20)        /* of it, what the origin may be asked for */
#define PT_AHEAD_TIGHT_BYTES (1u << 20) /* when memory is short */
#define PT_WINDOW_STEP_BYTES                                                                       \
  (1u << 20) /* windows move in such steps, so that                                                \
                fetches are worth a request */
#define PT_HEAD_PIECES 2u
#define PT_STARVING_LOOK_US (100u * PT_MS_US) /* then it is seen whether it is to be rescued */
#define PT_PAUSE_US (500u * PT_MS_US) /* a consumer that takes nothing for so long is a player */
#define PT_SMALL_CROWD 8u
#define PT_TRADING_PIECES 8u
#define PT_DELIVER_MAX (256u << 10) /* bytes in one output */
#define PT_READ_AHEAD_PIECES 3u     /* from disk */

pt_stream *pt_stream_new(pt_swarm *s, uint32_t id, uint32_t file, uint64_t at, uint64_t end,
                         bool blocking, bool played, bool player) {
  assert(file < s->file_count && at <= end && end <= s->files[file].length);
  pt_stream *st = calloc(1, sizeof *st);
  if (!st) return NULL;
  st->swarm = s;
  st->id = id;
  st->file = file;
  st->begin = st->at = at;
  st->end = end;
  st->blocking = blocking;
  st->played = played;
  st->player = player;
  st->begun_us = s->cx->now_us;
  st->near_end = st->window_first = st->window_end = pt_stream_next(st);
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

uint32_t pt_stream_next(const pt_stream *st) {
  const pt_swarm *s = st->swarm;
  return s->files[st->file].piece_first + (uint32_t)(st->at / s->piece_length);
}

bool pt_stream_runs(const pt_stream *st) { return st->result == PT_OK && st->at < st->end; }

bool pt_stream_is_bulk(const pt_stream *st) {
  return !st->played && !st->paced && st->swarm->files[st->file].length > PT_PAGE_FILE_MAX;
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
  if (s->pieces[piece].state == PT_PIECE_HAVE) return;
  if (pt_swarm_want(s, piece, st->blocking, pt_stream_is_bulk(st))) {
    pt_swarm_want_of(s, piece)->film = pt_pace_is_film(st);
    return;
  }
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
static uint64_t ahead_bytes(const pt_stream *st) {
  const pt_swarm *s = st->swarm;
  const pt_context *cx = s->cx;
  bool tight = cx->pinned_bytes > cx->memory_max / 2;
  uint64_t wide = pt_stream_is_bulk(st) ? PT_BULK_AHEAD_BYTES : PT_AHEAD_BYTES;
  if (s->shared && pt_pace_is_film(st)) wide = PT_NEAR_BYTES; /* all want what all need next */
  uint64_t ahead = tight ? PT_AHEAD_TIGHT_BYTES : wide;
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

/* The start of a file is shown as it comes, and a player that has run dry waits
 * for the very next bytes. A long download takes pieces in any order: it starts
 * with the first ones where no crowd of others does the same, or when it has
 * something else to trade. */
static bool hurried(const pt_stream *st) {
  const pt_swarm *s = st->swarm;
  if (pt_pace_is_film(st)) return false; /* pace.c hurries it */
  if (st->at - st->begin >= PT_STARTING_BYTES) return (st->played || st->paced) && st->starved_us;
  return !pt_stream_is_bulk(st) || s->have_count >= PT_TRADING_PIECES ||
         (s->counted && s->complete + s->incomplete <= PT_SMALL_CROWD);
}

static void hurry(pt_stream *st, uint32_t next) {
  for (uint32_t i = next; i < st->window_end && i < next + PT_HEAD_PIECES; i++) {
    pt_want *w = pt_swarm_want_of(st->swarm, i);
    if (!w || w->head) continue;
    w->head = true;
    st->swarm->dirty = true;
  }
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
  if (hurried(st)) hurry(st, next);
}

void pt_stream_advance(pt_stream *st) {
  pt_swarm *s = st->swarm;
  const pt_file *f = &s->files[st->file];
  if (st->at >= st->end) return;
  uint32_t next = pt_stream_next(st);
  uint32_t last = f->piece_first + (uint32_t)((st->end - 1) / s->piece_length);
  uint32_t target = within(next, pieces_in(s, ahead_bytes(st)), last);
  while (st->window_first < next && st->window_first < st->window_end) unpin(s, st->window_first++);
  if (st->window_first < next) st->window_first = st->window_end = next;
  bool fed = s->shared && pt_pace_fed(st);
  if (!fed && worth_moving(s, st->window_end, target, next, last)) {
    while (st->window_end < target) pin(st, st->window_end++);
  }
  /* In company each fetches a share of a download, and the sooner that is spread the
   * better; alone nothing is fetched that may never be looked at. */
  bool share = s->shared && pt_stream_is_bulk(st);
  uint64_t near_bytes = share ? ahead_bytes(st) : PT_NEAR_BYTES;
  uint32_t near = within(next, pieces_in(s, near_bytes), last);
  if (near > st->window_end) near = st->window_end;
  if (st->near_end < next) st->near_end = next;
  if (worth_moving(s, st->near_end, near, next, last)) st->near_target = near;
  mark(st, next);
}

void pt_stream_want_again(pt_swarm *s, uint32_t piece) {
  for (pt_stream *st = s->streams; st; st = st->next) {
    if (piece < st->window_first || piece >= st->window_end) continue;
    if (!pt_swarm_want(s, piece, st->blocking, pt_stream_is_bulk(st))) st->result = PT_ERR_NOMEM;
    if (st->near_end > piece) st->near_end = piece; /* it is marked anew */
    s->deliverable = true;
    pt_stream_advance(st);
  }
}

void pt_stream_credit(pt_stream *st, uint64_t bytes) {
  if (st->unwanted_us && st->swarm->cx->now_us >= st->unwanted_us + PT_PAUSE_US) st->paced = true;
  if (bytes) st->unwanted_us = 0;
  pt_pace_credit(st, bytes);
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
  uint32_t number = pt_stream_next(st);
  pt_piece *piece = &s->pieces[number];
  if (piece->state == PT_PIECE_HAVE && !piece->content && st->credit) {
    for (uint32_t i = number; i < st->window_end && i < number + PT_READ_AHEAD_PIECES; i++)
      pt_disk_read(s, i, NULL);
    st->starved_us = 0;
    return false;
  }
  if (piece->state != PT_PIECE_HAVE || st->credit == 0) {
    if (st->credit > 0) {
      if (!st->starved_us) {
        st->starved_us = s->cx->now_us ? s->cx->now_us : 1; /* 0: it does not */
        pt_swarm_wake(s, s->cx->now_us + PT_STARVING_LOOK_US);
      }
      if (hurried(st)) hurry(st, number);
    } else {
      st->starved_us = 0;
      if (!st->unwanted_us && st->at > st->begin) st->unwanted_us = s->cx->now_us;
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
                    .code = pt_giver_source(piece->giver),
                    .offset = st->at,
                    .data = pt_content_view(piece->content, in_piece, (uint32_t)take)};
  if (piece->giver >= PT_GIVER_FIRST) memcpy(out->peer, s->cx->names[piece->giver], PT_ID_SIZE);
  pt_store_touch(piece);
  pt_pace_given(st, take);
  st->at += take;
  st->credit -= take;
  s->cx->stats.delivered_bytes += take;
  pt_stream_advance(st);
  return true;
}
