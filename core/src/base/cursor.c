#include "base/cursor.h"

#include <string.h>

pt_reader pt_reader_of(const void *data, size_t len) {
  return (pt_reader){.data = data, .len = len};
}

size_t pt_reader_left(const pt_reader *r) { return r->failed ? 0 : r->len - r->at; }

const uint8_t *pt_read_bytes(pt_reader *r, size_t len) {
  static const uint8_t nothing[1];
  if (r->failed || len > r->len - r->at) {
    r->failed = true;
    return NULL;
  }
  /* An empty reader may stand on NULL, but NULL means failure. */
  if (len == 0) return r->data ? r->data + r->at : nothing;
  const uint8_t *view = r->data + r->at;
  r->at += len;
  return view;
}

bool pt_read_u8(pt_reader *r, uint8_t *out) {
  const uint8_t *b = pt_read_bytes(r, 1);
  if (!b) return false;
  *out = b[0];
  return true;
}

bool pt_read_u16(pt_reader *r, uint16_t *out) {
  const uint8_t *b = pt_read_bytes(r, 2);
  if (!b) return false;
  *out = (uint16_t)(b[0] << 8 | b[1]);
  return true;
}

bool pt_read_u32(pt_reader *r, uint32_t *out) {
  const uint8_t *b = pt_read_bytes(r, 4);
  if (!b) return false;
  *out = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
  return true;
}

pt_writer pt_writer_of(void *data, size_t cap) { return (pt_writer){.data = data, .cap = cap}; }

void pt_write_bytes(pt_writer *w, const void *data, size_t len) {
  if (w->failed || len > w->cap - w->len) {
    w->failed = true;
    return;
  }
  if (len == 0) return;
  memcpy(w->data + w->len, data, len);
  w->len += len;
}

void pt_write_u8(pt_writer *w, uint8_t v) { pt_write_bytes(w, &v, 1); }

void pt_write_u16(pt_writer *w, uint16_t v) {
  uint8_t b[2] = {(uint8_t)(v >> 8), (uint8_t)v};
  pt_write_bytes(w, b, sizeof b);
}

void pt_write_u32(pt_writer *w, uint32_t v) {
  uint8_t b[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};
  pt_write_bytes(w, b, sizeof b);
}

void pt_write_text(pt_writer *w, const char *text) { pt_write_bytes(w, text, strlen(text)); }

void pt_write_u64_decimal(pt_writer *w, uint64_t v) {
  char digits[20]; /* 2^64 - 1 has 20 */
  size_t at = sizeof digits;
  do {
    digits[--at] = (char)('0' + v % 10);
    v /= 10;
  } while (v > 0);
  pt_write_bytes(w, digits + at, sizeof digits - at);
}
