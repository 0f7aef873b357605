#include "format/utf8.h"

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

bool pt_utf8_valid(const uint8_t *text, size_t len) {
  while (len > 0) {
    uint32_t character = 0;
    size_t size = pt_utf8_decode(text, len, &character);
    if (size == 0) return false;
    text += size;
    len -= size;
  }
  return true;
}
