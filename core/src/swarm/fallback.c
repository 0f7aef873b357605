/* When a piece goes to the origin, and why (origin.c then fetches it).
 *
 *  - Nobody else is there, or the page can't render without it: at once.
 *  - A peer that may be asked has it: the peers' business, unless a stream
 *    starves; then the origin rescues it.
 *  - First connections are being made: the first bytes of each file may be
 *    taken from the origin at once, up to a small head start; the rest waits
 *    for the connections, briefly.
 *  - Others want it too and nobody has it: those who want it elect a fetcher
 *    by rendezvous hashing, one for each span of pieces; the next in line step
 *    in after a delay measured from how long our own fetches take, or when the
 *    one who fetches it takes far longer than that. */
#include "base/bits.h"
#include "swarm/election.h"
#include "swarm/units.h"

#define PT_UNIT_BYTES (256u << 10)     /* of one election: a request's worth */
#define PT_SETTLE_US (100u * PT_MS_US) /* for what all have and want to reach all */
#define PT_CONNECT_PATIENCE_MOST_US (4u * PT_SECOND_US)
#define PT_SILENCE_US (3u * PT_SECOND_US) /* a silent peer may come back */
#define PT_CHOKED_PATIENCE_US (500u * PT_MS_US)
#define PT_BLOCKING_PATIENCE_US (300u * PT_MS_US)
#define PT_RESCUE_PATIENCE_US (1u * PT_SECOND_US)
#define PT_FEW 8u                               /* others: no crowd yet */
#define PT_RESCUE_LOT_US (50u * PT_MS_US)       /* of a crowd one more each */
#define PT_PAGE_PATIENCE_US (2u * PT_SECOND_US) /* with what a page shows, */
#define PT_TRICKLE_RATE (128u << 10)            /* where peers bring less a second */
#define PT_FLOWING_US (1500u * PT_MS_US)        /* since the last block of a peer */
#define PT_PATIENCE_MOST_US (4u * PT_SECOND_US)
#define PT_BULK_PATIENCE_MOST_US (60u * PT_SECOND_US)
#define PT_BACKUP_LEAST_US (300u * PT_MS_US)
#define PT_BACKUP_MOST_US (6u * PT_SECOND_US)
#define PT_SHARE_MOST_US (9u * PT_SECOND_US) /* in a download */
#define PT_UNDER_WAY_LEAST_US (2u * PT_SECOND_US)
#define PT_UNDER_WAY_MOST_US (8u * PT_SECOND_US)
#define PT_SMALL_BYTES (64u << 10)             /* a file that the site gives in one go. Of these */
#define PT_SMALL_START_BYTES (384u << 10)      /* so much doesn't wait for first connections, */
#define PT_SMALL_PATIENCE_US (750u * PT_MS_US) /* and the rest not longer than this */
#define PT_HOPE_US (20u * PT_SECOND_US)
#define PT_SAVINGS_FACTOR 8u /* who saves is so many times as patient */

static uint64_t patiently(const pt_context *cx, uint64_t us) {
  return cx->savings ? us * PT_SAVINGS_FACTOR : us;
}

typedef struct neighbourhood {
  bool holder;        /* somebody has it and may be asked */
  bool choked_holder; /* somebody has it and chokes us */
  uint64_t silent_us; /* somebody has it and fell silent then; 0: nobody */
  bool under_way;     /* somebody is fetching it from the origin */
  uint64_t news_us;   /* and had a piece more at that time */
} neighbourhood;

pt_company pt_fallback_company(const pt_swarm *s) {
  pt_company c = {0};
  for (const pt_peer *p = s->peers; p; p = p->next) {
    if (p->broken || p->remote->condemned) continue;
    if (!p->bits_known || (p->ext_want && !p->wants_known)) c.greeting = true;
    if (!p->bits_known) continue;
    c.anybody = true;
    c.electors |= p->ext_want != 0;
  }
  return c;
}

static neighbourhood look_around(const pt_swarm *s, uint32_t piece) {
  neighbourhood n = {0};
  bool held = s->pieces[piece].available > 0;
  for (const pt_peer *p = s->peers; p && !n.holder; p = p->next) {
    if (p->broken || p->remote->condemned || !p->bits_known) continue;
    if (pt_peer_fetches(p, piece)) {
      n.under_way = true;
      if (p->had_us > n.news_us) n.news_us = p->had_us;
    }
    if (!held || !pt_bits_get(p->has, piece)) continue;
    if (pt_peer_usable(p))
      n.holder = true;
    else if (p->choked && s->cx->now_us >= p->snubbed_until_us)
      n.choked_holder = true;
    else if (p->silent_us > n.silent_us)
      n.silent_us = p->silent_us;
  }
  return n;
}

