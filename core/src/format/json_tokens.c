#define PT_JSON_TOKENS_IMPLEMENTATION
#include "format/json_tokens.h"

#include "format/utf8.h"

#include <limits.h>
#include <string.h>

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

/* ---- checking what jsmn found ---- */

static pt_bytes inside_of(const pt_json *j, size_t value) {
  const pt_json_token *t = &j->tokens[value];
  return (pt_bytes){j->text + t->start, (size_t)(t->end - t->start)};
}

static bool check_string(pt_bytes inside) {
  uint32_t character = 0;
  do {
    size_t run = pt_utf8_plain_run(inside.data, inside.len);
    inside.data += run;
    inside.len -= run;
  } while (pt_json_char(&inside, &character));
  return inside.len == 0;
}

static bool take_digits(pt_bytes *text) {
  size_t n = 0;
  while (n < text->len && is_digit(text->data[n])) n++;
  text->data += n;
  text->len -= n;
  return n > 0;
}

static bool take_one_of(pt_bytes *text, const char *set) {
  if (text->len == 0 || text->data[0] == 0 || strchr(set, text->data[0]) == NULL) return false;
  text->data++;
  text->len--;
  return true;
}

static bool is_word(pt_bytes text, const char *word) {
  return text.len == strlen(word) && memcmp(text.data, word, text.len) == 0;
}

/* Numbers of RFC 8259: -? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)? */
static bool check_primitive(pt_bytes text) {
  if (is_word(text, "true") || is_word(text, "false") || is_word(text, "null")) return true;
  take_one_of(&text, "-");
  if (!take_one_of(&text, "0") && !take_digits(&text)) return false;
  if (take_one_of(&text, ".") && !take_digits(&text)) return false;
  if (take_one_of(&text, "eE")) {
    take_one_of(&text, "+-");
    if (!take_digits(&text)) return false;
  }
  return text.len == 0;
}

/* A walk over the text between the tokens: `at` is where it has come to. */
typedef struct walk {
  const uint8_t *text;
  size_t len;
  size_t at;
  int container; /* the innermost one that is open, -1: none */
} walk;

static void skip_space(walk *w) {
  while (w->at < w->len && w->text[w->at] != 0 && strchr(" \t\r\n", w->text[w->at]) != NULL)
    w->at++;
}

static bool expect(walk *w, char c) {
  skip_space(w);
  if (w->at >= w->len || w->text[w->at] != (uint8_t)c) return false;
  w->at++;
  return true;
}

/* The container that a token stands in: jsmn calls a key its value's parent. */
static int container_of(const pt_json_token *tokens, int i) {
  int parent = tokens[i].parent;
  return parent >= 0 && tokens[parent].type == JSMN_STRING ? tokens[parent].parent : parent;
}

static bool close_container(walk *w, const pt_json_token *tokens) {
  const pt_json_token *c = &tokens[w->container];
  if (!expect(w, c->type == JSMN_OBJECT ? '}' : ']') || w->at != (size_t)c->end) return false;
  w->container = container_of(tokens, w->container);
  return true;
}

/* What must stand before token i, i > 0, in the open container. */
static bool check_separator(walk *w, const pt_json_token *tokens, size_t i) {
  int parent = tokens[i].parent;
  if (parent < 0) return false; /* a second document */
  if (tokens[parent].type == JSMN_STRING) {
    int object = tokens[parent].parent;
    return parent == (int)i - 1 && object >= 0 && tokens[object].type == JSMN_OBJECT &&
           expect(w, ':');
  }
  bool is_key = tokens[parent].type == JSMN_OBJECT;
  if (is_key && (tokens[i].type != JSMN_STRING || tokens[i].size != 1)) return false;
  return parent == (int)i - 1 || expect(w, ',');
}

static bool check_token(walk *w, const pt_json_token *t, size_t i) {
  bool is_string = t->type == JSMN_STRING;
  if (is_string && !expect(w, '"')) return false;
  if (!is_string) skip_space(w);
  if (w->at != (size_t)t->start) return false;
  pt_bytes inside = {w->text + t->start, (size_t)(t->end - t->start)};
  if (is_string) {
    w->at = (size_t)t->end + 1;
    return check_string(inside);
  }
  if (t->type == JSMN_PRIMITIVE) {
    w->at = (size_t)t->end;
    return check_primitive(inside);
  }
  w->at++;
  w->container = (int)i;
  return true;
}

