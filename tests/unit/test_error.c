/* An operator reads these lines; each error must have its own. */
#include "unit.h"

static void every_error_has_a_text_of_its_own(void **state) {
  (void)state;
  const int errors[] = {PT_OK,        PT_ERR_ARG,         PT_ERR_LIMIT,   PT_ERR_STATE,
                        PT_ERR_FULL,  PT_ERR_MORE,        PT_ERR_SYNTAX,  PT_ERR_RANGE,
                        PT_ERR_HASH,  PT_ERR_UNSUPPORTED, PT_ERR_UNKNOWN, PT_ERR_UNREACHABLE,
                        PT_ERR_STALE, PT_ERR_CANCELLED,   PT_ERR_NOMEM};
  const size_t count = sizeof errors / sizeof *errors;
  for (size_t i = 0; i < count; i++) {
    assert_string_not_equal(pt_error_text(errors[i]), pt_error_text(-12345));
    for (size_t j = 0; j < i; j++) {
      assert_string_not_equal(pt_error_text(errors[i]), pt_error_text(errors[j]));
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_error_has_a_text_of_its_own)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
