/* Our own SHA-1 (FIPS 180-4) for wasm builds; compiled everywhere, so that
 * native tests hold it against libcrypto. Not made for speed: it sees one info
 * dictionary per hybrid torrent. */
#ifndef PT_FORMAT_SHA1_OWN_H
#define PT_FORMAT_SHA1_OWN_H

#include "peertide/peertide.h"

void pt_sha1_own(const void *data, size_t len, uint8_t out[PT_ID_SIZE]);

#endif
