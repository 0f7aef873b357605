/* Connections and channels. The line itself is line.c. */
#include "wires.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "line.h"
#include "visitor.h"

#define SDP_US 10000u   /* a browser makes an offer or an answer */
#define SHAKE_DELAYS 4u /* ICE and DTLS: two round trips, and then the last flight */
#define CONSTRUCTIONS_MAX 500u

static void *grown(void *items, size_t size) {
  items = realloc(items, size);
  if (!items) abort();
  return items;
}

void wires_free(wires *x) {
  free(x->links);
  free(x->place_of);
  free(x->channels);
  free(x->channel_next);
  free(x->turns);
}

/* --- links -------------------------------------------------------------------------------- */

static link *link_of(wires *x, uint32_t id) {
  if (id >= x->place_cap || !x->place_of[id]) return NULL;
  return &x->links[x->place_of[id] - 1];
}

static link *new_link(wires *x, uint32_t id) {
  uint16_t place = 0;
  while (place < x->link_cap && x->links[place].stage != LINK_FREE) place++;
  if (place == x->link_cap) {
    uint16_t cap = (uint16_t)(x->link_cap ? x->link_cap * 2 : 8);
    x->links = grown(x->links, cap * sizeof *x->links);
    memset(x->links + x->link_cap, 0, (size_t)(cap - x->link_cap) * sizeof *x->links);
    x->link_cap = cap;
  }
  if (id >= x->place_cap) {
    uint32_t cap = (id + 1) * 2;
    x->place_of = grown(x->place_of, cap * sizeof *x->place_of);
    memset(x->place_of + x->place_cap, 0, (cap - x->place_cap) * sizeof *x->place_of);
    x->place_cap = cap;
  }
  x->place_of[id] = (uint16_t)(place + 1);
  x->links[place] = (link){.id = id};
  x->link_count++;
  return &x->links[place];
}

static link *construct(world *w, engine_worker *k, visitor *v, const pt_event *out, bool dialled) {
  wires *x = &v->wires;
  uint64_t now_us = engine_now_us(k);
  uint32_t peer = world_find(w, out->peer);
  if (peer == UINT32_MAX || peer == v->number)
    world_broken(w, now_us, v->number, "a node dials somebody who does not exist");
  link *l = new_link(x, out->link);
  l->stage = dialled ? LINK_DIALLED : LINK_OFFERED;
  l->dialled = dialled;
  l->stream_next = dialled ? 0 : 1;
  l->peer = peer;
  l->delay_us = (uint32_t)world_delay_us(w, v->number, peer);
  x->dials += dialled;
  x->answers += !dialled;
  uint32_t most = w->s.node.peers_max > 0 ? (uint32_t)w->s.node.peers_max : PT_PEERS_DEFAULT;
  if (x->link_count > most) world_broken(w, now_us, v->number, "a node has too many links");
  if (x->dials + x->answers > (uint64_t)CONSTRUCTIONS_MAX * v->visits)
    world_broken(w, now_us, v->number, "a tab makes more than %u connections", CONSTRUCTIONS_MAX);
  message *m = engine_message(k, M_LOCAL_SDP, 0);
  m->a = out->link;
  m->b = dialled ? PT_SIGNAL_OFFER : PT_SIGNAL_ANSWER;
  engine_send(k, v->number, v->number, now_us + SDP_US, m);
  return l;
}

void wires_dial(world *w, engine_worker *k, visitor *v, const pt_event *out) {
  link *l = construct(w, k, v, out, true);
  memcpy(l->label, out->swarm, PT_ID_SIZE);
}

/* The link's number at the side that wrote the SDP. */
static uint32_t number_in(const pt_event *out) {
  char text[48] = "";
  size_t len = out->data.len < sizeof text - 1 ? out->data.len : sizeof text - 1;
  if (len) memcpy(text, out->data.data, len);
  unsigned number = 0;
  return sscanf(text, "v=0\r\no=- %u ", &number) == 1 ? number : 0;
}

