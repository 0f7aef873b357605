/* Whatever bytes come: a clean error, or a value that can be walked completely,
 * whose keys can be looked up and which, written again, is the same bytes. */
#include <stdlib.h>
#include <string.h>

#include "format/bencode.h"

static void check(bool holds) {
  if (!holds) abort();
}

static void rewrite(const pt_bencode *value, pt_writer *w) {
  pt_bencode item, found;
  pt_bytes key;
  size_t at = 0;
  switch (value->type) {
  case PT_BENCODE_INTEGER:
    pt_bencode_write_integer(w, value->integer);
    return;
  case PT_BENCODE_STRING:
    pt_bencode_write_string(w, value->string.data, value->string.len);
    return;
  case PT_BENCODE_LIST:
    pt_write_u8(w, 'l');
    break;
  case PT_BENCODE_DICT:
    pt_write_u8(w, 'd');
    break;
  default:
    abort();
  }
  while (pt_bencode_next(value, &at, &key, &item)) {
    if (value->type == PT_BENCODE_DICT) {
      char text[64];
      pt_bencode_write_string(w, key.data, key.len);
      if (key.len < sizeof text && !(key.len > 0 && memchr(key.data, '\0', key.len))) {
        if (key.len > 0) memcpy(text, key.data, key.len);
        text[key.len] = '\0';
        check(pt_bencode_get(value, text, &found));
        check(found.raw.data == item.raw.data && found.raw.len == item.raw.len);
      }
    }
    rewrite(&item, w);
  }
  pt_write_u8(w, 'e');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  pt_bencode value;
  size_t used = 0;
  int whole = pt_bencode_parse((pt_bytes){data, size}, &value);
  int front = pt_bencode_prefix((pt_bytes){data, size}, &value, &used);
  check(front != PT_OK || (used > 0 && used <= size && value.raw.len == used));
  check((whole == PT_OK) == (front == PT_OK && used == size));
  if (front != PT_OK) return 0;

  uint8_t *copy = malloc(used);
  check(copy != NULL);
  pt_writer w = pt_writer_of(copy, used);
  rewrite(&value, &w);
  check(!w.failed && w.len == used && memcmp(copy, data, used) == 0);
  free(copy);
  return 0;
}
