#include "format/sha256_own.h"

#if PT_SHA256_LANES

#include <string.h>

#include "format/sha256_rounds.h"

/* Four messages in four lanes: word i of each message in one vector. GCC's and
 * clang's vector extensions, so that one source serves wasm, SSE2 and NEON. */
typedef uint32_t lanes __attribute__((vector_size(16)));
typedef uint8_t lane_bytes __attribute__((vector_size(16)));

PT_ALWAYS_INLINE lanes rotr(lanes x, int n) { return x >> n | x << (32 - n); }

#ifdef __clang__
#define SHUFFLE(x, y, a, b, c, d) __builtin_shufflevector(x, y, a, b, c, d)
#else
#define SHUFFLE(x, y, a, b, c, d) __builtin_shuffle(x, y, (lanes){a, b, c, d})
#endif

/* Big-endian words to numbers, all lanes. */
PT_ALWAYS_INLINE lanes swap_bytes(lanes x) {
#if defined(__clang__)
  lane_bytes b = (lane_bytes)x;
  return (lanes)__builtin_shufflevector(b, b, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
#else
  const lane_bytes order = {3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12};
  return (lanes)__builtin_shuffle((lane_bytes)x, order);
#endif
}

PT_ALWAYS_INLINE lanes load(const uint8_t *p) {
  lanes x;
  memcpy(&x, p, sizeof x);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  x = swap_bytes(x);
#endif
  return x;
}

/* Turns four words of each message (rows) into four vectors of one word each. */
PT_ALWAYS_INLINE void transpose(lanes r[4]) {
  lanes low01 = SHUFFLE(r[0], r[1], 0, 4, 1, 5), high01 = SHUFFLE(r[0], r[1], 2, 6, 3, 7);
  lanes low23 = SHUFFLE(r[2], r[3], 0, 4, 1, 5), high23 = SHUFFLE(r[2], r[3], 2, 6, 3, 7);
  r[0] = SHUFFLE(low01, low23, 0, 1, 4, 5);
  r[1] = SHUFFLE(low01, low23, 2, 3, 6, 7);
  r[2] = SHUFFLE(high01, high23, 0, 1, 4, 5);
  r[3] = SHUFFLE(high01, high23, 2, 3, 6, 7);
}

/* The majority of a, b, c is b ^ ((a ^ b) & (b ^ c)), and this round's a ^ b is
 * the next one's b ^ c. */
#define ROUND(a, b, c, d, e, f, g, h, i)                                                           \
  h += (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) + (g ^ (e & (f ^ g))) + (w[i] + k[i]);             \
  d += h;                                                                                          \
  ab = a ^ b;                                                                                      \
  h += (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) + (b ^ (bc & ab));                                 \
  bc = ab

/* Functions of their own, so that no more than nine vectors are alive in the loop
 * of the rounds: V8 has registers for that many. */
__attribute__((noinline)) static void extend(lanes w[64]) {
  for (size_t i = 0; i < 48; i++) PT_SHA256_EXTEND(w, i);
}

__attribute__((noinline)) static void rounds(lanes s[8], const lanes w[64], const uint32_t *k) {
  lanes a = s[0], b = s[1], c = s[2], d = s[3], e = s[4], f = s[5], g = s[6], h = s[7];
  lanes bc = b ^ c, ab;
  /* Two at a time: in V8 a tenth faster than eight, and less code. */
  for (const uint32_t *end = k + 64; k < end; k += 2, w += 2) {
    ROUND(a, b, c, d, e, f, g, h, 0);
    ROUND(h, a, b, c, d, e, f, g, 1);
    lanes next_a = g, next_b = h;
    g = e;
    h = f;
    e = c;
    f = d;
    c = a;
    d = b;
    a = next_a;
    b = next_b;
  }
  s[0] += a, s[1] += b, s[2] += c, s[3] += d, s[4] += e, s[5] += f, s[6] += g, s[7] += h;
}

static void compress(lanes state[8], const uint8_t *const data[4], size_t blocks,
                     const uint32_t *k) {
  for (size_t at = 0; at < 64 * blocks; at += 64) {
    lanes w[64];
    for (size_t i = 0; i < 16; i += 4) {
      for (size_t l = 0; l < 4; l++) w[i + l] = load(data[l] + at + 4 * i);
      transpose(w + i);
    }
    extend(w);
    rounds(state, w, k);
  }
}

void pt_sha256_own_x4(const uint8_t *const data[4], size_t len, uint8_t out[4][PT_HASH_SIZE]) {
  lanes state[8];
  uint8_t tail[4][128];
  const uint8_t *tails[4];
  size_t tail_blocks = 0;
  const pt_sha256_constants *c = pt_sha256_prepare();
  for (size_t i = 0; i < 8; i++) {
    uint32_t x = c->initial[i];
    state[i] = (lanes){x, x, x, x};
  }
  for (size_t l = 0; l < 4; l++) {
    tail_blocks = pt_sha256_pad(data[l], len, tail[l]);
    tails[l] = tail[l];
  }
  compress(state, data, len / 64, c->k);
  compress(state, tails, tail_blocks, c->k);
  for (size_t half = 0; half < 2; half++) {
    lanes *rows = state + 4 * half;
    transpose(rows);
    for (size_t l = 0; l < 4; l++) {
      lanes digest = rows[l];
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
      digest = swap_bytes(digest);
#endif
      memcpy(out[l] + 16 * half, &digest, sizeof digest);
    }
  }
}

#else

void pt_sha256_own_x4(const uint8_t *const data[4], size_t len, uint8_t out[4][PT_HASH_SIZE]) {
  for (size_t l = 0; l < 4; l++) pt_sha256_own(data[l], len, out[l]);
}

#endif
