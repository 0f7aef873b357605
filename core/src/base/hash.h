/* Hashing of tables and elections, by xxHash (XXH64, little-endian reading, so
 * that every build gives the same numbers). */
#ifndef PT_BASE_HASH_H
#define PT_BASE_HASH_H

#include "peertide/peertide.h"

uint64_t pt_hash64(const void *data, size_t len, uint64_t seed);

#endif
