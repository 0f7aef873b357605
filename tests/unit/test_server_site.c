/* From files to swarms: what must be the same from run to run, and what must
 * never be read or served. */
#include "file_hash.h"
#include "hash_cache.h"
#include "plan.h"
#include "site_path.h"
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static void paths_that_hide_or_climb_are_not_allowed(void **state) {
  (void)state;
  static const char *const good[] = {"", "a", "a/b.txt", "a b/c..d", "\xc3\xbc"};
  static const char *const bad[] = {".",    "..", "a/..", "../a", ".git", "a/.git/b",
                                    "a//b", "/a", "a/",   "/",    "a\nb", "a\x7f"};
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
    assert_true(pt_site_path_allowed(good[i]));
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
    assert_false(pt_site_path_allowed(bad[i]));
}

static void urls_are_spelled_as_browsers_do(void **state) {
  (void)state;
  char out[96];
  assert_true(pt_site_path_encode("a b/\xc3\xbc#?%\"<>`{}^\\+&;=@:~!$'()*,[]|.txt", out, 96));
  assert_string_equal(out, "a%20b/%C3%BC%23%3F%25%22%3C%3E%60%7B%7D%5E%5C+&;=@:~!$'()*,[]%7C.txt");
  assert_true(pt_site_path_encode("\xff", out, 4));
  assert_false(pt_site_path_encode("\xff", out, 3));
  assert_false(pt_site_path_encode("abc", out, 3));
}

static void look_alike_names_are_known(void **state) {
  (void)state;
  assert_true(pt_site_names_confusable("a+b&c", "a b;c"));
  assert_false(pt_site_names_confusable("a+b", "a+bc"));
  assert_false(pt_site_names_confusable("a+bc", "a+b"));
  assert_false(pt_site_names_confusable("a-b", "a b"));
}

static void files_are_ordered_part_by_part(void **state) {
  (void)state;
  static const char *const order[] = {"a", "a/b", "a/c/d", "a-b", "a-b/c", "ab", "b"};
  for (size_t i = 0; i < 7; i++) {
    for (size_t j = 0; j < 7; j++) {
      int got = pt_site_path_compare(order[i], order[j]);
      assert_int_equal((got > 0) - (got < 0), (i > j) - (i < j));
    }
  }
}

/* ---- plan ---- */

static char path_room[6000][24];
static pt_scan_file file_room[6000];

static pt_scan scan_of(size_t count, const char *format, uint64_t size) {
  for (size_t i = 0; i < count; i++) {
    snprintf(path_room[i], sizeof path_room[i], format, (unsigned)(i / 100), (unsigned)i);
    file_room[i] = (pt_scan_file){.path = path_room[i], .state = {.size = size}};
  }
  return (pt_scan){.count = count, .files = file_room};
}

static void check_plan(const pt_scan *scan, const pt_plan *plan) {
  size_t at = 0;
  for (size_t i = 0; i < plan->swarm_count; i++) {
    const pt_plan_swarm *swarm = &plan->swarms[i];
    uint64_t length = 0;
    assert_int_equal(swarm->first, at);
    for (size_t k = 0; k < swarm->count; k++) {
      length += scan->files[plan->order[at + k]].state.size;
      if (k > 0)
        assert_true(pt_site_path_compare(scan->files[plan->order[at + k - 1]].path,
                                         scan->files[plan->order[at + k]].path) < 0);
    }
    assert_int_equal(length, swarm->length);
    assert_true(swarm->large || swarm->piece_length <= PT_BUNDLE_PIECE_LENGTH_MAX);
    assert_true(swarm->count == 1 || swarm->length <= PT_BUNDLE_LENGTH_MAX);
    at += swarm->count;
  }
  assert_int_equal(at, scan->count);
}

