/* The queue of outputs: one that loses or mixes them up leaves a page waiting
 * for bytes that were there, or gives it those of another request. */
#include "unit.h"

#include "base/limits.h"
#include "base/outbox.h"

static pt_event event_of(uint32_t id, pt_bytes text, pt_bytes data) {
  return (pt_event){.kind = PT_OUT_FAULT, .id = id, .text = text, .data = data};
}

static void outputs_come_in_order_with_their_own_bytes(void **state) {
  (void)state;
  pt_outbox box;
  pt_outbox_init(&box);
  pt_event out;
  for (uint32_t round = 0; round < 3; round++) {
    for (uint32_t i = 0; i < 500; i++) {
      uint8_t bytes[8];
      unit_fill(bytes, sizeof bytes, i);
      pt_event in = event_of(i, (pt_bytes){bytes, i % 4}, (pt_bytes){bytes, i % 9});
      assert_true(pt_outbox_push(&box, &in));
      memset(bytes, 0, sizeof bytes); /* what they were made from may go */
    }
    for (uint32_t i = 0; i < 500; i++) {
      uint8_t bytes[8];
      unit_fill(bytes, sizeof bytes, i);
      assert_true(pt_outbox_pop(&box, &out));
      assert_int_equal(out.id, i);
      assert_int_equal(out.text.len, i % 4);
      assert_int_equal(out.data.len, i % 9);
      if (i % 4) assert_memory_equal(out.text.data, bytes, i % 4);
      if (i % 9) assert_memory_equal(out.data.data, bytes, i % 9);
    }
    assert_false(pt_outbox_pop(&box, &out));
  }
  assert_int_equal(box.dropped, 0);
  pt_outbox_free(&box);
}

static void outputs_may_be_added_while_others_are_taken(void **state) {
  (void)state;
  pt_outbox box;
  pt_outbox_init(&box);
  pt_event out;
  uint32_t next = 0, expected = 0;
  for (uint32_t round = 0; round < 2000; round++) {
    for (uint32_t i = 0; i < 3; i++, next++) {
      pt_event in = event_of(next, (pt_bytes){NULL, 0}, (pt_bytes){(uint8_t *)&next, sizeof next});
      assert_true(pt_outbox_push(&box, &in));
    }
    for (uint32_t i = 0; i < 2; i++, expected++) {
      assert_true(pt_outbox_pop(&box, &out));
      assert_int_equal(out.id, expected);
      assert_memory_equal(out.data.data, &expected, sizeof expected);
    }
  }
  while (pt_outbox_pop(&box, &out)) assert_int_equal(out.id, expected++);
  assert_int_equal(expected, next);
  pt_outbox_free(&box);
}

static void the_number_of_outputs_is_bounded(void **state) {
  (void)state;
  pt_outbox box;
  pt_outbox_init(&box);
  pt_event in = event_of(1, (pt_bytes){NULL, 0}, (pt_bytes){NULL, 0}), out;
  for (uint32_t i = 0; i < PT_OUTBOX_EVENTS_MAX; i++) assert_true(pt_outbox_push(&box, &in));
  assert_false(pt_outbox_push(&box, &in));
  assert_int_equal(box.dropped, 1);
  assert_true(pt_outbox_pop(&box, &out));
  assert_true(pt_outbox_push(&box, &in)); /* room again */
  pt_outbox_free(&box);
}

static void their_bytes_are_bounded(void **state) {
  (void)state;
  pt_outbox box;
  pt_outbox_init(&box);
  pt_bytes half = {unit_bytes(PT_OUTBOX_BYTES_MAX / 2, 1), PT_OUTBOX_BYTES_MAX / 2};
  pt_event in = event_of(1, (pt_bytes){NULL, 0}, half), out;
  assert_true(pt_outbox_push(&box, &in));
  assert_true(pt_outbox_push(&box, &in));
  in.data.len = 1;
  assert_false(pt_outbox_push(&box, &in));
  assert_int_equal(box.dropped, 1);
  while (pt_outbox_pop(&box, &out)) assert_memory_equal(out.data.data, half.data, half.len);
  assert_true(pt_outbox_push(&box, &in)); /* empty: all room again */
  pt_outbox_free(&box);
  unit_drop(half);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(outputs_come_in_order_with_their_own_bytes),
      cmocka_unit_test(outputs_may_be_added_while_others_are_taken),
      cmocka_unit_test(the_number_of_outputs_is_bounded),
      cmocka_unit_test(their_bytes_are_bounded),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
