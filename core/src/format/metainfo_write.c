#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "format/metainfo_inner.h"

#define PIECES_GOAL 1024u
#define SHA1_SIZE 20u

uint32_t pt_metainfo_piece_length(uint64_t length) {
  uint32_t piece_length = PT_PIECE_LENGTH_MIN;
  while (piece_length < PT_PIECE_LENGTH_MAX && length > (uint64_t)piece_length * PIECES_GOAL) {
    piece_length *= 2;
  }
  return piece_length;
}

static uint64_t piece_count_of(const pt_metainfo_make *make, uint64_t length) {
  return length / make->piece_length + (length % make->piece_length != 0 ? 1u : 0u);
}

/* Orders paths by their parts: '/' ends a part, so it comes before any byte. */
static int compare_paths(const char *a, const char *b) {
  for (;; a++, b++) {
    unsigned x = *a == '\0' ? 0u : *a == '/' ? 1u : (unsigned)(uint8_t)*a + 1;
    unsigned y = *b == '\0' ? 0u : *b == '/' ? 1u : (unsigned)(uint8_t)*b + 1;
    if (x != y) return x < y ? -1 : 1;
    if (x == 0) return 0;
  }
}

static size_t part_len(const char *path) { return strcspn(path, "/"); }

static int check_path(const char *path) {
  size_t parts = 0;
  if (strlen(path) > PT_PATH_LEN_MAX) return PT_ERR_LIMIT;
  for (;; path++) {
    size_t len = part_len(path);
    if (!pt_metainfo_part_ok((pt_bytes){(const uint8_t *)path, len})) return PT_ERR_ARG;
    if (++parts > PT_METAINFO_PARTS_MAX) return PT_ERR_LIMIT;
    path += len;
    if (*path == '\0') return PT_OK;
  }
}

/* Files in order, and none that is another one's folder. */
static bool follows(const char *before, const char *path) {
  size_t len = strlen(before);
  if (strncmp(before, path, len) == 0 && path[len] == '/') return false;
  return compare_paths(before, path) < 0;
}

static bool url_ok(const char *url) {
  return !url || (url[0] != '\0' && strlen(url) <= PT_URL_LEN_MAX);
}

/* PT_OK and the number of pieces, if a torrent can be made of it. */
static int check_make(const pt_metainfo_make *make, size_t *pieces) {
  uint32_t piece_length = make->piece_length;
  if (piece_length < PT_PIECE_LENGTH_MIN || piece_length > PT_PIECE_LENGTH_MAX ||
      (piece_length & (piece_length - 1)) != 0) {
    return PT_ERR_ARG;
  }
  if (make->file_count == 0 || (make->single_file && make->file_count != 1)) return PT_ERR_ARG;
  if (make->file_count > PT_SWARM_FILES_MAX) return PT_ERR_LIMIT;
  if (!pt_metainfo_part_ok((pt_bytes){(const uint8_t *)make->name, strlen(make->name)})) {
    return PT_ERR_ARG;
  }
  if (make->single_file && strcmp(make->files[0].path, make->name) != 0) return PT_ERR_ARG;
  if (!url_ok(make->web_seed) || !url_ok(make->announce)) return PT_ERR_ARG;

  *pieces = 0;
  for (size_t i = 0; i < make->file_count; i++) {
    const pt_metainfo_source *file = &make->files[i];
    int error = check_path(file->path);
    if (error != PT_OK) return error;
    if (i > 0 && !follows(make->files[i - 1].path, file->path)) return PT_ERR_ARG;
    if (file->length == 0 || !file->layer) return PT_ERR_ARG;
    uint64_t count = piece_count_of(make, file->length);
    if (count > PT_SWARM_PIECES_MAX - *pieces) return PT_ERR_LIMIT;
    *pieces += (size_t)count;
  }
  return PT_OK;
}

typedef struct root_of {
  pt_hash root;
  const pt_metainfo_source *file;
} root_of;

