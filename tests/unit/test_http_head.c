/* Heads of requests: one that is taken for simple and is not would be answered
 * wrongly, or the next one on its connection would be. */
#include "http_head.h"
#include "unit.h"

#include <stdio.h>

typedef struct reading {
  char *text;
  enum pt_head kind;
  pt_request request;
  size_t len;
} reading;

static reading read_bytes(const char *bytes, size_t len) {
  pt_bytes copy = unit_copy(bytes, len);
  reading r = {.text = (char *)(uintptr_t)copy.data};
  r.kind = pt_http_head_read(r.text, len, &r.request, &r.len);
  if (r.kind != PT_HEAD_SIMPLE) assert_memory_equal(r.text, bytes, len);
  return r;
}

static void check_kind(const char *text, enum pt_head kind) {
  reading r = read_bytes(text, strlen(text));
  if (r.kind != kind) print_error("%s\n", text);
  assert_int_equal(r.kind, kind);
  free(r.text);
}

static void what_is_asked_for_is_read(void **state) {
  (void)state;
  static const char text[] =
      "GET /a/b.html?x=1&y=%20 HTTP/1.1\r\nHost: example.org:80\r\n"
      "User-Agent: Mozilla/5.0 (X11; Linux) \"quoted\" {x}\r\n"
      "aCCEPT-eNCODING:gzip, br\r\nRange: \t bytes=0-9 \t\r\nOrigin: http://o\r\n"
      "If-Range: \"r\"\r\nIf-None-Match: W/\"n\"\r\n"
      "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
      "Connection: Keep-Alive\r\nX-Empty:\r\n\r\n";
  static const char next[] = "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n";
  char both[sizeof text + sizeof next];
  snprintf(both, sizeof both, "%s%s", text, next);
  reading r = read_bytes(both, strlen(both));
  assert_int_equal(r.kind, PT_HEAD_SIMPLE);
  assert_int_equal(r.len, sizeof text - 1);
  assert_memory_equal(r.text + r.len, next, sizeof next - 1); /* untouched */
  assert_int_equal(r.request.method, PT_METHOD_GET);
  assert_string_equal(r.request.path, "/a/b.html");
  assert_string_equal(r.request.host, "example.org:80");
  assert_string_equal(r.request.accept_encoding, "gzip, br");
  assert_string_equal(r.request.range, "bytes=0-9");
  assert_string_equal(r.request.if_range, "\"r\"");
  assert_string_equal(r.request.if_none_match, "W/\"n\"");
  assert_string_equal(r.request.if_modified_since, "Sun, 06 Nov 1994 08:49:37 GMT");
  assert_string_equal(r.request.origin, "http://o");
  assert_false(r.request.head_is_bad);
  free(r.text);
  r = read_bytes(next, sizeof next - 1);
  assert_int_equal(r.kind, PT_HEAD_SIMPLE);
  assert_int_equal(r.request.method, PT_METHOD_HEAD);
  assert_string_equal(r.request.path, "/");
  assert_null(r.request.range);
  assert_null(r.request.origin);
  free(r.text);
}

static void a_part_of_a_simple_head_waits_for_the_rest(void **state) {
  (void)state;
  static const char text[] =
      "GET /.peertide/index.json?v HTTP/1.1\r\nHost: x\r\nAccept: */*\r\nRange: bytes=1-\r\n\r\n";
  for (size_t len = 0; len < sizeof text - 1; len++) {
    reading r = read_bytes(text, len);
    assert_int_equal(r.kind, PT_HEAD_PARTIAL);
    free(r.text);
  }
  check_kind(text, PT_HEAD_SIMPLE);
}

static void paths_with_more_than_one_spelling_are_not_simple(void **state) {
  (void)state;
  static const char *const good[] = {"/",           "/a",
                                     "/a/",         "/a.b-c_d~e!$'()*,:@F9/x.tar.gz",
                                     "/.peertide/", "/.peertide/seed/site/a",
                                     "/a?",         "/a?b/../c%00//&;=+\"<>\\^`{|}[]?"};
  static const char *const bad[] = {"",
                                    "a",
                                    "*",
                                    "//",
                                    "/a//b",
                                    "/.",
                                    "/./a",
                                    "/..",
                                    "/a/../",
                                    "/.git",
                                    "/a/.b",
                                    "/%41",
                                    "/a+b",
                                    "/a&b",
                                    "/a;b",
                                    "/a=b",
                                    "/a#b",
                                    "/a?b#c",
                                    "/a\"b",
                                    "/a\\b",
                                    "/a|b",
                                    "/a<b",
                                    "/a[b]",
                                    "/a^b",
                                    "/a{b}",
                                    "/a`b",
                                    "/a b",
                                    "/a\tb",
                                    "/a\x7f",
                                    "/\xc3\xbc",
                                    "/a\x01",
                                    "/a\n",
                                    "/a\r",
                                    "/a?\x01",
                                    "/a?\x7f",
                                    "/a?\xff",
                                    "/.peertide/.a",
                                    "/.peertide//a",
                                    "/.peertide",
                                    "/.peertide/../a",
                                    "http://x/a"};
  char text[256];
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", good[i]);
    check_kind(text, PT_HEAD_SIMPLE);
  }
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", bad[i]);
    check_kind(text, PT_HEAD_OTHER);
  }
}

