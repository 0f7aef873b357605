/* What the owner keeps back must not be shared, and nothing else must be lost. */
#include "exclude.h"
#include "unit.h"

static pt_words words_of(const char *pattern) {
  pt_words words = {.count = 1};
  strcpy(words.word[0], pattern);
  return words;
}

static bool excluded(const char *pattern, const char *path, bool is_folder) {
  pt_words words = words_of(pattern);
  return pt_excluded(&words, path, is_folder);
}

static void a_name_is_excluded_wherever_it_is(void **state) {
  (void)state;
  assert_true(excluded("*.pdf", "a.pdf", false));
  assert_true(excluded("*.pdf", "deep/in/a.pdf", false));
  assert_false(excluded("*.pdf", "a.pdf.txt", false));
  assert_true(excluded("draft-?.jpg", "img/draft-1.jpg", false));
  assert_false(excluded("draft-?.jpg", "img/draft-12.jpg", false));
  assert_true(excluded("private", "private", true));
  assert_true(excluded("private", "docs/private", false));
}

static void a_path_is_excluded_from_the_top(void **state) {
  (void)state;
  assert_true(excluded("/img/raw/*", "img/raw/a.jpg", false));
  assert_true(excluded("img/raw/*", "img/raw/a.jpg", false));
  assert_false(excluded("img/raw/*", "other/img/raw/a.jpg", false));
  assert_false(excluded("img/*", "img/raw/a.jpg", false)); /* a star stays in its folder, */
  assert_true(excluded("img/*", "img/raw", true));         /* which goes as a whole */
  assert_true(excluded("/a.jpg", "a.jpg", false));
  assert_false(excluded("/a.jpg", "b/a.jpg", false));
}

static void a_slash_at_the_end_is_for_folders(void **state) {
  (void)state;
  assert_true(excluded("private/", "private", true));
  assert_true(excluded("private/", "docs/private", true));
  assert_false(excluded("private/", "private", false));
  assert_true(excluded("/docs/private/", "docs/private", true));
  assert_false(excluded("/private/", "docs/private", true));
}

static void any_of_several_does_and_none_excludes_nothing(void **state) {
  (void)state;
  pt_words words = words_of("*.pdf");
  strcpy(words.word[words.count++], "/video/");
  assert_true(pt_excluded(&words, "x.pdf", false));
  assert_true(pt_excluded(&words, "video", true));
  assert_false(pt_excluded(&words, "x.jpg", false));
  words.count = 0;
  assert_false(pt_excluded(&words, "x.pdf", false));
  assert_false(pt_excluded(NULL, "x.pdf", false));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_name_is_excluded_wherever_it_is),
      cmocka_unit_test(a_path_is_excluded_from_the_top),
      cmocka_unit_test(a_slash_at_the_end_is_for_folders),
      cmocka_unit_test(any_of_several_does_and_none_excludes_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
