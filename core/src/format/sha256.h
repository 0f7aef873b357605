/* SHA-256 (FIPS 180-4). Natively by OpenSSL's libcrypto, in wasm by our own
 * code: scalar, and four equally long messages side by side in SIMD lanes. */
#ifndef PT_FORMAT_SHA256_H
#define PT_FORMAT_SHA256_H

#include "peertide/peertide.h"

void pt_sha256(const void *data, size_t len, uint8_t out[PT_HASH_SIZE]);
/* SHA-256 of a followed by b, 32 bytes each: an inner node of a Merkle tree. */
void pt_sha256_pair(const uint8_t a[PT_HASH_SIZE], const uint8_t b[PT_HASH_SIZE],
                    uint8_t out[PT_HASH_SIZE]);
/* Four messages of the same length at once; the fastest way to hash leaves. */
void pt_sha256_x4(const uint8_t *const data[4], size_t len, uint8_t out[4][PT_HASH_SIZE]);
/* Which implementation is built in: "libcrypto", "simd128" or "scalar". */
const char *pt_sha256_backend(void);

#endif
