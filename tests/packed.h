/* What a browser's host does with JSON for its node, for hosts in C: they speak
 * JSON with their servers and sites as everybody does. */
#ifndef PT_TESTS_PACKED_H
#define PT_TESTS_PACKED_H

#include <stdlib.h>
#include <string.h>

#include "format/index_packed.h"
#include "format/signalling_packed.h"

/* A server's message for a node, in `out` (PT_SIGNAL_BYTES_MAX bytes); empty
 * where it is malformed. `m` is what it says. */
static inline pt_bytes packed_message(pt_bytes json, pt_signalling *m, uint8_t *out) {
  uint8_t arena[PT_SIGNAL_BYTES_MAX];
  pt_writer w = pt_writer_of(out, PT_SIGNAL_BYTES_MAX);
  if (pt_signalling_decode(json, m, arena, sizeof arena, NULL) == PT_OK) pt_signalling_pack(&w, m);
  return (pt_bytes){out, w.failed ? 0 : w.len};
}

/* A node's message for the server, in `out` (PT_SIGNAL_BYTES_MAX bytes); empty
 * where the node said nonsense. */
static inline pt_bytes json_message(pt_bytes packed, pt_signalling *m, uint8_t *out) {
  pt_writer w = pt_writer_of(out, PT_SIGNAL_BYTES_MAX);
  if (pt_signalling_unpack(packed, m) == PT_OK) pt_signalling_encode(&w, m);
  return (pt_bytes){out, w.failed ? 0 : w.len};
}

/* An index for a node, free()d by the caller; empty where it is refused. */
static inline pt_bytes packed_index(const char *json) {
  pt_site_index index;
  size_t cap = strlen(json) + 8; /* hex digits alone are more than what is packed of them */
  uint8_t *out = malloc(cap);
  pt_writer w = pt_writer_of(out, out != NULL ? cap : 0);
  if (pt_site_index_parse((pt_bytes){(const uint8_t *)json, strlen(json)}, &index, NULL, 0) ==
      PT_OK) {
    pt_index_pack(&w, &index);
    pt_site_index_free(&index);
  }
  return (pt_bytes){out, w.failed ? 0 : w.len};
}

#endif