static void bundles_stay_within_their_bounds(void **state) {
  (void)state;
  pt_plan plan;
  pt_scan scan = scan_of(5000, "all/%02u%04u", 10); /* too many for one bundle */
  assert_true(pt_plan_make(&scan, "", 256, &plan));
  check_plan(&scan, &plan);
  assert_int_equal(plan.swarm_count, 2);
  assert_int_equal(plan.swarms[0].count, 4096);
  pt_plan_free(&plan);

  scan = scan_of(200, "all/%02u%04u", 3u << 20); /* too long for one */
  assert_true(pt_plan_make(&scan, "", 256, &plan));
  check_plan(&scan, &plan);
  assert_int_equal(plan.swarm_count, 3);
  pt_plan_free(&plan);
}

static void many_folders_and_large_files_are_joined(void **state) {
  (void)state;
  pt_plan plan;
  pt_scan scan = scan_of(6000, "f%02u/g%04u/x", 100); /* 6,000 folders in 60 */
  assert_true(pt_plan_make(&scan, "", 256, &plan));
  check_plan(&scan, &plan);
  assert_int_equal(plan.swarm_count, 60);
  pt_plan_free(&plan);

  scan = scan_of(1000, "f%02u/%04u", 5u << 20); /* each would be a swarm */
  assert_true(pt_plan_make(&scan, "", 256, &plan));
  check_plan(&scan, &plan);
  assert_true(plan.swarm_count <= 256);
  pt_plan_free(&plan);
}

/* ---- hashing ---- */

typedef struct folder {
  char path[64];
  int fd;
} folder;

static int make_folder(void **state) {
  folder *f = calloc(1, sizeof *f);
  if (f == NULL) return -1;
  strcpy(f->path, "/tmp/peertide-unit-XXXXXX");
  if (mkdtemp(f->path) == NULL) return -1;
  f->fd = open(f->path, O_RDONLY | O_DIRECTORY);
  *state = f;
  return f->fd < 0;
}

static int drop_folder(void **state) {
  folder *f = *state;
  unlinkat(f->fd, "file", 0);
  unlinkat(f->fd, "link", 0);
  close(f->fd);
  rmdir(f->path);
  free(f);
  return 0;
}

static void write_file(const folder *f, const uint8_t *data, size_t len) {
  int fd = openat(f->fd, "file", O_WRONLY | O_CREAT | O_TRUNC, 0644);
  assert_int_equal(write(fd, data, len), len);
  close(fd);
}

static void hashes_are_the_same_however_they_are_made(void **state) {
  const folder *f = *state;
  static const size_t sizes[] = {1, 16384, 16385, 65536, 100000, 1000000};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    uint8_t *data = unit_bytes(sizes[i], (uint32_t)i);
    write_file(f, data, sizes[i]);
    free(data);
    pt_file_hash fine, coarse;
    pt_file_hash_make make = {.dir_fd = f->fd, .path = "file", .base_length = 16384};
    assert_int_equal(pt_file_hash_run(&make, &fine), PT_FILE_HASH_OK);
    make.base_length = 65536;
    make.v1_length = 32768;
    assert_int_equal(pt_file_hash_run(&make, &coarse), PT_FILE_HASH_OK);
    assert_memory_equal(fine.root, coarse.root, sizeof fine.root);
    size_t count;
    pt_hash *layer = pt_file_hash_layer(&fine, 65536, &count);
    assert_non_null(layer);
    assert_int_equal(count, coarse.count);
    assert_memory_equal(layer, coarse.layer, count * sizeof *layer);
    assert_int_equal(coarse.v1_count, (sizes[i] + 32767) / 32768);
    free(layer);
    pt_file_hash_free(&fine);
    pt_file_hash_free(&coarse);
  }
}

/* Appends to the file while it is read, the first time only. */
static void grow_once(void *context, uint64_t bytes) {
  (void)bytes;
  const folder *f = context;
  struct stat st;
  if (fstatat(f->fd, "file", &st, 0) != 0 || st.st_size > 40000) return;
  int fd = openat(f->fd, "file", O_WRONLY | O_APPEND);
  assert_int_equal(write(fd, "more", 4), 4);
  close(fd);
}

