/* A bitfield misread is a piece asked of a peer that does not have it. */
#include "base/bits.h"
#include "unit.h"

static void piece_zero_is_the_highest_bit(void **state) {
  (void)state;
  uint8_t b[2] = {0, 0};
  pt_bits_set(b, 0);
  pt_bits_set(b, 9);
  assert_int_equal(b[0], 0x80);
  assert_int_equal(b[1], 0x40);
  assert_true(pt_bits_get(b, 9));
  assert_false(pt_bits_get(b, 8));
  pt_bits_clear(b, 0);
  assert_int_equal(b[0], 0);
}

static void count_stops_at_the_last_bit(void **state) {
  (void)state;
  const uint8_t b[3] = {0xff, 0xff, 0xff};
  for (size_t bits = 0; bits <= 24; bits++) assert_int_equal(pt_bits_count(b, bits), bits);
  assert_int_equal(pt_bits_size(0), 0);
  assert_int_equal(pt_bits_size(8), 1);
  assert_int_equal(pt_bits_size(9), 2);
}

static void spare_bits_are_seen(void **state) {
  (void)state;
  const uint8_t clear[2] = {0xff, 0xe0}, set[2] = {0xff, 0xf0};
  assert_true(pt_bits_tail_clear(clear, 11));
  assert_false(pt_bits_tail_clear(set, 11));
  assert_true(pt_bits_tail_clear(set, 12));
  assert_true(pt_bits_tail_clear(set, 16));
  assert_true(pt_bits_tail_clear(set, 0));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(piece_zero_is_the_highest_bit),
      cmocka_unit_test(count_stops_at_the_last_bit),
      cmocka_unit_test(spare_bits_are_seen),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
