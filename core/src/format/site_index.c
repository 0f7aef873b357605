#include "base/hash.h"
#include "base/hex.h"
#include "base/limits.h"
#include "format/json_tokens.h"
#include "format/site_index_inner.h"

#include <stdlib.h>
#include <string.h>

#define SWARM_TABLE_SIZE (4 * PT_SWARMS_MAX)

/* Swarm key to place in swarms[]: open-addressed, at most a quarter full. */
typedef struct swarm_table {
  uint16_t places[SWARM_TABLE_SIZE]; /* place + 1; 0: empty */
} swarm_table;

typedef struct parser {
  pt_json json;
  pt_site_index *out;
  pt_site_why why;
  swarm_table table;
  uint8_t unescaped[PT_PATH_LEN_MAX]; /* the last text read, if it had escapes */
} parser;

/* ---- saying why ---- */

static void append(pt_site_why *why, pt_bytes text) {
  for (size_t i = 0; i < text.len && why->cap > 1; i++) {
    *why->text++ = text.data[i] >= 0x20 ? (char)text.data[i] : '?';
    why->cap--;
  }
}

static pt_bytes text_bytes(const char *text) {
  return (pt_bytes){(const uint8_t *)text, strlen(text)};
}

int pt_site_refuse(const pt_site_why *why, int error, const char *kind, pt_bytes name,
                   const char *what) {
  if (why->cap == 0) return error;
  pt_site_why at = *why;
  append(&at, text_bytes(kind));
  if (name.data != NULL) append(&at, text_bytes(" "));
  append(&at, name);
  append(&at, text_bytes(": "));
  append(&at, text_bytes(what));
  *at.text = '\0';
  return error;
}

static int refuse_index(const parser *p, int error, const char *what) {
  return pt_site_refuse(&p->why, error, "index", (pt_bytes){NULL, 0}, what);
}

/* ---- fields ---- */

static bool is_object(const parser *p, size_t value) {
  return pt_json_type_of(&p->json, value) == PT_JSON_OBJECT;
}

/* Is a member absent, or null? */
static bool is_left_out(const parser *p, size_t value) {
  return value == 0 || pt_json_type_of(&p->json, value) == PT_JSON_NULL;
}

static bool is_digit(uint8_t c) { return c >= '0' && c <= '9'; }

/* "e-12": the power of ten. */
static int read_exponent(pt_bytes text) {
  int exponent = 0;
  size_t at = text.data[1] == '-' || text.data[1] == '+' ? 2 : 1;
  for (; at < text.len; at++)
    if (exponent < 1000) exponent = exponent * 10 + (text.data[at] - '0');
  return text.data[1] == '-' ? -exponent : exponent;
}

/* A whole number, however it is spelt: 4e4 is one, 1.5 is none. */
static bool read_uint(const parser *p, size_t value, uint64_t least, uint64_t most, uint64_t *out) {
  pt_bytes text = pt_json_raw(&p->json, value);
  uint64_t number = 0;
  int power = 0;
  bool fraction = false;
  for (; text.len > 0; text.data++, text.len--) {
    if (*text.data == 'e' || *text.data == 'E') {
      power += read_exponent(text);
      break;
    } else if (*text.data == '.') {
      fraction = true;
    } else {
      if (!is_digit(*text.data) || number > PT_JSON_INTEGER_MAX) return false;
      number = number * 10 + (uint64_t)(*text.data - '0');
      power -= fraction;
    }
  }
  for (; power < 0 && number > 0; power++, number /= 10)
    if (number % 10 != 0) return false;
  for (; power > 0 && number > 0; power--, number *= 10)
    if (number > most) return false;
  *out = number;
  return number >= least && number <= most;
}

/* A string, good until the next one is read; data is NULL when it is none (or
 * longer than any that we take). */
static pt_bytes read_text(parser *p, size_t value) {
  pt_writer room = pt_writer_of(p->unescaped, sizeof p->unescaped);
  pt_bytes text;
  int error = pt_json_text(&p->json, value, &room, &text);
  return error == PT_OK ? text : (pt_bytes){NULL, 0};
}

