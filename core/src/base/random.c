#include "base/random.h"

static uint64_t rotate_left(uint64_t x, unsigned k) { return x << k | x >> (64 - k); }

/* splitmix64: spreads a seed of little entropy over the whole state, and never
 * gives the all-zero state that xoshiro could not leave. */
void pt_random_init(pt_random *r, uint64_t seed) {
  for (size_t i = 0; i < 4; i++) {
    seed += 0x9e3779b97f4a7c15u;
    uint64_t z = seed;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    r->s[i] = z ^ z >> 31;
  }
}

uint64_t pt_random_u64(pt_random *r) {
  uint64_t *s = r->s;
  uint64_t result = rotate_left(s[1] * 5, 7) * 9;
  uint64_t t = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = rotate_left(s[3], 45);
  return result;
}

/* Lemire's multiplication method (2019): the product's high half is the draw;
 * low halves below 2^32 mod bound are the surplus that would favour some. */
uint32_t pt_random_below(pt_random *r, uint32_t bound) {
  uint32_t surplus = (uint32_t)(0u - bound) % bound;
  for (;;) {
    uint64_t product = (pt_random_u64(r) >> 32) * bound;
    if ((uint32_t)product >= surplus) return (uint32_t)(product >> 32);
  }
}
