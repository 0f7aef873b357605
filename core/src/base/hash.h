/* Hashing of tables and elections, by xxHash: XXH64 of 24 bytes at a time, each
 * part with the hash before it as its seed. (Little-endian reading, so that
 * every build gives the same numbers.) */
#ifndef PT_BASE_HASH_H
#define PT_BASE_HASH_H

#include "peertide/peertide.h"

uint64_t pt_hash64(const void *data, size_t len, uint64_t seed);

#endif
