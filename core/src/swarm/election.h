/* Who fetches a piece from the origin: rendezvous hashing (Thaler and
 * Ravishankar, 1998). Every visitor computes the same order from what it knows
 * of its neighbourhood, without a message. */
#ifndef PT_SWARM_ELECTION_H
#define PT_SWARM_ELECTION_H

#include "peertide/peertide.h"

/* How strongly `peer` is drawn to fetch `unit` (a span of pieces) of `swarm`;
 * the highest weight fetches, the next one is its backup, and so on. */
uint64_t pt_election_weight(const uint8_t swarm[PT_ID_SIZE], uint32_t unit,
                            const uint8_t peer[PT_ID_SIZE]);

#endif
