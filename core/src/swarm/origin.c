/* The safety net: fetches from the origin. fallback.c says when a piece goes
 * there and why; here it is fetched in spans with what is due beside it, or,
 * for a stream that starves, each time with twice as many pieces. */
#include <stdlib.h>
#include <string.h>

#include "base/apart.h"
#include "swarm/content.h"
#include "swarm/units.h"

#define PT_FETCHES_AT_ONCE 6u /* what browsers open to one host (HTTP/1.1) */
/* Small files that a page asks for together and nobody else is to bring: browsers queue them. */
#define PT_SMALL_FETCHES_AT_ONCE 24u
/* Those who fetch for one another share the origin: the sooner each piece is
 * there the sooner it spreads. */
#define PT_ELECTED_FETCHES_AT_ONCE 2u
#define PT_FETCH_SPAN_MAX (4u << 20) /* bytes */
/* For others: a player may need the line, and what a visitor has alone all ask of it. */
#define PT_FETCH_FILM_SPAN_MAX (512u << 10)
#define PT_FETCH_SHARE_SPAN_MAX (256u << 10)
#define PT_LOOK_AGAIN_US (400u * PT_MS_US) /* a starving stream's patience changes */
#define PT_FETCH_STALL_US (8u * PT_SECOND_US)
#define PT_RETRY_LEAST_US (500u * PT_MS_US)
#define PT_RETRY_MOST_US (30u * PT_SECOND_US)

static void say_fallback(pt_swarm *s, uint32_t piece, enum pt_fallback why) {
  for (const pt_stream *st = s->streams; st; st = st->next) {
    if (piece < st->window_first || piece >= st->window_end) continue;
    const char *path = s->files[st->file].path;
    pt_event event = {.kind = PT_OUT_FALLBACK,
                      .id = st->id,
                      .code = why,
                      .text = {(const uint8_t *)path, strlen(path)}};
    pt_outbox_push(&s->cx->out, &event);
    return;
  }
}

/* A piece that failed comes from one source only: from now on the origin. */
static void take_over(pt_swarm *s, pt_want *w) {
  if (w->from) pt_peer_cancel(w->from, w->piece);
  w->from = NULL;
  if (s->pieces[w->piece].state == PT_PIECE_GATHERING) pt_assembly_drop(s, w->piece);
}

static bool start_fetch(pt_swarm *s, uint32_t first, uint32_t count, enum pt_fallback why) {
  pt_context *cx = s->cx;
  const pt_file *f = pt_swarm_file_of(s, first);
  pt_fetch *fetch = calloc(1, sizeof *fetch);
  if (!fetch) return false;
  /* Before it: the hashes are shorter. */
  if (!pt_layers_hash(s, first) && !pt_layers_coming(s, first)) pt_layers_ask_origin(s);
  uint64_t offset = (uint64_t)(first - f->piece_first) * s->piece_length;
  fetch->id = cx->fetch_next++;
  fetch->first = first;
  fetch->count = count;
  for (uint32_t i = 0; i < count; i++) {
    fetch->length += pt_swarm_piece_size(s, first + i);
    pt_want *w = pt_swarm_want_of(s, first + i);
    if (!w) continue;
    w->fetch = fetch;
    if (s->pieces[w->piece].failures) take_over(s, w);
  }
  fetch->started_us = fetch->progress_us = cx->now_us;
  fetch->next = s->fetches;
  s->fetches = fetch;
  cx->fetches++;
  cx->stats.origin_requests++;
  s->windows_changed = true; /* the others need not fetch it too */
  bool whole = count == f->piece_count;
  pt_event event = {.kind = PT_OUT_ORIGIN_GET,
                    .id = fetch->id,
                    .offset = offset,
                    .length = whole ? PT_TO_END : fetch->length,
                    .text = {(const uint8_t *)f->path, strlen(f->path)}};
  pt_outbox_push(&cx->out, &event);
  say_fallback(s, first, why);
  return true;
}

/* What peers were asked for of them is taken back. */
static void take_from_peers(pt_swarm *s, uint32_t first, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    pt_want *w = pt_swarm_want_of(s, first + i);
    if (w->from) pt_peer_cancel(w->from, w->piece);
    w->from = NULL;
  }
}

void pt_origin_fetch_now(pt_swarm *s, uint32_t first, uint32_t count) {
  const pt_context *cx = s->cx;
  if (count == 0 || cx->fetches >= PT_FETCHES_AT_ONCE || cx->now_us < cx->origin_retry_us) return;
  if (cx->now_us < pt_swarm_file_of(s, first)->refused_until_us) return;
  take_from_peers(s, first, count);
  start_fetch(s, first, count, PT_FALLBACK_URGENT);
}