void wires_signal(world *w, engine_worker *k, visitor *v, const pt_event *out) {
  wires *x = &v->wires;
  if (out->code == PT_SIGNAL_OFFER) {
    construct(w, k, v, out, false)->peer_link = number_in(out);
    return;
  }
  link *l = link_of(x, out->link);
  if (out->code != PT_SIGNAL_ANSWER || !l || l->stage != LINK_DIALLED) return;
  l->peer_link = number_in(out);
  uint64_t now_us = engine_now_us(k);
  /* No way, or none now: nothing more is heard of it. */
  if (!world_can_connect(w, v->number, l->peer) || world_apart(w, v->number, l->peer, now_us)) {
    x->refused++;
    return;
  }
  message *m = engine_message(k, M_SHAKEN, 0);
  m->a = l->id;
  engine_send(k, v->number, v->number, now_us + (uint64_t)SHAKE_DELAYS * l->delay_us, m);
}

static void tell_peer(engine_worker *k, visitor *v, const link *l, message *m, uint64_t after_us) {
  m->a = l->peer_link;
  engine_send(k, v->number, l->peer, engine_now_us(k) + after_us, m);
}

/* --- channels ------------------------------------------------------------------------------ */

static channel *channel_of(wires *x, uint32_t id) {
  if (id == 0 || id > x->channel_count || !x->channels[id - 1].link) return NULL;
  return &x->channels[id - 1];
}

static channel *channel_with(wires *x, const link *l, uint32_t stream) {
  for (uint32_t id = l->first_channel; id; id = x->channel_next[id - 1])
    if (x->channels[id - 1].stream == stream) return &x->channels[id - 1];
  return NULL;
}

static channel *new_channel(wires *x, link *l, uint32_t stream, const uint8_t *label) {
  if (x->channel_count == x->channel_cap) {
    x->channel_cap = x->channel_cap ? x->channel_cap * 2 : 8;
    x->channels = grown(x->channels, x->channel_cap * sizeof *x->channels);
    x->channel_next = grown(x->channel_next, x->channel_cap * sizeof *x->channel_next);
  }
  channel *c = &x->channels[x->channel_count];
  *c = (channel){.id = x->channel_count + 1, .link = l->id, .stream = stream};
  memcpy(c->label, label, PT_ID_SIZE);
  x->channel_next[x->channel_count++] = l->first_channel;
  l->first_channel = c->id;
  return c;
}

static void drop_channel(engine_worker *k, wires *x, link *l, channel *c) {
  uint32_t *at = &l->first_channel;
  while (*at != c->id) at = &x->channel_next[*at - 1];
  *at = x->channel_next[c->id - 1];
  line_forget(k, x, l, c);
  c->link = 0;
}

static void drop_link(engine_worker *k, wires *x, link *l) {
  while (l->first_channel) drop_channel(k, x, l, &x->channels[l->first_channel - 1]);
  line_leave(x, l);
  x->place_of[l->id] = 0;
  l->stage = LINK_FREE;
  x->link_count--;
}

static void tell_opened(world *w, engine_worker *k, visitor *v, const channel *c, bool ours) {
  pt_event in = {.kind = PT_IN_CHANNEL_OPENED, .id = c->id, .link = c->link, .code = ours};
  memcpy(in.swarm, c->label, PT_ID_SIZE);
  visitor_input(w, k, v, &in);
}

static void open_channel(engine_worker *k, visitor *v, link *l, const uint8_t *label) {
  const channel *c = new_channel(&v->wires, l, l->stream_next, label);
  l->stream_next += 2;
  message *m = engine_message(k, M_CHANNEL_OPEN, PT_ID_SIZE);
  memcpy(m->data, label, PT_ID_SIZE);
  m->b = c->stream;
  tell_peer(k, v, l, m, l->delay_us);
}

void wires_open_channel(world *w, engine_worker *k, visitor *v, const pt_event *out) {
  (void)w;
  link *l = link_of(&v->wires, out->link);
  if (l && l->stage == LINK_UP) open_channel(k, v, l, out->swarm);
}

