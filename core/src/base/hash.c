#include "base/hash.h"

#define XXH_INLINE_ALL
#define XXH_FORCE_ALIGN_CHECK 0 /* one way of reading is enough */
#include <xxhash.h>

uint64_t pt_hash64(const void *data, size_t len, uint64_t seed) { return XXH64(data, len, seed); }
