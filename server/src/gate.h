/* Who may connect, and how much they may say: limits for each connection, and
 * for each network (IPv4 /24, IPv6 /48), so that nobody gains by opening many. */
#ifndef PT_SERVER_GATE_H
#define PT_SERVER_GATE_H

#include "id_table.h"
#include "rate.h"

#include <sys/queue.h>

#define PT_GATE_BURST_S 20u  /* a rate may be used up for so many seconds at once */
#define PT_GATE_MEMORY_S 60u /* a network without connections is remembered so long */

/* 0: no limit. Rates are per second. */
typedef struct pt_gate_limits {
  uint32_t connections; /* in all; not 0 */
  uint32_t network_connections;
  uint32_t messages, bytes, joins; /* of a connection */
  uint32_t network_messages, network_joins;
} pt_gate_limits;

/* What was refused so far. */
typedef struct pt_gate_counts {
  uint64_t connections, network_connections;
  uint64_t messages, bytes, joins;
  uint64_t network_messages, network_joins;
} pt_gate_counts;

typedef struct pt_gate_network {
  uint32_t number; /* pt_place_network() */
  uint32_t connections;
  pt_rate messages, joins;
  uint64_t empty_us;                       /* since when it has no connections */
  TAILQ_ENTRY(pt_gate_network) empty_next; /* of those, the longest first */
} pt_gate_network;

typedef struct pt_gate {
  pt_gate_limits limits;
  pt_gate_counts refused;
  uint32_t connections;
  pt_id_table networks; /* of pt_gate_network */
  TAILQ_HEAD(pt_gate_empty, pt_gate_network) empty;
} pt_gate;

/* A connection's own allowance. */
typedef struct pt_gate_pass {
  pt_gate_network *network; /* NULL: unknown, not limited */
  pt_rate messages, bytes, joins;
} pt_gate_pass;

void pt_gate_init(pt_gate *gate, const pt_gate_limits *limits, uint64_t seed);
void pt_gate_free(pt_gate *gate);

/* May one more connection be taken? Counted until pt_gate_leave(). */
bool pt_gate_enter(pt_gate *gate);
void pt_gate_leave(pt_gate *gate);
/* The same for a network (number != 0): NULL when it has too many, or there is
 * no memory. */
pt_gate_network *pt_gate_enter_network(pt_gate *gate, uint32_t number, uint64_t now_us);
void pt_gate_leave_network(pt_gate *gate, pt_gate_network *network, uint64_t now_us);

/* A pass as long as the connection, and its network, are there. */
void pt_gate_pass_init(const pt_gate *gate, pt_gate_pass *pass, pt_gate_network *network,
                       uint64_t now_us);
/* May it say a message of that length? */
bool pt_gate_may_say(pt_gate *gate, pt_gate_pass *pass, size_t len, uint64_t now_us);
/* May it join (or announce) once more? */
bool pt_gate_may_join(pt_gate *gate, pt_gate_pass *pass, uint64_t now_us);

/* Now and then: forgets networks that are long gone. */
void pt_gate_tick(pt_gate *gate, uint64_t now_us);

#endif
