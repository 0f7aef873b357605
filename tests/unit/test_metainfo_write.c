/* A torrent miswritten is a swarm that no other client joins; one that changes
 * without need is a swarm whose visitors no longer meet. */
#include <stdio.h>

#include "base/limits.h"
#include "format/bencode.h"
#include "metainfo_folder.h"

/* A deploy that changes nothing must not move visitors to other swarms. */
static void same_files_same_bytes(void **state) {
  (void)state;
  folder f, g;
  make_folder(&f, true);
  make_folder(&g, true);
  pt_bytes a = written(&f.make), b = written(&g.make);
  assert_int_equal(a.len, b.len);
  assert_memory_equal(a.data, b.data, a.len);
  unit_drop(a);
  unit_drop(b);
}

static void what_can_not_be_written(void **state) {
  (void)state;
  folder f;
  uint8_t *out;
  size_t len;
  static const struct {
    const char *first, *second;
    int error;
  } paths[] = {
      {"b", "a", PT_ERR_ARG},    {"a", "a", PT_ERR_ARG},     {"a", "a/b", PT_ERR_ARG},
      {"a/b", "a", PT_ERR_ARG},  {"a.b", "a/b", PT_ERR_ARG}, {"", "a", PT_ERR_ARG},
      {"/a", "b", PT_ERR_ARG},   {"a//b", "c", PT_ERR_ARG},  {"a/", "c", PT_ERR_ARG},
      {"../a", "c", PT_ERR_ARG}, {"a/./b", "c", PT_ERR_ARG}, {"\xff", "\xff\xff", PT_ERR_ARG},
      {"a", "b", PT_OK},         {"a/b", "a.b", PT_OK},      {"a/b", "aa", PT_OK},
      {"Z", "a", PT_OK},         {"a", "\xc3\xa9", PT_OK},   {"a/b/c", "a/c", PT_OK},
  };
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
    memset(&f, 0, sizeof f);
    add_file(&f, paths[i].first, 1, 1, false);
    add_file(&f, paths[i].second, 1, 2, true);
    f.make.name = "d";
    f.make.piece_length = PIECE;
    f.make.files = f.files;
    f.make.v1_pieces = f.v1_pieces;
    assert_int_equal(pt_metainfo_write(&f.make, &out, &len), paths[i].error);
    if (paths[i].error != PT_OK) continue;
    assert_int_equal(parse_only((pt_bytes){out, len}), PT_OK);
    free(out);
  }
  const uint32_t lengths[] = {0, 1, 8192, 16385, 49152, 2097152, 0x80000000u};
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
    make_folder(&f, false);
    f.make.piece_length = lengths[i];
    assert_int_equal(pt_metainfo_write(&f.make, &out, &len), PT_ERR_ARG);
  }
  make_folder(&f, false);
  f.make.file_count = 0;
  assert_int_equal(pt_metainfo_write(&f.make, &out, &len), PT_ERR_ARG);
  make_folder(&f, false);
  f.make.single_file = true;
  assert_int_equal(pt_metainfo_write(&f.make, &out, &len), PT_ERR_ARG);
  make_folder(&f, false);
  f.files[1].length = 0;
  assert_int_equal(pt_metainfo_write(&f.make, &out, &len), PT_ERR_ARG);
  make_single(&f, false);
  f.make.name = "other";
  assert_int_equal(pt_metainfo_write(&f.make, &out, &len), PT_ERR_ARG);
  make_folder(&f, false);
  f.make.name = "a/b";
  assert_int_equal(pt_metainfo_write(&f.make, &out, &len), PT_ERR_ARG);
}

/* A torrent of `count` small files, written without regard for limits. */
static pt_bytes many_files(size_t count) {
  size_t cap = 1000 + count * 96;
  uint8_t *text = malloc(cap);
  assert_non_null(text);
  pt_writer w = pt_writer_of(text, cap);
  pt_write_text(&w, "d4:infod9:file treed");
  for (size_t i = 0; i < count; i++) {
    char name[32];
    snprintf(name, sizeof name, "8:%08ud0:d", (unsigned)i);
    pt_write_text(&w, name);
    pt_write_text(&w, "6:lengthi1e11:pieces root32:0123456789abcdef0123456789abcdefee");
  }
  pt_write_text(&w, "e12:meta versioni2e4:name1:d12:piece lengthi16384ee12:piece layersdee");
  assert_false(w.failed);
  return (pt_bytes){.data = text, .len = w.len};
}

