/* Where the kernel can't keep a path within the site we do: what is served must
 * be the same, and never what lies outside. */
#include "open_by_steps.h"
#include "site_path.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct tree {
  char path[64];
  int outside, site; /* the site's folder is within the other */
} tree;

static void put_file(int dir, const char *path) {
  int fd = openat(dir, path, O_WRONLY | O_CREAT, 0600);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, path, strlen(path)), strlen(path));
  close(fd);
}

static tree make_tree(void) {
  tree t = {.path = "/tmp/peertide-steps-XXXXXX"};
  assert_non_null(mkdtemp(t.path));
  t.outside = open(t.path, O_RDONLY | O_DIRECTORY);
  assert_int_equal(mkdirat(t.outside, "site", 0700), 0);
  t.site = openat(t.outside, "site", O_RDONLY | O_DIRECTORY);
  assert_int_equal(mkdirat(t.site, "a b", 0700), 0);
  assert_int_equal(mkdirat(t.site, "a b/deep", 0700), 0);
  put_file(t.outside, "secret");
  put_file(t.site, "file");
  put_file(t.site, "a b/inner");
  put_file(t.site, "a b/deep/inmost");
  static const char *const links[][2] = {{"file", "to-file"},
                                         {"a b", "to-folder"},
                                         {"to-folder/deep", "through-a-link"},
                                         {"../file", "a b/up"},
                                         {"../../secret", "a b/out"},
                                         {"../secret", "out"},
                                         {"/etc", "absolute"},
                                         {"loop", "loop"},
                                         {"loop-b", "loop-a"},
                                         {"loop-a", "loop-b"},
                                         {"nothing", "broken"},
                                         {"./a b/../a b/inner", "winding"},
                                         {"a b/../../site/file", "out-and-in"},
                                         {".", "here"},
                                         {"..", "above"}};
  for (size_t i = 0; i < sizeof links / sizeof *links; i++)
    assert_int_equal(symlinkat(links[i][0], t.site, links[i][1]), 0);
  return t;
}

static void remove_tree(tree *t) {
  char command[128];
  close(t->site);
  close(t->outside);
  snprintf(command, sizeof command, "rm -r '%s'", t->path);
  assert_int_equal(system(command), 0);
}

static void it_opens_what_the_kernel_would(void **state) {
  (void)state;
  tree t = make_tree();
  static const char *const paths[] = {".",
                                      "file",
                                      "file/",
                                      "a b",
                                      "a b/",
                                      "a b//inner",
                                      "a b/inner",
                                      "a b/inner/",
                                      "a b/deep/inmost",
                                      "to-file",
                                      "to-file/",
                                      "to-folder",
                                      "to-folder/",
                                      "to-folder/inner",
                                      "through-a-link/inmost",
                                      "a b/up",
                                      "a b/out",
                                      "out",
                                      "absolute",
                                      "absolute/passwd",
                                      "loop",
                                      "loop-a/x",
                                      "broken",
                                      "winding",
                                      "out-and-in",
                                      "here/here/file",
                                      "above",
                                      "above/secret",
                                      "..",
                                      "../secret",
                                      "a b/..",
                                      "a b/../file",
                                      "a b/../../secret",
                                      "nothing",
                                      "nothing/x",
                                      "file/x",
                                      "/etc/passwd",
                                      "a b/./inner"};
  static const int flags[] = {O_RDONLY | O_CLOEXEC, O_PATH | O_DIRECTORY | O_CLOEXEC};
  for (size_t i = 0; i < 2 * sizeof paths / sizeof *paths; i++) {
    struct stat ours = {0}, theirs = {0};
    int fd = pt_open_by_steps(t.site, paths[i / 2], flags[i % 2]);
    int expected = pt_site_open(t.site, paths[i / 2], flags[i % 2]);
    if (fd >= 0) assert_int_equal(fstat(fd, &ours), 0);
    if (expected >= 0) assert_int_equal(fstat(expected, &theirs), 0);
    if ((fd < 0) != (expected < 0) || ours.st_ino != theirs.st_ino)
      fail_msg("%s: %d instead of %d", paths[i / 2], fd, expected);
    if (fd >= 0) close(fd);
    if (expected >= 0) close(expected);
  }
  remove_tree(&t);
}

static void what_leads_out_is_said_to(void **state) {
  (void)state;
  tree t = make_tree();
  static const struct {
    const char *path;
    int error;
  } cases[] = {{"out", EXDEV},    {"a b/out", EXDEV},  {"absolute/passwd", EXDEV},
               {"..", EXDEV},     {"/file", EXDEV},    {"loop", ELOOP},
               {"loop-a", ELOOP}, {"nothing", ENOENT}, {"file/x", ENOTDIR}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    assert_int_equal(pt_open_by_steps(t.site, cases[i].path, O_RDONLY), -1);
    assert_int_equal(errno, cases[i].error);
  }
  char deep[PATH_MAX + 8] = "";
  for (size_t i = 0; i + 3 < PATH_MAX; i += 2) memcpy(deep + i, "./", 3);
  int fd = pt_open_by_steps(t.site, deep, O_RDONLY); /* long, not deep */
  assert_true(fd >= 0);
  close(fd);
  memset(deep, 'a', PATH_MAX + 1);
  assert_int_equal(pt_open_by_steps(t.site, deep, O_RDONLY), -1);
  assert_int_equal(errno, ENAMETOOLONG);
  remove_tree(&t);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(it_opens_what_the_kernel_would),
      cmocka_unit_test(what_leads_out_is_said_to),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
