#include "base/hash.h"
#include "base/hex.h"
#include "base/limits.h"
#include "format/site_index_inner.h"
#include "format/utf8.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH_MAX 9007199254740992.0 /* 2^53: what JSON readers keep exactly */
#define SWARM_TABLE_SIZE (4 * PT_SWARMS_MAX)

/* Swarm key to place in swarms[]: open-addressed, at most a quarter full. */
typedef struct swarm_table {
  uint16_t places[SWARM_TABLE_SIZE]; /* place + 1; 0: empty */
} swarm_table;

typedef struct parser {
  pt_site_index *out;
  pt_site_why why;
  swarm_table table;
} parser;

/* ---- saying why ---- */

static void append(pt_site_why *why, const char *text) {
  for (; *text != '\0' && why->cap > 1; text++) {
    *why->text++ = (uint8_t)*text >= 0x20 ? *text : '?';
    why->cap--;
  }
}

int pt_site_refuse(pt_site_why *why, int error, const char *kind, const char *name,
                   const char *what) {
  if (why->text == NULL || why->cap == 0) return error;
  pt_site_why at = *why;
  append(&at, kind);
  if (name != NULL) {
    append(&at, " ");
    append(&at, name);
  }
  append(&at, ": ");
  append(&at, what);
  *at.text = '\0';
  return error;
}

/* ---- before cJSON: what it would swallow or recurse into ---- */

static int check_text(pt_bytes json, pt_site_why *why) {
  size_t depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < json.len; i++) {
    uint8_t c = json.data[i];
    if (c == 0) return pt_site_refuse(why, PT_ERR_SYNTAX, "index", NULL, "has a NUL byte");
    if (in_string) {
      if (c == '\\') {
        if (json.len - i > 5 && memcmp(json.data + i, "\\u0000", 6) == 0)
          return pt_site_refuse(why, PT_ERR_SYNTAX, "index", NULL, "has a NUL character");
        i++;
      } else if (c == '"') {
        in_string = false;
      }
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > PT_INDEX_DEPTH_MAX)
        return pt_site_refuse(why, PT_ERR_LIMIT, "index", NULL, "is nested too deeply");
    } else if ((c == '}' || c == ']') && depth > 0) {
      depth--;
    }
  }
  if (!pt_utf8_valid(json.data, json.len))
    return pt_site_refuse(why, PT_ERR_SYNTAX, "index", NULL, "is not UTF-8");
  return PT_OK;
}

static cJSON *parse_document(pt_bytes json) {
  const char *text = (const char *)json.data;
  const char *end = NULL;
  cJSON *root = cJSON_ParseWithLengthOpts(text, json.len, &end, false);
  if (root == NULL) return NULL;
  const char *stop = text + json.len;
  while (end < stop && strchr(" \t\r\n", *end) != NULL) end++;
  if (end == stop && cJSON_IsObject(root)) return root;
  cJSON_Delete(root);
  return NULL;
}

/* ---- fields ---- */

static const cJSON *member(const cJSON *object, const char *name) {
  return cJSON_GetObjectItemCaseSensitive(object, name);
}

static bool read_uint(const cJSON *item, double least, double most, uint64_t *out) {
  if (!cJSON_IsNumber(item) || !(item->valuedouble >= least && item->valuedouble <= most))
    return false;
  *out = (uint64_t)item->valuedouble;
  return (double)*out >= item->valuedouble; /* false for a fraction */
}

static bool read_hex(const char *text, uint8_t *out, size_t len) {
  return text != NULL && pt_hex_decode(text, strlen(text), out, len);
}

static bool read_hex_member(const cJSON *object, const char *name, uint8_t *out, size_t len) {
  return read_hex(cJSON_GetStringValue(member(object, name)), out, len);
}

static char *copy_text(const char *text) {
  size_t size = strlen(text) + 1;
  char *copy = malloc(size);
  if (copy != NULL) memcpy(copy, text, size);
  return copy;
}

/* Types and paths end up in headers and requests: nothing below a space. */
static bool is_printable(const char *text) {
  for (; *text != '\0'; text++)
    if ((uint8_t)*text < 0x20 || *text == 0x7f) return false;
  return true;
}

static bool is_path(const char *text) {
  return text[0] == '/' && strlen(text) <= PT_PATH_LEN_MAX && strpbrk(text, "?#") == NULL &&
         is_printable(text);
}