static bool read_hex(parser *p, size_t value, uint8_t *out, size_t len) {
  pt_bytes text = read_text(p, value);
  return text.data != NULL && pt_hex_decode((const char *)text.data, text.len, out, len);
}

static bool read_hex_member(parser *p, size_t object, const char *name, uint8_t *out, size_t len) {
  return read_hex(p, pt_json_get(&p->json, object, name), out, len);
}

static char *copy_text(pt_bytes text) {
  char *copy = malloc(text.len + 1);
  if (copy == NULL) return NULL;
  memcpy(copy, text.data, text.len);
  copy[text.len] = '\0';
  return copy;
}

/* Types and paths end up in headers and requests: nothing below a space, and
 * none of `forbidden`. */
static bool is_plain(pt_bytes text, size_t len_max, const char *forbidden) {
  for (size_t i = 0; i < text.len; i++) {
    uint8_t c = text.data[i];
    if (c < 0x20 || c == 0x7f || strchr(forbidden, c) != NULL) return false;
  }
  return text.len <= len_max;
}

static bool is_path(pt_bytes text) {
  return text.len > 0 && text.data[0] == '/' && is_plain(text, PT_PATH_LEN_MAX, "?#");
}

/* A shard stays below /.peertide/ of the same site. */
static bool is_location(pt_bytes text) {
  size_t part = 0;
  for (size_t i = 0; i <= text.len; i++) {
    if (i < text.len && text.data[i] != '/') continue;
    size_t len = i - part;
    if (len == 0 || (len <= 2 && memcmp(text.data + part, "..", len) == 0)) return false;
    part = i + 1;
  }
  return is_plain(text, PT_PATH_LEN_MAX, "?#:\\");
}

/* Counts the members of an object of the document; refuses what is none. */
static int count_members(const parser *p, size_t object, size_t most, const char *none,
                         const char *too_many, size_t *count) {
  if (object == 0 || !is_object(p, object)) return refuse_index(p, PT_ERR_RANGE, none);
  *count = pt_json_count(&p->json, object);
  return *count <= most ? PT_OK : refuse_index(p, PT_ERR_LIMIT, too_many);
}

/* ---- swarms ---- */

static size_t table_start(const uint8_t key[PT_ID_SIZE]) {
  return (size_t)(pt_hash64(key, PT_ID_SIZE, 0) % SWARM_TABLE_SIZE);
}

/* The slot that has the key, or the empty one where it belongs. */
static uint16_t *table_slot(parser *p, const uint8_t key[PT_ID_SIZE]) {
  size_t at = table_start(key);
  for (;; at = (at + 1) % SWARM_TABLE_SIZE) {
    uint16_t *slot = &p->table.places[at];
    if (*slot == 0 || memcmp(p->out->swarms[*slot - 1].key, key, PT_ID_SIZE) == 0) return slot;
  }
}

static const char *read_swarm(parser *p, size_t key, pt_site_swarm *s) {
  const pt_json *json = &p->json;
  size_t item = key + 1;
  uint64_t piece_length = 0;
  if (!is_object(p, item)) return "is not an object";
  if (!read_hex(p, key, s->key, PT_ID_SIZE)) return "key is not 40 hex digits";
  if (!read_hex_member(p, item, "v2", s->v2, PT_HASH_SIZE)) return "v2 is not 64 hex digits";
  if (memcmp(s->key, s->v2, PT_ID_SIZE) != 0) return "key is not the start of v2";
  s->hybrid = !is_left_out(p, pt_json_get(json, item, "v1"));
  if (s->hybrid && !read_hex_member(p, item, "v1", s->v1, PT_ID_SIZE))
    return "v1 is not 40 hex digits";
  if (!read_uint(p, pt_json_get(json, item, "pieceLength"), PT_PIECE_LENGTH_MIN,
                 PT_PIECE_LENGTH_READ_MAX, &piece_length) ||
      (piece_length & (piece_length - 1)) != 0)
    return "pieceLength is not a power of two from 16 KiB to 16 MiB";
  s->piece_length = (uint32_t)piece_length;
  if (!read_uint(p, pt_json_get(json, item, "length"), 1, PT_JSON_INTEGER_MAX, &s->length))
    return "length is not a whole number from 1 to 2^53";
  if (*table_slot(p, s->key) != 0) return "is there twice";
  return NULL;
}

