/* Which SHA-256 a build uses. The only file that knows. */
#include "format/sha256.h"

#include <string.h>

#if defined(__EMSCRIPTEN__) || defined(PT_SHA256_OWN)
#include "format/sha256_own.h"

/* With SIMD a message alone goes through all four lanes, at half the speed of
 * the scalar code: that one is then not in the file at all, and what is long is
 * hashed four at a time. */
void pt_sha256(const void *data, size_t len, uint8_t out[PT_HASH_SIZE]) {
#if PT_SHA256_LANES
  const uint8_t *const same[4] = {data, data, data, data};
  uint8_t outs[4][PT_HASH_SIZE];
  pt_sha256_own_x4(same, len, outs);
  memcpy(out, outs[0], PT_HASH_SIZE);
#else
  pt_sha256_own(data, len, out);
#endif
}

void pt_sha256_x4(const uint8_t *const data[4], size_t len, uint8_t out[4][PT_HASH_SIZE]) {
  pt_sha256_own_x4(data, len, out);
}

const char *pt_sha256_backend(void) { return PT_SHA256_LANES ? "simd128" : "scalar"; }

#else
/* OpenSSL's functions on a caller's context: they never allocate, which its
 * newer EVP interface can't promise, and small messages cost a third. Declaring
 * the interface of 1.1 is the documented way to go on using them in 3.x. */
#define OPENSSL_API_COMPAT 0x10100000L
#include <openssl/sha.h>

void pt_sha256(const void *data, size_t len, uint8_t out[PT_HASH_SIZE]) {
  SHA256_CTX context;
  SHA256_Init(&context);
  SHA256_Update(&context, data, len);
  SHA256_Final(out, &context);
}

void pt_sha256_x4(const uint8_t *const data[4], size_t len, uint8_t out[4][PT_HASH_SIZE]) {
  for (size_t i = 0; i < 4; i++) pt_sha256(data[i], len, out[i]);
}

const char *pt_sha256_backend(void) { return "libcrypto"; }
#endif

void pt_sha256_pair(const uint8_t a[PT_HASH_SIZE], const uint8_t b[PT_HASH_SIZE],
                    uint8_t out[PT_HASH_SIZE]) {
  uint8_t both[2 * PT_HASH_SIZE];
  memcpy(both, a, PT_HASH_SIZE);
  memcpy(both + PT_HASH_SIZE, b, PT_HASH_SIZE);
  pt_sha256(both, sizeof both, out);
}
