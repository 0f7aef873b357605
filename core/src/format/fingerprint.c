#include "format/fingerprint.h"

#include "format/sha256.h"

#include <string.h>

void pt_peer_id_of(const uint8_t fingerprint[PT_HASH_SIZE], uint8_t id[PT_ID_SIZE]) {
  uint8_t hash[PT_HASH_SIZE];
  pt_sha256(fingerprint, PT_HASH_SIZE, hash);
  memcpy(id, hash, PT_ID_SIZE);
}

static uint8_t to_lower(uint8_t c) { return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c; }

static bool is_blank(uint8_t c) { return c == ' ' || c == '\t'; }

static void skip_blanks(pt_bytes *text) {
  while (text->len > 0 && is_blank(text->data[0])) {
    text->data++;
    text->len--;
  }
}

/* Takes `prefix` (in lower case) off the front of `text`, in any case of it. */
static bool take(pt_bytes *text, const char *prefix) {
  size_t len = strlen(prefix);
  if (text->len < len) return false;
  for (size_t i = 0; i < len; i++)
    if (to_lower(text->data[i]) != (uint8_t)prefix[i]) return false;
  text->data += len;
  text->len -= len;
  return true;
}

static int hex_digit(uint8_t c) {
  c = to_lower(c);
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

/* "AB:CD:…", 32 pairs, then nothing but blanks. */
static bool read_digest(pt_bytes text, uint8_t out[PT_HASH_SIZE]) {
  const size_t digits = 3 * PT_HASH_SIZE - 1;
  if (text.len < digits) return false;
  for (size_t i = 0; i < PT_HASH_SIZE; i++) {
    int high = hex_digit(text.data[3 * i]);
    int low = hex_digit(text.data[3 * i + 1]);
    if (high < 0 || low < 0) return false;
    if (i + 1 < PT_HASH_SIZE && text.data[3 * i + 2] != ':') return false;
    out[i] = (uint8_t)(high * 16 + low);
  }
  pt_bytes rest = {text.data + digits, text.len - digits};
  skip_blanks(&rest);
  return rest.len == 0;
}

/* Is the line an "a=fingerprint:", and if so, which digest does it name?
 * Generous about what counts as one, strict about what stands in it: a line
 * that some browser might obey must not get past this check unread. */
static bool is_fingerprint_line(pt_bytes *line) {
  skip_blanks(line);
  if (!take(line, "a")) return false;
  skip_blanks(line);
  if (!take(line, "=")) return false;
  skip_blanks(line);
  if (!take(line, "fingerprint")) return false;
  skip_blanks(line);
  return take(line, ":");
}

static bool read_fingerprint(pt_bytes value, uint8_t out[PT_HASH_SIZE]) {
  skip_blanks(&value);
  if (!take(&value, "sha-256")) return false;
  if (value.len == 0 || !is_blank(value.data[0])) return false;
  skip_blanks(&value);
  return read_digest(value, out);
}

/* The next line of *text, which moves on. Lines end at CR or LF, whichever
 * comes first: every reader of SDP takes one of the two, and lines that any
 * of them sees begin where one of ours begins. */
static bool next_line(pt_bytes *text, pt_bytes *line) {
  if (text->len == 0) return false;
  size_t len = 0;
  while (len < text->len && text->data[len] != '\r' && text->data[len] != '\n') len++;
  *line = (pt_bytes){text->data, len};
  size_t skip = len < text->len ? len + 1 : len;
  text->data += skip;
  text->len -= skip;
  return true;
}

int pt_sdp_fingerprint(pt_bytes sdp, uint8_t out[PT_HASH_SIZE]) {
  if (sdp.len == 0 || memchr(sdp.data, 0, sdp.len) != NULL) return PT_ERR_SYNTAX;
  bool found = false;
  uint8_t first[PT_HASH_SIZE] = {0};
  pt_bytes line;
  while (next_line(&sdp, &line)) {
    if (!is_fingerprint_line(&line)) continue;
    uint8_t digest[PT_HASH_SIZE];
    if (!read_fingerprint(line, digest)) return PT_ERR_RANGE;
    if (found && memcmp(first, digest, PT_HASH_SIZE) != 0) return PT_ERR_RANGE;
    memcpy(first, digest, PT_HASH_SIZE);
    found = true;
  }
  if (!found) return PT_ERR_SYNTAX;
  memcpy(out, first, PT_HASH_SIZE);
  return PT_OK;
}
