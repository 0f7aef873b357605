/* Swarm keys and peer ids travel as hex: misread, nobody finds anybody. */
#include "base/hex.h"
#include "unit.h"

static void bytes_survive_the_round_trip(void **state) {
  (void)state;
  uint8_t bytes[256], back[256];
  char text[513];
  for (size_t i = 0; i < 256; i++) bytes[i] = (uint8_t)i;
  pt_hex_encode(bytes, 256, text);
  assert_int_equal(strlen(text), 512);
  assert_memory_equal(text, "000102", 6);
  assert_string_equal(text + 506, "fdfeff");
  assert_true(pt_hex_decode(text, 512, back, 256));
  assert_memory_equal(bytes, back, 256);
}

static void either_case_is_read(void **state) {
  (void)state;
  uint8_t out[2];
  assert_true(pt_hex_decode("aBCd", 4, out, 2));
  assert_int_equal(out[0], 0xab);
  assert_int_equal(out[1], 0xcd);
}

static void anything_else_is_refused(void **state) {
  (void)state;
  uint8_t out[2];
  const char *wrong[] = {"abc", "abcde", "ab", "", "abcg", " abc", "-1ab", "ab c", "/:@`"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    assert_false(pt_hex_decode(wrong[i], strlen(wrong[i]), out, 2));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(bytes_survive_the_round_trip),
      cmocka_unit_test(either_case_is_read),
      cmocka_unit_test(anything_else_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
