/* The 64 rounds of SHA-256 as sha256_scalar.c and sha256_lanes.c both unroll
 * them. Macros, because the variables are renamed from round to round instead
 * of moved, and because no compiler at any level of optimisation then leaves a
 * call or a loop in the innermost place: V8 does not inline wasm functions, and
 * a rotation left out of line costs nine tenths of the speed. */
#ifndef PT_FORMAT_SHA256_ROUNDS_H
#define PT_FORMAT_SHA256_ROUNDS_H

#define PT_ALWAYS_INLINE static inline __attribute__((always_inline))

/* STEP(0) to STEP(15), a statement each. */
#define PT_SIXTEEN(STEP)                                                                           \
  STEP(0);                                                                                         \
  STEP(1);                                                                                         \
  STEP(2);                                                                                         \
  STEP(3);                                                                                         \
  STEP(4);                                                                                         \
  STEP(5);                                                                                         \
  STEP(6);                                                                                         \
  STEP(7);                                                                                         \
  STEP(8);                                                                                         \
  STEP(9);                                                                                         \
  STEP(10);                                                                                        \
  STEP(11);                                                                                        \
  STEP(12);                                                                                        \
  STEP(13);                                                                                        \
  STEP(14);                                                                                        \
  STEP(15)

/* Sixteen rounds on a to h; ROUND(a, ..., h, i) takes word i. */
#define PT_SHA256_ROUNDS(ROUND)                                                                    \
  ROUND(a, b, c, d, e, f, g, h, 0);                                                                \
  ROUND(h, a, b, c, d, e, f, g, 1);                                                                \
  ROUND(g, h, a, b, c, d, e, f, 2);                                                                \
  ROUND(f, g, h, a, b, c, d, e, 3);                                                                \
  ROUND(e, f, g, h, a, b, c, d, 4);                                                                \
  ROUND(d, e, f, g, h, a, b, c, 5);                                                                \
  ROUND(c, d, e, f, g, h, a, b, 6);                                                                \
  ROUND(b, c, d, e, f, g, h, a, 7);                                                                \
  ROUND(a, b, c, d, e, f, g, h, 8);                                                                \
  ROUND(h, a, b, c, d, e, f, g, 9);                                                                \
  ROUND(g, h, a, b, c, d, e, f, 10);                                                               \
  ROUND(f, g, h, a, b, c, d, e, 11);                                                               \
  ROUND(e, f, g, h, a, b, c, d, 12);                                                               \
  ROUND(d, e, f, g, h, a, b, c, 13);                                                               \
  ROUND(c, d, e, f, g, h, a, b, 14);                                                               \
  ROUND(b, c, d, e, f, g, h, a, 15)

/* Word i of the next sixteen, in a ring of 16 words (FIPS 180-4, 6.2.2); for
 * numbers and vectors of numbers alike. */
#define PT_SHA256_EXTEND(i)                                                                        \
  w[i] += PT_SHA256_SIGMA(w[((i) + 1) & 15], 7, 18, 3) + w[((i) + 9) & 15] +                       \
          PT_SHA256_SIGMA(w[((i) + 14) & 15], 17, 19, 10)
#define PT_SHA256_SIGMA(x, r1, r2, s) (rotr(x, r1) ^ rotr(x, r2) ^ (x) >> (s))

#endif
