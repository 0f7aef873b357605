/* Reading and writing bytes within bounds.
 *
 * A reader never passes its end: a read that would returns false (or NULL) and
 * sets `failed`, which sticks, so that a decoder may check once at its end.
 * A writer that runs full sets `failed` likewise and writes nothing more.
 * Integers are big-endian, as all of BitTorrent's are. */
#ifndef PT_BASE_CURSOR_H
#define PT_BASE_CURSOR_H

#include "peertide/peertide.h"

typedef struct pt_reader {
  const uint8_t *data;
  size_t len;
  size_t at;
  bool failed;
} pt_reader;

typedef struct pt_writer {
  uint8_t *data;
  size_t cap;
  size_t len;
  bool failed;
} pt_writer;

pt_reader pt_reader_of(const void *data, size_t len);
size_t pt_reader_left(const pt_reader *r);
bool pt_read_u8(pt_reader *r, uint8_t *out);
bool pt_read_u16(pt_reader *r, uint16_t *out);
bool pt_read_u32(pt_reader *r, uint32_t *out);
/* A view of the next len bytes, or NULL. */
const uint8_t *pt_read_bytes(pt_reader *r, size_t len);

pt_writer pt_writer_of(void *data, size_t cap);
void pt_write_u8(pt_writer *w, uint8_t v);
void pt_write_u16(pt_writer *w, uint16_t v);
void pt_write_u32(pt_writer *w, uint32_t v);
void pt_write_bytes(pt_writer *w, const void *data, size_t len);
void pt_write_text(pt_writer *w, const char *text); /* without its NUL */
void pt_write_u64_decimal(pt_writer *w, uint64_t v);

#endif
