/* The pure parts of HTTP: a wrong answer here is a video that does not seek, or
 * a page that stays old. */
#include "accept_encoding.h"
#include "etag.h"
#include "http_range.h"
#include "media_type.h"
#include "origin.h"
#include "unit.h"

static enum pt_range range(const char *value, uint64_t length, uint64_t *first, uint64_t *last) {
  pt_bytes copy = unit_copy(value, strlen(value));
  enum pt_range result = pt_http_range((const char *)copy.data, copy.len, length, first, last);
  unit_drop(copy);
  return result;
}

static void ranges_are_read_as_the_rfc_says(void **state) {
  (void)state;
  static const struct {
    const char *value;
    enum pt_range result;
    uint64_t first, last;
  } cases[] = {
      {"bytes=0-0", PT_RANGE_PART, 0, 0},
      {"bytes=0-", PT_RANGE_PART, 0, 99},
      {"bytes=10-19", PT_RANGE_PART, 10, 19},
      {"Bytes= 10-19 ", PT_RANGE_PART, 10, 19},
      {"bytes=99-1000", PT_RANGE_PART, 99, 99},
      {"bytes=-1", PT_RANGE_PART, 99, 99},
      {"bytes=-1000", PT_RANGE_PART, 0, 99},
      {"bytes=0-99999999999999999999999", PT_RANGE_PART, 0, 99},
      {"bytes=100-", PT_RANGE_UNSATISFIABLE, 0, 0},
      {"bytes=99999999999999999999999-", PT_RANGE_UNSATISFIABLE, 0, 0},
      {"bytes=-0", PT_RANGE_UNSATISFIABLE, 0, 0},
      {"", PT_RANGE_NONE, 0, 0},
      {"bytes", PT_RANGE_NONE, 0, 0},
      {"bytes=", PT_RANGE_NONE, 0, 0},
      {"bytes=-", PT_RANGE_NONE, 0, 0},
      {"bytes=5-4", PT_RANGE_NONE, 0, 0},
      {"bytes=1-2,4-5", PT_RANGE_NONE, 0, 0},
      {"bytes=1 -2", PT_RANGE_NONE, 0, 0},
      {"bytes=+1-2", PT_RANGE_NONE, 0, 0},
      {"items=1-2", PT_RANGE_NONE, 0, 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    uint64_t first = 0, last = 0;
    assert_int_equal(range(cases[i].value, 100, &first, &last), cases[i].result);
    assert_int_equal(first, cases[i].first);
    assert_int_equal(last, cases[i].last);
  }
  uint64_t first, last;
  assert_int_equal(range("bytes=0-0", 0, &first, &last), PT_RANGE_UNSATISFIABLE);
  assert_int_equal(range("bytes=-5", 0, &first, &last), PT_RANGE_UNSATISFIABLE);
}

static void tags_tell_states_and_encodings_apart(void **state) {
  (void)state;
  char a[PT_ETAG_SIZE], b[PT_ETAG_SIZE];
  struct timespec when = {1000, 1};
  pt_etag_of_file(5, when, 7, "", a);
  pt_etag_of_file(5, when, 7, "br", b);
  assert_string_not_equal(a, b);
  when.tv_nsec = 2;
  pt_etag_of_file(5, when, 7, "", b);
  assert_string_not_equal(a, b);
  pt_etag_of_file(UINT64_MAX, (struct timespec){INT64_MAX, 999999999}, UINT64_MAX, "gz", a);
  assert_int_equal(a[strlen(a) - 1], '"');
}

static void lists_of_tags_are_searched(void **state) {
  (void)state;
  assert_true(pt_etag_listed("*", "\"a\""));
  assert_true(pt_etag_listed("\"x\", W/\"a\" , \"b\"", "\"a\""));
  assert_false(pt_etag_listed("\"ab\"", "\"a\""));
  assert_false(pt_etag_listed("a", "\"a\""));
  assert_false(pt_etag_listed("\"a", "\"a\""));
  assert_false(pt_etag_listed("", "\"a\""));
}

static void dates_survive_a_round_trip(void **state) {
  (void)state;
  char text[PT_HTTP_DATE_SIZE];
  pt_http_date(784111777, text);
  assert_string_equal(text, "Sun, 06 Nov 1994 08:49:37 GMT");
  for (time_t when = 0; when < 4000000000; when += 12345678) {
    pt_http_date(when, text);
    assert_int_equal(pt_http_date_parse(text), when);
  }
  static const char *const wrong[] = {"",
                                      "Sunday, 06-Nov-94 08:49:37 GMT",
                                      "Sun, 06 Foo 1994 08:49:37 GMT",
                                      "Sun, 06 anF 1994 08:49:37 GMT",
                                      "Sun, 06 Nov 1994 08:49:37 CET",
                                      "Sun Nov  6 08:49:37 1994     "};
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
    assert_int_equal(pt_http_date_parse(wrong[i]), -1);
}

static void conditions_follow_their_order(void **state) {
  (void)state;
  const char *date = "Thu, 01 Jan 1970 00:16:40 GMT"; /* 1000 */
  assert_true(pt_not_modified("\"a\"", NULL, "\"a\"", 2000));
  assert_false(pt_not_modified("\"b\"", date, "\"a\"", 500)); /* the tag wins */
  assert_true(pt_not_modified(NULL, date, "\"a\"", 1000));
  assert_false(pt_not_modified(NULL, date, "\"a\"", 1001));
  assert_false(pt_not_modified(NULL, "rubbish", "\"a\"", 0));
  assert_false(pt_not_modified(NULL, date, "\"a\"", 0)); /* what has no date is not older */
  assert_false(pt_range_allowed("rubbish", "\"a\"", -1));
  assert_true(pt_range_allowed(NULL, "\"a\"", 0));
  assert_true(pt_range_allowed("\"a\"", "\"a\"", 0));
  assert_false(pt_range_allowed("W/\"a\"", "\"a\"", 0));
  assert_true(pt_range_allowed(date, "\"a\"", 1000));
  assert_false(pt_range_allowed(date, "\"a\"", 999));
}

static void encodings_are_only_those_asked_for(void **state) {
  (void)state;
  assert_true(pt_accepts_encoding("gzip, deflate, br", "br"));
  assert_true(pt_accepts_encoding("GZIP;q=0.5", "gzip"));
  assert_true(pt_accepts_encoding("br ; q=0.001", "br"));
  assert_false(pt_accepts_encoding("br;q=0", "br"));
  assert_false(pt_accepts_encoding("br; q=0.000", "br"));
  assert_false(pt_accepts_encoding("brotli", "br"));
  assert_false(pt_accepts_encoding("x-gzip", "gzip"));
  assert_false(pt_accepts_encoding("*", "br"));
  assert_false(pt_accepts_encoding("", "br"));
  assert_false(pt_accepts_encoding(NULL, "br"));
}

static void media_types_follow_the_last_extension(void **state) {
  (void)state;
  assert_string_equal(pt_media_type("a/b.tar/film.WEBM"), "video/webm");
  assert_string_equal(pt_media_type("folder.html/noextension"), "application/octet-stream");
  assert_string_equal(pt_media_type("x.wasm"), "application/wasm");
  assert_true(pt_media_is_dense(pt_media_type("a.jpg")) && pt_media_is_dense("video/mp4"));
  assert_false(pt_media_is_dense(pt_media_type("a.svg")) || pt_media_is_dense("text/css"));
  assert_false(pt_media_is_dense(pt_media_type("a.wav")) || pt_media_is_dense("font/ttf"));
}

static void foreign_pages_need_permission(void **state) {
  (void)state;
  pt_words allowed = {.count = 1, .word = {"https://a.example"}}, all = {.count = 1, .word = {"*"}};
  assert_true(pt_origin_allowed(&allowed, NULL, "site:80"));
  assert_true(pt_origin_allowed(&allowed, "http://site:80", "site:80"));
  assert_true(pt_origin_allowed(&allowed, "https://a.example", "site:80"));
  assert_false(pt_origin_allowed(&allowed, "https://a.example.evil", "site:80"));
  assert_false(pt_origin_allowed(&allowed, "null", "site:80"));
  assert_true(pt_origin_allowed(&all, "null", "site:80"));
  assert_null(pt_origin_cors(&allowed, "http://site:80"));
  assert_string_equal(pt_origin_cors(&all, "http://b.example"), "*");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ranges_are_read_as_the_rfc_says),
      cmocka_unit_test(tags_tell_states_and_encodings_apart),
      cmocka_unit_test(lists_of_tags_are_searched),
      cmocka_unit_test(dates_survive_a_round_trip),
      cmocka_unit_test(conditions_follow_their_order),
      cmocka_unit_test(encodings_are_only_those_asked_for),
      cmocka_unit_test(media_types_follow_the_last_extension),
      cmocka_unit_test(foreign_pages_need_permission),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