/* jsmn accepts a good deal that is not JSON: absent or repeated separators,
 * keys without values, several documents, any word as a primitive. Here every
 * byte outside the tokens is accounted for. */
static bool check_document(pt_bytes json, const pt_json_token *tokens, size_t count) {
  walk w = {json.data, json.len, 0, -1};
  for (size_t i = 0; i < count; i++) {
    int container = container_of(tokens, (int)i);
    while (w.container != container)
      if (w.container < 0 || !close_container(&w, tokens)) return false;
    if (i > 0 && !check_separator(&w, tokens, i)) return false;
    if (!check_token(&w, &tokens[i], i)) return false;
  }
  while (w.container >= 0)
    if (!close_container(&w, tokens)) return false;
  skip_space(&w);
  return count > 0 && w.at == w.len;
}

int pt_json_parse(pt_bytes json, pt_json_token *tokens, size_t cap, pt_json *out) {
  if (json.len > INT_MAX || cap > INT_MAX) return PT_ERR_LIMIT;
  if (json.len == 0) return PT_ERR_SYNTAX;
  jsmn_parser parser;
  jsmn_init(&parser);
  int count = jsmn_parse(&parser, (const char *)json.data, json.len, tokens, (unsigned int)cap);
  if (count == JSMN_ERROR_NOMEM) return PT_ERR_LIMIT;
  if (count <= 0 || !check_document(json, tokens, (size_t)count)) return PT_ERR_SYNTAX;
  *out = (pt_json){json.data, tokens, (size_t)count};
  return PT_OK;
}

/* ---- handing values out ---- */

enum pt_json_type pt_json_type_of(const pt_json *j, size_t value) {
  const pt_json_token *t = &j->tokens[value];
  switch (t->type) {
  case JSMN_OBJECT:
    return PT_JSON_OBJECT;
  case JSMN_ARRAY:
    return PT_JSON_ARRAY;
  case JSMN_STRING:
    return PT_JSON_STRING;
  default:
    break;
  }
  uint8_t first = j->text[t->start];
  if (first == 'n') return PT_JSON_NULL;
  return first == 't' || first == 'f' ? PT_JSON_BOOL : PT_JSON_NUMBER;
}

size_t pt_json_count(const pt_json *j, size_t value) { return (size_t)j->tokens[value].size; }

size_t pt_json_first(const pt_json *j, size_t container) {
  return j->tokens[container].size > 0 ? container + 1 : 0;
}

size_t pt_json_next(const pt_json *j, size_t container, size_t child) {
  if (j->tokens[container].type == JSMN_OBJECT) child++; /* from the key to its value */
  int end = j->tokens[child].end;
  size_t next = child + 1;
  while (next < j->count && j->tokens[next].start < end) next++;
  return next < j->count && j->tokens[next].start < j->tokens[container].end ? next : 0;
}

size_t pt_json_get(const pt_json *j, size_t object, const char *name) {
  if (j->tokens[object].type != JSMN_OBJECT) return 0;
  size_t found = 0;
  for (size_t key = pt_json_first(j, object); key != 0; key = pt_json_next(j, object, key))
    if (pt_json_text_is(j, key, name)) found = key + 1;
  return found;
}

pt_bytes pt_json_raw(const pt_json *j, size_t value) {
  pt_bytes raw = inside_of(j, value);
  if (j->tokens[value].type == JSMN_STRING) {
    raw.data--;
    raw.len += 2;
  }
  return raw;
}

bool pt_json_text_is(const pt_json *j, size_t value, const char *text) {
  if (j->tokens[value].type != JSMN_STRING) return false;
  pt_bytes inside = inside_of(j, value);
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
  if (j->tokens[value].type != JSMN_STRING) return PT_ERR_RANGE;
  pt_bytes inside = inside_of(j, value);
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
  if (j->tokens[value].type != JSMN_PRIMITIVE) return PT_ERR_RANGE;
  pt_bytes text = inside_of(j, value);
  if (text.len == 0 || text.len > 16) return PT_ERR_RANGE; /* 2^53 has 16 digits */
  uint64_t v = 0;
  for (size_t i = 0; i < text.len; i++) {
    if (!is_digit(text.data[i])) return PT_ERR_RANGE;
    v = v * 10 + (uint64_t)(text.data[i] - '0');
  }
  if (v > max) return PT_ERR_RANGE;
  *out = v;
  return PT_OK;
}
