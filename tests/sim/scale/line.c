#include "line.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "visitor.h"

#define NS_PER_US 1000u
#define S_NS 1000000000u
#define SMALL 1200u       /* fits a packet */
#define PACKET 1260u      /* on the wire */
#define DRAIN_WORTH 256u  /* smaller sums of small messages are not told at once */
#define LOST_US 15000000u /* until a browser gives up a connection that is cut */

uint64_t wires_framed(uint64_t bytes) { return bytes + bytes * 3 / 100 + 60; }

uint64_t wires_down_us(const world *w, visitor *v, uint64_t now_us, uint32_t bytes) {
  wires *x = &v->wires;
  uint64_t whole_ns = x->down_free_ns + wires_framed(bytes) * S_NS / w->people[v->number].down;
  if (whole_ns < now_us * NS_PER_US) whole_ns = now_us * NS_PER_US;
  x->down_free_ns = whole_ns;
  return (whole_ns + NS_PER_US - 1) / NS_PER_US;
}

static uint64_t line_ns(const world *w, const visitor *v, uint64_t bytes) {
  return wires_framed(bytes) * S_NS / w->people[v->number].up;
}

/* --- who is next ---------------------------------------------------------------------------- */

static void take_turn(wires *x, link *l) {
  if (l->queueing) return;
  l->queueing = true;
  if (x->turn_count == x->turn_cap) {
    uint32_t cap = x->turn_cap ? x->turn_cap * 2 : 16;
    uint16_t *turns = malloc(cap * sizeof *turns);
    if (!turns) abort();
    for (uint32_t i = 0; i < x->turn_count; i++)
      turns[i] = x->turns[(x->turn_first + i) % x->turn_cap];
    free(x->turns);
    x->turns = turns;
    x->turn_cap = cap;
    x->turn_first = 0;
  }
  x->turns[(x->turn_first + x->turn_count++) % x->turn_cap] = (uint16_t)(l - x->links);
}

void line_leave(wires *x, link *l) {
  if (!l->queueing) return;
  uint32_t kept = 0;
  for (uint32_t i = 0; i < x->turn_count; i++) {
    uint16_t place = x->turns[(x->turn_first + i) % x->turn_cap];
    if (&x->links[place] != l) x->turns[(x->turn_first + kept++) % x->turn_cap] = place;
  }
  x->turn_count = kept;
  l->queueing = false;
}

static link *next_turn(wires *x) {
  while (x->turn_count) {
    link *l = &x->links[x->turns[x->turn_first]];
    x->turn_first = (x->turn_first + 1) % x->turn_cap;
    x->turn_count--;
    l->queueing = false;
    if (l->stage == LINK_UP && l->head) return l;
  }
  return NULL;
}

/* --- sending -------------------------------------------------------------------------------- */

/* A cut connection loses what is sent, and is noticed by both later. */
static bool cut(world *w, engine_worker *k, visitor *v, link *l) {
  uint64_t now_us = engine_now_us(k);
  if (!world_apart(w, v->number, l->peer, now_us)) return false;
  v->wires.cuts++;
  for (int i = 0; i < 2; i++) {
    message *m = engine_message(k, M_LINK_CLOSED, 0);
    m->a = i ? l->id : l->peer_link;
    engine_send(k, v->number, i ? v->number : l->peer, now_us + LOST_US, m);
  }
  return true;
}

/* Sends so that its last bit leaves at that time. */
static void depart(world *w, engine_worker *k, visitor *v, link *l, message *m, uint64_t left_us) {
  if (left_us < l->last_us) left_us = l->last_us;
  l->last_us = left_us;
  m->a = l->peer_link;
  v->wires.sent_bytes += m->size;
  v->wires.sends++;
  if (w->s.faults.partition_when.count && cut(w, k, v, l)) {
    engine_free(k, m);
    return;
  }
  engine_send(k, v->number, l->peer, left_us + l->delay_us, m);
}