/* The pieces root of a file, from its piece hashes. */
static int make_root(const pt_metainfo_make *make, const pt_metainfo_source *file, pt_hash out) {
  size_t count = (size_t)piece_count_of(make, file->length);
  if (count == 1) {
    memcpy(out, file->layer[0], PT_HASH_SIZE);
    return PT_OK;
  }
  pt_hash *scratch = malloc(count * PT_HASH_SIZE);
  if (!scratch) return PT_ERR_NOMEM;
  memcpy(scratch, file->layer, count * PT_HASH_SIZE);
  pt_merkle_fold(scratch, count, pt_merkle_piece_height(make->piece_length),
                 pt_merkle_height(pt_merkle_leaf_count(file->length)), out);
  free(scratch);
  return PT_OK;
}

/* What is written, with the root of each file beside the files. */
typedef struct writing {
  const pt_metainfo_make *make;
  root_of *roots;
  pt_writer w;
} writing;

static void write_u64(pt_writer *w, uint64_t v) { pt_bencode_write_integer(w, (int64_t)v); }

static void write_file(pt_writer *w, const root_of *root) {
  pt_write_text(w, "d0:d");
  pt_bencode_write_text(w, "length");
  write_u64(w, root->file->length);
  pt_bencode_write_text(w, "pieces root");
  pt_bencode_write_string(w, root->root, PT_HASH_SIZE);
  pt_write_text(w, "ee");
}

/* The directory that files [first, end) have in common; `depth` is the length
 * of its path with the '/'. Recursion is bounded by PT_METAINFO_PARTS_MAX. */
static void write_directory(writing *t, size_t first, size_t end, size_t depth) {
  pt_write_u8(&t->w, 'd');
  while (first < end) {
    const char *part = t->make->files[first].path + depth;
    size_t len = part_len(part);
    pt_bencode_write_string(&t->w, part, len);
    if (part[len] == '\0') {
      write_file(&t->w, &t->roots[first++]);
      continue;
    }
    size_t next = first + 1;
    while (next < end && strncmp(t->make->files[next].path + depth, part, len + 1) == 0) next++;
    write_directory(t, first, next, depth + len + 1);
    first = next;
  }
  pt_write_u8(&t->w, 'e');
}

static void write_v1_file(pt_writer *w, const pt_metainfo_source *file) {
  pt_write_u8(w, 'd');
  pt_bencode_write_text(w, "length");
  write_u64(w, file->length);
  pt_bencode_write_text(w, "path");
  pt_write_u8(w, 'l');
  for (const char *part = file->path;; part++) {
    size_t len = part_len(part);
    pt_bencode_write_string(w, part, len);
    part += len;
    if (*part == '\0') break;
  }
  pt_write_text(w, "ee");
}

/* A padding file (BEP 47): its path, by custom, is ".pad" and its length. */
static void write_v1_padding(pt_writer *w, uint64_t length) {
  uint8_t digits[20];
  pt_writer name = pt_writer_of(digits, sizeof digits);
  pt_write_u64_decimal(&name, length);
  pt_write_u8(w, 'd');
  pt_bencode_write_text(w, "attr");
  pt_bencode_write_text(w, "p");
  pt_bencode_write_text(w, "length");
  write_u64(w, length);
  pt_bencode_write_text(w, "path");
  pt_write_u8(w, 'l');
  pt_bencode_write_text(w, ".pad");
  pt_bencode_write_string(w, name.data, name.len);
  pt_write_text(w, "ee");
}

/* "files": as in the tree, each but the last padded to a piece border. */
static void write_v1_files(writing *t) {
  const pt_metainfo_make *make = t->make;
  pt_bencode_write_text(&t->w, "files");
  pt_write_u8(&t->w, 'l');
  for (size_t i = 0; i < make->file_count; i++) {
    uint64_t over = make->files[i].length % make->piece_length;
    write_v1_file(&t->w, &make->files[i]);
    if (over != 0 && i + 1 < make->file_count) write_v1_padding(&t->w, make->piece_length - over);
  }
  pt_write_u8(&t->w, 'e');
}

