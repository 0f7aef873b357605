/* A seed must give the same run everywhere, or a fault that the simulator shows
 * can't be found again. */
#include "base/random.h"
#include "unit.h"

static void a_seed_gives_the_published_sequence(void **state) {
  (void)state;
  /* xoshiro256** from the state 1, 2, 3, 4: the reference implementation's. */
  pt_random r = {.s = {1, 2, 3, 4}};
  const uint64_t expected[] = {11520u, 0u, 1509978240u, 1215971899390074240u};
  for (size_t i = 0; i < 4; i++) assert_true(pt_random_u64(&r) == expected[i]);
  /* splitmix64 from 0. */
  pt_random_init(&r, 0);
  assert_true(r.s[0] == 0xe220a8397b1dcdafu);
  assert_true(r.s[1] == 0x6e789e6aa1b965f4u);
  assert_true(r.s[2] == 0x06c45d188009454fu);
  assert_true(r.s[3] == 0xf88bb8a8724c81ecu);
}

static void draws_are_within_bounds_and_even(void **state) {
  (void)state;
  pt_random r;
  uint32_t seen[6] = {0};
  pt_random_init(&r, 42);
  for (size_t i = 0; i < 60000; i++) {
    uint32_t draw = pt_random_below(&r, 6);
    assert_true(draw < 6);
    seen[draw]++;
  }
  for (size_t i = 0; i < 6; i++) assert_in_range(seen[i], 9600, 10400); /* 4 sigma */
  for (size_t i = 0; i < 100; i++) assert_int_equal(pt_random_below(&r, 1), 0);
  /* A bound just over half the range, where a plain modulo is most uneven. */
  size_t low = 0;
  for (size_t i = 0; i < 30000; i++) low += pt_random_below(&r, 0xc0000000u) < 0x40000000u;
  assert_in_range(low, 9650, 10350);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_seed_gives_the_published_sequence),
      cmocka_unit_test(draws_are_within_bounds_and_even),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
