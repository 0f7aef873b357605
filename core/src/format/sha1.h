/* SHA-1 (FIPS 180-4), for the v1 half of hybrid torrents only. Natively by
 * libcrypto, in wasm our own. */
#ifndef PT_FORMAT_SHA1_H
#define PT_FORMAT_SHA1_H

#include "peertide/peertide.h"

void pt_sha1(const void *data, size_t len, uint8_t out[PT_ID_SIZE]);

#endif
