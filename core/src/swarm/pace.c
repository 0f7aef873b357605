/* A film's player must not run dry, nor start later than from the site alone.
 *
 * When it will have played what it was given is reckoned from the rate at which
 * it takes bytes: it begins with so much credit, and grants more as it plays.
 * What it needs soon is asked of peers in order. What would still come too late
 * goes to the origin, and nothing else that a peer has: each such piece is one
 * whose cost the visitor does not share. A player of whose rate nothing is
 * known yet is taken for an ordinary film's. Only for hosts that say that credit
 * means played (PT_URGENCY_PLAYER): who keeps bytes itself seems always dry. No
 * browser says so yet: what visitors load is built without this file. */
#include "swarm/units.h"

#ifndef PT_VISITORS_ONLY

#define PT_FILM_BYTES (4u << 20)       /* shorter ones are parts of a film, or done soon */
#define PT_PLAY_RATE (512u << 10)      /* bytes/s, until its player shows another, */
#define PT_PLAY_RATE_LEAST (64u << 10) /* and what is believed of it */
#define PT_PLAY_RATE_MOST (4u << 20)
#define PT_HELD_LEAST (128u << 10) /* who leaves that much lying takes it as it plays */
#define PT_COUNT_US (250u * PT_MS_US)
#define PT_COUNT_ANEW_US (8u * PT_SECOND_US)
#define PT_START_BYTES (512u << 10)         /* a player starts with these, */
#define PT_START_SHARE 32u                  /* at most one part in so many of the film: */
#define PT_START_HEDGE_US (400u * PT_MS_US) /* a peer who has them may try first */
#define PT_IN_ORDER_US (1u * PT_SECOND_US)  /* what is needed sooner is asked for in order */
/* For a piece of the origin, beside its own time; twice with others under way,
 * and the most when it failed last. */
#define PT_LEAD_LEAST_US (200u * PT_MS_US)
#define PT_LEAD_MOST_US PT_IN_ORDER_US
#define PT_FED_US (12u * PT_SECOND_US) /* who holds that much lets others go first */
#define PT_LOOK_AGAIN_US (500u * PT_MS_US)

static pt_file *file_of(const pt_stream *st) { return &st->swarm->files[st->file]; }

static uint64_t rate_of(const pt_stream *st) {
  return file_of(st)->play_rate ? file_of(st)->play_rate : PT_PLAY_RATE;
}

static uint64_t within(uint64_t value, uint64_t least, uint64_t most) {
  return value < least ? least : value < most ? value : most;
}

bool pt_pace_is_film(const pt_stream *st) {
  if (!st->player || st->swarm->cx->savings) return false;
  return st->played && st->end == file_of(st)->length && st->end > PT_FILM_BYTES;
}

bool pt_pace_looks_after(const pt_swarm *s) {
  for (const pt_stream *st = s->streams; st && s->want_count; st = st->next)
    if (pt_pace_is_film(st) && pt_stream_runs(st)) return true;
  return false;
}

void pt_pace_credit(pt_stream *st, uint64_t bytes) {
  uint64_t now = st->swarm->cx->now_us, left = st->end - st->at;
  if (!st->player) return;
  if (st->window == 0) {
    st->window = bytes;
    return;
  }
  if (bytes >= left || st->credit >= left - bytes) return; /* it would have taken more */
  uint64_t open = st->credit + bytes, held = st->window > open ? st->window - open : 0;
  if (held < PT_HELD_LEAST) {
    st->mark_us = 0;
    return;
  }
  uint64_t span_us = now - st->mark_us;
  if (st->mark_us == 0 || span_us >= PT_COUNT_ANEW_US) {
    st->mark_us = now;
    st->taken = 0;
    return;
  }
  st->taken += bytes;
  if (span_us < PT_COUNT_US) return;
  uint64_t rate = st->taken * PT_SECOND_US / span_us;
  file_of(st)->play_rate = within(rate, PT_PLAY_RATE_LEAST, PT_PLAY_RATE_MOST);
  st->dry_us = now + held * PT_SECOND_US / rate_of(st);
}

