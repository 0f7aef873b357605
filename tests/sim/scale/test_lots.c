/* Scenarios say "mean" and "popular": were the draws wrong, the figures would
 * be right about another world. */
#include <math.h>

#include "lots.h"
#include "unit.h"

static void logarithm_and_exponential_are_those(void **state) {
  (void)state;
  for (double x = 1e-9; x < 1e9; x *= 1.37) {
    assert_true(fabs(lots_ln(x) - log(x)) < 1e-11 * (1 + fabs(log(x))));
    assert_true(fabs(lots_exp(lots_ln(x)) / x - 1) < 1e-10);
    if (x < 600) assert_true(fabs(lots_exp(-x) / exp(-x) - 1) < 1e-10);
  }
}

static void waits_have_their_mean_and_spread(void **state) {
  (void)state;
  pt_random random;
  pt_random_init(&random, 3);
  double sum = 0, squares = 0, count = 200000;
  for (int i = 0; i < (int)count; i++) {
    double wait = (double)lots_wait_us(&random, 1e6);
    sum += wait;
    squares += wait * wait;
  }
  double mean = sum / count, deviation = sqrt(squares / count - mean * mean);
  assert_true(fabs(mean / 1e6 - 1) < 0.01);
  assert_true(fabs(deviation / 1e6 - 1) < 0.02);
}

static void popular_ranks_are_drawn_by_their_weight(void **state) {
  (void)state;
  pt_random random;
  pt_random_init(&random, 4);
  lots_zipf z;
  lots_zipf_init(&z, 10, 1);
  double counts[10] = {0}, draws = 200000, weights = 0;
  for (int i = 0; i < 10; i++) weights += 1.0 / (i + 1);
  for (int i = 0; i < (int)draws; i++) counts[lots_zipf_draw(&z, &random)]++;
  for (int i = 0; i < 10; i++)
    assert_true(fabs(counts[i] / draws - 1.0 / (i + 1) / weights) < 0.005);
  lots_zipf_free(&z);
}

static void between_stays_within(void **state) {
  (void)state;
  bool low = false, high = false;
  for (uint64_t key = 0; key < 1000; key++) {
    uint64_t x = lots_between(key, 5, 8);
    assert_true(x >= 5 && x <= 8);
    low |= x == 5;
    high |= x == 8;
  }
  assert_true(low && high);
  assert_int_equal(lots_between(9, 7, 7), 7);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(logarithm_and_exponential_are_those),
      cmocka_unit_test(waits_have_their_mean_and_spread),
      cmocka_unit_test(popular_ranks_are_drawn_by_their_weight),
      cmocka_unit_test(between_stays_within),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
