#include "base/bits.h"

size_t pt_bits_count(const uint8_t *b, size_t bits) {
  size_t count = 0;
  size_t whole = bits / 8;
  for (size_t i = 0; i < whole; i++) count += (size_t)__builtin_popcount(b[i]);
  for (size_t i = whole * 8; i < bits; i++) count += pt_bits_get(b, i) ? 1u : 0u;
  return count;
}

bool pt_bits_tail_clear(const uint8_t *b, size_t bits) {
  if (bits % 8 == 0) return true;
  return (b[bits / 8] & (0xffu >> (bits % 8))) == 0;
}
