#include "format/sha256_own.h"

#include <string.h>

#include "format/sha256_rounds.h"

/* The primes' n-th root, 2 or 3, by Newton's method. */
static double root(double prime, double n) {
  double x = prime;
  for (int i = 0; i < 32; i++) x -= (x - prime / (n > 2 ? x * x : x)) / n;
  return x;
}

/* Of a root, the first 32 bits behind the point. */
static uint32_t fraction(double x) { return (uint32_t)(int64_t)(x * 0x1p32); }

/* As the standard defines them (4.2.2 and 5.3.3), not as numbers: nothing would make those
 * smaller, and they would be a hundredth of what visitors load. */
const pt_sha256_constants *pt_sha256_prepare(void) {
  static pt_sha256_constants c;
  for (unsigned prime = 2, i = 0; c.k[63] == 0; prime++) {
    unsigned divisor = 2;
    while (prime % divisor != 0) divisor++;
    if (divisor < prime) continue;
    if (i < 8) c.initial[i] = fraction(root(prime, 2));
    c.k[i++] = fraction(root(prime, 3));
  }
  return &c;
}

PT_ALWAYS_INLINE uint32_t rotr(uint32_t x, unsigned n) { return x >> n | x << (32 - n); }

PT_ALWAYS_INLINE uint32_t load_be(const uint8_t *p) {
  uint32_t x;
  memcpy(&x, p, sizeof x);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  x = __builtin_bswap32(x);
#endif
  return x;
}

static inline void store_be(uint8_t *p, uint32_t x) {
  p[0] = (uint8_t)(x >> 24);
  p[1] = (uint8_t)(x >> 16);
  p[2] = (uint8_t)(x >> 8);
  p[3] = (uint8_t)x;
}

/* Choice and majority are written with an operation less than in the standard. */
#define ROUND(a, b, c, d, e, f, g, h, i)                                                           \
  h += (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) + (g ^ (e & (f ^ g))) + k[i] + w[i];               \
  d += h;                                                                                          \
  h += (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) + ((a & b) | (c & (a | b)))

static void rounds(uint32_t s[8], const uint32_t w[64], const uint32_t *k) {
  uint32_t a = s[0], b = s[1], c = s[2], d = s[3], e = s[4], f = s[5], g = s[6], h = s[7];
  for (const uint32_t *end = k + 64; k < end; k += 8, w += 8) {
    PT_SHA256_ROUNDS(ROUND);
  }
  s[0] += a, s[1] += b, s[2] += c, s[3] += d, s[4] += e, s[5] += f, s[6] += g, s[7] += h;
}

static void compress(uint32_t state[8], const uint8_t *data, size_t blocks, const uint32_t *k) {
  for (; blocks > 0; blocks--, data += 64) {
    uint32_t w[64];
    for (size_t i = 0; i < 16; i++) w[i] = load_be(data + 4 * i);
    for (size_t i = 0; i < 48; i++) PT_SHA256_EXTEND(w, i);
    rounds(state, w, k);
  }
}

size_t pt_sha256_pad(const uint8_t *data, size_t len, uint8_t tail[128]) {
  size_t rest = len % 64;
  size_t size = rest < 56 ? 64 : 128;
  if (rest > 0) memcpy(tail, data + (len - rest), rest);
  tail[rest] = 0x80;
  memset(tail + rest + 1, 0, size - rest - 9);
  store_be(tail + size - 8, (uint32_t)((uint64_t)len >> 29));
  store_be(tail + size - 4, (uint32_t)((uint64_t)len << 3));
  return size / 64;
}

void pt_sha256_own(const void *data, size_t len, uint8_t out[PT_HASH_SIZE]) {
  uint32_t state[8];
  uint8_t tail[128];
  const pt_sha256_constants *c = pt_sha256_prepare();
  memcpy(state, c->initial, sizeof state);
  size_t tail_blocks = pt_sha256_pad(data, len, tail);
  compress(state, data, len / 64, c->k);
  compress(state, tail, tail_blocks, c->k);
  for (size_t i = 0; i < 8; i++) store_be(out + 4 * i, state[i]);
}
