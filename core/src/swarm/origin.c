/* The safety net: which pieces to fetch from the origin, and when.
 *
 *  - Nobody else is there, or the page can't render without it: at once.
 *  - A peer that may be asked has it: the peers' business, unless a stream
 *    starves; then the origin rescues it, each time with twice as many pieces.
 *  - First connections are being made: the first bytes of each file may be
 *    taken from the origin at once, up to a small head start; the rest waits
 *    for the connections, briefly.
 *  - Others want it too and nobody has it: those who want it elect a fetcher
 *    by rendezvous hashing, one for each span of pieces; the next in line step
 *    in after a delay measured from how long our own fetches take. */
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "swarm/election.h"
#include "swarm/units.h"

#define PT_FETCHES_AT_ONCE 6u          /* what browsers open to one host (HTTP/1.1) */
#define PT_FETCH_SPAN_MAX (4u << 20)   /* bytes */
#define PT_UNIT_BYTES (256u << 10)     /* of one election: a request's worth */
#define PT_SETTLE_US (100u * PT_MS_US) /* for the wants of all to reach all */
#define PT_CONNECT_PATIENCE_US (1500u * PT_MS_US)
#define PT_CONNECT_PATIENCE_MOST_US (4u * PT_SECOND_US)
#define PT_SILENCE_US (3u * PT_SECOND_US) /* a silent peer may come back */
#define PT_CHOKED_PATIENCE_US (500u * PT_MS_US)
#define PT_BLOCKING_PATIENCE_US (300u * PT_MS_US)
#define PT_RESCUE_PATIENCE_US (1u * PT_SECOND_US)
#define PT_RESCUE_PATIENCE_MOST_US (4u * PT_SECOND_US)
#define PT_ALIVE_US (400u * PT_MS_US) /* a peer that answered since delivers */
#define PT_RESCUE_CALM_US (5u * PT_SECOND_US)
#define PT_BACKUP_LEAST_US (300u * PT_MS_US)
#define PT_BACKUP_MOST_US (2u * PT_SECOND_US)
#define PT_FETCH_STALL_US (8u * PT_SECOND_US)
#define PT_HOPE_US (20u * PT_SECOND_US)
#define PT_RETRY_LEAST_US (500u * PT_MS_US)
#define PT_RETRY_MOST_US (30u * PT_SECOND_US)

typedef struct neighbourhood {
  bool holder;        /* somebody has it and may be asked */
  bool choked_holder; /* somebody has it and chokes us */
  uint64_t silent_us; /* somebody has it and fell silent then; 0: nobody */
  bool anybody;       /* any peer whose pieces we know */
  bool greeting;      /* a peer whose pieces and wants we do not know yet */
  bool under_way;     /* somebody is fetching it from the origin */
  bool electors;      /* somebody takes part in elections */
} neighbourhood;

static neighbourhood look_around(const pt_swarm *s, uint32_t piece) {
  neighbourhood n = {0};
  for (const pt_peer *p = s->peers; p; p = p->next) {
    if (p->broken || p->remote->condemned) continue;
    if (!p->bits_known || (p->ext_want && !p->wants_known)) n.greeting = true;
    if (!p->bits_known) continue;
    n.anybody = true;
    n.under_way |= pt_peer_fetches(p, piece);
    n.electors |= p->ext_want != 0;
    if (!pt_bits_get(p->has, piece)) continue;
    if (pt_peer_usable(p))
      n.holder = true;
    else if (p->choked && s->cx->now_us >= p->snubbed_until_us)
      n.choked_holder = true;
    else if (p->silent_us > n.silent_us)
      n.silent_us = p->silent_us;
  }
  return n;
}

/* Are peers on their way that may have what we want? */
static bool expecting(const pt_swarm *s, neighbourhood n) {
  const pt_context *cx = s->cx;
  if (cx->consent == PT_CONSENT_DENIED) return false;
  if (!s->counted && !n.anybody) return !cx->server_silent && cx->now_us < s->count_due_us;
  if (s->counted && s->complete + s->incomplete == 0) return n.greeting;
  return cx->dials > 0 || n.greeting;
}