/* Who else is in the swarm: the server counts us, too. */
static uint64_t others_in(const pt_swarm *s) {
  uint64_t all = (uint64_t)s->complete + s->incomplete;
  return all ? all - 1 : 0;
}

/* Are peers on their way that may have what we want? */
static bool dialling(const pt_swarm *s, pt_company c) {
  const pt_context *cx = s->cx;
  if (cx->consent == PT_CONSENT_DENIED) return false;
  if (!s->counted && !c.anybody) return !cx->server_silent && cx->now_us < s->count_due_us;
  if (s->counted && others_in(s) == 0) return c.greeting;
  return cx->dials > 0 || c.greeting;
}

bool pt_fallback_expecting(const pt_swarm *s, pt_company c) {
  return dialling(s, c) && s->cx->now_us < s->wanting_since_us + PT_CONNECT_PATIENCE_US;
}

/* The same, or the server said that others are there, and names them next. */
static bool expecting(const pt_swarm *s, pt_company c) {
  const pt_context *cx = s->cx;
  if (dialling(s, c)) return true;
  if (c.anybody || cx->consent == PT_CONSENT_DENIED || cx->server_silent) return false;
  return others_in(s) > 0 && cx->now_us < s->count_due_us;
}

bool pt_fallback_held(const pt_swarm *s, uint32_t piece) { return look_around(s, piece).holder; }

static uint64_t within(uint64_t value, uint64_t least, uint64_t most) {
  return value < least ? least : value < most ? value : most;
}

/* Until when the first connections are waited for. News of one (an answer, a
 * channel) show that it is being made, if slowly. */
static uint64_t connect_limit_us(const pt_swarm *s) {
  uint64_t least = s->wanting_since_us + PT_CONNECT_PATIENCE_US;
  uint64_t most = s->wanting_since_us + PT_CONNECT_PATIENCE_MOST_US;
  uint64_t news = s->cx->savings ? most : s->cx->dial_news_us + PT_CONNECT_PATIENCE_US;
  return within(news, least, most);
}

/* For each place in line: what is fetched far away takes a while to get here. The
 * more of a download is here, the more pressing is what nobody has. */
static uint64_t backup_delay_us(const pt_swarm *s, const pt_want *w) {
  const pt_context *cx = s->cx;
  if (w->film) return PT_BACKUP_MOST_US;
  if (w->patient) {
    uint64_t lacks = s->piece_count - s->have_count;
    return within(2 * lacks * PT_SHARE_MOST_US / s->piece_count, PT_BACKUP_LEAST_US,
                  PT_SHARE_MOST_US);
  }
  uint64_t delay = patiently(cx, cx->origin_span_us * 2 + 200 * PT_MS_US);
  return within(delay, PT_BACKUP_LEAST_US, PT_BACKUP_MOST_US);
}

#define PT_PLACE 64u /* parts of a place in line */

/* Who fetches the span that holds this piece: our place in line (0: it is
 * ours), and the neighbour whose it is otherwise. */
typedef struct line {
  uint64_t rank;        /* in parts of a place */
  const pt_peer *first; /* NULL: none that we know */
} line;

/* In a crowd we know a few, and in each neighbourhood somebody comes first.
 * How many of those we don't know come before us follows from our own draw: of
 * those, as many as among our neighbours want the piece too. */
static uint64_t unknown_before(const pt_swarm *s, uint64_t own, uint32_t wanting, uint32_t known) {
  uint64_t all = others_in(s);
  if (known == 0 || all <= known) return 0;
  uint64_t others = (all - known) * wanting * PT_PLACE / known;
  return ((UINT64_MAX - own) >> 32) * others >> 32;
}

static line line_for(const pt_swarm *s, uint32_t piece) {
  uint32_t per_unit = PT_UNIT_BYTES / s->piece_length ? PT_UNIT_BYTES / s->piece_length : 1;
  uint32_t unit = piece / per_unit;
  uint64_t own = pt_election_weight(s->key, unit, s->cx->self), most = own;
  uint32_t wanting = 0, known = 0;
  line l = {0};
  for (const pt_peer *p = s->peers; p; p = p->next) {
    known += p->bits_known;
    if (p->broken || p->snubbed_until_us > s->cx->now_us || !pt_peer_wants(p, piece)) continue;
    wanting++;
    uint64_t weight = pt_election_weight(s->key, unit, p->remote->id);
    if (weight < own) continue;
    l.rank += PT_PLACE;
    if (weight < most) continue;
    most = weight;
    l.first = p;
  }
  l.rank += unknown_before(s, own, wanting, known);
  return l;
}

/* Others want it too and nobody has it: our turn comes by rank. It comes later
 * while somebody fetches it, or what comes before it, and gets on. */
