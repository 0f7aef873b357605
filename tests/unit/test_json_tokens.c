/* Messages of others are relayed and read in place: what is not JSON must be
 * refused here, for nobody behind looks again. */
#include "format/json_tokens.h"
#include "unit.h"

#define TOKENS 64u
static pt_json_token tokens[TOKENS];

static int parse(const char *text, pt_json *json) {
  pt_bytes in = unit_copy(text, strlen(text));
  int error = pt_json_parse(in, tokens, TOKENS, json);
  unit_drop(in);
  return error;
}

static void json_is_accepted(void **state) {
  (void)state;
  const char *const right[] = {"{}",
                               "[]",
                               " [ ] ",
                               "\"\"",
                               "{\"a\":1}",
                               "[1,2,3]",
                               "{\"a\":{\"b\":[{},[],\"\"]},\"c\":null}",
                               "[true,false,null,0,-0,1.5,-1.5e10,1E+2,2e-2,0.1]",
                               "\t\r\n{ \"a\" :\n[ 1 , 2 ] , \"b\" : \"c\" }\n",
                               "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\uD83C\\udf0a\"]",
                               "[[[[[[[[[[[[]]]]]]]]]]]]",
                               "{\"a\":1,\"a\":2}",
                               "[\"\xc3\xa9\xf0\x9f\x8c\x8a\"]"};
  for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
    pt_json json;
    if (parse(right[i], &json) != PT_OK) fail_msg("refused: %s", right[i]);
  }
}

static void what_is_not_json_is_refused(void **state) {
  (void)state;
  const char *const wrong[] = {"",
                               " ",
                               "{",
                               "}",
                               "[",
                               "]",
                               "{]",
                               "[}",
                               "{}}",
                               "[]]",
                               "{}{}",
                               "[][]",
                               "{} 1",
                               "[1]2",
                               "\"a\" \"b\"",
                               "\"a\":1",
                               "\"a\":{}",
                               ",",
                               ":",
                               "{,}",
                               "[,]",
                               "[1,]",
                               "[,1]",
                               "[1,,2]",
                               "[1 2]",
                               "[1 \"a\"]",
                               "{\"a\"}",
                               "{\"a\":}",
                               "{\"a\",1}",
                               "{\"a\" 1}",
                               "{\"a\":1,}",
                               "{\"a\":1 \"b\":2}",
                               "{\"a\":1,,\"b\":2}",
                               "{\"a\"::1}",
                               "{\"a\":1:2}",
                               "{\"a\":\"b\":1}",
                               "{\"a\":{\"b\":1}:2}",
                               "{1:2}",
                               "{a:1}",
                               "{{}:1}",
                               "{[]:1}",
                               "{null:1}",
                               "[\"a\":1]",
                               "[1:2]",
                               "[{}:1]",
                               "{\"a\":[1:2]}",
                               "{\"a\":1},",
                               "{\"a\":1}:",
                               "[a]",
                               "[tru]",
                               "[truee]",
                               "[True]",
                               "[nul]",
                               "[+1]",
                               "[01]",
                               "[-]",
                               "[1.]",
                               "[.5]",
                               "[1e]",
                               "[1e+]",
                               "[0x1]",
                               "[1a]",
                               "[--1]",
                               "[NaN]",
                               "[Infinity]",
                               "['a']",
                               "[\"a]",
                               "[\"\\\"]",
                               "[\"\\x\"]",
                               "[\"\\u12\"]",
                               "[\"\\u12g4\"]",
                               "[\"\\ud800\"]",
                               "[\"\\udc00\"]",
                               "[\"\\ud800\\u0041\"]",
                               "[\"\\ud800\\ud800\"]",
                               "[\"\\ud800x\"]",
                               "[\"\x01\"]",
                               "[\"\n\"]",
                               "[\"\x80\"]",
                               "[\"\xc3\"]",
                               "[\"\xed\xa0\x80\"]",
                               "[\xc3\xa9]",
                               "/**/[]",
                               "[]//",
                               "[1]\x0b"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    pt_json json;
    if (parse(wrong[i], &json) != PT_ERR_SYNTAX) fail_msg("accepted: %s", wrong[i]);
  }
  pt_json json;
  assert_int_equal(pt_json_parse((pt_bytes){(const uint8_t *)"[]\0", 3}, tokens, TOKENS, &json),
                   PT_ERR_SYNTAX);
  assert_int_equal(pt_json_parse((pt_bytes){(const uint8_t *)"[\"\0\"]", 5}, tokens, TOKENS, &json),
                   PT_ERR_SYNTAX);
}

