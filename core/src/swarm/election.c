#include "swarm/election.h"

#include "base/hash.h"

#include <string.h>

/* Any constant does, as long as all visitors use the same. */
#define ELECTION_SEED 0x7065657274696465u /* "peertide" */

uint64_t pt_election_weight(const uint8_t swarm[PT_ID_SIZE], uint32_t unit,
                            const uint8_t peer[PT_ID_SIZE]) {
  uint8_t key[PT_ID_SIZE + 4 + PT_ID_SIZE]; /* swarm | unit, big-endian | peer */
  memcpy(key, swarm, PT_ID_SIZE);
  key[PT_ID_SIZE] = (uint8_t)(unit >> 24);
  key[PT_ID_SIZE + 1] = (uint8_t)(unit >> 16);
  key[PT_ID_SIZE + 2] = (uint8_t)(unit >> 8);
  key[PT_ID_SIZE + 3] = (uint8_t)unit;
  memcpy(key + PT_ID_SIZE + 4, peer, PT_ID_SIZE);
  return pt_hash64(key, sizeof key, ELECTION_SEED);
}