/* Sends waiting messages until the line is busy. */
static void pump(world *w, engine_worker *k, visitor *v) {
  wires *x = &v->wires;
  uint64_t now_ns = engine_now_us(k) * NS_PER_US;
  if (x->waiting) return;
  while (x->up_free_ns <= now_ns && !x->sending) {
    link *l = next_turn(x);
    if (!l) return;
    message *m = l->head;
    l->head = m->next;
    m->next = NULL;
    if (l->head) take_turn(x, l);
    x->up_free_ns = now_ns + x->debt_ns + line_ns(w, v, m->size);
    x->debt_ns = 0;
    x->sending = m->c ? (uint32_t)m->c : 0;
    depart(w, k, v, l, m, (x->up_free_ns + NS_PER_US - 1) / NS_PER_US);
  }
  x->waiting = true;
  engine_send(k, v->number, v->number, (x->up_free_ns + NS_PER_US - 1) / NS_PER_US,
              engine_message(k, M_UPLINK, 0));
}

void line_drained(world *w, engine_worker *k, visitor *v, uint32_t id) {
  channel *c = &v->wires.channels[id - 1];
  if (!c->link || c->queued) return;
  c->undrained = 0;
  pt_event in = {.kind = PT_IN_CHANNEL_DRAINED, .id = id};
  visitor_input(w, k, v, &in);
}

void line_free(world *w, engine_worker *k, visitor *v) {
  wires *x = &v->wires;
  uint32_t sent = x->sending;
  x->sending = 0;
  if (sent) {
    x->channels[sent - 1].queued--;
    line_drained(w, k, v, sent);
  }
  x->waiting = false;
  pump(w, k, v);
}

/* A small message of a connection that sends nothing else: it waits for one
 * packet of each that does. */
static void slip_in(world *w, engine_worker *k, visitor *v, link *l, channel *c, message *m) {
  wires *x = &v->wires;
  uint64_t now_ns = engine_now_us(k) * NS_PER_US, own_ns = line_ns(w, v, m->size);
  uint64_t busy_ns = x->up_free_ns > now_ns ? x->up_free_ns - now_ns : 0;
  uint64_t others_ns = (x->turn_count + 1) * (PACKET * (uint64_t)S_NS / w->people[v->number].up);
  uint64_t wait_ns = busy_ns < others_ns ? busy_ns : others_ns;
  if (x->sending)
    x->debt_ns += own_ns; /* the next one waits for it */
  else
    x->up_free_ns = now_ns + busy_ns + own_ns;
  uint64_t left_us = (now_ns + wait_ns + own_ns + NS_PER_US - 1) / NS_PER_US;
  c->undrained += m->size;
  uint32_t id = c->id;
  depart(w, k, v, l, m, left_us);
  if (c->undrained < DRAIN_WORTH) return;
  c->undrained = 0;
  message *told = engine_message(k, M_DRAINED, 0);
  told->a = id;
  engine_send(k, v->number, v->number, left_us, told);
}

void line_send(world *w, engine_worker *k, visitor *v, link *l, channel *c, pt_bytes data) {
  wires *x = &v->wires;
  uint8_t *packed = w->scratch[engine_worker_number(k)].packed;
  frames_sum sum;
  uint32_t len = frames_pack(&c->out, data.data, data.len, packed, x->kinds, &x->faults, &sum);
  v->digest = pt_hash64(packed, len, v->digest);
  message *m = engine_message(k, M_CHANNEL_DATA, len);
  memcpy(m->data, packed, len);
  m->b = c->stream;
  m->size = sum.size;
  if (!l->head && sum.size <= SMALL) {
    slip_in(w, k, v, l, c, m);
    return;
  }
  m->c = c->id;
  c->queued++;
  if (l->head)
    l->tail->next = m;
  else
    l->head = m;
  l->tail = m;
  take_turn(x, l);
  pump(w, k, v);
}

void line_forget(engine_worker *k, wires *x, link *l, channel *c) {
  message **at = &l->head;
  l->tail = NULL;
  while (*at) {
    message *m = *at;
    if (m->c == c->id) {
      *at = m->next;
      engine_free(k, m);
      continue;
    }
    l->tail = m;
    at = &m->next;
  }
  c->queued = x->sending == c->id;
}