static void write_info(writing *t, size_t pieces) {
  const pt_metainfo_make *make = t->make;
  pt_writer *w = &t->w;
  bool hybrid = make->v1_pieces != NULL;
  pt_write_u8(w, 'd');
  pt_bencode_write_text(w, "file tree");
  write_directory(t, 0, make->file_count, 0);
  if (hybrid && !make->single_file) write_v1_files(t);
  if (hybrid && make->single_file) {
    pt_bencode_write_text(w, "length");
    write_u64(w, make->files[0].length);
  }
  pt_bencode_write_text(w, "meta version");
  write_u64(w, 2);
  pt_bencode_write_text(w, "name");
  pt_bencode_write_text(w, make->name);
  pt_bencode_write_text(w, "piece length");
  write_u64(w, make->piece_length);
  if (hybrid) {
    pt_bencode_write_text(w, "pieces");
    pt_bencode_write_string(w, make->v1_pieces, pieces * SHA1_SIZE);
  }
  pt_write_u8(w, 'e');
}

static int order_by_root(const void *a, const void *b) {
  return memcmp(((const root_of *)a)->root, ((const root_of *)b)->root, PT_HASH_SIZE);
}

/* "piece layers": by root, ascending, each once. Sorts t->roots. */
static void write_layers(writing *t) {
  const pt_metainfo_make *make = t->make;
  const root_of *last = NULL;
  qsort(t->roots, make->file_count, sizeof *t->roots, order_by_root);
  pt_bencode_write_text(&t->w, "piece layers");
  pt_write_u8(&t->w, 'd');
  for (size_t i = 0; i < make->file_count; i++) {
    const root_of *root = &t->roots[i];
    size_t count = (size_t)piece_count_of(make, root->file->length);
    if (count == 1 || (last && memcmp(last->root, root->root, PT_HASH_SIZE) == 0)) continue;
    pt_bencode_write_string(&t->w, root->root, PT_HASH_SIZE);
    pt_bencode_write_string(&t->w, root->file->layer, count * PT_HASH_SIZE);
    last = root;
  }
  pt_write_u8(&t->w, 'e');
}

static void write_torrent(writing *t, size_t pieces) {
  const pt_metainfo_make *make = t->make;
  pt_write_u8(&t->w, 'd');
  if (make->announce) {
    pt_bencode_write_text(&t->w, "announce");
    pt_bencode_write_text(&t->w, make->announce);
  }
  pt_bencode_write_text(&t->w, "info");
  write_info(t, pieces);
  write_layers(t);
  if (make->web_seed) {
    pt_bencode_write_text(&t->w, "url-list");
    pt_bencode_write_text(&t->w, make->web_seed);
  }
  pt_write_u8(&t->w, 'e');
}

/* Room that is enough: each part of a path costs its bytes and a length of up
 * to 5 in the tree and in v1's list; the rest of a file has fixed keys. */
static size_t size_bound(const pt_metainfo_make *make, size_t pieces) {
  size_t size = 1024 + strlen(make->name) + (make->web_seed ? strlen(make->web_seed) : 0) +
                (make->announce ? strlen(make->announce) : 0);
  for (size_t i = 0; i < make->file_count; i++) {
    size_t path = strlen(make->files[i].path);
    size += 512 + 2 * path + 2 * 8 * PT_METAINFO_PARTS_MAX;
  }
  return size + pieces * (PT_HASH_SIZE + SHA1_SIZE);
}

int pt_metainfo_write(const pt_metainfo_make *make, uint8_t **out, size_t *out_len) {
  size_t pieces;
  int error = check_make(make, &pieces);
  if (error != PT_OK) return error;
  size_t size = size_bound(make, pieces);
  uint8_t *buffer = malloc(size);
  writing t = {.make = make,
               .roots = malloc(make->file_count * sizeof *t.roots),
               .w = pt_writer_of(buffer, size)};
  error = buffer && t.roots ? PT_OK : PT_ERR_NOMEM;
  for (size_t i = 0; error == PT_OK && i < make->file_count; i++) {
    t.roots[i].file = &make->files[i];
    error = make_root(make, &make->files[i], t.roots[i].root);
  }
  if (error == PT_OK) {
    write_torrent(&t, pieces);
    if (t.w.failed || t.w.len > PT_TORRENT_BYTES_MAX) error = PT_ERR_LIMIT;
  }
  free(t.roots);
  if (error != PT_OK) {
    free(buffer);
    return error;
  }
  *out = buffer;
  *out_len = t.w.len;
  return PT_OK;
}