void wires_close_channel(world *w, engine_worker *k, visitor *v, uint32_t id) {
  (void)w;
  wires *x = &v->wires;
  channel *c = channel_of(x, id);
  if (!c) return;
  link *l = link_of(x, c->link);
  message *m = engine_message(k, M_CHANNEL_CLOSED, 0);
  m->b = c->stream;
  tell_peer(k, v, l, m, l->delay_us);
  drop_channel(k, x, l, c);
}

void wires_close_link(world *w, engine_worker *k, visitor *v, uint32_t link_id) {
  (void)w;
  link *l = link_of(&v->wires, link_id);
  if (!l) return;
  if (l->stage == LINK_UP) tell_peer(k, v, l, engine_message(k, M_LINK_CLOSED, 0), l->delay_us);
  drop_link(k, &v->wires, l);
}

void wires_close_all(world *w, engine_worker *k, visitor *v, uint64_t after_us) {
  (void)w;
  wires *x = &v->wires;
  for (uint16_t i = 0; i < x->link_cap; i++) {
    link *l = &x->links[i];
    if (l->stage == LINK_FREE) continue;
    if (l->stage == LINK_UP)
      tell_peer(k, v, l, engine_message(k, M_LINK_CLOSED, 0),
                after_us > l->delay_us ? after_us : l->delay_us);
    drop_link(k, x, l);
  }
}

void wires_send(world *w, engine_worker *k, visitor *v, const pt_event *out) {
  channel *c = channel_of(&v->wires, out->id);
  if (c) line_send(w, k, v, link_of(&v->wires, c->link), c, out->data);
}

/* --- messages ------------------------------------------------------------------------------- */

static void make_sdp(const world *w, uint32_t number, uint32_t link_id, char *out, size_t cap) {
  size_t at = (size_t)snprintf(
      out, cap, "v=0\r\no=- %u 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=fingerprint:sha-256 ",
      link_id);
  for (size_t i = 0; i < PT_HASH_SIZE; i++)
    at += (size_t)snprintf(out + at, cap - at, "%s%02X", i ? ":" : "",
                           w->people[number].fingerprint[i]);
  snprintf(out + at, cap - at, "\r\n");
}

static void local_sdp(world *w, engine_worker *k, visitor *v, const message *m) {
  char sdp[256];
  if (!link_of(&v->wires, m->a)) return;
  make_sdp(w, v->number, m->a, sdp, sizeof sdp);
  pt_event in = {.kind = PT_IN_PEER_SIGNAL,
                 .link = m->a,
                 .code = (int32_t)m->b,
                 .data = {(const uint8_t *)sdp, strlen(sdp)}};
  visitor_input(w, k, v, &in);
}

static void shaken(engine_worker *k, visitor *v, const message *m) {
  const link *l = link_of(&v->wires, m->a);
  if (!l) return;
  message *up = engine_message(k, M_LINK_UP, 0);
  up->b = l->id;
  tell_peer(k, v, l, up, l->delay_us);
  up = engine_message(k, M_LINK_UP, 0);
  up->a = l->id;
  up->b = l->peer_link;
  engine_send(k, v->number, v->number, engine_now_us(k) + l->delay_us, up);
}

static void link_up(world *w, engine_worker *k, visitor *v, const message *m) {
  link *l = link_of(&v->wires, m->a);
  if (!l) {
    if (m->from == v->number) return;
    message *gone = engine_message(k, M_LINK_CLOSED, 0);
    gone->a = m->b;
    engine_send(k, v->number, m->from, engine_now_us(k) + world_delay_us(w, v->number, m->from),
                gone);
    return;
  }
  l->stage = LINK_UP;
  v->wires.connected++;
  pt_event in = {.kind = PT_IN_PEER_STATE, .link = l->id, .code = PT_LINK_CONNECTED};
  visitor_input(w, k, v, &in);
  l = link_of(&v->wires, m->a);
  if (l && l->dialled) open_channel(k, v, l, l->label);
}

