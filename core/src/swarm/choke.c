/* Who may ask us for blocks. Up to PT_UNCHOKED_MAX peers at once, so that each
 * gets a useful rate; the fastest keep their place and one is drawn by lot
 * each round (Cohen, 2003). */
#include "swarm/units.h"

#define PT_UNCHOKED_MAX 8u
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

void pt_swarm_rechoke(pt_swarm *s) {
  s->rechoke_us = s->cx->now_us + PT_RECHOKE_US;
  bool may_upload = s->cx->consent == PT_CONSENT_GRANTED;
  uint32_t interested = 0;
  for (const pt_peer *p = s->peers; p; p = p->next) interested += p->interested;
  uint32_t lot =
      interested > PT_UNCHOKED_MAX
          ? PT_UNCHOKED_MAX - 1 + pt_random_below(&s->cx->random, interested - PT_UNCHOKED_MAX + 1)
          : 0;
  for (pt_peer *p = s->peers; p; p = p->next) {
    if (!may_upload) {
      pt_choke_peer(p);
    } else if (p->interested && p->greeted) {
      uint32_t place = place_of(s, p);
      if (interested <= PT_UNCHOKED_MAX || place < PT_UNCHOKED_MAX - 1 || place == lot)
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
