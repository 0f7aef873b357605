#include "format/json_tokens.h"

#include "format/utf8.h"

#include <string.h>

#define NONE UINT32_MAX

static bool is_digit(uint8_t c) { return c >= '0' && c <= '9'; }

/* ---- characters of strings ---- */

static bool read_hex4(const uint8_t *text, size_t len, uint32_t *out) {
  if (len < 4) return false;
  uint32_t v = 0;
  for (size_t i = 0; i < 4; i++) {
    uint8_t c = text[i];
    uint32_t digit = 0;
    if (is_digit(c))
      digit = (uint32_t)(c - '0');
    else if (c >= 'a' && c <= 'f')
      digit = (uint32_t)(c - 'a' + 10);
    else if (c >= 'A' && c <= 'F')
      digit = (uint32_t)(c - 'A' + 10);
    else
      return false;
    v = v << 4 | digit;
  }
  *out = v;
  return true;
}

/* \uXXXX, two of them for a surrogate pair: its length, or 0. */
static size_t read_unicode_escape(const uint8_t *text, size_t len, uint32_t *out) {
  uint32_t low = 0;
  if (len < 6 || !read_hex4(text + 2, len - 2, out)) return 0;
  if (*out < 0xd800 || *out > 0xdfff) return 6;
  if (*out > 0xdbff || len < 12 || text[6] != '\\' || text[7] != 'u' ||
      !read_hex4(text + 8, len - 8, &low) || low < 0xdc00 || low > 0xdfff)
    return 0;
  *out = 0x10000 + ((*out - 0xd800) << 10) + (low - 0xdc00);
  return 12;
}

static size_t read_escape(const uint8_t *text, size_t len, uint32_t *out) {
  static const char names[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
  if (len < 2) return 0;
  if (text[1] == 'u') return read_unicode_escape(text, len, out);
  const char *at = text[1] != 0 ? strchr(names, text[1]) : NULL;
  if (at == NULL) return 0;
  *out = (uint8_t)meanings[at - names];
  return 2;
}

bool pt_json_char(pt_bytes *inside, uint32_t *character) {
  if (inside->len == 0) return false;
  size_t used = inside->data[0] == '\\' ? read_escape(inside->data, inside->len, character)
                                        : pt_utf8_decode(inside->data, inside->len, character);
  if (used == 0 || (inside->data[0] < 0x20)) return false;
  inside->data += used;
  inside->len -= used;
  return true;
}

/* ---- finding values ---- */

/* A pass over the text: `at` is where it has come to. Of an open container the
 * token's `after` is the container around it. */
typedef struct parser {
  const uint8_t *text;
  size_t len, at;
  pt_json_token *tokens;
  size_t cap, count;
  uint32_t open; /* the innermost open container, or NONE */
} parser;

/* (Not strchr(): for one to four characters a call costs more than it finds.) */
static bool take_one_of(parser *p, const char *set) {
  if (p->at == p->len) return false;
  while (*set && *set != (char)p->text[p->at]) set++;
  if (*set == 0) return false;
  p->at++;
  return true;
}

static void skip_space(parser *p) {
  while (take_one_of(p, " \t\r\n")) {
  }
}

/* The rest of a string whose first quote was taken. */
static bool take_string(parser *p) {
  pt_bytes rest = {p->text + p->at, p->len - p->at};
  uint32_t character = 0;
  do {
    size_t run = pt_utf8_plain_run(rest.data, rest.len);
    rest.data += run;
    rest.len -= run;
    p->at = p->len - rest.len;
    if (take_one_of(p, "\"")) return true;
  } while (pt_json_char(&rest, &character));
  return false;
}

static bool take_digits(parser *p) {
  size_t from = p->at;
  while (p->at < p->len && is_digit(p->text[p->at])) p->at++;
  return p->at > from;
}

/* -? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)? */
static bool take_number(parser *p) {
  take_one_of(p, "-");
  if (!take_one_of(p, "0") && !take_digits(p)) return false;
  if (take_one_of(p, ".") && !take_digits(p)) return false;
  if (!take_one_of(p, "eE")) return true;
  take_one_of(p, "+-");
  return take_digits(p);
}

static bool take_word(parser *p) {
  static const char *const words[] = {"true", "false", "null"};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    size_t len = strlen(words[i]);
    if (p->len - p->at < len || memcmp(p->text + p->at, words[i], len) != 0) continue;
    p->at += len;
    return true;
  }
  return false;
}

