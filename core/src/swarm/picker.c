/* Which piece to ask which peer for.
 *
 * A piece is asked of one peer as a whole. What a stream needs next goes
 * first, in the order it was wanted. Among the rest, as long as other visitors
 * want the same pieces, the rarest goes first (each visitor breaking ties its
 * own way), so that those who fetch together soon hold different pieces and
 * can trade; without company plain order is best. */
#include <assert.h>

#include "base/bits.h"
#include "base/hash.h"
#include "swarm/units.h"

#define PT_SNUB_US (5u * PT_SECOND_US)
#define PT_STRETCH_BYTES (2u << 20)
#define PT_STEAL_RATIO 2u /* what the slower one has begun to send comes twice */

/* Who does not answer is passed over, and what was asked of it may be got
 * elsewhere; but it may still answer, and is back in favour when it does. */
static void find_stalls(pt_swarm *s) {
  uint64_t now = s->cx->now_us;
  for (pt_peer *p = s->peers; p; p = p->next) {
    if (p->asked_count == 0) continue;
    uint64_t due = p->answered_us + PT_STALL_US + 4u * (uint64_t)p->rtt_min_us;
    if (due < s->cx->grace_us) due = s->cx->grace_us;
    if (now < due) {
      pt_swarm_wake(s, due);
      continue;
    }
    if (now >= p->snubbed_until_us) {
      if (!p->silent_us) p->silent_us = now;
      p->snubbed_until_us = now + PT_SNUB_US;
      pt_peer_disown(p);
    }
    pt_swarm_wake(s, p->snubbed_until_us);
  }
}

static uint64_t own_order(const pt_swarm *s, uint32_t piece) {
  uint64_t self;
  __builtin_memcpy(&self, s->cx->self, sizeof self);
  return pt_hash64(&piece, sizeof piece, self);
}

/* What is played is taken stretch by stretch, in any order within. */
static uint32_t stretch_of(const pt_swarm *s, const pt_want *w) {
  return w->film ? (uint32_t)((uint64_t)w->piece * s->piece_length / PT_STRETCH_BYTES) : 0;
}

static bool sooner(const pt_swarm *s, const pt_want *a, const pt_want *b, bool company) {
  if (a->blocking != b->blocking) return a->blocking;
  bool soon_a = a->head || a->soon, soon_b = b->head || b->soon;
  if (soon_a != soon_b) return soon_a;
  if (soon_a || !company) return a->order < b->order;
  uint32_t stretch_a = stretch_of(s, a), stretch_b = stretch_of(s, b);
  if (stretch_a != stretch_b) return stretch_a < stretch_b;
  uint16_t have_a = s->pieces[a->piece].available, have_b = s->pieces[b->piece].available;
  if (have_a != have_b) return have_a < have_b;
  return own_order(s, a->piece) < own_order(s, b->piece);
}

static bool urgent(const pt_want *w) { return w->blocking || w->head || w->soon; }

/* (Blocks of a download that can be checked one by one are worth waiting a moment for their
 * hashes: of the others a liar makes us lose whole pieces.) */
static bool free_for(pt_swarm *s, const pt_want *w, const pt_peer *p) {
  return !w->from && !w->fetch && s->pieces[w->piece].state < PT_PIECE_FULL &&
         pt_bits_get(p->has, w->piece) && !(w->patient && pt_layers_coming(s, w->piece));
}

static pt_want *pick(pt_swarm *s, const pt_peer *p, bool company) {
  pt_want *best = NULL;
  for (uint32_t i = 0; i < s->want_count; i++) {
    pt_want *w = &s->wants[i];
    if (free_for(s, w, p) && (!best || sooner(s, w, best, company))) best = w;
  }
  return best;
}

static void assign(pt_swarm *s, pt_want *w, pt_peer *p) {
  pt_piece *piece = &s->pieces[w->piece];
  if (piece->failures && piece->state == PT_PIECE_GATHERING) pt_assembly_drop(s, w->piece);
  if (!pt_assembly_open(s, w->piece)) return;
  w->from = p;
  pt_peer_ask(p, w->piece);
}

