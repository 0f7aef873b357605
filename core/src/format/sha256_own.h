/* Our own SHA-256 (FIPS 180-4), in portable C. It is what wasm builds use; it
 * is compiled everywhere so that native tests hold it against libcrypto.
 *
 * sha256_scalar.c hashes one message with 32-bit words, sha256_lanes.c four
 * equally long messages with one word of each in a 128-bit vector. */
#ifndef PT_FORMAT_SHA256_OWN_H
#define PT_FORMAT_SHA256_OWN_H

#include "peertide/peertide.h"

/* Vectors pay where they are machine registers; else lanes are hashed in turn. */
#if defined(__wasm_simd128__) || defined(__SSE2__) || defined(__ARM_NEON)
#define PT_SHA256_LANES 1
#else
#define PT_SHA256_LANES 0
#endif

/* The round constants and the initial state: computed by the first call. */
typedef struct pt_sha256_constants {
  uint32_t k[64];
  uint32_t initial[8];
} pt_sha256_constants;
const pt_sha256_constants *pt_sha256_prepare(void);

/* The end of a message: its last len % 64 bytes, then 0x80, zeros and the
 * length in bits. Returns its blocks of 64 bytes, 1 or 2. */
size_t pt_sha256_pad(const uint8_t *data, size_t len, uint8_t tail[128]);

void pt_sha256_own(const void *data, size_t len, uint8_t out[PT_HASH_SIZE]);
void pt_sha256_own_x4(const uint8_t *const data[4], size_t len, uint8_t out[4][PT_HASH_SIZE]);

#endif
