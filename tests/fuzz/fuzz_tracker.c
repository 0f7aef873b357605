/* Messages of the WebTorrent tracker dialect, from a client or a server. What
 * is read must be written so that it reads the same, and whatever passes for a
 * description has an SDP. */
#include "format/tracker.h"

#include <stdlib.h>
#include <string.h>

/* A byte of an id may become six. */
#define TEXT_MAX (2u * PT_SIGNAL_BYTES_MAX)

static void require(bool holds) {
  if (!holds) abort();
}

static size_t encode(const pt_tracker_message *m, uint8_t *out) {
  pt_writer w = pt_writer_of(out, TEXT_MAX);
  pt_tracker_encode(&w, m);
  require(!w.failed);
  return w.len;
}

static void check_description(pt_bytes description) {
  uint8_t *room = malloc(description.len);
  pt_bytes sdp;
  if (room == NULL) return;
  pt_writer arena = pt_writer_of(room, description.len);
  require(pt_tracker_sdp(description, &arena, &sdp) == PT_OK);
  free(room);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static pt_tracker_message message, back;
  static uint8_t first[TEXT_MAX], second[TEXT_MAX];
  const char *field = NULL;
  int error = pt_tracker_decode((pt_bytes){data, size}, &message, &field);
  require((error == PT_ERR_RANGE) <= (field != NULL));
  if (error != PT_OK) return 0;
  require(field == NULL);
  for (size_t i = 0; i < message.offer_count; i++) check_description(message.offers[i].description);
  if (message.description.len > 0) check_description(message.description);
  size_t len = encode(&message, first);
  if (len > PT_SIGNAL_BYTES_MAX) return 0;
  require(pt_tracker_decode((pt_bytes){first, len}, &back, NULL) == PT_OK);
  require(encode(&back, second) == len && memcmp(first, second, len) == 0);
  return 0;
}