static int read_swarms(parser *p, size_t swarms) {
  size_t count = 0;
  int error =
      count_members(p, swarms, PT_SWARMS_MAX, "swarms is not an object", "too many swarms", &count);
  if (error != PT_OK) return error;
  p->out->swarms = calloc(count + 1, sizeof *p->out->swarms);
  if (p->out->swarms == NULL) return PT_ERR_NOMEM;
  size_t key = pt_json_first(&p->json, swarms);
  for (; key != 0; key = pt_json_next(&p->json, swarms, key)) {
    pt_site_swarm *s = &p->out->swarms[p->out->swarm_count];
    const char *fault = read_swarm(p, key, s);
    if (fault != NULL)
      return pt_site_refuse(&p->why, PT_ERR_RANGE, "swarm", read_text(p, key), fault);
    *table_slot(p, s->key) = (uint16_t)++p->out->swarm_count;
  }
  return PT_OK;
}

/* ---- assets ---- */

static const char *read_asset(parser *p, size_t item, pt_site_asset *a) {
  const pt_json *json = &p->json;
  uint8_t key[PT_ID_SIZE];
  uint64_t file = 0;
  if (!is_object(p, item)) return "is not an object";
  if (!read_uint(p, pt_json_get(json, item, "length"), 1, PT_JSON_INTEGER_MAX, &a->length))
    return "length is not a whole number from 1 to 2^53";
  if (!read_hex_member(p, item, "root", a->root, PT_HASH_SIZE)) return "root is not 64 hex digits";
  if (!read_hex_member(p, item, "swarm", key, PT_ID_SIZE)) return "swarm is not 40 hex digits";
  uint16_t place = *table_slot(p, key);
  if (place == 0) return "swarm is not in swarms";
  a->swarm = place - 1u;
  if (!read_uint(p, pt_json_get(json, item, "file"), 0, PT_SWARM_FILES_MAX - 1, &file))
    return "file is not a whole number in bounds";
  a->file = (uint32_t)file;
  return NULL;
}

static int read_assets(parser *p, size_t assets) {
  size_t count = 0;
  int error =
      count_members(p, assets, PT_ASSETS_MAX, "assets is not an object", "too many assets", &count);
  if (error != PT_OK) return error;
  p->out->assets = calloc(count + 1, sizeof *p->out->assets);
  if (p->out->assets == NULL) return PT_ERR_NOMEM;
  size_t key = pt_json_first(&p->json, assets);
  for (; key != 0; key = pt_json_next(&p->json, assets, key)) {
    pt_site_asset *a = &p->out->assets[p->out->asset_count++];
    pt_bytes path = read_text(p, key);
    const char *fault = "is not a path";
    if (is_path(path)) {
      a->path = copy_text(path);
      if (a->path == NULL) return PT_ERR_NOMEM;
      fault = read_asset(p, key + 1, a);
    }
    pt_bytes type = read_text(p, pt_json_get(&p->json, key + 1, "type"));
    if (fault == NULL && (type.len == 0 || !is_plain(type, PT_TYPE_LEN_MAX, "")))
      fault = "type is not a media type";
    if (fault != NULL)
      return pt_site_refuse(&p->why, PT_ERR_RANGE, "asset", read_text(p, key), fault);
    a->type = copy_text(type);
    if (a->type == NULL) return PT_ERR_NOMEM;
  }
  return PT_OK;
}

/* ---- the rest ---- */

