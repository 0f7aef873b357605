#include "format/json_write.h"

#include "format/utf8.h"

#include <string.h>

static const char HEX_DIGITS[] = "0123456789abcdef";

static void write_escaped(pt_writer *w, uint8_t c) {
  static const char letters[] = "btnvfr"; /* of 8..13; \v is not JSON's */
  pt_write_u8(w, '\\');
  if (c == '"' || c == '\\') {
    pt_write_u8(w, c);
  } else if (c >= 8 && c <= 13 && c != '\v') {
    pt_write_u8(w, (uint8_t)letters[c - 8]);
  } else {
    pt_write_text(w, "u00");
    pt_write_u8(w, (uint8_t)HEX_DIGITS[c >> 4]);
    pt_write_u8(w, (uint8_t)HEX_DIGITS[c & 15]);
  }
}

void pt_json_write_string(pt_writer *w, const void *text, size_t len) {
  const uint8_t *at = text;
  pt_write_u8(w, '"');
  while (len > 0) {
    size_t run = pt_utf8_plain_run(at, len);
    pt_write_bytes(w, at, run);
    at += run;
    len -= run;
    if (len == 0) break;
    uint32_t character = 0;
    size_t size = pt_utf8_decode(at, len, &character);
    if (size == 0) {
      pt_write_text(w, "\xef\xbf\xbd"); /* U+FFFD */
      size = 1;
    } else if (character < 0x20 || character == '"' || character == '\\') {
      write_escaped(w, (uint8_t)character);
    } else {
      pt_write_bytes(w, at, size);
    }
    at += size;
    len -= size;
  }
  pt_write_u8(w, '"');
}

void pt_json_write_hex(pt_writer *w, const uint8_t *bytes, size_t len) {
  pt_write_u8(w, '"');
  for (size_t i = 0; i < len; i++) {
    pt_write_u8(w, (uint8_t)HEX_DIGITS[bytes[i] >> 4]);
    pt_write_u8(w, (uint8_t)HEX_DIGITS[bytes[i] & 15]);
  }
  pt_write_u8(w, '"');
}