static void link_closed(world *w, engine_worker *k, visitor *v, const message *m) {
  wires *x = &v->wires;
  for (;;) {
    link *l = link_of(x, m->a);
    if (!l) return;
    if (!l->first_channel) break;
    channel *c = &x->channels[l->first_channel - 1];
    pt_event in = {.kind = PT_IN_CHANNEL_CLOSED, .id = c->id};
    bool open = c->open;
    drop_channel(k, x, l, c);
    if (open) visitor_input(w, k, v, &in);
  }
  pt_event in = {.kind = PT_IN_PEER_STATE, .link = m->a, .code = PT_LINK_CLOSED};
  visitor_input(w, k, v, &in);
  link *l = link_of(x, m->a);
  if (l) drop_link(k, x, l);
}

static void channel_opened(world *w, engine_worker *k, visitor *v, const message *m) {
  wires *x = &v->wires;
  link *l = link_of(x, m->a);
  channel *c = l ? channel_with(x, l, m->b) : NULL;
  if (m->kind == M_CHANNEL_OPENED) {
    if (!c) return;
    c->open = true;
    tell_opened(w, k, v, c, true);
    return;
  }
  if (!l || c) return;
  c = new_channel(x, l, m->b, m->data);
  c->open = true;
  message *answer = engine_message(k, M_CHANNEL_OPENED, 0);
  answer->b = m->b;
  tell_peer(k, v, l, answer, l->delay_us);
  tell_opened(w, k, v, c, false);
}

static void channel_closed(world *w, engine_worker *k, visitor *v, const message *m) {
  wires *x = &v->wires;
  link *l = link_of(x, m->a);
  channel *c = l ? channel_with(x, l, m->b) : NULL;
  if (!c) return;
  pt_event in = {.kind = PT_IN_CHANNEL_CLOSED, .id = c->id};
  bool open = c->open;
  drop_channel(k, x, l, c);
  if (open) visitor_input(w, k, v, &in);
}

static void channel_data(world *w, engine_worker *k, visitor *v, message *m) {
  wires *x = &v->wires;
  const link *l = link_of(x, m->a);
  channel *c = l ? channel_with(x, l, m->b) : NULL;
  if (!c) return;
  if (!m->flags) { /* it comes when the downlink has brought in all of it */
    uint64_t whole_us = wires_down_us(w, v, engine_now_us(k), m->size);
    if (whole_us > engine_now_us(k)) {
      m->flags = 1;
      engine_again(k, m, whole_us);
      return;
    }
  }
  uint8_t *full = w->scratch[engine_worker_number(k)].full;
  pt_event in = {.kind = PT_IN_CHANNEL_MESSAGE, .id = c->id};
  in.data = (pt_bytes){full, frames_unpack(&c->in, m->data, m->len, full)};
  visitor_input(w, k, v, &in);
}

static void drained(world *w, engine_worker *k, visitor *v, const message *m) {
  const channel *c = channel_of(&v->wires, m->a);
  if (c) line_drained(w, k, v, m->a);
}

bool wires_take(world *w, engine_worker *k, visitor *v, message *m) {
  switch (m->kind) {
  case M_LOCAL_SDP:
    local_sdp(w, k, v, m);
    return true;
  case M_SHAKEN:
    shaken(k, v, m);
    return true;
  case M_UPLINK:
    line_free(w, k, v);
    return true;
  case M_DRAINED:
    drained(w, k, v, m);
    return true;
  case M_LINK_UP:
    link_up(w, k, v, m);
    return true;
  case M_LINK_CLOSED:
    link_closed(w, k, v, m);
    return true;
  case M_CHANNEL_OPEN:
  case M_CHANNEL_OPENED:
    channel_opened(w, k, v, m);
    return true;
  case M_CHANNEL_CLOSED:
    channel_closed(w, k, v, m);
    return true;
  case M_CHANNEL_DATA:
    channel_data(w, k, v, m);
    return true;
  default:
    return false;
  }
}
