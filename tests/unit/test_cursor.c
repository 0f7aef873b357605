/* Every decoder stands on the cursor: a read past the end would be a way into
 * the page's memory. */
#include "base/cursor.h"
#include "unit.h"

static void integers_are_big_endian(void **state) {
  (void)state;
  uint8_t buffer[32];
  pt_writer w = pt_writer_of(buffer, sizeof buffer);
  pt_write_u8(&w, 0x01);
  pt_write_u16(&w, 0x0203);
  pt_write_u32(&w, 0x84050607);
  pt_write_text(&w, "ab");
  pt_write_bytes(&w, "c", 1);
  assert_false(w.failed);
  assert_int_equal(w.len, 10);
  assert_memory_equal(buffer,
                      "\x01\x02\x03\x84\x05\x06\x07"
                      "abc",
                      10);

  pt_reader r = pt_reader_of(buffer, w.len);
  uint8_t a;
  uint16_t b;
  uint32_t c;
  assert_true(pt_read_u8(&r, &a) && a == 0x01);
  assert_true(pt_read_u16(&r, &b) && b == 0x0203);
  assert_true(pt_read_u32(&r, &c) && c == 0x84050607);
  assert_memory_equal(pt_read_bytes(&r, 3), "abc", 3);
  assert_int_equal(pt_reader_left(&r), 0);
  assert_false(r.failed);
}

static void a_read_past_the_end_fails_and_sticks(void **state) {
  (void)state;
  pt_bytes in = unit_copy("\x01\x02\x03", 3);
  pt_reader r = pt_reader_of(in.data, in.len);
  uint32_t wide;
  uint8_t byte;
  assert_false(pt_read_u32(&r, &wide));
  assert_true(r.failed);
  assert_false(pt_read_u8(&r, &byte));
  assert_null(pt_read_bytes(&r, 0));
  assert_int_equal(pt_reader_left(&r), 0);

  r = pt_reader_of(in.data, in.len);
  assert_true(pt_read_u8(&r, &byte));
  assert_null(pt_read_bytes(&r, SIZE_MAX)); /* at + len would wrap */
  assert_true(r.failed);
  unit_drop(in);
}

static void nothing_is_no_failure(void **state) {
  (void)state;
  pt_reader r = pt_reader_of(NULL, 0);
  assert_non_null(pt_read_bytes(&r, 0));
  assert_false(r.failed);
  pt_writer w = pt_writer_of(NULL, 0);
  pt_write_bytes(&w, NULL, 0);
  pt_write_text(&w, "");
  assert_false(w.failed);
}

static void a_full_writer_writes_nothing_more(void **state) {
  (void)state;
  uint8_t buffer[4] = {9, 9, 9, 9};
  pt_writer w = pt_writer_of(buffer, 3);
  pt_write_u16(&w, 0x0102);
  pt_write_u16(&w, 0x0304);
  assert_true(w.failed);
  pt_write_u8(&w, 5); /* would fit, but what came before is missing */
  assert_int_equal(w.len, 2);
  assert_int_equal(buffer[2], 9);
  pt_write_bytes(&w, buffer, SIZE_MAX);
  assert_int_equal(w.len, 2);
}

static void decimals_have_all_their_digits(void **state) {
  (void)state;
  uint8_t buffer[64];
  pt_writer w = pt_writer_of(buffer, sizeof buffer);
  pt_write_u64_decimal(&w, 0);
  pt_write_u8(&w, ' ');
  pt_write_u64_decimal(&w, 1000);
  pt_write_u8(&w, ' ');
  pt_write_u64_decimal(&w, UINT64_MAX);
  assert_int_equal(w.len, 27);
  assert_memory_equal(buffer, "0 1000 18446744073709551615", 27);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(integers_are_big_endian),
      cmocka_unit_test(a_read_past_the_end_fails_and_sticks),
      cmocka_unit_test(nothing_is_no_failure),
      cmocka_unit_test(a_full_writer_writes_nothing_more),
      cmocka_unit_test(decimals_have_all_their_digits),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
