/* Text that is not UTF-8 ends a WebSocket: one visitor's must not reach others. */
#include "format/utf8.h"
#include "unit.h"

static void every_character_survives_the_round_trip(void **state) {
  (void)state;
  for (uint32_t c = 0; c <= 0x10ffff; c++) {
    if (c >= 0xd800 && c <= 0xdfff) continue;
    uint8_t text[PT_UTF8_LEN_MAX];
    size_t len = pt_utf8_encode(c, text);
    uint32_t back = 0;
    if (pt_utf8_decode(text, len, &back) != len || back != c) fail_msg("U+%04X", (unsigned)c);
    for (size_t part = 0; part < len; part++)
      if (pt_utf8_decode(text, part, &back) != 0) fail_msg("part of U+%04X", (unsigned)c);
  }
}

static void what_is_not_utf8_is_refused(void **state) {
  (void)state;
  const char *const wrong[] = {"\x80",
                               "\xbf",
                               "\xc0\x80",
                               "\xc1\xbf",
                               "\xc2",
                               "\xc2\x41",
                               "\xe0\x80\x80",
                               "\xe0\x9f\xbf",
                               "\xed\xa0\x80",
                               "\xed\xbf\xbf",
                               "\xe2\x82",
                               "\xe2\x82\x41",
                               "\xf0\x80\x80\x80",
                               "\xf0\x8f\xbf\xbf",
                               "\xf4\x90\x80\x80",
                               "\xf5\x80\x80\x80",
                               "\xf8\x88\x80\x80\x80",
                               "\xff",
                               "ok\xfe"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    pt_bytes text = unit_copy(wrong[i], strlen(wrong[i]));
    assert_false(pt_utf8_valid(text.data, text.len));
    unit_drop(text);
  }
  assert_true(pt_utf8_valid(NULL, 0));
  assert_true(pt_utf8_valid((const uint8_t *)"a\0\xc3\xa9\xe2\x82\xac\xf0\x9f\x8c\x8a", 11));
}

static bool is_plain(uint8_t c) { return c >= 0x20 && c < 0x80 && c != '"' && c != '\\'; }

/* Every byte at every place of a word: a run is never too long, and too short by
 * less than a word. */
static void plain_runs_end_where_plain_text_does(void **state) {
  (void)state;
  uint8_t text[40];
  for (unsigned c = 0; c < 256; c++) {
    for (size_t place = 0; place < sizeof text; place++) {
      memset(text, 'a' + (int)(place % 26), sizeof text);
      text[place] = (uint8_t)c;
      size_t expected = is_plain((uint8_t)c) ? sizeof text : place;
      size_t run = pt_utf8_plain_run(text, sizeof text);
      assert_true(run <= expected && expected - run < 8);
      assert_int_equal(pt_utf8_valid(text, sizeof text), c < 0x80);
    }
  }
  assert_int_equal(pt_utf8_plain_run(NULL, 0), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_character_survives_the_round_trip),
      cmocka_unit_test(what_is_not_utf8_is_refused),
      cmocka_unit_test(plain_runs_end_where_plain_text_does),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