static int read_shards(parser *p, size_t shards) {
  if (is_left_out(p, shards)) return PT_OK;
  size_t count = 0;
  int error = count_members(p, shards, PT_INDEX_SHARDS_MAX, "shards is not an object",
                            "too many shards", &count);
  if (error != PT_OK) return error;
  p->out->shards = calloc(count + 1, sizeof *p->out->shards);
  if (p->out->shards == NULL) return PT_ERR_NOMEM;
  size_t key = pt_json_first(&p->json, shards);
  for (; key != 0; key = pt_json_next(&p->json, shards, key)) {
    pt_site_shard *s = &p->out->shards[p->out->shard_count++];
    pt_bytes prefix = read_text(p, key);
    if (!is_path(prefix))
      return pt_site_refuse(&p->why, PT_ERR_RANGE, "shard", prefix, "is not a path");
    s->prefix = copy_text(prefix);
    pt_bytes location = read_text(p, key + 1);
    if (!is_location(location))
      return pt_site_refuse(&p->why, PT_ERR_RANGE, "shard", read_text(p, key),
                            "location is not a relative path");
    s->location = copy_text(location);
    if (s->prefix == NULL || s->location == NULL) return PT_ERR_NOMEM;
  }
  return PT_OK;
}

static int read_head(parser *p) {
  uint64_t version = 0;
  if (!read_uint(p, pt_json_get(&p->json, 0, "version"), 1, PT_JSON_INTEGER_MAX, &version))
    return refuse_index(p, PT_ERR_RANGE, "version is not a number");
  if (version != 1) return refuse_index(p, PT_ERR_UNSUPPORTED, "version is not 1");
  size_t item = pt_json_get(&p->json, 0, "created");
  if (is_left_out(p, item)) return PT_OK;
  pt_bytes created = read_text(p, item);
  if (created.data == NULL || !is_plain(created, sizeof p->out->created - 1, ""))
    return refuse_index(p, PT_ERR_RANGE, "created is not a date");
  memcpy(p->out->created, created.data, created.len); /* the rest is zeros */
  return PT_OK;
}

static int read_index(parser *p) {
  if (!is_object(p, 0)) return refuse_index(p, PT_ERR_SYNTAX, "is not a JSON object");
  int error = read_head(p);
  if (error == PT_OK) error = read_swarms(p, pt_json_get(&p->json, 0, "swarms"));
  if (error == PT_OK) error = read_assets(p, pt_json_get(&p->json, 0, "assets"));
  if (error == PT_OK) error = read_shards(p, pt_json_get(&p->json, 0, "shards"));
  if (error == PT_OK) error = pt_site_index_check(p->out, &p->why);
  if (error != PT_OK) pt_site_index_free(p->out);
  return error;
}

/* Before each value but the first stands one of these. */
static size_t count_values_at_most(pt_bytes json) {
  size_t count = 1;
  for (size_t i = 0; i < json.len; i++)
    if (strchr("{[,:", json.data[i]) != NULL) count++;
  return count < PT_INDEX_TOKENS_MAX ? count : PT_INDEX_TOKENS_MAX;
}

int pt_site_index_parse(pt_bytes json, pt_site_index *out, char *why, size_t why_cap) {
  parser p = {.out = out, .why = {why, why != NULL ? why_cap : 0}};
  memset(out, 0, sizeof *out);
  if (p.why.cap > 0) why[0] = '\0';
  if (json.len > PT_INDEX_BYTES_MAX) return refuse_index(&p, PT_ERR_LIMIT, "is too long");
  if (json.len == 0) return refuse_index(&p, PT_ERR_SYNTAX, "is empty");
  size_t cap = count_values_at_most(json);
  pt_json_token *tokens = malloc(cap * sizeof *tokens);
  if (tokens == NULL) return PT_ERR_NOMEM;
  int error = pt_json_parse(json, tokens, cap, &p.json);
  if (error == PT_OK)
    error = read_index(&p);
  else if (error == PT_ERR_LIMIT)
    refuse_index(&p, error, "has too many values");
  else
    refuse_index(&p, error, "is not JSON");
  free(tokens);
  return error;
}

void pt_site_index_free(pt_site_index *index) {
  for (size_t i = 0; i < index->asset_count; i++) {
    free(index->assets[i].path);
    free(index->assets[i].type);
  }
  for (size_t i = 0; i < index->shard_count; i++) {
    free(index->shards[i].prefix);
    free(index->shards[i].location);
  }
  free(index->assets);
  free(index->swarms);
  free(index->shards);
  free(index->by_path);
  free(index->by_file);
  memset(index, 0, sizeof *index);
}