static void every_cut_of_a_document_is_refused(void **state) {
  (void)state;
  const char text[] = "{\"a\":[1,-2.5e3,\"\\ud83c\\udf0a\xc3\xa9\",true,{\"b\":null}],\"c\":{}}";
  for (size_t len = 0; len < sizeof text - 1; len++) {
    pt_bytes part = unit_copy(text, len);
    pt_json json;
    assert_int_equal(pt_json_parse(part, tokens, TOKENS, &json), PT_ERR_SYNTAX);
    unit_drop(part);
  }
}

static void more_tokens_than_there_is_room_for_are_a_limit(void **state) {
  (void)state;
  pt_json json;
  const char text[] = "[1,2,3]";
  pt_bytes in = {(const uint8_t *)text, sizeof text - 1};
  assert_int_equal(pt_json_parse(in, tokens, 4, &json), PT_OK);
  assert_int_equal(pt_json_parse(in, tokens, 3, &json), PT_ERR_LIMIT);
  assert_int_equal(pt_json_parse(in, tokens, 0, &json), PT_ERR_LIMIT);
}

static void values_are_found_and_walked(void **state) {
  (void)state;
  const char text[] = "{\"list\":[10,{\"x\":[1,2]},\"s\"],\"n\":null,\"t\":true,\"f\":1.5,"
                      "\"n\":7,\"\\u006f\":{},\"e\":[]}";
  pt_json j;
  assert_int_equal(
      pt_json_parse((pt_bytes){(const uint8_t *)text, sizeof text - 1}, tokens, TOKENS, &j), PT_OK);
  assert_int_equal(pt_json_type_of(&j, 0), PT_JSON_OBJECT);
  assert_int_equal(pt_json_count(&j, 0), 7);
  size_t keys = 0;
  for (size_t k = pt_json_first(&j, 0); k != 0; k = pt_json_next(&j, 0, k)) keys++;
  assert_int_equal(keys, 7);

  size_t list = pt_json_get(&j, 0, "list");
  assert_int_equal(pt_json_type_of(&j, list), PT_JSON_ARRAY);
  assert_int_equal(pt_json_count(&j, list), 3);
  size_t first = pt_json_first(&j, list), second = pt_json_next(&j, list, first);
  size_t third = pt_json_next(&j, list, second);
  assert_int_equal(pt_json_type_of(&j, first), PT_JSON_NUMBER);
  assert_int_equal(pt_json_type_of(&j, second), PT_JSON_OBJECT);
  assert_int_equal(pt_json_type_of(&j, third), PT_JSON_STRING);
  assert_int_equal(pt_json_next(&j, list, third), 0);
  pt_bytes raw = pt_json_raw(&j, second);
  assert_int_equal(raw.len, 11);
  assert_memory_equal(raw.data, "{\"x\":[1,2]}", 11);
  raw = pt_json_raw(&j, third);
  assert_int_equal(raw.len, 3);
  assert_memory_equal(raw.data, "\"s\"", 3);

  uint64_t n = 0;
  assert_int_equal(pt_json_uint(&j, pt_json_get(&j, 0, "n"), 10, &n), PT_OK); /* the last one */
  assert_int_equal(n, 7);
  assert_int_equal(pt_json_type_of(&j, pt_json_get(&j, 0, "t")), PT_JSON_BOOL);
  assert_int_equal(pt_json_type_of(&j, pt_json_get(&j, 0, "o")), PT_JSON_OBJECT); /* escaped */
  assert_int_equal(pt_json_first(&j, pt_json_get(&j, 0, "o")), 0);
  assert_int_equal(pt_json_first(&j, pt_json_get(&j, 0, "e")), 0);
  assert_int_equal(pt_json_get(&j, 0, "absent"), 0);
  assert_int_equal(pt_json_get(&j, 0, "lis"), 0);
  assert_int_equal(pt_json_get(&j, list, "x"), 0);
}