static uint64_t turn_us(pt_swarm *s, pt_want *w, neighbourhood n, enum pt_fallback *why) {
  const pt_context *cx = s->cx;
  line l = line_for(s, w->piece);
  /* Downloads are patient enough for parts of a place: of those that may each be
   * the first of a crowd one fetches, and the next ones hear of it. */
  if (!w->patient) l.rank -= l.rank % PT_PLACE;
  uint64_t after_us = l.rank * backup_delay_us(s, w) / PT_PLACE;
  uint64_t since = w->since_us > w->lost_us ? w->since_us : w->lost_us;
  if (!n.under_way)
    w->under_way_us = 0;
  else if (!w->under_way_us)
    w->under_way_us = cx->now_us;
  *why = l.rank >= PT_PLACE || n.under_way ? PT_FALLBACK_BACKUP : PT_FALLBACK_ELECTED;
  if (!n.under_way) {
    if (l.rank == 0) return cx->now_us;
    if (l.first && l.first->fetching && l.first->had_us > since)
      since = within(l.first->had_us, since, since + PT_HOPE_US);
    return since + after_us;
  }
  uint64_t grace = within(cx->origin_span_us * 4, PT_UNDER_WAY_LEAST_US, PT_UNDER_WAY_MOST_US);
  uint64_t news = within(n.news_us, w->under_way_us, w->under_way_us + PT_HOPE_US);
  return news + grace + after_us;
}

bool pt_fallback_small(const pt_swarm *s, const pt_want *w) {
  return !s->cx->savings && pt_swarm_file_of(s, w->piece)->length <= PT_SMALL_BYTES;
}

/* May it come from the origin although first connections are being made? What a
 * stream needs next, and small files: they are there before anybody can be asked. */
static bool starts(pt_swarm *s, pt_company c, const pt_want *w) {
  pt_context *cx = s->cx;
  uint32_t size = pt_swarm_piece_size(s, w->piece);
  bool small = !c.anybody && pt_fallback_small(s, w);
  if (!(w->head && cx->head_start >= size) &&
      !(small && cx->small_start + size <= PT_SMALL_START_BYTES))
    return false;
  cx->head_start -= size < cx->head_start ? size : cx->head_start;
  cx->small_start += size;
  return true;
}

uint64_t pt_fallback_due(pt_swarm *s, pt_company c, pt_want *w, enum pt_fallback *why) {
  pt_context *cx = s->cx;
  uint64_t now = cx->now_us;
  if (s->pieces[w->piece].failures >= 2 && (!w->from || cx->origin_failures == 0)) {
    *why = PT_FALLBACK_RESCUE;
    return now;
  }
  *why = PT_FALLBACK_URGENT;
  if (w->from && !w->blocking) return PT_NEVER;
  neighbourhood n = look_around(s, w->piece);
  if (n.holder || w->from) return w->blocking ? w->since_us + PT_BLOCKING_PATIENCE_US : PT_NEVER;
  if (w->blocking) return now;
  if (w->film && s->pieces[w->piece].available) return PT_NEVER; /* pace.c sees that it comes */
  if (n.silent_us && now < n.silent_us + PT_SILENCE_US)
    return n.silent_us + PT_SILENCE_US; /* meanwhile starving streams are rescued */
  if (w->film ? dialling(s, c) : expecting(s, c)) {
    uint64_t limit =
        pt_fallback_small(s, w) ? s->wanting_since_us + PT_SMALL_PATIENCE_US : connect_limit_us(s);
    if (now < limit && !w->head_start) w->head_start = starts(s, c, w);
    if (now < limit) return w->head_start ? now : limit;
  }
  if (n.choked_holder) { /* where pieces flow, this one will come round */
    if (now < s->block_us + PT_FLOWING_US) return s->block_us + PT_FLOWING_US;
    uint64_t patience = w->patient ? PT_PATIENCE_MOST_US : PT_CHOKED_PATIENCE_US;
    uint64_t until = w->since_us + patience;
    if (now < until) return until;
  }
  uint64_t settled = (w->since_us > s->met_us ? w->since_us : s->met_us) + PT_SETTLE_US;
  if (c.electors && now < settled) return settled;
  *why = PT_FALLBACK_ALONE;
  return c.anybody ? turn_us(s, w, n, why) : now;
}

static uint64_t patience_most_us(const pt_stream *st) {
  if (pt_stream_is_bulk(st)) return PT_BULK_PATIENCE_MOST_US;
  return patiently(st->swarm->cx, PT_PATIENCE_MOST_US);
}

