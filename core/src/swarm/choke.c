/* Who may ask us for blocks. Few peers at once, so that each gets a useful
 * rate: the fastest keep their place and one is drawn by lot each round (Cohen,
 * 2003). One more goes to who has least: rates make pairs that serve each
 * other fast stay together, and a crowd would now and then leave somebody
 * out for ten seconds, who would then be the last by as much. */
#include "swarm/units.h"

#define PT_UNCHOKED_MAX 8u  /* by rate and by lot */
#define PT_NEWCOMERS_MAX 4u /* beyond that, until the next round: who has nothing yet */
#define PT_RECHOKE_US (3u * PT_SECOND_US)

static uint32_t unchoked_count(const pt_swarm *s) {
  uint32_t n = 0;
  for (const pt_peer *p = s->peers; p; p = p->next) n += !p->choking && p->interested;
  return n;
}

static void unchoke(pt_peer *p) {
  if (!p->choking) return;
  p->choking = false;
  p->unchoked_us = p->swarm->cx->now_us;
  pt_peer_say_kind(p, PT_WIRE_UNCHOKE);
}

void pt_choke_peer(pt_peer *p) {
  if (p->choking) return;
  p->choking = true;
  pt_peer_say_kind(p, PT_WIRE_CHOKE);
  for (; p->upload_count; p->upload_count--) {
    const pt_upload *u = &p->uploads[p->upload_head];
    pt_wire_message m = {
        .kind = PT_WIRE_REJECT, .index = u->piece, .begin = u->begin, .length = u->length};
    if (p->fast) pt_peer_say(p, &m);
    p->upload_head = (p->upload_head + 1) % PT_UPLOAD_QUEUE_MAX;
  }
}

void pt_choke_consider(pt_peer *p) {
  if (p->swarm->cx->consent != PT_CONSENT_GRANTED) return;
  uint32_t most = PT_UNCHOKED_MAX + (p->has_count == 0 ? PT_NEWCOMERS_MAX : 0);
  if (unchoked_count(p->swarm) < most) unchoke(p);
}

static uint64_t worth(const pt_peer *p) { return p->rate_in + p->rate_out; }

/* How many interested peers are worth more than this one. */
static uint32_t place_of(const pt_swarm *s, const pt_peer *me) {
  uint32_t place = 0;
  for (const pt_peer *p = s->peers; p; p = p->next)
    if (p != me && p->interested &&
        (worth(p) > worth(me) || (worth(p) == worth(me) && p->channel < me->channel)))
      place++;
  return place;
}

/* Whether the place of a peer among the interested serves it. */
static bool serves(uint32_t place, uint32_t lot) {
  return place < PT_UNCHOKED_MAX - 1 || place == lot;
}

/* Who has least of those that no rate and no lot serves; NULL: nobody. Whoever had the place in
 * the last round waits for one: neither the slow nor who hides what it has can keep it. */
static pt_peer *poorest(const pt_swarm *s, uint32_t lot) {
  pt_peer *found = NULL;
  for (pt_peer *p = s->peers; p; p = p->next)
    if (!p->favoured && p->interested && p->greeted &&
        (!found || p->has_count < found->has_count) && !serves(place_of(s, p), lot))
      found = p;
  return found;
}

void pt_swarm_rechoke(pt_swarm *s) {
  s->rechoke_us = s->cx->now_us + PT_RECHOKE_US;
  bool may_upload = s->cx->consent == PT_CONSENT_GRANTED;
  uint32_t interested = 0;
  for (const pt_peer *p = s->peers; p; p = p->next) interested += p->interested;
  uint32_t lot =
      interested > PT_UNCHOKED_MAX
          ? PT_UNCHOKED_MAX - 1 + pt_random_below(&s->cx->random, interested - PT_UNCHOKED_MAX + 1)
          : 0;
  const pt_peer *poor = poorest(s, lot);
  for (pt_peer *p = s->peers; p; p = p->next) {
    p->favoured = p == poor;
    if (!may_upload) {
      pt_choke_peer(p);
    } else if (p->interested && p->greeted) {
      if (interested <= PT_UNCHOKED_MAX || p == poor || serves(place_of(s, p), lot))
        unchoke(p);
      else
        pt_choke_peer(p);
    }
    if (p->interesting && s->want_count == 0) {
      p->interesting = false;
      pt_peer_say_kind(p, PT_WIRE_NOT_INTERESTED);
    }
  }
}
