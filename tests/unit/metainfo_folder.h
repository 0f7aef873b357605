/* A folder of generated files and its torrent, for the tests of metainfo. */
#ifndef PT_TESTS_METAINFO_FOLDER_H
#define PT_TESTS_METAINFO_FOLDER_H

#include "format/metainfo.h"
#include "format/sha1.h"
#include "unit.h"

#define PIECE 16384u

/* A folder of generated files and the hashes of a torrent of it. */
typedef struct folder {
  pt_metainfo_source files[4];
  pt_hash layers[4][8];
  uint8_t v1_pieces[32 * 20];
  size_t v1_count;
  pt_metainfo_make make;
} folder;

static inline void add_file(folder *f, const char *path, size_t len, uint32_t seed, bool last) {
  size_t n = f->make.file_count++;
  size_t pieces = (len + PIECE - 1) / PIECE;
  uint8_t *data = calloc(pieces, PIECE);
  assert_non_null(data);
  unit_fill(data, len, seed);
  for (size_t i = 0; i < pieces; i++) {
    size_t at = i * PIECE, size = len - at < PIECE ? len - at : PIECE;
    pt_hash leaf[1];
    pt_merkle_piece(data + at, size, 0, leaf, f->layers[n][i]);
    pt_sha1(data + at, last ? size : PIECE, f->v1_pieces + 20 * f->v1_count++);
  }
  free(data);
  f->files[n] =
      (pt_metainfo_source){.path = path, .length = len, .layer = (const pt_hash *)f->layers[n]};
}

/* Three files: less than a piece, three pieces in a folder, exactly a piece. */
static inline void make_folder(folder *f, bool hybrid) {
  memset(f, 0, sizeof *f);
  add_file(f, "a", 5, 1, false);
  add_file(f, "c/x", 40000, 2, false);
  add_file(f, "z", 16384, 3, true);
  f->make.name = "d";
  f->make.piece_length = PIECE;
  f->make.files = f->files;
  f->make.v1_pieces = hybrid ? f->v1_pieces : NULL;
}

static inline void make_single(folder *f, bool hybrid) {
  memset(f, 0, sizeof *f);
  add_file(f, "film.webm", 40000, 2, true);
  f->make.name = "film.webm";
  f->make.piece_length = PIECE;
  f->make.single_file = true;
  f->make.files = f->files;
  f->make.v1_pieces = hybrid ? f->v1_pieces : NULL;
}

static inline pt_bytes written(const pt_metainfo_make *make) {
  uint8_t *out = NULL;
  size_t len = 0;
  assert_int_equal(pt_metainfo_write(make, &out, &len), PT_OK);
  pt_bytes exact = unit_copy(out, len);
  free(out);
  return exact;
}

static inline int parse_only(pt_bytes in) {
  pt_metainfo m;
  int error = pt_metainfo_parse(in, &m);
  if (error == PT_OK) pt_metainfo_free(&m);
  return error;
}

/* The error after the first `from` in the torrent has become `to`. */
static inline int parse_edited(pt_bytes in, const char *from, const char *to) {
  size_t from_len = strlen(from), to_len = strlen(to), at = 0;
  while (at + from_len <= in.len && memcmp(in.data + at, from, from_len) != 0) at++;
  assert_true(at + from_len <= in.len);
  uint8_t *edited = malloc(in.len - from_len + to_len);
  assert_non_null(edited);
  memcpy(edited, in.data, at);
  memcpy(edited + at, to, to_len);
  memcpy(edited + at + to_len, in.data + at + from_len, in.len - at - from_len);
  int error = parse_only((pt_bytes){edited, in.len - from_len + to_len});
  free(edited);
  return error;
}

#endif
