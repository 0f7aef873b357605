#include "gate.h"

#include <stdlib.h>
#include <string.h>

#define NETWORKS_SPARE 65536u /* remembered beside those that are connected */

void pt_gate_init(pt_gate *gate, const pt_gate_limits *limits, uint64_t seed) {
  *gate = (pt_gate){.limits = *limits};
  pt_id_table_init(&gate->networks, (size_t)limits->connections + NETWORKS_SPARE, seed);
  TAILQ_INIT(&gate->empty);
}

void pt_gate_free(pt_gate *gate) {
  size_t at = 0;
  for (const pt_id_entry *e; (e = pt_id_table_next(&gate->networks, &at)) != NULL;) free(e->value);
  pt_id_table_free(&gate->networks);
}

/* ---- connections ---- */

bool pt_gate_enter(pt_gate *gate) {
  if (gate->connections >= gate->limits.connections) {
    gate->refused.connections++;
    return false;
  }
  gate->connections++;
  return true;
}

void pt_gate_leave(pt_gate *gate) { gate->connections--; }

static void key_of(uint32_t number, uint8_t key[PT_ID_SIZE]) {
  memset(key, 0, PT_ID_SIZE);
  memcpy(key, &number, sizeof number);
}

static double burst(uint32_t per_second) { return (double)per_second * PT_GATE_BURST_S; }

static pt_gate_network *make(pt_gate *gate, uint32_t number, uint64_t now_us) {
  uint8_t key[PT_ID_SIZE];
  pt_gate_network *network = calloc(1, sizeof *network);
  if (network == NULL) return NULL;
  network->number = number;
  pt_rate_init(&network->messages, burst(gate->limits.network_messages), now_us);
  pt_rate_init(&network->joins, burst(gate->limits.network_joins), now_us);
  key_of(number, key);
  if (pt_id_table_put(&gate->networks, key, network)) return network;
  free(network);
  return NULL;
}

pt_gate_network *pt_gate_enter_network(pt_gate *gate, uint32_t number, uint64_t now_us) {
  uint8_t key[PT_ID_SIZE];
  key_of(number, key);
  pt_gate_network *network = pt_id_table_get(&gate->networks, key);
  if (network == NULL) {
    network = make(gate, number, now_us);
    if (network == NULL) {
      gate->refused.connections++;
      return NULL;
    }
  } else if (network->connections == 0) {
    TAILQ_REMOVE(&gate->empty, network, empty_next);
  }
  uint32_t limit = gate->limits.network_connections;
  if (limit && network->connections >= limit) {
    gate->refused.network_connections++;
    return NULL;
  }
  network->connections++;
  return network;
}

void pt_gate_leave_network(pt_gate *gate, pt_gate_network *network, uint64_t now_us) {
  if (network == NULL || --network->connections > 0) return;
  network->empty_us = now_us;
  TAILQ_INSERT_TAIL(&gate->empty, network, empty_next);
}

void pt_gate_tick(pt_gate *gate, uint64_t now_us) {
  for (pt_gate_network *n; (n = TAILQ_FIRST(&gate->empty)) != NULL;) {
    if (now_us - n->empty_us < PT_GATE_MEMORY_S * 1000000ull) return;
    uint8_t key[PT_ID_SIZE];
    key_of(n->number, key);
    TAILQ_REMOVE(&gate->empty, n, empty_next);
    pt_id_table_remove(&gate->networks, key);
    free(n);
  }
}

/* ---- what they say ---- */

void pt_gate_pass_init(const pt_gate *gate, pt_gate_pass *pass, pt_gate_network *network,
                       uint64_t now_us) {
  pass->network = network;
  pt_rate_init(&pass->messages, burst(gate->limits.messages), now_us);
  pt_rate_init(&pass->bytes, burst(gate->limits.bytes), now_us);
  pt_rate_init(&pass->joins, burst(gate->limits.joins), now_us);
}

/* Takes from a rate; what is refused is counted. */
static bool take(pt_rate *rate, uint32_t per_second, double amount, uint64_t now_us,
                 uint64_t *refused) {
  if (per_second == 0 || pt_rate_take(rate, amount, per_second, burst(per_second), now_us))
    return true;
  (*refused)++;
  return false;
}

bool pt_gate_may_say(pt_gate *gate, pt_gate_pass *pass, size_t len, uint64_t now_us) {
  const pt_gate_limits *limits = &gate->limits;
  pt_gate_counts *refused = &gate->refused;
  return take(&pass->messages, limits->messages, 1, now_us, &refused->messages) &&
         take(&pass->bytes, limits->bytes, (double)len, now_us, &refused->bytes) &&
         (pass->network == NULL || take(&pass->network->messages, limits->network_messages, 1,
                                        now_us, &refused->network_messages));
}

bool pt_gate_may_join(pt_gate *gate, pt_gate_pass *pass, uint64_t now_us) {
  const pt_gate_limits *limits = &gate->limits;
  return take(&pass->joins, limits->joins, 1, now_us, &gate->refused.joins) &&
         (pass->network == NULL || take(&pass->network->joins, limits->network_joins, 1, now_us,
                                        &gate->refused.network_joins));
}