/* Until when the first connections are waited for. News of one (an answer, a
 * channel) show that it is being made, if slowly. */
static uint64_t connect_limit_us(const pt_swarm *s) {
  uint64_t least = s->wanting_since_us + PT_CONNECT_PATIENCE_US;
  uint64_t most = s->wanting_since_us + PT_CONNECT_PATIENCE_MOST_US;
  uint64_t news = s->cx->dial_news_us + PT_CONNECT_PATIENCE_US;
  return news < least ? least : news < most ? news : most;
}

static uint64_t backup_delay_us(const pt_context *cx) {
  uint64_t delay = cx->origin_span_us * 2 + 200 * PT_MS_US;
  if (delay < PT_BACKUP_LEAST_US) return PT_BACKUP_LEAST_US;
  return delay < PT_BACKUP_MOST_US ? delay : PT_BACKUP_MOST_US;
}

/* Our place in line for the span that holds this piece: 0 fetches. */
static uint32_t rank_of(const pt_swarm *s, uint32_t piece) {
  uint32_t per_unit = PT_UNIT_BYTES / s->piece_length ? PT_UNIT_BYTES / s->piece_length : 1;
  uint8_t ids[PT_PEERS_MAX][PT_ID_SIZE];
  size_t count = 0;
  for (const pt_peer *p = s->peers; p && count < PT_PEERS_MAX; p = p->next) {
    if (p->broken || p->snubbed_until_us > s->cx->now_us || !pt_peer_wants(p, piece)) continue;
    memcpy(ids[count++], p->remote->id, PT_ID_SIZE);
  }
  return (uint32_t)pt_election_rank(s->key, piece / per_unit, s->cx->self,
                                    (const uint8_t(*)[PT_ID_SIZE])ids, count);
}

/* When this piece goes to the origin (now, later, PT_NEVER), and why. */
static uint64_t due_us(pt_swarm *s, pt_want *w, enum pt_fallback *why) {
  pt_context *cx = s->cx;
  uint64_t now = cx->now_us;
  neighbourhood n = look_around(s, w->piece);
  if (s->pieces[w->piece].failures >= 2 && (!w->from || cx->origin_failures == 0)) {
    *why = PT_FALLBACK_RESCUE;
    return now;
  }
  *why = PT_FALLBACK_URGENT;
  if (n.holder || w->from) return w->blocking ? w->since_us + PT_BLOCKING_PATIENCE_US : PT_NEVER;
  if (w->blocking) return now;
  if (n.silent_us && now < n.silent_us + PT_SILENCE_US)
    return n.silent_us + PT_SILENCE_US; /* meanwhile starving streams are rescued */
  if (expecting(s, n)) {
    uint64_t limit = connect_limit_us(s);
    uint32_t size = pt_swarm_piece_size(s, w->piece);
    if (now < limit && w->head && !w->head_start && cx->head_start >= size) {
      cx->head_start -= size;
      w->head_start = true;
    }
    if (now < limit) return w->head_start ? now : limit;
  }
  if (n.choked_holder && now < w->since_us + PT_CHOKED_PATIENCE_US)
    return w->since_us + PT_CHOKED_PATIENCE_US;
  uint64_t settled = w->since_us + PT_SETTLE_US;
  if (n.electors && now < settled) return settled;
  uint32_t rank = n.anybody ? rank_of(s, w->piece) : 0;
  rank += n.under_way && rank == 0;
  *why = !n.anybody ? PT_FALLBACK_ALONE : rank ? PT_FALLBACK_BACKUP : PT_FALLBACK_ELECTED;
  uint64_t since = w->since_us > w->lost_us ? w->since_us : w->lost_us;
  return rank ? since + rank * backup_delay_us(cx) : now;
}

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
  pt_event event = {.kind = PT_OUT_ORIGIN_CANCEL, .id = fetch->id};
  pt_outbox_push(&s->cx->out, &event);
  end_fetch(s, fetch);
}

