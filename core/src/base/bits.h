/* Bitfields in BitTorrent's order: piece 0 is the highest bit of byte 0. */
#ifndef PT_BASE_BITS_H
#define PT_BASE_BITS_H

#include "peertide/peertide.h"

static inline size_t pt_bits_size(size_t bits) { return (bits + 7) / 8; }
static inline bool pt_bits_get(const uint8_t *b, size_t i) {
  return (b[i >> 3] & (0x80u >> (i & 7))) != 0;
}
static inline void pt_bits_set(uint8_t *b, size_t i) { b[i >> 3] |= (uint8_t)(0x80u >> (i & 7)); }
static inline void pt_bits_clear(uint8_t *b, size_t i) {
  b[i >> 3] &= (uint8_t) ~(0x80u >> (i & 7));
}
/* How many of the first `bits` are set. */
size_t pt_bits_count(const uint8_t *b, size_t bits);
/* True when the unused low bits of the last byte are 0, as BEP 3 asks. */
bool pt_bits_tail_clear(const uint8_t *b, size_t bits);

#endif
