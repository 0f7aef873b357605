/* Reading JSON documents in place (RFC 8259, strictly): one pass finds and checks
 * all values, then they are handed out. Nothing is allocated; strings are
 * counted, so they may hold NULs.
 *
 * A value is named by its place in the token array; 0 is the document itself.
 * Of an object the children are its keys, and the value of key k is k + 1. */
#ifndef PT_FORMAT_JSON_TOKENS_H
#define PT_FORMAT_JSON_TOKENS_H

#include "base/cursor.h"

#define PT_JSON_INTEGER_MAX (UINT64_C(1) << 53) /* what every JSON reader keeps exactly */

/* A value or a key. 16 bytes; hosts with small stacks bound the count. */
typedef struct pt_json_token {
  uint32_t start, end; /* in the text, with quotes or brackets */
  uint32_t count;      /* elements or members */
  uint32_t after;      /* the first token behind all of it */
} pt_json_token;

enum pt_json_type {
  PT_JSON_NULL = 1,
  PT_JSON_BOOL,
  PT_JSON_NUMBER,
  PT_JSON_STRING,
  PT_JSON_ARRAY,
  PT_JSON_OBJECT
};

typedef struct pt_json {
  const uint8_t *text;
  const pt_json_token *tokens;
  size_t count; /* tokens in use */
} pt_json;

/* Reads one document into tokens[cap]. PT_ERR_SYNTAX, or PT_ERR_LIMIT when it
 * has more tokens (or 4 GiB of text). `out` refers to both. */
int pt_json_parse(pt_bytes json, pt_json_token *tokens, size_t cap, pt_json *out);

enum pt_json_type pt_json_type_of(const pt_json *j, size_t value);
/* Number of elements of an array, or of members of an object. */
size_t pt_json_count(const pt_json *j, size_t value);
/* The first child of an array or object, and the one after it; 0: no more. */
size_t pt_json_first(const pt_json *j, size_t container);
size_t pt_json_next(const pt_json *j, size_t container, size_t child);
/* The value of an object's member, or 0 when there is none (or no object). Of
 * several with that name the last counts, as in JavaScript. */
size_t pt_json_get(const pt_json *j, size_t object, const char *name);

/* The value as it stands in the document, strings with their quotes. */
pt_bytes pt_json_raw(const pt_json *j, size_t value);
/* Does a string, unescaped, equal the NUL-terminated text? */
bool pt_json_text_is(const pt_json *j, size_t value, const char *text);
/* A string unescaped to UTF-8: a view of the document where it has no escapes,
 * else of what was appended to `arena`. PT_ERR_RANGE when it is no string,
 * PT_ERR_FULL when the arena is too small. */
int pt_json_text(const pt_json *j, size_t value, pt_writer *arena, pt_bytes *out);
/* An integer in 0..max (max at most 2^53) without fraction or exponent; else
 * PT_ERR_RANGE. */
int pt_json_uint(const pt_json *j, size_t value, uint64_t max, uint64_t *out);

/* Takes one character off the front of a string's inside (between the quotes,
 * still escaped): true and its code point. False at the end, and where it is
 * not valid, which cannot be in a document that pt_json_parse accepted. */
bool pt_json_char(pt_bytes *inside, uint32_t *character);

#endif
