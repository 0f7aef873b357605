/* Rates decide how long a page waits for peers: a line that fell silent must
 * not be taken for a fast one. */
#include "base/rate.h"
#include "unit.h"

#define MS 1000u

static void a_steady_line_shows_its_rate(void **state) {
  (void)state;
  pt_rate r;
  pt_rate_init(&r, 5 * MS);
  assert_int_equal(pt_rate_of(&r, 5 * MS), 0);
  for (unsigned i = 0; i < 400; i++) pt_rate_add(&r, (5 + 10 * i) * MS, 10000);
  assert_in_range(pt_rate_of(&r, 4005 * MS), 990000, 1010000);
}

static void a_silent_line_decays_to_nothing(void **state) {
  (void)state;
  pt_rate r;
  pt_rate_init(&r, 0);
  pt_rate_add(&r, 0, 250000);
  assert_int_equal(pt_rate_of(&r, 250 * MS), 1000000);
  assert_in_range(pt_rate_of(&r, 1250 * MS), 200000, 400000);
  assert_int_equal(pt_rate_of(&r, 60000 * MS), 0);
  pt_rate_add(&r, 60000 * MS, 500);
  assert_int_equal(pt_rate_of(&r, 60250 * MS), 2000);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_steady_line_shows_its_rate),
      cmocka_unit_test(a_silent_line_decays_to_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