static void grow_always(void *context, uint64_t bytes) {
  (void)bytes;
  int fd = openat(((const folder *)context)->fd, "file", O_WRONLY | O_APPEND);
  assert_int_equal(write(fd, "more", 4), 4);
  close(fd);
}

static void a_file_that_changes_meanwhile_is_read_again(void **state) {
  folder *f = *state;
  uint8_t *data = unit_bytes(40000, 1);
  write_file(f, data, 40000);
  pt_file_hash hash;
  pt_file_hash_make make = {
      .dir_fd = f->fd, .path = "file", .base_length = 16384, .progress = grow_once, .context = f};
  assert_int_equal(pt_file_hash_run(&make, &hash), PT_FILE_HASH_OK);
  assert_true(hash.state.size > 40000);
  pt_file_hash_free(&hash);
  make.progress = grow_always;
  assert_int_equal(pt_file_hash_run(&make, &hash), PT_FILE_HASH_CHANGING);
  free(data);
}

static void what_is_no_plain_file_of_the_site_is_not_read(void **state) {
  const folder *f = *state;
  pt_file_hash hash;
  pt_file_hash_make make = {.dir_fd = f->fd, .path = "file", .base_length = 16384};
  assert_int_equal(pt_file_hash_run(&make, &hash), PT_FILE_HASH_GONE);
  write_file(f, NULL, 0);
  assert_int_equal(pt_file_hash_run(&make, &hash), PT_FILE_HASH_GONE);
  assert_int_equal(symlinkat("/etc/passwd", f->fd, "link"), 0);
  make.path = "link";
  assert_int_equal(pt_file_hash_run(&make, &hash), PT_FILE_HASH_GONE);
}

static void the_cache_keeps_what_has_not_changed(void **state) {
  (void)state;
  pt_scan_file files[] = {{.path = "a", .state = {.size = 1}},
                          {.path = "b", .state = {.size = 2}},
                          {.path = "d", .state = {.size = 4}}};
  pt_scan scan = {.count = 3, .files = files};
  pt_hash_cache cache = {0};
  assert_true(pt_hash_cache_align(&cache, &scan));
  for (size_t i = 0; i < 3; i++)
    cache.hashes[i] = (pt_file_hash){.state = files[i].state, .base_length = 16384, .racy = i == 2};
  pt_scan_file later[] = {{.path = "a", .state = {.size = 1}},
                          {.path = "b", .state = {.size = 3}},
                          {.path = "c", .state = {.size = 1}},
                          {.path = "d", .state = {.size = 4}}};
  scan = (pt_scan){.count = 4, .files = later};
  assert_true(pt_hash_cache_align(&cache, &scan));
  assert_int_equal(cache.hashes[0].base_length, 16384); /* as it was */
  assert_int_equal(cache.hashes[1].base_length, 0);     /* another size */
  assert_int_equal(cache.hashes[2].base_length, 0);     /* new */
  assert_int_equal(cache.hashes[3].base_length, 0);     /* had only just changed */
  pt_hash_cache_free(&cache);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(paths_that_hide_or_climb_are_not_allowed),
      cmocka_unit_test(urls_are_spelled_as_browsers_do),
      cmocka_unit_test(look_alike_names_are_known),
      cmocka_unit_test(files_are_ordered_part_by_part),
      cmocka_unit_test(bundles_stay_within_their_bounds),
      cmocka_unit_test(many_folders_and_large_files_are_joined),
      cmocka_unit_test_setup_teardown(hashes_are_the_same_however_they_are_made, make_folder,
                                      drop_folder),
      cmocka_unit_test_setup_teardown(a_file_that_changes_meanwhile_is_read_again, make_folder,
                                      drop_folder),
      cmocka_unit_test_setup_teardown(what_is_no_plain_file_of_the_site_is_not_read, make_folder,
                                      drop_folder),
      cmocka_unit_test(the_cache_keeps_what_has_not_changed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