/* A token for what was taken since `start`. */
static int add(parser *p, size_t start) {
  if (p->count == p->cap) return PT_ERR_LIMIT;
  uint32_t after = (uint32_t)p->count + 1;
  p->tokens[p->count++] = (pt_json_token){(uint32_t)start, (uint32_t)p->at, 0, after};
  return PT_OK;
}

static int read_string(parser *p) {
  size_t start = p->at;
  return take_one_of(p, "\"") && take_string(p) ? add(p, start) : PT_ERR_SYNTAX;
}

static int read_primitive(parser *p) {
  size_t start = p->at;
  return take_word(p) || take_number(p) ? add(p, start) : PT_ERR_SYNTAX;
}

static int read_key(parser *p) {
  skip_space(p);
  int error = read_string(p);
  if (error != PT_OK) return error;
  skip_space(p);
  return take_one_of(p, ":") ? PT_OK : PT_ERR_SYNTAX;
}

static bool in_object(const parser *p) {
  return p->open != NONE && p->text[p->tokens[p->open].start] == '{';
}

/* The end of the innermost container, if it is here. */
static bool take_end(parser *p) {
  skip_space(p);
  if (!take_one_of(p, in_object(p) ? "}" : "]")) return false;
  pt_json_token *t = &p->tokens[p->open];
  p->open = t->after;
  t->end = (uint32_t)p->at;
  t->after = (uint32_t)p->count;
  return true;
}

/* A value, or of a container that is not empty only the beginning. */
static int read_value(parser *p, bool *ended) {
  skip_space(p);
  size_t start = p->at;
  *ended = true;
  if (start < p->len && p->text[start] == '"') return read_string(p);
  if (!take_one_of(p, "{[")) return read_primitive(p);
  int error = add(p, start);
  if (error != PT_OK) return error;
  uint32_t container = (uint32_t)p->count - 1;
  p->tokens[container].after = p->open;
  p->open = container;
  *ended = take_end(p);
  return PT_OK;
}

static int read_document(parser *p) {
  for (;;) {
    bool ended = false;
    int error = in_object(p) ? read_key(p) : PT_OK;
    if (error == PT_OK) error = read_value(p, &ended);
    if (error != PT_OK) return error;
    while (ended) {
      skip_space(p);
      if (p->open == NONE) return p->at == p->len ? PT_OK : PT_ERR_SYNTAX;
      p->tokens[p->open].count++;
      if (take_one_of(p, ",")) break;
      if (!take_end(p)) return PT_ERR_SYNTAX;
    }
  }
}

int pt_json_parse(pt_bytes json, pt_json_token *tokens, size_t cap, pt_json *out) {
  if (json.len >= NONE || cap >= NONE) return PT_ERR_LIMIT;
  parser p = {.text = json.data, .len = json.len, .tokens = tokens, .cap = cap, .open = NONE};
  int error = read_document(&p);
  *out = (pt_json){json.data, tokens, p.count};
  return error;
}

/* ---- handing values out ---- */

enum pt_json_type pt_json_type_of(const pt_json *j, size_t value) {
  switch (j->text[j->tokens[value].start]) {
  case '{':
    return PT_JSON_OBJECT;
  case '[':
    return PT_JSON_ARRAY;
  case '"':
    return PT_JSON_STRING;
  case 'n':
    return PT_JSON_NULL;
  case 't':
  case 'f':
    return PT_JSON_BOOL;
  default:
    return PT_JSON_NUMBER;
  }
}

