/* Ids without visitors: each joins every swarm and never answers an offer. */
#include <string.h>

#include "format/signalling.h"
#include "people.h"
#include "server.h"

#define OPEN_DELAYS 5u

static void say(world *w, engine_worker *k, uint32_t number, const pt_signalling *m) {
  uint8_t *text = w->scratch[engine_worker_number(k)].full;
  pt_writer out = pt_writer_of(text, PT_CHANNEL_SEND_MAX);
  pt_signalling_encode(&out, m);
  message *send = engine_message(k, M_SERVER_TEXT, (uint32_t)out.len);
  memcpy(send->data, out.data, out.len);
  send->a = 1;
  engine_send(k, number, w->server_actor, engine_now_us(k) + w->people[number].server_delay_us,
              send);
}

static void join(world *w, engine_worker *k, uint32_t number) {
  pt_signalling m = {.action = PT_SIG_HELLO};
  memcpy(m.peer, w->people[number].id, PT_ID_SIZE);
  memcpy(m.fingerprint, w->people[number].fingerprint, PT_HASH_SIZE);
  say(w, k, number, &m);
  m = (pt_signalling){.action = PT_SIG_JOIN};
  for (uint32_t i = 0; i < w->site->swarm_count; i++) {
    memcpy(m.swarms[m.swarm_count].key, w->site->swarms[i].key, PT_ID_SIZE);
    m.swarms[m.swarm_count++].left = i % 2; /* every other one seems to be a seed */
    if (m.swarm_count < PT_SIGNAL_SWARMS_MAX && i + 1 < w->site->swarm_count) continue;
    say(w, k, number, &m);
    m.swarm_count = 0;
  }
}

void sybil_handle(world *w, engine_worker *k, uint32_t number, const message *m) {
  if (m->kind == M_ARRIVE) {
    message *open = engine_message(k, M_SERVER_OPEN, 0);
    open->a = 1;
    engine_send(k, number, w->server_actor,
                engine_now_us(k) + (uint64_t)OPEN_DELAYS * w->people[number].server_delay_us, open);
  }
  if (m->kind == M_SERVER_OPENED) join(w, k, number);
}
