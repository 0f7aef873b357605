/* What we write must be readable by everybody, whatever a name contains. */
#include "format/json_tokens.h"
#include "format/json_write.h"
#include "unit.h"

static void assert_written(const char *text, size_t len, const char *expected) {
  char out[256];
  pt_writer w = pt_writer_of(out, sizeof out);
  pt_json_write_string(&w, text, len);
  assert_false(w.failed);
  assert_int_equal(w.len, strlen(expected));
  assert_memory_equal(out, expected, w.len);
}

static void text_is_escaped(void **state) {
  (void)state;
  assert_written("", 0, "\"\"");
  assert_written("plain /path", 11, "\"plain /path\"");
  assert_written("a\"b\\c", 5, "\"a\\\"b\\\\c\"");
  assert_written("\b\t\n\v\f\r", 6, "\"\\b\\t\\n\\u000b\\f\\r\"");
  assert_written("\0\x1f\x7f", 3, "\"\\u0000\\u001f\x7f\"");
  assert_written("\xc3\xa9\xf0\x9f\x8c\x8a", 6, "\"\xc3\xa9\xf0\x9f\x8c\x8a\"");
}

static void what_is_not_utf8_is_replaced(void **state) {
  (void)state;
  assert_written("a\xff", 2, "\"a\xef\xbf\xbd\"");
  assert_written("\xc3", 1, "\"\xef\xbf\xbd\"");
  assert_written("\xed\xa0\x80", 3, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
}

static void any_bytes_become_a_string_that_reads_back(void **state) {
  (void)state;
  for (uint32_t seed = 0; seed < 200; seed++) {
    uint8_t bytes[64], arena[512];
    char out[512];
    unit_fill(bytes, sizeof bytes, seed);
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] &= 0x7f; /* ASCII: nothing is replaced */
    pt_writer w = pt_writer_of(out, sizeof out), a = pt_writer_of(arena, sizeof arena);
    pt_json_write_string(&w, bytes, sizeof bytes);
    assert_false(w.failed);
    pt_json_token tokens[2];
    pt_json json;
    pt_bytes back;
    assert_int_equal(pt_json_parse((pt_bytes){(uint8_t *)out, w.len}, tokens, 2, &json), PT_OK);
    assert_int_equal(pt_json_text(&json, 0, &a, &back), PT_OK);
    assert_int_equal(back.len, sizeof bytes);
    assert_memory_equal(back.data, bytes, sizeof bytes);
  }
}

static void bytes_are_written_as_hex(void **state) {
  (void)state;
  char out[16];
  pt_writer w = pt_writer_of(out, sizeof out);
  pt_json_write_hex(&w, (const uint8_t *)"\x00\x9a\xff", 3);
  assert_int_equal(w.len, 8);
  assert_memory_equal(out, "\"009aff\"", 8);
  w = pt_writer_of(out, 7);
  pt_json_write_hex(&w, (const uint8_t *)"\x00\x9a\xff", 3);
  assert_true(w.failed);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(text_is_escaped),
      cmocka_unit_test(what_is_not_utf8_is_replaced),
      cmocka_unit_test(any_bytes_become_a_string_that_reads_back),
      cmocka_unit_test(bytes_are_written_as_hex),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