static void end_fetch(pt_swarm *s, pt_fetch *fetch) {
  for (uint32_t i = 0; i < s->want_count; i++)
    if (s->wants[i].fetch == fetch) s->wants[i].fetch = NULL;
  pt_fetch **at = &s->fetches;
  while (*at != fetch) at = &(*at)->next;
  *at = fetch->next;
  s->cx->fetches--;
  s->dirty = true;
  for (uint32_t i = 0; i < fetch->count; i++) pt_assembly_abandon(s, fetch->first + i);
  free(fetch);
}

static void cancel_fetch(pt_swarm *s, pt_fetch *fetch) {
  pt_outbox_say(&s->cx->out, PT_OUT_ORIGIN_CANCEL, fetch->id);
  end_fetch(s, fetch);
}

void pt_origin_cancel_all(pt_swarm *s) {
  while (s->fetches) cancel_fetch(s, s->fetches);
  if (!s->layers_fetch) return;
  pt_outbox_say(&s->cx->out, PT_OUT_ORIGIN_CANCEL, s->layers_fetch);
  s->layers_fetch = 0;
}

static uint64_t pause_us(uint32_t failures) {
  uint64_t pause = PT_RETRY_LEAST_US << (failures < 12 ? failures / 2 : 6);
  return pause < PT_RETRY_MOST_US ? pause : PT_RETRY_MOST_US;
}

void pt_origin_failed(pt_swarm *s) {
  pt_context *cx = s->cx;
  cx->origin_retry_us = cx->now_us + pause_us(cx->origin_failures++);
  s->dirty = true;
}

/* The origin answers, but does not have this file as the index promises it:
 * only this file waits. Who still holds it may go on giving it. */
static void refused(pt_swarm *s, pt_file *file) {
  file->refused_until_us = s->cx->now_us + pause_us(file->refusals);
  if (file->refusals < UINT8_MAX) file->refusals++;
  pt_outbox_say(&s->cx->out, PT_OUT_INDEX_STALE, 0);
}

/* Statuses that speak of the file, not of the origin's state. */
static bool speaks_of_file(uint64_t status) {
  return status >= 400 && status < 500 && status != 408 && status != 425 && status != 429;
}

/* The span of missing pieces from `first` that are due as well, up to the
 * longest fetch and the end of their file. */
static uint32_t span_of(pt_swarm *s, uint32_t first, const uint8_t *due, uint32_t bytes_max) {
  const pt_file *f = pt_swarm_file_of(s, first);
  uint32_t end = f->piece_first + f->piece_count, count = 1;
  uint32_t most = bytes_max / s->piece_length ? bytes_max / s->piece_length : 1;
  while (count < most && first + count < end) {
    const pt_want *w = pt_swarm_want_of(s, first + count);
    if (!w || !due[w - s->wants] || w->fetch) break;
    count++;
  }
  return count;
}

/* The due piece that was wanted first, if a fetch may begin. */
static pt_want *next_due(pt_swarm *s, const uint8_t *due) {
  pt_want *best = NULL;
  for (uint32_t i = 0; i < s->want_count; i++) {
    pt_want *w = &s->wants[i];
    if (!due[i] || w->fetch) continue;
    if (!best || (w->blocking && !best->blocking) ||
        (w->blocking == best->blocking && w->order < best->order))
      best = w;
  }
  return best;
}

static uint32_t before_in_span(pt_swarm *s, uint32_t piece, const uint8_t *due) {
  const pt_file *f = pt_swarm_file_of(s, piece);
  while (piece > f->piece_first) {
    const pt_want *w = pt_swarm_want_of(s, piece - 1);
    if (!w || !due[w - s->wants] || w->fetch) break;
    piece--;
  }
  return piece;
}

static void fetch_due(pt_swarm *s, pt_company c) {
  uint64_t now = s->cx->now_us;
  if (now < s->cx->origin_retry_us) {
    pt_swarm_wake(s, s->cx->origin_retry_us);
    return;
  }
  uint8_t *due = calloc(s->want_count + 1, 1);
  if (!due) return;
  for (uint32_t i = 0; i < s->want_count; i++) {
    pt_want *w = &s->wants[i];
    if (w->fetch || !w->near || s->pieces[w->piece].state == PT_PIECE_FULL) continue;
    enum pt_fallback why;
    uint64_t at = pt_fallback_due(s, c, w, &why);
    const pt_file *file = pt_swarm_file_of(s, w->piece);
    if (at < file->refused_until_us) at = file->refused_until_us;
    if (at <= now)
      due[i] = (uint8_t)why;
    else
      pt_swarm_wake(s, at);
  }
  for (pt_want *w; (w = next_due(s, due)) != NULL;) {
    bool for_others =
        due[w - s->wants] == PT_FALLBACK_ELECTED || due[w - s->wants] == PT_FALLBACK_BACKUP;
    bool share = for_others && (w->patient || w->film) && c.electors;
    bool small = !for_others && pt_fallback_small(s, w);
    uint32_t most = share   ? PT_ELECTED_FETCHES_AT_ONCE
                    : small ? PT_SMALL_FETCHES_AT_ONCE
                            : PT_FETCHES_AT_ONCE;
    if (s->cx->fetches >= most) break;
    uint32_t span = !for_others  ? PT_FETCH_SPAN_MAX
                    : w->film    ? PT_FETCH_FILM_SPAN_MAX
                    : w->patient ? PT_FETCH_SHARE_SPAN_MAX
                                 : PT_FETCH_SPAN_MAX;
    uint32_t first = w->head ? w->piece : before_in_span(s, w->piece, due);
    uint8_t why = due[w - s->wants];
    if (!start_fetch(s, first, span_of(s, first, due, span), (enum pt_fallback)why)) break;
  }
  free(due);
}