static void the_number_of_files_is_bounded(void **state) {
  (void)state;
  pt_bytes most = many_files(PT_SWARM_FILES_MAX), more = many_files(PT_SWARM_FILES_MAX + 1);
  assert_int_equal(parse_only(most), PT_OK);
  assert_int_equal(parse_only(more), PT_ERR_LIMIT);
  unit_drop(most);
  unit_drop(more);

  pt_metainfo_source *files = calloc(PT_SWARM_FILES_MAX + 1, sizeof *files);
  char(*paths)[16] = calloc(PT_SWARM_FILES_MAX + 1, sizeof *paths);
  assert_true(files && paths);
  static const pt_hash root[1] = {{1}};
  for (size_t i = 0; i <= PT_SWARM_FILES_MAX; i++) {
    snprintf(paths[i], sizeof paths[i], "%08u", (unsigned)i);
    files[i] = (pt_metainfo_source){.path = paths[i], .length = 1, .layer = root};
  }
  pt_metainfo_make make = {
      .name = "d", .piece_length = PIECE, .files = files, .file_count = PT_SWARM_FILES_MAX};
  pt_bytes torrent = written(&make);
  assert_int_equal(parse_only(torrent), PT_OK);
  unit_drop(torrent);
  uint8_t *out;
  size_t len;
  make.file_count++;
  assert_int_equal(pt_metainfo_write(&make, &out, &len), PT_ERR_LIMIT);
  free(files);
  free(paths);
}

static void the_number_of_pieces_is_bounded(void **state) {
  (void)state;
  uint8_t *hashes = unit_bytes((PT_SWARM_PIECES_MAX + 1) * PT_HASH_SIZE, 1);
  pt_metainfo_source file = {.path = "f",
                             .length = (uint64_t)PT_SWARM_PIECES_MAX * PIECE,
                             .layer = (const pt_hash *)hashes};
  pt_metainfo_make make = {
      .name = "f", .piece_length = PIECE, .single_file = true, .files = &file, .file_count = 1};
  pt_bytes torrent = written(&make);
  assert_int_equal(parse_only(torrent), PT_OK);
  assert_int_equal(parse_edited(torrent, "i1073741824e", "i1073741825e"), PT_ERR_LIMIT);
  unit_drop(torrent);
  uint8_t *out;
  size_t len;
  file.length++;
  assert_int_equal(pt_metainfo_write(&make, &out, &len), PT_ERR_LIMIT);
  free(hashes);
}

/* A path of `parts` parts of `part_len` bytes. */
static char *long_path(size_t parts, size_t part_len) {
  char *path = malloc(parts * (part_len + 1));
  assert_non_null(path);
  memset(path, 'p', parts * (part_len + 1));
  for (size_t i = 1; i <= parts; i++) path[i * (part_len + 1) - 1] = i < parts ? '/' : '\0';
  return path;
}

/* What is written can be read, up to the very limits. */
static void paths_are_bounded(void **state) {
  (void)state;
  const struct {
    size_t parts, part_len;
    int error;
  } cases[] = {
      {1, PT_PATH_LEN_MAX, PT_OK},
      {1, PT_PATH_LEN_MAX + 1, PT_ERR_LIMIT},
      {5, 204, PT_OK} /* 1024 bytes with the '/' */,
      {2, 512, PT_ERR_LIMIT},
      {PT_BENCODE_DEPTH_MAX - 4, 1, PT_OK},
      {PT_BENCODE_DEPTH_MAX - 3, 1, PT_ERR_LIMIT},
  };
  static const pt_hash root[1] = {{1}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char *path = long_path(cases[i].parts, cases[i].part_len);
    pt_metainfo_source file = {.path = path, .length = 1, .layer = root};
    static const uint8_t v1_piece[20];
    pt_metainfo_make make = {
        .name = "d", .piece_length = PIECE, .files = &file, .file_count = 1, .v1_pieces = v1_piece};
    uint8_t *out;
    size_t len;
    assert_int_equal(pt_metainfo_write(&make, &out, &len), cases[i].error);
    if (cases[i].error == PT_OK) {
      assert_int_equal(parse_only((pt_bytes){out, len}), PT_OK);
      free(out);
    }
    free(path);
  }
  folder f;
  make_folder(&f, false);
  pt_bytes torrent = written(&f.make);
  char to[1100], *name = long_path(1, PT_PATH_LEN_MAX - 1);
  snprintf(to, sizeof to, "1:cd%u:%sd", PT_PATH_LEN_MAX - 1, name);
  assert_int_equal(parse_edited(torrent, "1:cd1:xd", to), PT_ERR_LIMIT);
  free(name);
  unit_drop(torrent);
}

static void piece_lengths_follow_the_size(void **state) {
  (void)state;
  const uint64_t mib = 1 << 20;
  assert_int_equal(pt_metainfo_piece_length(0), 16384);
  assert_int_equal(pt_metainfo_piece_length(16 * mib), 16384);
  assert_int_equal(pt_metainfo_piece_length(16 * mib + 1), 32768);
  assert_int_equal(pt_metainfo_piece_length(30 * mib), 32768);
  assert_int_equal(pt_metainfo_piece_length(1024 * mib), 1048576);
  assert_int_equal(pt_metainfo_piece_length(UINT64_MAX), 1048576);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(same_files_same_bytes),
      cmocka_unit_test(what_can_not_be_written),
      cmocka_unit_test(the_number_of_files_is_bounded),
      cmocka_unit_test(the_number_of_pieces_is_bounded),
      cmocka_unit_test(paths_are_bounded),
      cmocka_unit_test(piece_lengths_follow_the_size),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
