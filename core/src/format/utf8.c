#include "format/utf8.h"

#include <string.h>

#define EVERY(byte) (UINT64_C(0x0101010101010101) * (byte))

size_t pt_utf8_decode(const uint8_t *text, size_t len, uint32_t *character) {
  if (len == 0) return 0;
  uint8_t lead = text[0];
  if (lead < 0x80) {
    *character = lead;
    return 1;
  }
  size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || len < size) return 0;
  uint32_t c = lead & (0x7fu >> size);
  for (size_t i = 1; i < size; i++) {
    if ((text[i] & 0xc0) != 0x80) return 0;
    c = c << 6 | (text[i] & 0x3fu);
  }
  static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  if (c < least[size] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) return 0;
  *character = c;
  return size;
}

size_t pt_utf8_encode(uint32_t c, uint8_t out[PT_UTF8_LEN_MAX]) {
  if (c < 0x80) {
    out[0] = (uint8_t)c;
    return 1;
  }
  size_t size = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  for (size_t i = size - 1; i > 0; i--) {
    out[i] = (uint8_t)(0x80 | (c & 0x3f));
    c >>= 6;
  }
  static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
  out[0] = (uint8_t)(lead[size] | c);
  return size;
}

/* Non-zero where one of the eight bytes is zero (and, above it, perhaps where
 * none is: good enough for "all or not"). */
static uint64_t zeros(uint64_t word) { return (word - EVERY(1)) & ~word & EVERY(0x80); }

size_t pt_utf8_plain_run(const uint8_t *text, size_t len) {
  size_t at = 0;
  for (uint64_t word; at + sizeof word <= len; at += sizeof word) {
    memcpy(&word, text + at, sizeof word);
    uint64_t low = (word - EVERY(0x20)) & ~word;
    if ((word | low) & EVERY(0x80) || zeros(word ^ EVERY('"')) || zeros(word ^ EVERY('\\'))) break;
  }
  return at;
}

bool pt_utf8_valid(const uint8_t *text, size_t len) {
  const uint8_t *end = text + len;
  while (text < end) {
    uint64_t word;
    /* Long runs of ASCII by words, what lies between them by bytes. */
    while ((size_t)(end - text) >= sizeof word) {
      memcpy(&word, text, sizeof word);
      if (word & EVERY(0x80)) break;
      text += sizeof word;
    }
    while (text < end && *text < 0x80) text++;
    /* Ids are random bytes, a character each: most of these have two bytes. */
    while (text < end && *text >= 0x80) {
      if (end - text >= 2 && *text >= 0xc2 && *text < 0xe0 && (text[1] & 0xc0) == 0x80) {
        text += 2;
        continue;
      }
      uint32_t character;
      size_t size = pt_utf8_decode(text, (size_t)(end - text), &character);
      if (size == 0) return false;
      text += size;
    }
  }
  return true;
}
