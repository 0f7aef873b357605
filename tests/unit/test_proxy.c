/* Who connects, by the word of proxies: believed wrongly, anybody could pass for
 * anybody and walk around the limits of networks. */
#include "proxy.h"
#include "unit.h"

#include <arpa/inet.h>

static pt_cidr range(const char *text) {
  pt_cidr out;
  assert_true(pt_cidr_parse(text, &out));
  return out;
}

static bool has(const char *cidr, const char *address) {
  pt_cidr outer = range(cidr), inner = range(address);
  return pt_cidr_has(&outer, &inner.address.any);
}

static void test_ranges(void **state) {
  (void)state;
  assert_true(has("10.0.0.0/8", "10.255.1.2") && !has("10.0.0.0/8", "11.0.0.0"));
  assert_true(has("192.168.1.128/25", "192.168.1.200") && !has("192.168.1.128/25", "192.168.1.1"));
  assert_true(has("0.0.0.0/0", "203.0.113.9") && !has("0.0.0.0/0", "::1"));
  assert_true(has("127.0.0.1", "127.0.0.1") && !has("127.0.0.1", "127.0.0.2"));
  assert_true(has("2001:db8::/33", "2001:db8:7fff::1") &&
              !has("2001:db8::/33", "2001:db8:8000::1"));
  assert_true(has("10.0.0.0/8", "::ffff:10.1.2.3")); /* IPv4 through an IPv6 socket */
  static const char *const wrong[] = {
      "",       "10.0.0",      "10.0.0.0/33", "10.0.0.0/",  "10.0.0.0/-1", "10.0.0.0/8x",
      "::/129", "example.org", "/8",          "10.0.0.0/ 8"};
  pt_cidr out;
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
    assert_false(pt_cidr_parse(wrong[i], &out));
}

static void expect_client(const char *header, const char *expected) {
  pt_cidr trusted[] = {range("127.0.0.0/8"), range("fd00::/8")};
  pt_address address = range("127.0.0.9").address;
  pt_proxy_client(trusted, 2, header, &address);
  char text[INET6_ADDRSTRLEN];
  const void *bytes = address.any.sa_family == AF_INET ? (const void *)&address.four.sin_addr
                                                       : (const void *)&address.six.sin6_addr;
  assert_non_null(inet_ntop(address.any.sa_family, bytes, text, sizeof text));
  assert_string_equal(text, expected);
}

static void test_the_last_that_is_no_proxy_counts(void **state) {
  (void)state;
  expect_client("203.0.113.7", "203.0.113.7");
  expect_client("198.51.100.1, 203.0.113.7", "203.0.113.7"); /* the first is hearsay */
  expect_client("203.0.113.7, 127.0.0.2 ,fd00::1", "203.0.113.7");
  expect_client("203.0.113.7:4711", "203.0.113.7");
  expect_client("[2001:db8::1]:4711,127.1.1.1", "2001:db8::1");
  expect_client("2001:db8::2", "2001:db8::2");
}

static void test_what_cannot_be_read_changes_nothing(void **state) {
  (void)state;
  static const char *const headers[] = {
      "",     ",",         "unknown",       "_hidden", "127.0.0.1",   "203.0.113.7, nonsense",
      "[::1", "1.2.3.4.5", "203.0.113.7,,", "[]",      "999.1.1.1:1", "203.0.113.7, 127.0.0.1, x"};
  for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
    expect_client(headers[i], "127.0.0.9");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_ranges),
      cmocka_unit_test(test_the_last_that_is_no_proxy_counts),
      cmocka_unit_test(test_what_cannot_be_read_changes_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
