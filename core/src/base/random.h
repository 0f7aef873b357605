/* The core's only source of randomness: xoshiro256** seeded by splitmix64
 * (Blackman and Vigna, 2018). Not for secrets. */
#ifndef PT_BASE_RANDOM_H
#define PT_BASE_RANDOM_H

#include "peertide/peertide.h"

typedef struct pt_random {
  uint64_t s[4];
} pt_random;

void pt_random_init(pt_random *r, uint64_t seed);
uint64_t pt_random_u64(pt_random *r);
/* Uniform in [0, bound); bound > 0. Unbiased. */
uint32_t pt_random_below(pt_random *r, uint32_t bound);

#endif