void pt_origin_cancel_all(pt_swarm *s) {
  while (s->fetches) cancel_fetch(s, s->fetches);
  if (!s->torrent_fetch) return;
  pt_event event = {.kind = PT_OUT_ORIGIN_CANCEL, .id = s->torrent_fetch};
  pt_outbox_push(&s->cx->out, &event);
  s->torrent_fetch = 0;
}

void pt_origin_failed(pt_swarm *s) {
  pt_context *cx = s->cx;
  uint64_t pause = PT_RETRY_LEAST_US << (cx->origin_failures < 6 ? cx->origin_failures : 6);
  cx->origin_failures++;
  cx->origin_retry_us = cx->now_us + (pause < PT_RETRY_MOST_US ? pause : PT_RETRY_MOST_US);
  s->dirty = true;
}

/* The span of missing pieces from `first` that are due as well, up to the
 * longest fetch and the end of their file. */
static uint32_t span_of(pt_swarm *s, uint32_t first, const uint8_t *due) {
  const pt_file *f = pt_swarm_file_of(s, first);
  uint32_t end = f->piece_first + f->piece_count, count = 1;
  uint32_t most = PT_FETCH_SPAN_MAX / s->piece_length ? PT_FETCH_SPAN_MAX / s->piece_length : 1;
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

static void fetch_due(pt_swarm *s) {
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
    uint64_t at = due_us(s, w, &why);
    if (at <= now)
      due[i] = (uint8_t)why;
    else
      pt_swarm_wake(s, at);
  }
  while (s->cx->fetches < PT_FETCHES_AT_ONCE) {
    pt_want *w = next_due(s, due);
    if (!w) break;
    uint32_t first = w->head ? w->piece : before_in_span(s, w->piece, due);
    uint8_t why = due[w - s->wants];
    if (!start_fetch(s, first, span_of(s, first, due), (enum pt_fallback)why)) break;
  }
  free(due);
}

/* How long a stream may wait for its next piece. Peers that deliver are given
 * the time that what is in line before the piece takes them, within reason. */
static uint64_t patience_us(const pt_swarm *s, const pt_want *next) {
  uint64_t rate = 0, ahead = 0;
  for (const pt_peer *p = s->peers; p; p = p->next)
    if (pt_peer_usable(p) && s->cx->now_us < p->answered_us + PT_ALIVE_US) rate += p->rate_in;
  if (!next || rate == 0 || s->pieces[next->piece].available == 0) return PT_RESCUE_PATIENCE_US;
  for (uint32_t i = 0; i < s->want_count; i++)
    if (s->wants[i].order <= next->order || s->wants[i].head) ahead += s->piece_length;
  uint64_t line_us = ahead * PT_SECOND_US / rate;
  uint64_t most_us = PT_RESCUE_PATIENCE_MOST_US - PT_RESCUE_PATIENCE_US;
  return PT_RESCUE_PATIENCE_US + (line_us < most_us ? line_us : most_us);
}

/* When a starving stream is rescued, after it began to starve: where nobody is
 * left who might help, what was begun goes on without a pause. */
static uint64_t rescue_delay_us(const pt_swarm *s, const pt_stream *st, uint32_t next) {
  neighbourhood n = look_around(s, next);
  if (n.holder) return patience_us(s, pt_swarm_want_of(s, next));
  if (expecting(s, n)) return PT_CONNECT_PATIENCE_US;
  bool begun = st->rescue_pieces && s->cx->now_us <= st->rescued_us + PT_RESCUE_CALM_US;
  return begun ? 0 : PT_RESCUE_PATIENCE_US;
}

/* A stream has waited too long for its next piece: fetch it, and the more
 * pieces behind it the more often this happens. */