static void strings_are_unescaped_into_the_arena(void **state) {
  (void)state;
  const char text[] = "[\"plain\",\"a\\u0000b\\n\\u00e9\\u20ac\\ud83c\\udf0a\\/\",\"\"]";
  const char expected[] = "a\0b\n\xc3\xa9\xe2\x82\xac\xf0\x9f\x8c\x8a/";
  pt_json j;
  pt_bytes in = {(const uint8_t *)text, sizeof text - 1}, out;
  assert_int_equal(pt_json_parse(in, tokens, TOKENS, &j), PT_OK);
  uint8_t arena[64];
  pt_writer w = pt_writer_of(arena, sizeof arena);
  assert_int_equal(pt_json_text(&j, 1, &w, &out), PT_OK);
  assert_ptr_equal(out.data, text + 2); /* nothing to unescape: a view */
  assert_int_equal(out.len, 5);
  assert_int_equal(w.len, 0);
  assert_int_equal(pt_json_text(&j, 2, &w, &out), PT_OK);
  assert_int_equal(out.len, sizeof expected - 1);
  assert_memory_equal(out.data, expected, out.len);
  assert_int_equal(pt_json_text(&j, 3, &w, &out), PT_OK);
  assert_int_equal(out.len, 0);
  assert_int_equal(pt_json_text(&j, 0, &w, &out), PT_ERR_RANGE);
  w = pt_writer_of(arena, sizeof expected - 2);
  assert_int_equal(pt_json_text(&j, 2, &w, &out), PT_ERR_FULL);
}

static void only_whole_numbers_that_everybody_keeps_exactly_are_integers(void **state) {
  (void)state;
  const char text[] = "[0,9007199254740992,9007199254740993,99999999999999999999,-1,1.0,1e3,"
                      "\"1\",true,null,42]";
  pt_json j;
  assert_int_equal(
      pt_json_parse((pt_bytes){(const uint8_t *)text, sizeof text - 1}, tokens, TOKENS, &j), PT_OK);
  uint64_t v = 1;
  assert_int_equal(pt_json_uint(&j, 1, PT_JSON_INTEGER_MAX, &v), PT_OK);
  assert_true(v == 0);
  assert_int_equal(pt_json_uint(&j, 2, PT_JSON_INTEGER_MAX, &v), PT_OK);
  assert_true(v == PT_JSON_INTEGER_MAX);
  for (size_t i = 3; i <= 10; i++)
    assert_int_equal(pt_json_uint(&j, i, PT_JSON_INTEGER_MAX, &v), PT_ERR_RANGE);
  assert_int_equal(pt_json_uint(&j, 11, 42, &v), PT_OK);
  assert_int_equal(pt_json_uint(&j, 11, 41, &v), PT_ERR_RANGE);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(json_is_accepted),
      cmocka_unit_test(what_is_not_json_is_refused),
      cmocka_unit_test(every_cut_of_a_document_is_refused),
      cmocka_unit_test(more_tokens_than_there_is_room_for_are_a_limit),
      cmocka_unit_test(values_are_found_and_walked),
      cmocka_unit_test(strings_are_unescaped_into_the_arena),
      cmocka_unit_test(only_whole_numbers_that_everybody_keeps_exactly_are_integers),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
