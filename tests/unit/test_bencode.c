/* Torrents and peers' extension messages are bencoded: the first thing that
 * strangers' bytes meet. */
#include "base/limits.h"
#include "format/bencode.h"
#include "unit.h"

static int parse_text(const char *text) {
  pt_bencode value;
  pt_bytes in = unit_copy(text, strlen(text));
  int error = pt_bencode_parse(in, &value);
  unit_drop(in);
  return error;
}

static pt_bencode parsed(const char *text) {
  pt_bencode value;
  pt_bytes in = {.data = (const uint8_t *)text, .len = strlen(text)};
  assert_int_equal(pt_bencode_parse(in, &value), PT_OK);
  return value;
}

static void assert_text(pt_bytes bytes, const char *text) {
  assert_int_equal(bytes.len, strlen(text));
  assert_memory_equal(bytes.data, text, bytes.len);
}

static void values_of_every_type(void **state) {
  (void)state;
  pt_bencode torrent = parsed("d3:agei-42e4:listl1:ai0e0:de4:ileee4:name3:abce"), value, item;
  assert_int_equal(torrent.type, PT_BENCODE_DICT);
  assert_true(pt_bencode_get(&torrent, "age", &value));
  assert_int_equal(value.type, PT_BENCODE_INTEGER);
  assert_int_equal(value.integer, -42);
  assert_text(value.raw, "i-42e");
  assert_true(pt_bencode_get(&torrent, "name", &value));
  assert_int_equal(value.type, PT_BENCODE_STRING);
  assert_text(value.string, "abc");
  assert_text(value.raw, "3:abc");

  assert_true(pt_bencode_get(&torrent, "list", &value));
  const enum pt_bencode_type types[] = {PT_BENCODE_STRING, PT_BENCODE_INTEGER, PT_BENCODE_STRING,
                                        PT_BENCODE_DICT, PT_BENCODE_STRING};
  size_t at = 0, count = 0;
  while (pt_bencode_next(&value, &at, NULL, &item)) {
    assert_true(count < 5);
    assert_int_equal(item.type, types[count++]);
  }
  assert_int_equal(count, 5);
  assert_text(item.string, "ilee");
}

static void keys_come_in_order_with_their_values(void **state) {
  (void)state;
  pt_bencode dict = parsed("d0:i1e1:ai2e2:aai3e1:bi4ee"), value;
  const char *keys[] = {"", "a", "aa", "b"};
  pt_bytes key;
  size_t at = 0;
  for (int i = 0; i < 4; i++) {
    assert_true(pt_bencode_next(&dict, &at, &key, &value));
    assert_text(key, keys[i]);
    assert_int_equal(value.integer, i + 1);
    assert_true(pt_bencode_get(&dict, keys[i], &value));
    assert_int_equal(value.integer, i + 1);
  }
  assert_false(pt_bencode_next(&dict, &at, &key, &value));
  assert_false(pt_bencode_get(&dict, "ab", &value));
  assert_false(pt_bencode_get(&dict, "c", &value));
}

static void what_is_no_container_has_nothing_in_it(void **state) {
  (void)state;
  pt_bencode list = parsed("l1:ai1ee"), integer = parsed("i1e"), empty = parsed("de"), value;
  size_t at = 0;
  assert_false(pt_bencode_get(&list, "a", &value));
  assert_false(pt_bencode_get(&integer, "a", &value));
  assert_false(pt_bencode_get(&empty, "", &value));
  assert_false(pt_bencode_next(&integer, &at, NULL, &value));
  assert_false(pt_bencode_next(&empty, &at, NULL, &value));
}

/* Two spellings of one value would be two info-hashes of one torrent. */
static void other_spellings_are_refused(void **state) {
  (void)state;
  const char *wrong[] = {"",
                         "i",
                         "ie",
                         "i-e",
                         "i-0e",
                         "i00e",
                         "i01e",
                         "i-01e",
                         "i+1e",
                         "i 1e",
                         "i1",
                         "i1.0e",
                         "1",
                         "1:",
                         "2:a",
                         "01:a",
                         "-1:a",
                         ":",
                         "a",
                         "e",
                         "l",
                         "li1e",
                         "d",
                         "d1:a",
                         "d1:ae",
                         "di1ei2ee",
                         "d1:bi1e1:ai2ee",
                         "d1:ai1e1:ai2ee",
                         "lee",
                         "i1ei2e",
                         "4294967295:a",
                         "4294967296:a",
                         "99999999999999999999999:a",
                         "d0:i1e0:i2ee"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    assert_int_equal(parse_text(wrong[i]), PT_ERR_SYNTAX);
  }
}

