#include "base/hash.h"

#define XXH_INLINE_ALL
#define XXH_FORCE_ALIGN_CHECK 0 /* one way of reading is enough */
#include <xxhash.h>

/* From 32 bytes on XXH64 has a way of its own, two thirds of its code, which is
 * faster for long inputs: those here are short. */
#define PART_MAX 24u

uint64_t pt_hash64(const void *data, size_t len, uint64_t seed) {
  for (const uint8_t *bytes = data;;) {
    size_t part = len < PART_MAX ? len : PART_MAX;
    seed = XXH64(bytes, part, seed);
    if (len <= PART_MAX) return seed;
    bytes += part;
    len -= part;
  }
}