static void other_first_lines_are_not_simple(void **state) {
  (void)state;
  static const char *const lines[] = {
      "POST / HTTP/1.1",    "get / HTTP/1.1",          "GET / HTTP/1.0",   "GET / HTTP/1.1 ",
      "GET / http/1.1",     "GET  / HTTP/1.1",         "GET /  HTTP/1.1",  "GET /",
      " GET / HTTP/1.1",    "GET\t/ HTTP/1.1",         "HEADS / HTTP/1.1", "GET / HTTP/1.10",
      "GET / HTTP/2",       "GET ? HTTP/1.1",          "GET / HTTP/1.1\r", "OPTIONS * HTTP/1.1",
      "\r\nGET / HTTP/1.1", "GET / HTTP/1.1\nHost: y", "PRI * HTTP/2.0"};
  char text[256];
  for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
    snprintf(text, sizeof text, "%s\r\nHost: x\r\n\r\n", lines[i]);
    check_kind(text, PT_HEAD_OTHER);
  }
}

static void headers_in_doubt_are_not_simple(void **state) {
  (void)state;
  static const char *const good[] = {
      "Host: x\r\n",
      "HOST:x\r\n",
      "Host: x\r\nConnection: keep-alive\r\n",
      "Host: x\r\nX-Forwarded-For: 1.2.3.4\r\nCookie: a=b; c=\"d\"\r\n",
      "Host: x\r\nCookie: a\r\nCookie: b\r\n",
      "Host: x\r\nUpgrade-Insecure-Requests: 1\r\n",
  };
  static const char *const bad[] = {
      "",
      "Hos: x\r\n",
      "Host:\r\n",
      "Host: \t \r\n",
      "Host: x\r\nhost: x\r\n",
      "Host : x\r\n",
      "Host\r\n",
      ": x\r\nHost: x\r\n",
      "Host: x\n",
      "Host: x\r\nA: b\n",
      "Host: x\r\n A: folded\r\n",
      "Host: x\r\nA: b\r\n\tfolded\r\n",
      "Host: x\r\nA: \x01\r\n",
      "Host: x\r\nA: \x7f\r\n",
      "Host: x\r\nA: \xc3\xbc\r\n",
      "Host: x\r\nA: b\rc\r\n",
      "Host: x\r\nA(: b\r\n",
      "Host: x\r\nRange: bytes=0-1\r\nRange: bytes=2-3\r\n",
      "Host: x\r\nRange:\r\n",
      "Host: x\r\nConnection: close\r\n",
      "Host: x\r\nConnection: keep-alive, Upgrade\r\n",
      "Host: x\r\nConnection: keep-alive\r\nConnection: keep-alive\r\n",
      "Host: x\r\nUpgrade: websocket\r\n",
      "Host: x\r\nUPGRADE: h2c\r\n",
      "Host: x\r\nHTTP2-Settings: AAMA\r\n",
      "Host: x\r\nContent-Length: 0\r\n",
      "Host: x\r\nTransfer-Encoding: chunked\r\n",
      "Host: x\r\nExpect: 100-continue\r\n",
      "Host: x\r\nTE: trailers\r\n",
      "Host: x\r\nTrailer: x\r\n",
  };
  char text[256];
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    snprintf(text, sizeof text, "GET / HTTP/1.1\r\n%s\r\n", good[i]);
    check_kind(text, PT_HEAD_SIMPLE);
  }
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    snprintf(text, sizeof text, "GET / HTTP/1.1\r\n%s\r\n", bad[i]);
    check_kind(text, PT_HEAD_OTHER);
  }
}

/* `count` times 'x', with a text before and after it. */
static void check_long(const char *before, size_t count, const char *after, enum pt_head kind) {
  char *text = malloc(strlen(before) + count + strlen(after) + 1);
  assert_non_null(text);
  strcpy(text, before);
  memset(text + strlen(before), 'x', count);
  strcpy(text + strlen(before) + count, after);
  check_kind(text, kind);
  free(text);
}

static void lengths_have_their_limits(void **state) {
  (void)state;
  static const char range[] = "GET / HTTP/1.1\r\nHost: x\r\nRange: ",
                    other[] = "GET / HTTP/1.1\r\nHost: x\r\nA: ";
  static const char rest[] = " HTTP/1.1\r\nHost: x\r\n\r\n";
  check_long(range, PT_HTTP_VALUE_MAX - 1, "\r\n\r\n", PT_HEAD_SIMPLE);
  check_long(range, PT_HTTP_VALUE_MAX, "\r\n\r\n", PT_HEAD_OTHER);
  check_long(other, 10000, "\r\n\r\n", PT_HEAD_SIMPLE);
  check_long("GET /", PATH_MAX - 2, rest, PT_HEAD_SIMPLE);
  check_long("GET /", PATH_MAX - 1, rest, PT_HEAD_OTHER);
}

static void a_nul_is_nowhere_simple(void **state) {
  (void)state;
  static const char text[] = "GET /a?b HTTP/1.1\r\nHost: x\r\nA: b\r\n\r\n";
  for (size_t at = 0; at < sizeof text - 1; at++) {
    char with[sizeof text];
    memcpy(with, text, sizeof text);
    with[at] = 0;
    reading r = read_bytes(with, sizeof text - 1);
    assert_int_equal(r.kind, PT_HEAD_OTHER);
    free(r.text);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_asked_for_is_read),
      cmocka_unit_test(a_part_of_a_simple_head_waits_for_the_rest),
      cmocka_unit_test(paths_with_more_than_one_spelling_are_not_simple),
      cmocka_unit_test(other_first_lines_are_not_simple),
      cmocka_unit_test(headers_in_doubt_are_not_simple),
      cmocka_unit_test(lengths_have_their_limits),
      cmocka_unit_test(a_nul_is_nowhere_simple),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
