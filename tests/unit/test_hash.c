/* Visitors elect origin fetchers by these numbers: if two builds disagreed,
 * all would fetch, or none. */
#include "base/hash.h"
#include "unit.h"

static void every_build_gives_the_published_numbers(void **state) {
  (void)state;
  /* XXH64 of the empty message, and of "abc". */
  assert_true(pt_hash64(NULL, 0, 0) == 0xef46db3751d8e999u);
  assert_true(pt_hash64("abc", 3, 0) == 0x44bc2cf5ad770999u);
  assert_true(pt_hash64("abc", 3, 1) != pt_hash64("abc", 3, 0));
}

static void long_inputs_are_hashed_in_parts(void **state) {
  (void)state;
  uint8_t *bytes = unit_bytes(48, 4);
  assert_true(pt_hash64(bytes, 44, 9) == pt_hash64(bytes + 24, 20, pt_hash64(bytes, 24, 9)));
  assert_true(pt_hash64(bytes, 48, 9) == pt_hash64(bytes + 24, 24, pt_hash64(bytes, 24, 9)));
  free(bytes);
}

static void where_the_bytes_lie_does_not_matter(void **state) {
  (void)state;
  uint8_t *bytes = unit_bytes(120, 3), moved[128];
  uint64_t expected = pt_hash64(bytes, 120, 9);
  for (size_t shift = 0; shift < 8; shift++) {
    memcpy(moved + shift, bytes, 120);
    assert_true(pt_hash64(moved + shift, 120, 9) == expected);
  }
  free(bytes);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_build_gives_the_published_numbers),
      cmocka_unit_test(long_inputs_are_hashed_in_parts),
      cmocka_unit_test(where_the_bytes_lie_does_not_matter),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
