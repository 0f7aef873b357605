/* PeerConnect's folders: understood as their users write them, and nothing
 * outside of the site. */
#include "route.h"
#include "unit.h"

static void routes_are_understood_as_they_are_written(void **state) {
  (void)state;
  static const struct {
    const char *text, *route;
  } cases[] = {{"videos", "videos"},
               {"/videos", "videos"},
               {"./videos/", "videos"},
               {"a/b//", "a/b"},
               {"/", "."},
               {"./", "."},
               {".", "."},
               {"./.", "."},
               {"../videos", NULL},
               {"a/../b", NULL},
               {"a//b", NULL},
               {".hidden", NULL},
               {"a/.hidden", NULL},
               {"/./../etc", NULL},
               {"a\nb", NULL}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char out[PT_ROUTE_SIZE];
    assert_int_equal(pt_route_parse(cases[i].text, out), cases[i].route != NULL);
    if (cases[i].route) assert_string_equal(out, cases[i].route);
  }
  char longest[PT_ROUTE_SIZE + 1], out[PT_ROUTE_SIZE];
  memset(longest, 'a', sizeof longest);
  longest[PT_ROUTE_SIZE] = 0;
  assert_false(pt_route_parse(longest, out));
  assert_true(pt_route_parse(longest + 1, out));
}

static void only_what_is_below_a_route_is_its(void **state) {
  (void)state;
  assert_string_equal(pt_route_rest("a/b", "a/b/c.mp4"), "c.mp4");
  assert_null(pt_route_rest("a/b", "a/bc.mp4"));
  assert_null(pt_route_rest("a/b", "a/b"));
  assert_null(pt_route_rest("", "c.mp4"));
  assert_string_equal(pt_route_rest(".", "a/c.mp4"), "a/c.mp4");
  assert_string_equal(pt_route_video("a", "a/c.webm"), "c.webm");
  assert_null(pt_route_video("a", "a/c.txt"));
  assert_null(pt_route_video("", "c.webm"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(routes_are_understood_as_they_are_written),
      cmocka_unit_test(only_what_is_below_a_route_is_its),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