/* A shard stays below /.peertide/ of the same site. */
static bool is_location(const char *text) {
  if (text[0] == '\0' || text[0] == '/' || strlen(text) > PT_PATH_LEN_MAX) return false;
  if (strpbrk(text, "?#:\\") != NULL || !is_printable(text)) return false;
  for (const char *part = text; part != NULL; part = strchr(part, '/')) {
    part += *part == '/';
    size_t len = strcspn(part, "/");
    if (len == 0 || (len <= 2 && memcmp(part, "..", len) == 0)) return false;
  }
  return true;
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

static const char *read_swarm(const cJSON *item, pt_site_swarm *s) {
  uint64_t piece_length = 0;
  if (!cJSON_IsObject(item)) return "is not an object";
  if (!read_hex(item->string, s->key, PT_ID_SIZE)) return "key is not 40 hex digits";
  if (!read_hex_member(item, "v2", s->v2, PT_HASH_SIZE)) return "v2 is not 64 hex digits";
  if (memcmp(s->key, s->v2, PT_ID_SIZE) != 0) return "key is not the start of v2";
  const cJSON *v1 = member(item, "v1");
  s->hybrid = v1 != NULL && !cJSON_IsNull(v1);
  if (s->hybrid && !read_hex_member(item, "v1", s->v1, PT_ID_SIZE))
    return "v1 is not 40 hex digits";
  if (!read_uint(member(item, "pieceLength"), PT_PIECE_LENGTH_MIN, PT_PIECE_LENGTH_READ_MAX,
                 &piece_length) ||
      (piece_length & (piece_length - 1)) != 0)
    return "pieceLength is not a power of two from 16 KiB to 16 MiB";
  s->piece_length = (uint32_t)piece_length;
  if (!read_uint(member(item, "length"), 1, LENGTH_MAX, &s->length))
    return "length is not a whole number from 1 to 2^53";
  return NULL;
}

static int read_swarms(parser *p, const cJSON *swarms) {
  if (!cJSON_IsObject(swarms))
    return pt_site_refuse(&p->why, PT_ERR_RANGE, "index", NULL, "swarms is not an object");
  size_t count = (size_t)cJSON_GetArraySize(swarms);
  if (count > PT_SWARMS_MAX)
    return pt_site_refuse(&p->why, PT_ERR_LIMIT, "index", NULL, "too many swarms");
  if (count == 0) return PT_OK;
  p->out->swarms = calloc(count, sizeof *p->out->swarms);
  if (p->out->swarms == NULL) return PT_ERR_NOMEM;
  const cJSON *item = NULL;
  cJSON_ArrayForEach(item, swarms) {
    pt_site_swarm *s = &p->out->swarms[p->out->swarm_count];
    const char *fault = read_swarm(item, s);
    if (fault != NULL) return pt_site_refuse(&p->why, PT_ERR_RANGE, "swarm", item->string, fault);
    uint16_t *slot = table_slot(p, s->key);
    if (*slot != 0)
      return pt_site_refuse(&p->why, PT_ERR_RANGE, "swarm", item->string, "is there twice");
    *slot = (uint16_t)++p->out->swarm_count;
  }
  return PT_OK;
}

/* ---- assets ---- */

static const char *read_asset(parser *p, const cJSON *item, pt_site_asset *a) {
  uint8_t key[PT_ID_SIZE];
  uint64_t file = 0;
  if (!cJSON_IsObject(item)) return "is not an object";
  if (!is_path(item->string)) return "is not a path";
  if (!read_uint(member(item, "length"), 1, LENGTH_MAX, &a->length))
    return "length is not a whole number from 1 to 2^53";
  if (!read_hex_member(item, "root", a->root, PT_HASH_SIZE)) return "root is not 64 hex digits";
  if (!read_hex_member(item, "swarm", key, PT_ID_SIZE)) return "swarm is not 40 hex digits";
  uint16_t place = *table_slot(p, key);
  if (place == 0) return "swarm is not in swarms";
  a->swarm = place - 1u;
  if (!read_uint(member(item, "file"), 0, PT_SWARM_FILES_MAX - 1, &file))
    return "file is not a whole number in bounds";
  a->file = (uint32_t)file;
  return NULL;
}

static int read_assets(parser *p, const cJSON *assets) {
  if (!cJSON_IsObject(assets))
    return pt_site_refuse(&p->why, PT_ERR_RANGE, "index", NULL, "assets is not an object");
  size_t count = (size_t)cJSON_GetArraySize(assets);
  if (count > PT_ASSETS_MAX)
    return pt_site_refuse(&p->why, PT_ERR_LIMIT, "index", NULL, "too many assets");
  if (count == 0) return PT_OK;
  p->out->assets = calloc(count, sizeof *p->out->assets);
  if (p->out->assets == NULL) return PT_ERR_NOMEM;
  const cJSON *item = NULL;
  cJSON_ArrayForEach(item, assets) {
    pt_site_asset *a = &p->out->assets[p->out->asset_count++];
    const char *fault = read_asset(p, item, a);
    const char *type = cJSON_GetStringValue(member(item, "type"));
    if (fault == NULL &&
        (type == NULL || type[0] == '\0' || strlen(type) > PT_TYPE_LEN_MAX || !is_printable(type)))
      fault = "type is not a media type";
    if (fault != NULL) return pt_site_refuse(&p->why, PT_ERR_RANGE, "asset", item->string, fault);
    a->path = copy_text(item->string);
    a->type = copy_text(type);
    if (a->path == NULL || a->type == NULL) return PT_ERR_NOMEM;
  }
  return PT_OK;
}

/* ---- the rest ---- */

static int read_shards(parser *p, const cJSON *shards) {
  if (shards == NULL || cJSON_IsNull(shards)) return PT_OK;
  if (!cJSON_IsObject(shards))
    return pt_site_refuse(&p->why, PT_ERR_RANGE, "index", NULL, "shards is not an object");
  size_t count = (size_t)cJSON_GetArraySize(shards);
  if (count > PT_INDEX_SHARDS_MAX)
    return pt_site_refuse(&p->why, PT_ERR_LIMIT, "index", NULL, "too many shards");
  if (count == 0) return PT_OK;
  p->out->shards = calloc(count, sizeof *p->out->shards);
  if (p->out->shards == NULL) return PT_ERR_NOMEM;
  const cJSON *item = NULL;
  cJSON_ArrayForEach(item, shards) {
    pt_site_shard *s = &p->out->shards[p->out->shard_count++];
    const char *location = cJSON_GetStringValue(item);
    if (!is_path(item->string))
      return pt_site_refuse(&p->why, PT_ERR_RANGE, "shard", item->string, "is not a path");
    if (location == NULL || !is_location(location))
      return pt_site_refuse(&p->why, PT_ERR_RANGE, "shard", item->string,
                            "location is not a relative path");
    s->prefix = copy_text(item->string);
    s->location = copy_text(location);
    if (s->prefix == NULL || s->location == NULL) return PT_ERR_NOMEM;
  }
  return PT_OK;
}

static int read_head(parser *p, const cJSON *root) {
  const cJSON *version = member(root, "version");
  uint64_t number = 0;
  if (!read_uint(version, 1, LENGTH_MAX, &number))
    return pt_site_refuse(&p->why, PT_ERR_RANGE, "index", NULL, "version is not a number");
  if (number != 1)
    return pt_site_refuse(&p->why, PT_ERR_UNSUPPORTED, "index", NULL, "version is not 1");
  const cJSON *item = member(root, "created");
  if (item == NULL || cJSON_IsNull(item)) return PT_OK;
  const char *created = cJSON_GetStringValue(item);
  if (created == NULL || strlen(created) >= sizeof p->out->created || !is_printable(created))
    return pt_site_refuse(&p->why, PT_ERR_RANGE, "index", NULL, "created is not a date");
  memcpy(p->out->created, created, strlen(created) + 1);
  return PT_OK;
}

static int read_index(parser *p, const cJSON *root) {
  int error = read_head(p, root);
  if (error == PT_OK) error = read_swarms(p, member(root, "swarms"));
  if (error == PT_OK) error = read_assets(p, member(root, "assets"));
  if (error == PT_OK) error = read_shards(p, member(root, "shards"));
  if (error == PT_OK) error = pt_site_index_check(p->out, &p->why);
  return error;
}

int pt_site_index_parse(pt_bytes json, pt_site_index *out, char *why, size_t why_cap) {
  parser p = {.out = out, .why = {why, why_cap}};
  memset(out, 0, sizeof *out);
  if (why != NULL && why_cap > 0) why[0] = '\0';
  if (json.len > PT_INDEX_BYTES_MAX)
    return pt_site_refuse(&p.why, PT_ERR_LIMIT, "index", NULL, "is too long");
  if (json.len == 0) return pt_site_refuse(&p.why, PT_ERR_SYNTAX, "index", NULL, "is empty");
  int error = check_text(json, &p.why);
  if (error != PT_OK) return error;
  cJSON *root = parse_document(json);
  if (root == NULL)
    return pt_site_refuse(&p.why, PT_ERR_SYNTAX, "index", NULL, "is not a JSON object");
  error = read_index(&p, root);
  cJSON_Delete(root);
  if (error != PT_OK) pt_site_index_free(out);
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
  memset(index, 0, sizeof *index);
}
