#include "format/metainfo.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "format/metainfo_inner.h"
#include "format/sha1.h"
#include "format/sha256.h"
#include "format/utf8.h"

#define FILE_LENGTH_MAX ((int64_t)1 << 53) /* what JavaScript counts exactly */

bool pt_metainfo_part_ok(pt_bytes part) {
  if (part.len == 0 || part.len > PT_PATH_LEN_MAX) return false;
  if (part.data[0] == '.' && (part.len == 1 || (part.len == 2 && part.data[1] == '.'))) {
    return false;
  }
  if (memchr(part.data, '/', part.len) || memchr(part.data, '\0', part.len)) return false;
  return pt_utf8_valid(part.data, part.len);
}

static char *copy_text(const void *data, size_t len) {
  char *text = malloc(len + 1);
  if (!text) return NULL;
  memcpy(text, data, len);
  text[len] = '\0';
  return text;
}

/* A file tree while it is read: the path so far and the room for files. */
typedef struct tree {
  pt_metainfo *m;
  size_t file_cap;
  char path[PT_PATH_LEN_MAX];
} tree;

static pt_metainfo_file *add_file(tree *t) {
  pt_metainfo *m = t->m;
  if (m->file_count == t->file_cap) {
    size_t cap = t->file_cap == 0 ? 8 : 2 * t->file_cap;
    pt_metainfo_file *grown = realloc(m->files, cap * sizeof *grown);
    if (!grown) return NULL;
    m->files = grown;
    t->file_cap = cap;
  }
  pt_metainfo_file *file = &m->files[m->file_count++];
  *file = (pt_metainfo_file){.piece_first = m->piece_count};
  return file;
}

/* The properties of a file: the dictionary below its empty key. */
static int read_file(tree *t, size_t path_len, const pt_bencode *properties) {
  pt_bencode value;
  pt_metainfo *m = t->m;
  if (properties->type != PT_BENCODE_DICT) return PT_ERR_RANGE;
  if (pt_bencode_get(properties, "attr", &value) && value.string.len > 0 &&
      (memchr(value.string.data, 'l', value.string.len) ||
       memchr(value.string.data, 'p', value.string.len))) {
    return PT_ERR_UNSUPPORTED; /* symbolic links; padding has no place in a tree */
  }
  if (!pt_bencode_get(properties, "length", &value) || value.type != PT_BENCODE_INTEGER ||
      value.integer < 0 || value.integer > FILE_LENGTH_MAX) {
    return PT_ERR_RANGE;
  }
  uint64_t length = (uint64_t)value.integer;
  uint64_t pieces = length / m->piece_length + (length % m->piece_length != 0 ? 1u : 0u);
  if (m->file_count == PT_SWARM_FILES_MAX) return PT_ERR_LIMIT;
  if (pieces > PT_SWARM_PIECES_MAX - m->piece_count) return PT_ERR_LIMIT;

  pt_metainfo_file *file = add_file(t);
  if (!file) return PT_ERR_NOMEM;
  file->path = copy_text(t->path, path_len);
  if (!file->path) return PT_ERR_NOMEM;
  file->length = length;
  file->piece_count = (uint32_t)pieces;
  m->piece_count += file->piece_count;
  m->length += length;
  if (length == 0) return PT_OK;
  if (!pt_bencode_get(properties, "pieces root", &value) || value.string.len != PT_HASH_SIZE) {
    return PT_ERR_RANGE;
  }
  memcpy(file->root, value.string.data, PT_HASH_SIZE);
  return PT_OK;
}

/* One directory: its entries are directories, or files, which are those whose
 * only key is the empty one. As deep as bencoding may nest. */
static int read_directory(tree *t, size_t path_len, const pt_bencode *directory) {
  pt_bytes part, key;
  pt_bencode entry, properties, second;
  size_t at = 0;
  while (pt_bencode_next(directory, &at, &part, &entry)) {
    if (entry.type != PT_BENCODE_DICT || !pt_metainfo_part_ok(part)) return PT_ERR_RANGE;
    size_t len = path_len;
    if (part.len + (len > 0 ? 1u : 0u) > sizeof t->path - len) return PT_ERR_LIMIT;
    if (len > 0) t->path[len++] = '/';
    memcpy(t->path + len, part.data, part.len);
    len += part.len;

    size_t inner = 0;
    int error;
    bool any = pt_bencode_next(&entry, &inner, &key, &properties);
    if (any && key.len == 0) {
      if (pt_bencode_next(&entry, &inner, &key, &second)) return PT_ERR_RANGE;
      error = read_file(t, len, &properties);
    } else {
      error = read_directory(t, len, &entry);
    }
    if (error != PT_OK) return error;
  }
  return PT_OK;
}

