/* SDPs from strangers: how lines end must make no difference, and to whatever
 * was accepted no second fingerprint can be added. */
#include "format/fingerprint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_SIZE 128u

static void require(bool holds) {
  if (!holds) abort();
}

/* The answer for the SDP with one more line, of that fingerprint. */
static int with_line(pt_bytes sdp, const uint8_t fingerprint[PT_HASH_SIZE]) {
  char *longer = malloc(sdp.len + LINE_SIZE);
  require(longer != NULL);
  memcpy(longer, sdp.data, sdp.len);
  size_t at = sdp.len;
  at += (size_t)snprintf(longer + at, LINE_SIZE, "\r\na=fingerprint:sha-256 ");
  for (size_t i = 0; i < PT_HASH_SIZE; i++)
    at += (size_t)snprintf(longer + at, 4, i > 0 ? ":%02X" : "%02X", fingerprint[i]);
  uint8_t read[PT_HASH_SIZE];
  int error = pt_sdp_fingerprint((pt_bytes){(uint8_t *)longer, at}, read);
  require(error != PT_OK || memcmp(read, fingerprint, PT_HASH_SIZE) == 0);
  free(longer);
  return error;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  uint8_t fingerprint[PT_HASH_SIZE], again[PT_HASH_SIZE];
  pt_bytes sdp = {data, size};
  int error = pt_sdp_fingerprint(sdp, fingerprint);
  uint8_t *copy = malloc(size + 1);
  require(copy != NULL);
  for (size_t i = 0; i < size; i++) copy[i] = data[i] == '\r' ? '\n' : data[i];
  require(pt_sdp_fingerprint((pt_bytes){copy, size}, again) == error);
  free(copy);
  if (error != PT_OK) return 0;
  require(memcmp(fingerprint, again, PT_HASH_SIZE) == 0);
  require(with_line(sdp, fingerprint) == PT_OK);
  fingerprint[size % PT_HASH_SIZE] ^= 1;
  require(with_line(sdp, fingerprint) == PT_ERR_RANGE);
  return 0;
}
