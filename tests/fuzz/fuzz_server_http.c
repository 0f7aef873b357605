/* Header values that anybody may send: a range lies within the file, dates come
 * back as they went, and no reader passes its end. The first byte chooses. */
#include <stdlib.h>
#include <string.h>

#include "accept_encoding.h"
#include "etag.h"
#include "http_range.h"
#include "proxy.h"
#include "site_path.h"

static void check(bool holds) {
  if (!holds) abort();
}

static void check_range(const char *text, size_t len, uint64_t length) {
  uint64_t first = 0, last = 0;
  if (pt_http_range(text, len, length, &first, &last) != PT_RANGE_PART) return;
  check(first <= last && last < length);
}

static void check_date(const char *text) {
  char again[PT_HTTP_DATE_SIZE];
  time_t when = pt_http_date_parse(text);
  if (when == -1) return;
  pt_http_date(when, again);
  check(pt_http_date_parse(again) == when);
}

static void check_path(const char *text, size_t len) {
  size_t cap = 3 * len + 1;
  char *out = malloc(cap);
  check(out && pt_site_path_encode(text, out, cap));
  check(strlen(out) >= len && !strpbrk(out, " \"<>?#"));
  if (pt_site_path_allowed(text)) check(strstr(text, "..") != text && text[0] != '/');
  free(out);
}

/* The list of a proxy leaves the address as it was, or sets a whole one that is
 * no proxy's. */
static void check_forwarded(const char *text) {
  pt_cidr trusted[2], any;
  check(pt_cidr_parse("127.0.0.0/8", &trusted[0]) && pt_cidr_parse("fd00::/8", &trusted[1]));
  pt_address address = trusted[0].address;
  pt_proxy_client(trusted, 2, text, &address);
  bool is_old = address.any.sa_family == AF_INET &&
                address.four.sin_addr.s_addr == trusted[0].address.four.sin_addr.s_addr;
  check(is_old || !pt_proxy_trusted(trusted, 2, &address.any));
  check(address.any.sa_family == AF_INET || address.any.sa_family == AF_INET6);
  if (pt_cidr_parse(text, &any)) check(pt_cidr_has(&any, &any.address.any));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0) return 0;
  size_t len = size - 1;
  char *text = malloc(len + 1);
  if (text == NULL) return 0;
  if (len > 0) memcpy(text, data + 1, len);
  text[len] = 0;
  switch (data[0] % 6) {
  case 0:
    check_range(text, len, (uint64_t)data[0] * 7919u);
    break;
  case 1:
    (void)pt_etag_listed(text, "\"a\"");
    break;
  case 2:
    check_date(text);
    break;
  case 3:
    (void)pt_accepts_encoding(text, "br");
    break;
  case 4:
    check_forwarded(text);
    break;
  default:
    check_path(text, strlen(text));
    break;
  }
  free(text);
  return 0;
}
