#include "format/index_packed.h"

#include "base/limits.h"
#include "format/json_tokens.h"
#include "format/path_table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* What is packed of these structs is their front, as it is. */
#define SWARM_PACKED offsetof(pt_site_swarm, file_first)
#define ASSET_PACKED offsetof(pt_site_asset, path)
#define ASSET_PACKED_MIN (ASSET_PACKED + 2 * sizeof(uint32_t) + 2) /* "/", a type of one letter */
static_assert(SWARM_PACKED == 2 * PT_ID_SIZE + PT_HASH_SIZE + 8 + 3 * 4, "swarms have no holes");
static_assert(ASSET_PACKED == 8 + PT_HASH_SIZE, "assets have no holes");

typedef struct unpacking {
  uint8_t *at, *end;
  pt_index *out;
} unpacking;

static bool take(unpacking *u, void *field, size_t size) {
  if (size > (size_t)(u->end - u->at)) return false;
  memcpy(field, u->at, size);
  u->at += size;
  return true;
}

/* Types and paths end up in headers and requests: nothing below a space, and
 * none of `forbidden`. NULL where a text breaks that, is empty or too long. */
static char *take_text(unpacking *u, size_t len_max, const char *forbidden) {
  uint32_t len;
  if (!take(u, &len, sizeof len) || len > (size_t)(u->end - u->at)) return NULL;
  if (len == 0 || len > len_max) return NULL;
  for (size_t i = 0; i < len; i++)
    if (u->at[i] < 0x20 || u->at[i] == 0x7f || strchr(forbidden, u->at[i]) != NULL) return NULL;
  char *text = (char *)u->at - 1; /* its length is read: there is room for a NUL */
  memmove(text, u->at, len);
  text[len] = '\0';
  u->at += len;
  return text;
}

/* ---- the tables ---- */

const pt_site_asset *pt_index_find(const pt_index *index, pt_bytes path) {
  return pt_path_find(index->by_path, index->by_path_cap, index->assets, path);
}

const pt_site_swarm *pt_index_swarm(const pt_index *index, const uint8_t key[PT_ID_SIZE]) {
  for (size_t i = 0; i < index->swarm_count; i++)
    if (memcmp(index->swarms[i].key, key, PT_ID_SIZE) == 0) return &index->swarms[i];
  return NULL;
}

/* ---- reading ---- */

static int read_asset(unpacking *u) {
  pt_index *x = u->out;
  pt_site_asset *a = &x->assets[x->asset_count];
  if (x->asset_count == PT_ASSETS_MAX) return PT_ERR_LIMIT;
  if (!take(u, a, ASSET_PACKED)) return PT_ERR_SYNTAX;
  a->path = take_text(u, PT_PATH_LEN_MAX, "?#");
  a->type = take_text(u, PT_TYPE_LEN_MAX, "");
  if (a->path == NULL || a->path[0] != '/' || a->type == NULL || a->length == 0)
    return PT_ERR_RANGE;
  a->swarm = (uint32_t)x->swarm_count;
  uint32_t *slot = pt_path_slot(x->by_path, x->by_path_cap, x->assets, pt_path_of(a));
  if (*slot != 0) return PT_ERR_RANGE;
  *slot = (uint32_t)++x->asset_count;
  return PT_OK;
}

static bool swarm_is_right(const pt_index *x, const pt_site_swarm *s) {
  return memcmp(s->key, s->v2, PT_ID_SIZE) == 0 && s->piece_length >= PT_PIECE_LENGTH_MIN &&
         s->piece_length <= PT_PIECE_LENGTH_READ_MAX &&
         (s->piece_length & (s->piece_length - 1)) == 0 && s->length != 0 &&
         s->length <= PT_JSON_INTEGER_MAX && pt_index_swarm(x, s->key) == NULL;
}

static int read_swarm(unpacking *u) {
  pt_index *x = u->out;
  pt_site_swarm *s = &x->swarms[x->swarm_count];
  if (x->swarm_count == PT_SWARMS_MAX) return PT_ERR_LIMIT;
  if (!take(u, s, SWARM_PACKED)) return PT_ERR_SYNTAX;
  if (!swarm_is_right(x, s)) return PT_ERR_RANGE;
  if (s->file_count > PT_SWARM_FILES_MAX) return PT_ERR_LIMIT;
  s->file_first = (uint32_t)x->asset_count;
  uint64_t left = s->length, pieces = 0;
  for (uint32_t i = 0; i < s->file_count; i++) {
    pt_site_asset *a = &x->assets[x->asset_count];
    int error = read_asset(u);
    if (error != PT_OK) return error;
    if (a->length > left) return PT_ERR_RANGE;
    a->file = i;
    left -= a->length;
    pieces += (a->length + s->piece_length - 1) / s->piece_length;
    if (pieces > PT_SWARM_PIECES_MAX) return PT_ERR_LIMIT;
  }
  x->swarm_count++;
  return left == 0 ? PT_OK : PT_ERR_RANGE;
}

static int read_index(unpacking *u) {
  uint32_t version;
  if (!take(u, &version, sizeof version)) return PT_ERR_SYNTAX;
  if (version != 1) return PT_ERR_UNSUPPORTED;
  while (u->at < u->end) {
    int error = read_swarm(u);
    if (error != PT_OK) return error;
  }
  return PT_OK;
}

int pt_index_read(pt_bytes packed, pt_index *out) {
  memset(out, 0, sizeof *out);
  if (packed.len > PT_INDEX_BYTES_MAX) return PT_ERR_LIMIT;
  if (packed.len == 0) return PT_ERR_SYNTAX;
  size_t assets_max = packed.len / ASSET_PACKED_MIN + 1; /* one that is cut counts, too */
  out->by_path_cap = 16;
  while (out->by_path_cap < 2 * assets_max) out->by_path_cap *= 2;
  out->bytes = malloc(packed.len);
  out->swarms = calloc(PT_SWARMS_MAX + 1, sizeof *out->swarms);
  out->assets = calloc(assets_max, sizeof *out->assets);
  out->by_path = calloc(out->by_path_cap, sizeof *out->by_path);
  int error = PT_ERR_NOMEM;
  if (out->bytes != NULL && out->swarms != NULL && out->assets != NULL && out->by_path != NULL) {
    memcpy(out->bytes, packed.data, packed.len);
    error = read_index(&(unpacking){out->bytes, out->bytes + packed.len, out});
  }
  if (error != PT_OK) pt_index_free(out);
  return error;
}

void pt_index_free(pt_index *index) {
  free(index->bytes);
  free(index->swarms);
  free(index->assets);
  free(index->by_path);
  memset(index, 0, sizeof *index);
}

/* ---- writing ---- */

static void put_number(pt_writer *w, size_t number) {
  uint32_t packed = (uint32_t)number;
  pt_write_bytes(w, &packed, sizeof packed);
}

static void put_text(pt_writer *w, const char *text) {
  size_t len = strlen(text);
  put_number(w, len);
  pt_write_bytes(w, text, len);
}

void pt_index_pack(pt_writer *w, const pt_site_index *index) {
  put_number(w, 1);
  for (size_t i = 0; i < index->swarm_count; i++) {
    const pt_site_swarm *s = &index->swarms[i];
    pt_write_bytes(w, s, SWARM_PACKED);
    for (uint32_t f = 0; f < s->file_count; f++) {
      const pt_site_asset *a = pt_site_index_file(index, s, f);
      pt_write_bytes(w, a, ASSET_PACKED);
      put_text(w, a->path);
      put_text(w, a->type);
    }
  }
}