/* A stream has waited too long for its next piece: fetch it, and the more
 * pieces behind it the more often this happens. */
PT_APART static void rescue(pt_swarm *s, pt_company c, pt_stream *st) {
  uint64_t now = s->cx->now_us;
  if (!st->starved_us || !pt_stream_runs(st)) return;
  const pt_file *f = &s->files[st->file];
  uint32_t first = pt_stream_next(st), count = 0;
  bool any_order = pt_stream_is_bulk(st) && s->progress_us > st->starved_us &&
                   (pt_fallback_flows(s) || !s->block_us);
  uint64_t since = any_order ? s->progress_us : st->starved_us;
  uint64_t due = since + pt_fallback_rescue_delay(s, c, st, first);
  bool late = pt_fallback_late(s, st);
  if (now < due && !late) {
    pt_swarm_wake(s, due < now + PT_LOOK_AGAIN_US ? due : now + PT_LOOK_AGAIN_US);
    return;
  }
  if (s->cx->fetches >= PT_FETCHES_AT_ONCE || now < s->cx->origin_retry_us) return;
  if (now < f->refused_until_us) return;
  if (now < s->cx->grace_us) {
    pt_swarm_wake(s, s->cx->grace_us);
    return;
  }
  /* Where peers deliver, if slowly, one piece after the other is enough. */
  bool flows = pt_fallback_flows(s) && !st->paced && !late;
  if (flows && s->cx->fetches > 0) {
    pt_swarm_wake(s, now + PT_LOOK_AGAIN_US);
    return;
  }
  if (flows) st->rescue_pieces = 1;
  if (st->rescue_pieces == 0 || since > st->rescued_us + PT_RESCUE_CALM_US) st->rescue_pieces = 1;
  uint32_t most = late ? f->piece_count : st->rescue_pieces;
  while (count < most && first + count < st->window_end) {
    const pt_want *w = pt_swarm_want_of(s, first + count);
    if (!w || w->fetch || s->pieces[w->piece].state == PT_PIECE_FULL) break;
    count++;
  }
  if (count == 0) return;
  st->rescued_us = st->starved_us = now;
  if ((uint64_t)st->rescue_pieces * s->piece_length < PT_FETCH_SPAN_MAX) st->rescue_pieces *= 2;
  take_from_peers(s, first, count);
  start_fetch(s, first, count, PT_FALLBACK_RESCUE);
}

pt_fetch *pt_origin_bringing(const pt_swarm *s, uint32_t piece) {
  for (pt_fetch *f = s->fetches; f; f = f->next)
    if (piece >= f->first && piece - f->first < f->count &&
        f->at <= (uint64_t)(piece - f->first) * s->piece_length)
      return f;
  return NULL;
}

static bool still_wanted(const pt_swarm *s, const pt_fetch *fetch) {
  for (uint32_t i = 0; i < s->want_count; i++)
    if (s->wants[i].fetch == fetch) return true;
  return false;
}

static void look_after_fetches(pt_swarm *s) {
  uint64_t now = s->cx->now_us;
  for (pt_fetch *f = s->fetches, *next; f; f = next) {
    next = f->next;
    if (f->at < f->length && !still_wanted(s, f)) {
      cancel_fetch(s, f);
    } else if (now >= f->progress_us + PT_FETCH_STALL_US) {
      cancel_fetch(s, f);
      pt_origin_failed(s);
    } else {
      pt_swarm_wake(s, f->progress_us + PT_FETCH_STALL_US);
    }
  }
}

/* The origin fails and nobody else can help: the page's own request, made
 * plainly, gets the browser's own error. */
