/* Signalling messages as a node takes and gives them. On the wire they are JSON
 * (signalling.h), which a browser reads and writes itself; a host translates at
 * its border, and the core in a browser needs no JSON at all.
 *
 * An action (u32), then its fields, one behind the other without padding:
 *
 *     hello        peer (20), fingerprint (32), anywhere (u32), resume (text)
 *     welcome      resume (text)
 *     join, leave  swarms (list of left (u64), want (u32), key (20))
 *     peers        swarm (20), complete, incomplete, interval (u32 each),
 *                  peers (list of peer (20), legacy (20), near (u32))
 *     signal       to, from, legacy (20 each), kind (u32), nonce, sdp, candidate (texts)
 *     undelivered  to (20)
 *     stats        originBytes, peerBytesIn, peerBytesOut, wasted (u64 each),
 *                  edges (list of peer (20), zeros (u32), bytes (u64))
 *     report       peer (20), swarm (20), piece (u32), kind (text)
 *     drain        afterMs (u64)
 *     error        code, message (texts)
 *     indexed, and what a node does not know: nothing
 *
 * Numbers are as the machine has them (in wasm: little-endian), ids and hashes
 * bytes. A text is its length (u32) and UTF-8, a list its count (u32) and items.
 * What is absent is 0 or empty. Fields that a visitor has no use for are left out:
 * of a welcome, ICE servers and settings are the host's own business. */
#ifndef PT_FORMAT_SIGNALLING_PACKED_H
#define PT_FORMAT_SIGNALLING_PACKED_H

#include "format/signalling.h"

/* Reads one message. Views point into `packed`. PT_ERR_SYNTAX: it ends too early
 * or too late; PT_ERR_LIMIT, PT_ERR_RANGE: as in pt_signalling_decode(), whose
 * bounds hold. That texts are UTF-8, and a candidate JSON, is the host's word. */
int pt_signalling_unpack(pt_bytes packed, pt_signalling *out);
/* Appends one message. w->failed when it does not fit, or a text or a list is
 * longer than it may be. */
void pt_signalling_pack(pt_writer *w, const pt_signalling *m);

#endif