static int read_info(pt_metainfo *m, const pt_bencode *info) {
  pt_bencode value;
  if (info->type != PT_BENCODE_DICT) return PT_ERR_RANGE;
  if (!pt_bencode_get(info, "meta version", &value) || value.type != PT_BENCODE_INTEGER ||
      value.integer != 2) {
    return PT_ERR_UNSUPPORTED;
  }
  if (!pt_bencode_get(info, "piece length", &value) || value.type != PT_BENCODE_INTEGER ||
      value.integer < PT_PIECE_LENGTH_MIN || (value.integer & (value.integer - 1)) != 0) {
    return PT_ERR_RANGE;
  }
  if (value.integer > PT_PIECE_LENGTH_READ_MAX) return PT_ERR_LIMIT;
  m->piece_length = (uint32_t)value.integer;
  if (!pt_bencode_get(info, "name", &value) || !pt_metainfo_part_ok(value.string)) {
    return PT_ERR_RANGE;
  }
  m->name = copy_text(value.string.data, value.string.len);
  if (!m->name) return PT_ERR_NOMEM;

  tree t = {.m = m};
  if (!pt_bencode_get(info, "file tree", &value) || value.type != PT_BENCODE_DICT) {
    return PT_ERR_RANGE;
  }
  int error = read_directory(&t, 0, &value);
  if (error != PT_OK) return error;
  if (m->length == 0) return PT_ERR_RANGE; /* nothing to share */

  bool named = m->file_count == 1 && strcmp(m->files[0].path, m->name) == 0;
  m->hybrid = pt_bencode_get(info, "pieces", &value);
  /* In v2 alone a folder with one file of its own name can't be told from a
   * single file; v1 has another key for each. */
  m->single_file = named && (!m->hybrid || pt_bencode_get(info, "length", &value));
  return m->hybrid ? pt_metainfo_v1_check(m, info) : PT_OK;
}

static int order_by_root(const void *a, const void *b) {
  const pt_metainfo_file *const *x = a;
  const pt_metainfo_file *const *y = b;
  return memcmp((*x)->root, (*y)->root, PT_HASH_SIZE);
}