PT_APART static void give_up(pt_swarm *s, pt_company c) {
  bool no_layers = s->layers_useless || s->layers_missing;
  bool no_origin = s->cx->origin_failures >= 2;
  for (pt_stream *st = s->streams; st; st = st->next) {
    bool refused = s->files[st->file].refusals > 0;
    if (!no_origin && !no_layers && !refused) continue;
    if (!pt_stream_runs(st)) continue;
    uint32_t piece = pt_stream_next(st);
    if (s->pieces[piece].state == PT_PIECE_HAVE) continue;
    if (pt_fallback_hopeful(s, c, st, piece)) continue;
    const pt_want *w = pt_swarm_want_of(s, piece);
    if (w && w->fetch) continue;
    bool unprovable = no_layers && !pt_layers_hash(s, piece);
    if (!no_origin && !refused && !unprovable) continue;
    st->result = unprovable || refused ? PT_ERR_STALE : PT_ERR_UNREACHABLE;
    s->deliverable = true;
  }
}

void pt_origin_plan(pt_swarm *s) {
  look_after_fetches(s);
  for (pt_stream *st = s->streams; st; st = st->next)
    if (pt_pace_is_film(st)) pt_pace_advance(st);
  if (s->want_count == 0) return;
  if (!s->count_due_us) s->count_due_us = s->cx->now_us + PT_CONNECT_PATIENCE_US;
  pt_company c = pt_fallback_company(s);
  for (pt_stream *st = s->streams; st; st = st->next) {
    if (pt_pace_is_film(st))
      pt_pace_plan(st, c);
    else
      rescue(s, c, st);
  }
  fetch_due(s, c);
  give_up(s, c);
}

/* Writes what has come into the pieces of the span; a block is put when all of
 * its bytes came through this fetch. */
static void spread(pt_swarm *s, pt_fetch *fetch, pt_bytes data) {
  while (data.len) {
    uint32_t number = fetch->first + (uint32_t)(fetch->at / s->piece_length);
    uint32_t in_piece = (uint32_t)(fetch->at % s->piece_length);
    uint32_t size = pt_swarm_piece_size(s, number);
    uint32_t block = in_piece / PT_BLOCK_SIZE, begin = block * PT_BLOCK_SIZE;
    uint32_t end = size - begin < PT_BLOCK_SIZE ? size : begin + PT_BLOCK_SIZE;
    size_t take = end - in_piece < data.len ? end - in_piece : data.len;
    pt_piece *piece = &s->pieces[number];
    bool open = piece->state == PT_PIECE_NONE ? pt_assembly_open(s, number) : true;
    bool lacks = open && pt_assembly_takes(s, number, PT_GIVER_ORIGIN) &&
                 pt_assembly_lacks(s, number, block);
    if (in_piece == begin)
      fetch->serial = lacks ? piece->assembly->serial : 0;
    else if (!lacks || piece->assembly->serial != fetch->serial)
      fetch->serial = 0;
    if (fetch->serial)
      pt_content_write(piece->content, in_piece, (pt_bytes){data.data, take});
    else
      s->cx->stats.wasted_bytes += take;
    fetch->at += take;
    data.data += take;
    data.len -= take;
    if (fetch->serial && in_piece + take == end)
      pt_assembly_put(s, number, begin, (pt_bytes){NULL, end - begin}, PT_GIVER_ORIGIN);
  }
}

static pt_fetch *find_fetch(pt_swarm *s, uint32_t id) {
  for (pt_fetch *f = s->fetches; f; f = f->next)
    if (f->id == id) return f;
  return NULL;
}

bool pt_origin_data(pt_swarm *s, uint32_t id, pt_bytes data) {
  if (id == s->layers_fetch && id) {
    pt_layers_origin_data(s, data);
    return true;
  }
  pt_fetch *fetch = find_fetch(s, id);
  if (!fetch) return false;
  s->cx->stats.origin_bytes += data.len;
  uint64_t room = fetch->length - fetch->at;
  if (data.len > room) {
    s->cx->stats.wasted_bytes += data.len - room;
    data.len = (size_t)room;
  }
  fetch->progress_us = s->cx->now_us;
  spread(s, fetch, data);
  return true;
}

bool pt_origin_end(pt_swarm *s, uint32_t id, int code, uint64_t status) {
  if (id == s->layers_fetch && id) {
    pt_layers_origin_end(s, code, status);
    return true;
  }
  pt_fetch *fetch = find_fetch(s, id);
  if (!fetch) return false;
  bool whole = code == PT_OK && fetch->at == fetch->length;
  if (whole) {
    uint64_t took_us = s->cx->now_us - fetch->started_us;
    s->cx->origin_span_us =
        s->cx->origin_span_us ? (s->cx->origin_span_us * 3 + took_us) / 4 : took_us;
    s->cx->origin_failures = 0;
    s->cx->origin_retry_us = 0;
    pt_swarm_file_of(s, fetch->first)->refusals = 0;
  } else if (speaks_of_file(status)) {
    refused(s, pt_swarm_file_of(s, fetch->first));
  } else {
    pt_origin_failed(s);
  }
  end_fetch(s, fetch);
  return true;
}
