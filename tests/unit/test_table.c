/* From ids to what they name: a lost entry is a request or channel nobody ever
 * hears of again. */
#include "unit.h"

#include "base/random.h"
#include "base/table.h"

static int things[4096];

static void every_id_is_its_own(void **state) {
  (void)state;
  pt_table t = {0};
  const uint32_t ids[] = {0, 1, 127, 128, 0x80000000u, UINT32_MAX, UINT32_MAX - 127};
  size_t count = sizeof ids / sizeof *ids;
  assert_null(pt_table_get(&t, 0));
  assert_null(pt_table_take(&t, 0));
  for (size_t i = 0; i < count; i++) assert_int_equal(pt_table_put(&t, ids[i], &things[i]), PT_OK);
  for (size_t i = 0; i < count; i++) {
    assert_ptr_equal(pt_table_get(&t, ids[i]), &things[i]);
    assert_int_equal(pt_table_put(&t, ids[i], &things[0]), PT_ERR_STATE);
  }
  for (size_t i = 0; i < count; i++) {
    assert_ptr_equal(pt_table_take(&t, ids[i]), &things[i]);
    assert_null(pt_table_get(&t, ids[i]));
    assert_null(pt_table_take(&t, ids[i]));
  }
  assert_int_equal(t.count, 0);
  pt_table_free(&t);
}

static uint32_t id_of(uint32_t i, uint32_t step) { return i * step + 3; }

/* Steps of powers of two make ids collide, as a host's counters may. */
static void nothing_is_lost_when_entries_come_and_go(void **state) {
  (void)state;
  for (uint32_t step = 1; step; step <<= 4) {
    pt_table t = {0};
    bool there[4096] = {false};
    size_t count = 0;
    pt_random random;
    pt_random_init(&random, step);
    uint32_t ids = step > 1u << 20 ? 4096u >> 8 : 4096;
    for (uint32_t i = 0; i < 30000; i++) {
      uint32_t at = pt_random_below(&random, ids);
      if (there[at]) {
        assert_ptr_equal(pt_table_take(&t, id_of(at, step)), &things[at]);
      } else {
        assert_int_equal(pt_table_put(&t, id_of(at, step), &things[at]), PT_OK);
      }
      there[at] = !there[at];
      count += there[at] ? 1 : (size_t)-1;
      assert_int_equal(t.count, count);
    }
    for (uint32_t i = 0; i < ids; i++)
      assert_ptr_equal(pt_table_get(&t, id_of(i, step)), there[i] ? &things[i] : NULL);
    pt_table_free(&t);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_id_is_its_own),
      cmocka_unit_test(nothing_is_lost_when_entries_come_and_go),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