size_t pt_json_count(const pt_json *j, size_t value) { return j->tokens[value].count; }

size_t pt_json_first(const pt_json *j, size_t container) {
  return j->tokens[container].count > 0 ? container + 1 : 0;
}

size_t pt_json_next(const pt_json *j, size_t container, size_t child) {
  if (pt_json_type_of(j, container) == PT_JSON_OBJECT) child++; /* from the key to its value */
  size_t next = j->tokens[child].after;
  return next < j->tokens[container].after ? next : 0;
}

size_t pt_json_get(const pt_json *j, size_t object, const char *name) {
  if (pt_json_type_of(j, object) != PT_JSON_OBJECT) return 0;
  size_t found = 0;
  for (size_t key = pt_json_first(j, object); key != 0; key = pt_json_next(j, object, key))
    if (pt_json_text_is(j, key, name)) found = key + 1;
  return found;
}

pt_bytes pt_json_raw(const pt_json *j, size_t value) {
  const pt_json_token *t = &j->tokens[value];
  return (pt_bytes){j->text + t->start, t->end - t->start};
}

/* A string between its quotes, still escaped; data is NULL when it is none. */
static pt_bytes inside_of(const pt_json *j, size_t value) {
  if (pt_json_type_of(j, value) != PT_JSON_STRING) return (pt_bytes){NULL, 0};
  pt_bytes raw = pt_json_raw(j, value);
  return (pt_bytes){raw.data + 1, raw.len - 2};
}

bool pt_json_text_is(const pt_json *j, size_t value, const char *text) {
  pt_bytes inside = inside_of(j, value);
  if (inside.data == NULL) return false;
  size_t left = strlen(text);
  if (inside.len == 0 || memchr(inside.data, '\\', inside.len) == NULL)
    return inside.len == left && memcmp(inside.data, text, left) == 0;
  uint32_t character = 0;
  while (pt_json_char(&inside, &character)) {
    uint8_t utf8[PT_UTF8_LEN_MAX];
    size_t len = pt_utf8_encode(character, utf8);
    if (len > left || memcmp(utf8, text, len) != 0) return false;
    text += len;
    left -= len;
  }
  return left == 0;
}

int pt_json_text(const pt_json *j, size_t value, pt_writer *arena, pt_bytes *out) {
  pt_bytes inside = inside_of(j, value);
  if (inside.data == NULL) return PT_ERR_RANGE;
  *out = inside;
  if (inside.len == 0 || memchr(inside.data, '\\', inside.len) == NULL) return PT_OK;
  size_t start = arena->len;
  uint32_t character = 0;
  for (;;) {
    size_t run = pt_utf8_plain_run(inside.data, inside.len);
    pt_write_bytes(arena, inside.data, run);
    inside.data += run;
    inside.len -= run;
    if (!pt_json_char(&inside, &character)) break;
    uint8_t utf8[PT_UTF8_LEN_MAX];
    pt_write_bytes(arena, utf8, pt_utf8_encode(character, utf8));
  }
  if (arena->failed) return PT_ERR_FULL;
  *out = (pt_bytes){arena->data + start, arena->len - start};
  return PT_OK;
}

int pt_json_uint(const pt_json *j, size_t value, uint64_t max, uint64_t *out) {
  pt_bytes text = pt_json_raw(j, value);
  if (text.len > 16) return PT_ERR_RANGE; /* 2^53 has 16 digits */
  uint64_t v = 0;
  for (size_t i = 0; i < text.len; i++) {
    if (!is_digit(text.data[i])) return PT_ERR_RANGE;
    v = v * 10 + (uint64_t)(text.data[i] - '0');
  }
  if (v > max) return PT_ERR_RANGE;
  *out = v;
  return PT_OK;
}