static void rescue(pt_swarm *s, pt_stream *st) {
  uint64_t now = s->cx->now_us;
  if (!st->starved_us || st->result != PT_OK || st->at >= st->end) return;
  const pt_file *f = &s->files[st->file];
  uint32_t first = f->piece_first + (uint32_t)(st->at / s->piece_length), count = 0;
  uint64_t due = st->starved_us + rescue_delay_us(s, st, first);
  if (now < due) {
    pt_swarm_wake(s, due < now + PT_ALIVE_US ? due : now + PT_ALIVE_US);
    return;
  }
  if (s->cx->fetches >= PT_FETCHES_AT_ONCE || now < s->cx->origin_retry_us) return;
  if (st->rescue_pieces == 0 || now > st->rescued_us + PT_RESCUE_CALM_US) st->rescue_pieces = 1;
  while (count < st->rescue_pieces && first + count < st->window_end) {
    const pt_want *w = pt_swarm_want_of(s, first + count);
    if (!w || w->fetch || s->pieces[w->piece].state == PT_PIECE_FULL) break;
    count++;
  }
  if (count == 0) return;
  st->rescued_us = st->starved_us = now;
  if ((uint64_t)st->rescue_pieces * s->piece_length < PT_FETCH_SPAN_MAX) st->rescue_pieces *= 2;
  for (uint32_t i = 0; i < count; i++) {
    pt_want *w = pt_swarm_want_of(s, first + i);
    if (w->from) pt_peer_cancel(w->from, w->piece);
    w->from = NULL;
  }
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

/* May a peer still bring the piece that the stream waits for? Peers that only
 * promise to are believed for a while. */
static bool hopeful(pt_swarm *s, const pt_stream *st, uint32_t piece) {
  neighbourhood n = look_around(s, piece);
  if (!n.holder && !n.choked_holder && !n.greeting) return false;
  if (!st->starved_us) return true;
  uint64_t until = st->starved_us + PT_HOPE_US;
  if (s->cx->now_us < until) pt_swarm_wake(s, until);
  return s->cx->now_us < until;
}

/* The origin fails and nobody else can help: the page's own request, made
 * plainly, gets the browser's own error. */
static void give_up(pt_swarm *s) {
  bool no_torrent = s->torrent_useless || s->torrent_missing;
  if (s->cx->origin_failures < 2 && !no_torrent) return;
  for (pt_stream *st = s->streams; st; st = st->next) {
    if (st->result != PT_OK || st->at >= st->end) continue;
    uint32_t piece = s->files[st->file].piece_first + (uint32_t)(st->at / s->piece_length);
    if (s->pieces[piece].state == PT_PIECE_HAVE) continue;
    if (hopeful(s, st, piece)) continue;
    const pt_want *w = pt_swarm_want_of(s, piece);
    if (w && w->fetch) continue;
    bool unprovable = no_torrent && !pt_layers_hash(s, piece);
    if (s->cx->origin_failures < 2 && !unprovable) continue;
    st->result = unprovable ? PT_ERR_STALE : PT_ERR_UNREACHABLE;
    s->deliverable = true;
  }
}

void pt_origin_plan(pt_swarm *s) {
  look_after_fetches(s);
  if (s->want_count == 0) return;
  if (!s->count_due_us) s->count_due_us = s->cx->now_us + PT_CONNECT_PATIENCE_US;
  for (pt_stream *st = s->streams; st; st = st->next) rescue(s, st);
  fetch_due(s);
  give_up(s);
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
      memcpy(piece->data + in_piece, data.data, take);
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
  if (id == s->torrent_fetch && id) {
    pt_layers_torrent_data(s, data);
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
  if (id == s->torrent_fetch && id) {
    pt_layers_torrent_end(s, code, status);
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
  } else {
    pt_origin_failed(s);
    if (status == 404 || status == 410 || status == 416) s->cx->origin_failures += 2;
  }
  end_fetch(s, fetch);
  return true;
}
