/* Bencoding (BEP 3): a reader that never copies and a writer.
 *
 * The reader walks values in place. It is strict where identity matters:
 * integers have no leading zeros or "-0", dictionary keys are strings in
 * ascending order without repeats, nesting and the count of values are bounded. */
#ifndef PT_FORMAT_BENCODE_H
#define PT_FORMAT_BENCODE_H

#include "base/cursor.h"

enum pt_bencode_type {
  PT_BENCODE_INTEGER = 1,
  PT_BENCODE_STRING,
  PT_BENCODE_LIST,
  PT_BENCODE_DICT
};

typedef struct pt_bencode {
  enum pt_bencode_type type;
  pt_bytes raw;    /* the whole value as it stands, for hashing */
  pt_bytes string; /* of a string: its content */
  int64_t integer; /* of an integer */
} pt_bencode;

/* Checks a whole document: exactly one value (trailing bytes are a
 * PT_ERR_SYNTAX) and everything in it. Afterwards the other functions on its
 * values can't fail but for want of a key. PT_ERR_SYNTAX, PT_ERR_RANGE (an
 * integer past 64 bits), PT_ERR_LIMIT (nesting, number of values). */
int pt_bencode_parse(pt_bytes in, pt_bencode *out);

/* Looks a key up in a dictionary value. False when absent or not a dictionary. */
bool pt_bencode_get(const pt_bencode *dict, const char *key, pt_bencode *out);

/* Iterates over a list or dictionary: set *at = 0, call until false. For a
 * dictionary `key` receives each key; for a list it may be NULL. */
bool pt_bencode_next(const pt_bencode *container, size_t *at, pt_bytes *key, pt_bencode *value);

/* The first complete value at the front of `in` (BEP 9 data messages carry
 * bytes behind their dictionary); *used is its length. Errors as above. */
int pt_bencode_prefix(pt_bytes in, pt_bencode *out, size_t *used);

void pt_bencode_write_integer(pt_writer *w, int64_t v);
void pt_bencode_write_string(pt_writer *w, const void *data, size_t len);
void pt_bencode_write_text(pt_writer *w, const char *text);

#endif