static uint64_t time_left_us(const pt_peer *p) {
  if (!p->rate_in) return PT_NEVER;
  return (uint64_t)p->asked_count * PT_BLOCK_SIZE * PT_SECOND_US / p->rate_in;
}

/* An idle peer takes over what a slower one was asked for that has brought no block
 * for as long as the idle one needs for a piece. (The rate alone does not tell: it
 * falls while nobody asks for anything.) */
static pt_want *steal(pt_swarm *s, const pt_peer *p) {
  if (p->asked_count || !p->rate_in) return NULL;
  uint64_t ours_us = (uint64_t)s->piece_length * PT_SECOND_US / p->rate_in + p->rtt_min_us;
  for (uint32_t i = 0; i < s->want_count; i++) {
    pt_want *w = &s->wants[i];
    if (!w->from || w->from == p || !pt_bits_get(p->has, w->piece)) continue;
    uint64_t theirs_us = time_left_us(w->from);
    if (theirs_us / PT_STEAL_RATIO < ours_us) continue;
    uint64_t due = w->from->answered_us + ours_us;
    if (s->cx->now_us < due) {
      pt_swarm_wake(s, due);
      continue;
    }
    pt_peer_cancel(w->from, w->piece);
    w->from = NULL;
    return w;
  }
  return NULL;
}

/* Who has not proven itself yet is asked for one piece, and for more when the
 * blocks of it can be checked one by one: a lie must not cost more. */
static bool trusted(const pt_swarm *s, const pt_peer *p) {
  if (p->remote->proven || p->remote->legacy) return true;
  if (!p->asked_count) return true;
  const pt_assembly *a = s->pieces[p->asked[p->asked_count - 1].piece].assembly;
  return !a || a->leaves || a->block_count == 1;
}

static bool give_work(pt_swarm *s, pt_peer *p) {
  if (!pt_peer_usable(p) || p->asked_count >= p->pipeline || !trusted(s, p)) return false;
  pt_want *w = pick(s, p, s->company > 0);
  if (w && !p->refilling && !urgent(w)) return false;
  if (!w) w = steal(s, p);
  if (!w) return false;
  assign(s, w, p);
  return w->from == p;
}

/* Long pieces do not fit into a pipeline at once: ask for the rest. */
static void top_up(pt_swarm *s, pt_peer *p) {
  if (!p->unasked || !p->refilling || p->asked_count >= p->pipeline) return;
  p->unasked = false;
  for (uint32_t i = 0; i < s->want_count && !p->unasked; i++) {
    pt_want *w = &s->wants[i];
    if (w->from == p && pt_assembly_open(s, w->piece)) pt_peer_ask(p, w->piece);
  }
}

static void show_interest(pt_swarm *s, pt_peer *p) {
  if (p->interesting || !p->bits_known || p->has_count == 0) return;
  for (uint32_t i = 0; i < s->want_count; i++) {
    if (!pt_bits_get(p->has, s->wants[i].piece)) continue;
    p->interesting = true;
    pt_peer_say_kind(p, PT_WIRE_INTERESTED);
    return;
  }
}

void pt_picker_plan(pt_swarm *s) {
  find_stalls(s);
  for (pt_peer *p = s->peers; p; p = p->next) pt_peer_hungers(p);
  pt_picker_feed(s);
}

/* Peers take turns, a piece each, so that the first does not get all. A line that
 * is nearly full is left alone but for what is urgent: requests for several pieces
 * in one message are fewer packets for both. */
void pt_picker_feed(pt_swarm *s) {
  pt_peer *round[PT_PEERS_MAX]; /* a swarm has at most one channel per link */
  uint32_t count = 0;
  for (; s->hungry; s->hungry = s->hungry->next_hungry) {
    assert(count < PT_PEERS_MAX);
    s->hungry->hungry = false;
    round[count++] = s->hungry;
  }
  if (s->want_count == 0) return;
  for (uint32_t i = 0; i < count; i++) {
    round[i]->refilling = round[i]->asked_count <= round[i]->pipeline / 2;
    top_up(s, round[i]);
  }
  for (bool more = true; more;) {
    more = false;
    for (uint32_t i = 0; i < count; i++) more |= give_work(s, round[i]);
  }
  for (uint32_t i = 0; i < count; i++) show_interest(s, round[i]);
}