/* The first place in files, sorted by root, whose root is not below `root`. */
static size_t find_root(pt_metainfo_file *const *files, size_t count, const uint8_t *root) {
  size_t low = 0, high = count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (memcmp(files[middle]->root, root, PT_HASH_SIZE) < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/* Verifies a file's piece layer and keeps a copy. */
static int take_layer(pt_metainfo_file *file, uint32_t piece_length, pt_bytes layer) {
  size_t size = (size_t)file->piece_count * PT_HASH_SIZE;
  if (layer.len != size) return PT_ERR_RANGE;
  file->layer = malloc(size);
  pt_hash *scratch = malloc(size);
  int error = PT_ERR_NOMEM;
  if (file->layer && scratch) {
    memcpy(file->layer, layer.data, size);
    uint32_t top = pt_merkle_height(pt_merkle_leaf_count(file->length));
    bool right = pt_merkle_verify_layer(file->root, top, file->layer, file->piece_count,
                                        pt_merkle_piece_height(piece_length), scratch);
    error = right ? PT_OK : PT_ERR_HASH;
  }
  free(scratch);
  return error;
}

/* Gives each file of several pieces its layer; files of the same content share
 * an entry. Layers of other files (which nobody should send) are ignored. */
static int read_layers(pt_metainfo *m, const pt_bencode *layers) {
  pt_metainfo_file **sorted = malloc(m->file_count * sizeof *sorted);
  if (!sorted) return PT_ERR_NOMEM;
  size_t count = 0;
  for (size_t i = 0; i < m->file_count; i++) {
    if (m->files[i].piece_count > 1) sorted[count++] = &m->files[i];
  }
  qsort(sorted, count, sizeof *sorted, order_by_root);

  int error = PT_OK;
  size_t found = 0, at = 0;
  pt_bytes root;
  pt_bencode layer;
  while (error == PT_OK && pt_bencode_next(layers, &at, &root, &layer)) {
    if (root.len != PT_HASH_SIZE || layer.type != PT_BENCODE_STRING) {
      error = PT_ERR_RANGE;
      break;
    }
    size_t i = find_root(sorted, count, root.data);
    for (; error == PT_OK && i < count && memcmp(sorted[i]->root, root.data, PT_HASH_SIZE) == 0;
         i++, found++) {
      error = take_layer(sorted[i], m->piece_length, layer.string);
    }
  }
  free(sorted);
  if (error == PT_OK && found < count) error = PT_ERR_RANGE;
  return error;
}

/* A web seed we can't use is as good as none. */
static int read_web_seed(pt_metainfo *m, const pt_bencode *torrent) {
  pt_bencode list, url;
  size_t at = 0;
  if (!pt_bencode_get(torrent, "url-list", &list)) return PT_OK;
  if (list.type == PT_BENCODE_STRING) {
    url = list;
  } else if (!pt_bencode_next(&list, &at, NULL, &url)) {
    return PT_OK;
  }
  if (url.string.len == 0 || url.string.len > PT_URL_LEN_MAX) return PT_OK;
  for (size_t i = 0; i < url.string.len; i++) {
    if (url.string.data[i] <= ' ' || url.string.data[i] == 0x7f) return PT_OK;
  }
  m->web_seed = copy_text(url.string.data, url.string.len);
  return m->web_seed ? PT_OK : PT_ERR_NOMEM;
}

static int read_torrent(pt_bytes in, pt_metainfo *m) {
  pt_bencode torrent, info, layers;
  if (in.len > PT_TORRENT_BYTES_MAX) return PT_ERR_LIMIT;
  int error = pt_bencode_parse(in, &torrent);
  if (error != PT_OK) return error;
  if (!pt_bencode_get(&torrent, "info", &info)) return PT_ERR_RANGE;
  error = read_info(m, &info);
  if (error != PT_OK) return error;
  if (!pt_bencode_get(&torrent, "piece layers", &layers)) {
    /* Only torrents without any layer may leave the key out. */
    layers = (pt_bencode){.type = PT_BENCODE_DICT, .raw = {(const uint8_t *)"de", 2}};
  }
  if (layers.type != PT_BENCODE_DICT) return PT_ERR_RANGE;
  error = read_layers(m, &layers);
  if (error == PT_OK) error = read_web_seed(m, &torrent);
  if (error != PT_OK) return error;

  m->owned = malloc(info.raw.len);
  if (!m->owned) return PT_ERR_NOMEM;
  memcpy(m->owned, info.raw.data, info.raw.len);
  m->info = (pt_bytes){.data = m->owned, .len = info.raw.len};
  pt_sha256(m->owned, info.raw.len, m->v2);
  if (m->hybrid) pt_sha1(m->owned, info.raw.len, m->v1);
  return PT_OK;
}

int pt_metainfo_parse(pt_bytes in, pt_metainfo *out) {
  *out = (pt_metainfo){0};
  int error = read_torrent(in, out);
  if (error != PT_OK) pt_metainfo_free(out);
  return error;
}

void pt_metainfo_free(pt_metainfo *m) {
  for (size_t i = 0; i < m->file_count; i++) {
    free(m->files[i].path);
    free(m->files[i].layer);
  }
  free(m->files);
  free(m->name);
  free(m->web_seed);
  free(m->owned);
  *m = (pt_metainfo){0};
}

uint8_t *pt_metainfo_layers(const pt_metainfo *m, size_t *len) {
  uint8_t *out = malloc((size_t)m->piece_count * sizeof(pt_hash) + 1);
  *len = 0;
  for (size_t i = 0; out != NULL && i < m->file_count; i++) {
    const pt_metainfo_file *f = &m->files[i];
    if (f->piece_count < 2) continue;
    memcpy(out + *len, f->layer, f->piece_count * sizeof(pt_hash));
    *len += f->piece_count * sizeof(pt_hash);
  }
  return out;
}
