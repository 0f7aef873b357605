/* SHA-256's schedule, which sha256_scalar.c and sha256_lanes.c both use, for numbers
 * and for vectors of numbers, and the scalar's rounds. Macros, because there the
 * variables are renamed from round to round instead of moved, which is the same
 * again after eight, and because no compiler at any level of optimisation then leaves a call
 * in the innermost place: V8 does not inline wasm functions, and a rotation left
 * out of line costs nine tenths of the speed. */
#ifndef PT_FORMAT_SHA256_ROUNDS_H
#define PT_FORMAT_SHA256_ROUNDS_H

#define PT_ALWAYS_INLINE static inline __attribute__((always_inline))

/* Eight rounds on a to h; ROUND(a, ..., h, i) takes word i. */
#define PT_SHA256_ROUNDS(ROUND)                                                                    \
  ROUND(a, b, c, d, e, f, g, h, 0);                                                                \
  ROUND(h, a, b, c, d, e, f, g, 1);                                                                \
  ROUND(g, h, a, b, c, d, e, f, 2);                                                                \
  ROUND(f, g, h, a, b, c, d, e, 3);                                                                \
  ROUND(e, f, g, h, a, b, c, d, 4);                                                                \
  ROUND(d, e, f, g, h, a, b, c, 5);                                                                \
  ROUND(c, d, e, f, g, h, a, b, 6);                                                                \
  ROUND(b, c, d, e, f, g, h, a, 7)

/* Word i + 16 of the schedule (FIPS 180-4, 6.2.2). */
#define PT_SHA256_EXTEND(w, i)                                                                     \
  w[(i) + 16] = w[i] + PT_SHA256_SIGMA(w[(i) + 1], 7, 18, 3) + w[(i) + 9] +                        \
                PT_SHA256_SIGMA(w[(i) + 14], 17, 19, 10)
#define PT_SHA256_SIGMA(x, r1, r2, s) (rotr(x, r1) ^ rotr(x, r2) ^ (x) >> (s))

#endif