static void integers_have_64_bits(void **state) {
  (void)state;
  assert_true(parsed("i9223372036854775807e").integer == INT64_MAX);
  assert_true(parsed("i-9223372036854775808e").integer == INT64_MIN);
  assert_int_equal(parse_text("i9223372036854775808e"), PT_ERR_RANGE);
  assert_int_equal(parse_text("i-9223372036854775809e"), PT_ERR_RANGE);
  assert_int_equal(parse_text("i18446744073709551616e"), PT_ERR_RANGE);
}

static void nesting_is_bounded(void **state) {
  (void)state;
  char text[2 * (PT_BENCODE_DEPTH_MAX + 1) + 1];
  for (size_t depth = PT_BENCODE_DEPTH_MAX; depth <= PT_BENCODE_DEPTH_MAX + 1; depth++) {
    memset(text, 'l', depth);
    memset(text + depth, 'e', depth);
    text[2 * depth] = '\0';
    assert_int_equal(parse_text(text), depth > PT_BENCODE_DEPTH_MAX ? PT_ERR_LIMIT : PT_OK);
  }
}

static void the_number_of_values_is_bounded(void **state) {
  (void)state;
  for (size_t values = PT_BENCODE_NODES_MAX; values <= PT_BENCODE_NODES_MAX + 1; values++) {
    size_t items = values - 1; /* the list itself is one */
    uint8_t *text = malloc(2 * items + 2);
    assert_non_null(text);
    text[0] = 'l';
    for (size_t i = 0; i < items; i++) memcpy(text + 1 + 2 * i, "0:", 2);
    text[2 * items + 1] = 'e';
    pt_bencode value;
    int error = pt_bencode_parse((pt_bytes){text, 2 * items + 2}, &value);
    assert_int_equal(error, values > PT_BENCODE_NODES_MAX ? PT_ERR_LIMIT : PT_OK);
    free(text);
  }
}

static void every_cut_is_noticed(void **state) {
  (void)state;
  const char *text = "d3:agei-42e4:listl1:ai0e0:dee4:name3:abce";
  for (size_t len = 0; len < strlen(text); len++) {
    pt_bencode value;
    pt_bytes in = unit_copy(text, len);
    assert_int_equal(pt_bencode_parse(in, &value), PT_ERR_SYNTAX);
    unit_drop(in);
  }
}

static void a_dictionary_in_front_of_bytes(void **state) {
  (void)state;
  pt_bencode value;
  size_t used = 0;
  pt_bytes in = {.data = (const uint8_t *)"d5:piecei0ee\xff\0bytes", .len = 19};
  assert_int_equal(pt_bencode_prefix(in, &value, &used), PT_OK);
  assert_int_equal(used, 12);
  assert_int_equal(value.raw.len, 12);
  assert_int_equal(pt_bencode_parse(in, &value), PT_ERR_SYNTAX);
  assert_int_equal(pt_bencode_prefix((pt_bytes){0}, &value, &used), PT_ERR_SYNTAX);
}

static void what_is_written_is_read(void **state) {
  (void)state;
  uint8_t buffer[128];
  pt_writer w = pt_writer_of(buffer, sizeof buffer);
  pt_write_u8(&w, 'l');
  pt_bencode_write_integer(&w, INT64_MIN);
  pt_bencode_write_integer(&w, INT64_MAX);
  pt_bencode_write_integer(&w, 0);
  pt_bencode_write_text(&w, "text");
  pt_bencode_write_string(&w, "\0\1", 2);
  pt_bencode_write_string(&w, NULL, 0);
  pt_write_u8(&w, 'e');
  assert_false(w.failed);
  pt_bencode list, value;
  size_t at = 0;
  assert_int_equal(pt_bencode_parse((pt_bytes){buffer, w.len}, &list), PT_OK);
  assert_true(pt_bencode_next(&list, &at, NULL, &value) && value.integer == INT64_MIN);
  assert_true(pt_bencode_next(&list, &at, NULL, &value) && value.integer == INT64_MAX);
  assert_true(pt_bencode_next(&list, &at, NULL, &value) && value.integer == 0);
  assert_true(pt_bencode_next(&list, &at, NULL, &value));
  assert_text(value.string, "text");
  assert_true(pt_bencode_next(&list, &at, NULL, &value));
  assert_int_equal(value.string.len, 2);
  assert_true(pt_bencode_next(&list, &at, NULL, &value));
  assert_int_equal(value.string.len, 0);
  assert_false(pt_bencode_next(&list, &at, NULL, &value));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(values_of_every_type),
      cmocka_unit_test(keys_come_in_order_with_their_values),
      cmocka_unit_test(what_is_no_container_has_nothing_in_it),
      cmocka_unit_test(other_spellings_are_refused),
      cmocka_unit_test(integers_have_64_bits),
      cmocka_unit_test(nesting_is_bounded),
      cmocka_unit_test(the_number_of_values_is_bounded),
      cmocka_unit_test(every_cut_is_noticed),
      cmocka_unit_test(a_dictionary_in_front_of_bytes),
      cmocka_unit_test(what_is_written_is_read),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