void pt_pace_given(pt_stream *st, uint64_t bytes) {
  uint64_t now = st->swarm->cx->now_us;
  if (st->dry_us < now) st->dry_us = now;
  st->dry_us += bytes * PT_SECOND_US / rate_of(st);
}

bool pt_pace_fed(const pt_stream *st) {
  return pt_pace_is_film(st) && st->mark_us && st->dry_us > st->swarm->cx->now_us + PT_FED_US;
}

/* Where in the file what a player starts with ends. */
static uint64_t start_end(const pt_stream *st) {
  uint64_t share = file_of(st)->length / PT_START_SHARE;
  return st->begin + (share < PT_START_BYTES ? share : PT_START_BYTES);
}

/* When the player needs the byte at an offset. */
static uint64_t due_us(const pt_stream *st, uint64_t offset) {
  uint64_t now = st->swarm->cx->now_us, dry = st->dry_us > now ? st->dry_us : now;
  if (offset < start_end(st)) return now;
  return offset > st->at ? dry + (offset - st->at) * PT_SECOND_US / rate_of(st) : dry;
}

/* When the peer that was asked for a piece will have sent it, at its rate. */
static uint64_t expected_us(const pt_want *w, uint64_t now) {
  const pt_peer *p = w->from;
  if (!p || !p->rate_in || p->snubbed_until_us > now) return PT_NEVER;
  uint64_t before = 0;
  for (uint32_t i = 0; i < p->asked_count; i++)
    if (p->asked[i].piece == w->piece) before = i + 1;
  return p->answered_us + before * PT_BLOCK_SIZE * PT_SECOND_US / p->rate_in;
}

/* May a peer still bring in time what is due soon? */
static bool in_time(pt_stream *st, pt_company c, const pt_want *w, uint64_t due) {
  pt_swarm *s = st->swarm;
  pt_file *f = file_of(st);
  uint64_t now = s->cx->now_us, hedged = st->begun_us + PT_START_HEDGE_US;
  uint64_t lead = s->cx->origin_span_us + PT_LEAD_LEAST_US * (s->cx->fetches ? 2 : 1);
  if (lead > PT_LEAD_MOST_US || s->cx->origin_failures) lead = PT_LEAD_MOST_US;
  uint64_t latest = due - (due > now + lead ? lead : lead / 2);
  if (due > now + lead || (due > now + lead / 2 && expected_us(w, now) <= due)) {
    pt_swarm_wake(s, latest);
    return true;
  }
  if (due <= now && now < hedged && pt_fallback_held(s, w->piece)) {
    pt_swarm_wake(s, hedged);
    return true;
  }
  if (c.anybody || !pt_fallback_expecting(s, c)) return false;
  if (f->advanced >= f->length / PT_START_SHARE) return true; /* the connections are soon there */
  f->advanced += pt_swarm_piece_size(s, w->piece);
  return false;
}

void pt_pace_advance(pt_stream *st) {
  if (!pt_stream_runs(st)) return;
  pt_stream_advance(st);
  pt_swarm_wake(st->swarm, st->swarm->cx->now_us + PT_LOOK_AGAIN_US);
}

void pt_pace_plan(pt_stream *st, pt_company c) {
  pt_swarm *s = st->swarm;
  const pt_file *f = file_of(st);
  uint64_t now = s->cx->now_us;
  if (!pt_stream_runs(st)) return;
  uint32_t first = pt_stream_next(st), count = 0;
  for (bool more = true; more && first + count < st->window_end;) {
    uint32_t piece = first + count;
    uint64_t offset = (uint64_t)(piece - f->piece_first) * s->piece_length;
    uint64_t due = due_us(st, offset);
    more = offset < start_end(st) || (due <= now + PT_IN_ORDER_US && offset < st->at + st->credit);
    pt_want *w = more ? pt_swarm_want_of(s, piece) : NULL;
    bool lacks = w && !w->fetch && s->pieces[piece].state != PT_PIECE_FULL;
    if (lacks) w->soon = true;
    if (lacks && !in_time(st, c, w, due)) {
      count++;
      continue;
    }
    pt_origin_fetch_now(s, first, count);
    first += count + 1;
    count = 0;
  }
  pt_origin_fetch_now(s, first, count);
}

#endif
