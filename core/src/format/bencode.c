#include "format/bencode.h"

#include <string.h>

#include "base/limits.h"

/* Reads "123<end>" with no needless zero: the digits of integers and lengths.
 */
static int read_decimal(pt_reader *r, uint8_t end, uint64_t max, uint64_t *out) {
  uint64_t value = 0;
  size_t digits = 0;
  for (;; digits++) {
    uint8_t c;
    if (!pt_read_u8(r, &c)) return PT_ERR_SYNTAX;
    if (c == end) break;
    if (c < '0' || c > '9') return PT_ERR_SYNTAX;
    if (digits == 1 && value == 0) return PT_ERR_SYNTAX; /* "01" */
    uint64_t digit = (uint64_t)(c - '0');
    if (value > (max - digit) / 10) return PT_ERR_RANGE;
    value = value * 10 + digit;
  }
  *out = value;
  return digits > 0 ? PT_OK : PT_ERR_SYNTAX;
}

static int read_integer(pt_reader *r, int64_t *out) {
  bool negative = pt_reader_left(r) > 0 && r->data[r->at] == '-';
  if (negative) r->at++;
  uint64_t max = negative ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT64_MAX;
  uint64_t magnitude;
  int error = read_decimal(r, 'e', max, &magnitude);
  if (error != PT_OK) return error;
  if (negative && magnitude == 0) return PT_ERR_SYNTAX;
  *out = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
  return PT_OK;
}

static int read_string(pt_reader *r, pt_bytes *out) {
  uint64_t len;
  int error = read_decimal(r, ':', UINT32_MAX, &len);
  if (error != PT_OK) return PT_ERR_SYNTAX;
  const uint8_t *data = pt_read_bytes(r, (size_t)len);
  if (!data) return PT_ERR_SYNTAX;
  *out = (pt_bytes){.data = data, .len = (size_t)len};
  return PT_OK;
}

static int compare(pt_bytes a, pt_bytes b) {
  size_t common = a.len < b.len ? a.len : b.len;
  int order = common > 0 ? memcmp(a.data, b.data, common) : 0;
  if (order != 0) return order;
  return a.len < b.len ? -1 : a.len > b.len ? 1 : 0;
}

/* One open list or dictionary while a value is read. */
typedef struct level {
  bool dict;
  bool has_key; /* `key` is the last one read: the next must be greater */
  pt_bytes key;
} level;

typedef struct walk {
  level levels[PT_BENCODE_DEPTH_MAX];
  size_t depth;
  size_t nodes;
} walk;

/* Reads a value's beginning: all of it, or the opening of a container. */
static int read_begin(pt_reader *r, walk *k, pt_bencode *out) {
  if (++k->nodes > PT_BENCODE_NODES_MAX) return PT_ERR_LIMIT;
  if (pt_reader_left(r) == 0) return PT_ERR_SYNTAX;
  uint8_t c = r->data[r->at];
  if (c == 'i') {
    out->type = PT_BENCODE_INTEGER;
    r->at++;
    return read_integer(r, &out->integer);
  }
  if (c == 'l' || c == 'd') {
    out->type = c == 'd' ? PT_BENCODE_DICT : PT_BENCODE_LIST;
    if (k->depth == PT_BENCODE_DEPTH_MAX) return PT_ERR_LIMIT;
    r->at++;
    k->levels[k->depth++] = (level){.dict = c == 'd'};
    return PT_OK;
  }
  out->type = PT_BENCODE_STRING;
  return read_string(r, &out->string);
}

static int read_key(pt_reader *r, level *l) {
  pt_bytes key;
  int error = read_string(r, &key);
  if (error != PT_OK) return error;
  if (l->has_key && compare(l->key, key) >= 0) return PT_ERR_SYNTAX;
  l->key = key;
  l->has_key = true;
  return PT_OK;
}

/* The value at the reader's place, which moves behind it, checking all that is
 * in it. A loop with a bounded stack of its own rather than recursion: depth
 * comes from outside. */
static int take_value(pt_reader *r, pt_bencode *out) {
  walk k;
  k.depth = 0;
  k.nodes = 0;
  size_t begin = r->at;
  *out = (pt_bencode){0};
  int error = read_begin(r, &k, out);
  while (error == PT_OK && k.depth > 0) {
    level *top = &k.levels[k.depth - 1];
    if (pt_reader_left(r) > 0 && r->data[r->at] == 'e') {
      r->at++;
      k.depth--;
      continue;
    }
    pt_bencode inner;
    if (top->dict) error = read_key(r, top);
    if (error == PT_OK) error = read_begin(r, &k, &inner);
  }
  out->raw = (pt_bytes){.data = r->data + begin, .len = r->at - begin};
  return error;
}

int pt_bencode_prefix(pt_bytes in, pt_bencode *out, size_t *used) {
  pt_reader r = pt_reader_of(in.data, in.len);
  int error = take_value(&r, out);
  if (error == PT_OK) *used = r.at;
  return error;
}

int pt_bencode_parse(pt_bytes in, pt_bencode *out) {
  size_t used;
  int error = pt_bencode_prefix(in, out, &used);
  if (error != PT_OK) return error;
  return used == in.len ? PT_OK : PT_ERR_SYNTAX;
}

bool pt_bencode_next(const pt_bencode *container, size_t *at, pt_bytes *key, pt_bencode *value) {
  bool dict = container->type == PT_BENCODE_DICT;
  if (!dict && container->type != PT_BENCODE_LIST) return false;
  pt_reader r = pt_reader_of(container->raw.data, container->raw.len);
  r.at = *at == 0 ? 1 : *at;
  if (r.at >= r.len || r.data[r.at] == 'e') return false;
  pt_bytes found = {0};
  if (dict && read_string(&r, &found) != PT_OK) return false;
  if (take_value(&r, value) != PT_OK) return false;
  if (key) *key = found;
  *at = r.at;
  return true;
}

bool pt_bencode_get(const pt_bencode *dict, const char *key, pt_bencode *out) {
  pt_bytes wanted = {.data = (const uint8_t *)key, .len = strlen(key)};
  pt_bytes found;
  pt_bencode value;
  size_t at = 0;
  if (dict->type != PT_BENCODE_DICT) return false;
  while (pt_bencode_next(dict, &at, &found, &value)) {
    int order = compare(found, wanted);
    if (order > 0) return false; /* keys ascend */
    if (order == 0) {
      *out = value;
      return true;
    }
  }
  return false;
}

void pt_bencode_write_integer(pt_writer *w, int64_t v) {
  pt_write_u8(w, 'i');
  if (v < 0) pt_write_u8(w, '-');
  pt_write_u64_decimal(w, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
  pt_write_u8(w, 'e');
}

void pt_bencode_write_string(pt_writer *w, const void *data, size_t len) {
  pt_write_u64_decimal(w, len);
  pt_write_u8(w, ':');
  pt_write_bytes(w, data, len);
}

void pt_bencode_write_text(pt_writer *w, const char *text) {
  pt_bencode_write_string(w, text, strlen(text));
}
