/* Peertide's own visitors: they say hello, join, and send one another signals. */
#include "load.h"

#include "base/hex.h"
#include "format/fingerprint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *text_of(load *l) { return (char *)l->out + LOAD_FRAME_HEAD_MAX; }

/* Certificates are made up: the server can only check that the id fits. */
static void prepare(load *l, load_connection *c) {
  uint8_t fingerprint[PT_HASH_SIZE] = {0};
  char id[2 * PT_ID_SIZE + 1], hex[2 * PT_HASH_SIZE + 1];
  memcpy(fingerprint, &l->options->seed, sizeof l->options->seed);
  memcpy(fingerprint + 8, &c->index, sizeof c->index);
  pt_peer_id_of(fingerprint, c->id);
  pt_hex_encode(c->id, PT_ID_SIZE, id);
  pt_hex_encode(fingerprint, PT_HASH_SIZE, hex);
  int len =
      sprintf(text_of(l),
              "{\"action\":\"hello\",\"peer\":\"%s\",\"fingerprint\":\"%s\",\"caps\":[]}", id, hex);
  load_send_text(l, c, (size_t)len);
}

static void join(load *l, load_connection *c, unsigned want) {
  char swarm[2 * PT_ID_SIZE + 1];
  pt_hex_encode(load_swarm_of(l, c), PT_ID_SIZE, swarm);
  int len = sprintf(
      text_of(l),
      "{\"action\":\"join\",\"id\":\"j\",\"swarms\":[{\"h\":\"%s\",\"left\":1000,\"want\":%u}]}",
      swarm, want);
  load_send_text(l, c, (size_t)len);
}

static void act_join(load *l, load_connection *c, uint64_t due_ns) {
  l->counts.requests++;
  load_times_put(&c->waiting, due_ns);
  join(l, c, 5);
}

/* The nonce tells who sent it, and when it was due. */
static void act_signal(load *l, load_connection *c, uint64_t due_ns) {
  const load_connection *to = c;
  while (l->options->connections > 1 && to == c)
    to = &l->connections[pt_random_below(&l->random, l->options->connections)];
  char id[2 * PT_ID_SIZE + 1];
  pt_hex_encode(to->id, PT_ID_SIZE, id);
  char *at = text_of(l);
  at += sprintf(at,
                "{\"action\":\"signal\",\"to\":\"%s\",\"kind\":\"offer\",\"nonce\":\"%x.%llx\","
                "\"sdp\":\"v=0\\r\\n",
                id, c->index, (unsigned long long)due_ns);
  uint32_t more = l->options->offer_bytes > 5 ? l->options->offer_bytes - 5 : 0;
  memset(at, 'a', more);
  at += more;
  at += sprintf(at, "\"}");
  l->counts.requests++;
  load_send_text(l, c, (size_t)(at - text_of(l)));
}

static bool is_action(const char *text, size_t len, const char *name) {
  char wanted[64];
  int wanted_len = snprintf(wanted, sizeof wanted, "\"action\":\"%s\"", name);
  return memmem(text, len < 200 ? len : 200, wanted, (size_t)wanted_len) != NULL;
}

/* The answer to a join has its id; crowds are also told unasked how they grow. */
static void on_peers(load *l, load_connection *c, const char *text, size_t len) {
  static const char ours[] = "\"id\":\"j\"";
  uint64_t due_ns;
  if (memmem(text, len, ours, sizeof ours - 1) == NULL)
    l->counts.other++;
  else if (!c->is_ready)
    load_ready(l, c);
  else if (load_times_take(&c->waiting, &due_ns))
    load_answered(l, c, due_ns);
}

static void on_signal(load *l, const char *text, size_t len) {
  static const char name[] = "\"nonce\":\"";
  const char *at = memmem(text, len, name, sizeof name - 1);
  l->counts.signals++;
  if (at == NULL) return;
  at += sizeof name - 1;
  char nonce[40] = "", *dot;
  for (size_t i = 0; at < text + len && *at != '"' && i + 1 < sizeof nonce; i++) nonce[i] = *at++;
  unsigned long index = strtoul(nonce, &dot, 16);
  if (*dot != '.' || index >= l->options->connections) return;
  load_answered(l, &l->connections[index], strtoull(dot + 1, NULL, 16));
}

static void message(load *l, load_connection *c, const char *text, size_t len) {
  if (is_action(text, len, "welcome"))
    join(l, c, 0);
  else if (is_action(text, len, "peers"))
    on_peers(l, c, text, len);
  else if (is_action(text, len, "signal"))
    on_signal(l, text, len);
  else if (is_action(text, len, "error") || is_action(text, len, "undelivered"))
    load_error(l, text, len);
  else
    l->counts.other++;
}

const load_work load_join = {.name = "join",
                             .protocol = "peertide.1",
                             .prepare = prepare,
                             .act = act_join,
                             .message = message};
const load_work load_signal = {.name = "signal",
                               .protocol = "peertide.1",
                               .prepare = prepare,
                               .act = act_signal,
                               .message = message};
