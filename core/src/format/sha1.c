#include "format/sha1.h"

#ifdef __EMSCRIPTEN__
#include "format/sha1_own.h"

void pt_sha1(const void *data, size_t len, uint8_t out[PT_ID_SIZE]) { pt_sha1_own(data, len, out); }

#else
/* As in sha256.c: on a context of our own, so that nothing is allocated. */
#define OPENSSL_API_COMPAT 0x10100000L
#include <openssl/sha.h>

void pt_sha1(const void *data, size_t len, uint8_t out[PT_ID_SIZE]) {
  SHA_CTX context;
  SHA1_Init(&context);
  SHA1_Update(&context, data, len);
  SHA1_Final(out, &context);
}
#endif
