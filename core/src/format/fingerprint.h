/* Binding peer ids to DTLS certificates (RFC 8122 fingerprints in SDP). */
#ifndef PT_FORMAT_FINGERPRINT_H
#define PT_FORMAT_FINGERPRINT_H

#include "peertide/peertide.h"

/* peer id = first 20 bytes of SHA-256 over the 32 fingerprint bytes. */
void pt_peer_id_of(const uint8_t fingerprint[PT_HASH_SIZE], uint8_t id[PT_ID_SIZE]);

/* The sha-256 fingerprint of an SDP. Every a=fingerprint line (session and
 * media level) must be sha-256 and all must agree, else PT_ERR_RANGE; none:
 * PT_ERR_SYNTAX. Case of the algorithm and of the digits does not matter. */
int pt_sdp_fingerprint(pt_bytes sdp, uint8_t out[PT_HASH_SIZE]);

#endif