/* Where nothing is known to come; an origin that is slow itself is no rescue. */
static uint64_t patience_least_us(const pt_stream *st) {
  bool bulk = pt_stream_is_bulk(st), first = st->swarm->block_us == 0;
  uint64_t least = (!bulk ? 1u : first ? 4u : 2u) * (uint64_t)PT_RESCUE_PATIENCE_US;
  least = patiently(st->swarm->cx, least);
  return within(st->swarm->cx->origin_span_us * 2, least, patience_most_us(st));
}

/* A block of a peer came lately. */
static bool comes(const pt_swarm *s) { return s->cx->now_us < s->block_us + PT_FLOWING_US; }

/* (The lines of those who share may be slow.) */
bool pt_fallback_flows(const pt_swarm *s) {
  uint32_t least = s->company ? PT_TRICKLE_RATE / 4 : PT_TRICKLE_RATE;
  return comes(s) && pt_rate_of(&s->rate_in, s->cx->now_us) >= least;
}

/* How long a stream may wait for its next piece while peers have it: as long
 * as what is in line before it takes them, within reason. A player that has
 * run dry, or the start of a file, has little patience; a download that moves
 * has much. */
static uint64_t patience_us(const pt_swarm *s, const pt_stream *st, const pt_want *next) {
  uint64_t rate = pt_rate_of(&s->rate_in, s->cx->now_us);
  uint64_t least = patience_least_us(st);
  if (!next || rate == 0 || !pt_fallback_flows(s) || st->paced) return least;
  uint64_t most = patience_most_us(st), patience = least;
  uint64_t piece_us = (uint64_t)s->piece_length * PT_SECOND_US / rate;
  for (uint32_t i = 0; i < s->want_count && patience < most; i++)
    if (s->company || s->wants[i].order <= next->order || s->wants[i].head) patience += piece_us;
  return within(patience, least, most);
}

/* A crowd whose downloads starve together would keep the origin from those who
 * fetch for all: they are rescued one after the other, in an order by lot. */
static uint64_t crowd_us(const pt_swarm *s, const pt_stream *st) {
  if (!pt_stream_is_bulk(st)) return 0;
  uint64_t lot = pt_election_weight(s->key, UINT32_MAX, s->cx->self) >> 32;
  uint64_t line_us = within(others_in(s), 0, UINT32_MAX) * PT_RESCUE_LOT_US;
  return lot * within(line_us, 0, PT_BULK_PATIENCE_MOST_US) >> 32;
}

bool pt_fallback_late(pt_swarm *s, const pt_stream *st) {
  const pt_context *cx = s->cx;
  if (s->company || !comes(s)) return false;
  if (st->played || st->paced || (pt_stream_is_bulk(st) && others_in(s) > PT_FEW)) return false;
  uint64_t fair = within(cx->origin_span_us * 4, PT_PAGE_PATIENCE_US, PT_PATIENCE_MOST_US);
  uint64_t due = st->begun_us + patiently(cx, fair), ahead = 0;
  if (cx->now_us < due) {
    pt_swarm_wake(s, due);
    return false;
  }
  uint64_t rate = pt_rate_of(&s->rate_in, cx->now_us);
  if (rate >= PT_TRICKLE_RATE) return false;
  for (const pt_stream *q = s->streams; q != st->next && ahead <= rate; q = q->next)
    ahead += q->end - q->at;
  return ahead > rate; /* a second more, or longer */
}

uint64_t pt_fallback_rescue_delay(const pt_swarm *s, pt_company c, const pt_stream *st,
                                  uint32_t next) {
  neighbourhood n = look_around(s, next);
  if (n.holder) return patience_us(s, st, pt_swarm_want_of(s, next)) + crowd_us(s, st);
  /* A download waits for its turn, and so it does while more connections are made. */
  if (c.electors && !n.silent_us && pt_stream_is_bulk(st)) return patience_most_us(st);
  if (expecting(s, c)) return PT_CONNECT_PATIENCE_US;
  bool begun = st->rescue_pieces && s->cx->now_us <= st->rescued_us + PT_RESCUE_CALM_US;
  return begun ? 0 : patience_least_us(st);
}

bool pt_fallback_hopeful(pt_swarm *s, pt_company c, const pt_stream *st, uint32_t piece) {
  neighbourhood n = look_around(s, piece);
  bool share = c.electors && pt_stream_is_bulk(st); /* any of them may get it */
  bool near = n.holder || n.choked_holder || c.greeting || share;
  if (!near && !expecting(s, c)) return false;
  if (!st->starved_us) return true;
  uint64_t since = share && s->progress_us > st->starved_us ? s->progress_us : st->starved_us;
  uint64_t until = near ? since + PT_HOPE_US : connect_limit_us(s);
  if (s->cx->now_us < until) pt_swarm_wake(s, until);
  return s->cx->now_us < until;
}
