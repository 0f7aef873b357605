#include "format/sha256_own.h"

#include <string.h>

#include "format/sha256_rounds.h"

/* Cube roots of the first 64 primes, square roots of the first 8: the first 32
 * bits behind the point. */
const uint32_t pt_sha256_k[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

const uint32_t pt_sha256_initial[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                       0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

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

static void rounds(uint32_t s[8], const uint32_t w[64]) {
  uint32_t a = s[0], b = s[1], c = s[2], d = s[3], e = s[4], f = s[5], g = s[6], h = s[7];
  for (const uint32_t *k = pt_sha256_k; k < pt_sha256_k + 64; k += 8, w += 8) {
    PT_SHA256_ROUNDS(ROUND);
  }
  s[0] += a, s[1] += b, s[2] += c, s[3] += d, s[4] += e, s[5] += f, s[6] += g, s[7] += h;
}

static void compress(uint32_t state[8], const uint8_t *data, size_t blocks) {
  for (; blocks > 0; blocks--, data += 64) {
    uint32_t w[64];
    for (size_t i = 0; i < 16; i++) w[i] = load_be(data + 4 * i);
    for (size_t i = 0; i < 48; i++) PT_SHA256_EXTEND(w, i);
    rounds(state, w);
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
  memcpy(state, pt_sha256_initial, sizeof state);
  size_t tail_blocks = pt_sha256_pad(data, len, tail);
  compress(state, data, len / 64);
  compress(state, tail, tail_blocks);
  for (size_t i = 0; i < 8; i++) store_be(out + 4 * i, state[i]);
}
