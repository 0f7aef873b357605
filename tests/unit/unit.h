/* What unit tests share: cmocka with what it wants included first, and bytes
 * that look random and are the same everywhere. */
#ifndef PT_TESTS_UNIT_H
#define PT_TESTS_UNIT_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
/* clang-format on */

#include "peertide/peertide.h"

/* The high bytes of a linear congruential generator (Numerical Recipes). */
static inline void unit_fill(uint8_t *out, size_t len, uint32_t seed) {
  for (size_t i = 0; i < len; i++) {
    seed = seed * 1664525u + 1013904223u;
    out[i] = (uint8_t)(seed >> 24);
  }
}

static inline uint8_t *unit_bytes(size_t len, uint32_t seed) {
  uint8_t *bytes = malloc(len > 0 ? len : 1);
  assert_non_null(bytes);
  unit_fill(bytes, len, seed);
  return bytes;
}

/* A copy of exactly that size, so that AddressSanitizer sees a read past it. */
static inline pt_bytes unit_copy(const void *data, size_t len) {
  uint8_t *copy = malloc(len > 0 ? len : 1);
  assert_non_null(copy);
  if (len > 0) memcpy(copy, data, len);
  return (pt_bytes){.data = copy, .len = len};
}

static inline void unit_drop(pt_bytes bytes) { free((void *)(uintptr_t)bytes.data); }

#endif
