#include "proxy.h"

#include "place.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

static bool parse_address(const char *text, size_t len, pt_address *out) {
  char copy[INET6_ADDRSTRLEN];
  if (len == 0 || len >= sizeof copy) return false;
  memcpy(copy, text, len);
  copy[len] = 0;
  memset(out, 0, sizeof *out);
  if (inet_pton(AF_INET, copy, &out->four.sin_addr) == 1) {
    out->four.sin_family = AF_INET;
    return true;
  }
  out->six.sin6_family = AF_INET6;
  return inet_pton(AF_INET6, copy, &out->six.sin6_addr) == 1;
}

bool pt_cidr_parse(const char *text, pt_cidr *out) {
  size_t len = strcspn(text, "/");
  unsigned length;
  if (!parse_address(text, len, &out->address)) return false;
  pt_place_address(&out->address.any, &length);
  out->bits = 8 * length;
  if (text[len] == 0) return true;
  char *end;
  const char *digits = text + len + 1;
  unsigned long bits = strtoul(digits, &end, 10);
  if (*digits < '0' || *digits > '9' || *end || bits > out->bits) return false;
  out->bits = (unsigned)bits;
  return true;
}

bool pt_cidr_has(const pt_cidr *range, const struct sockaddr *address) {
  unsigned ours, theirs;
  const uint8_t *a = pt_place_address(&range->address.any, &ours);
  const uint8_t *b = pt_place_address(address, &theirs);
  if (a == NULL || b == NULL || ours != theirs) return false;
  size_t whole = range->bits / 8;
  unsigned rest = range->bits % 8;
  if (memcmp(a, b, whole) != 0) return false;
  return rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0;
}

bool pt_proxy_trusted(const pt_cidr *trusted, size_t count, const struct sockaddr *address) {
  for (size_t i = 0; i < count; i++) {
    if (pt_cidr_has(&trusted[i], address)) return true;
  }
  return false;
}

/* An entry of the list: "192.0.2.1", "192.0.2.1:4711", "2001:db8::1" or
 * "[2001:db8::1]:4711". */
static bool parse_entry(const char *text, size_t len, pt_address *out) {
  while (len > 0 && strchr(" \t", *text)) text++, len--;
  while (len > 0 && strchr(" \t", text[len - 1])) len--;
  if (len > 0 && *text == '[') {
    const char *end = memchr(text, ']', len);
    return end && parse_address(text + 1, (size_t)(end - text) - 1, out);
  }
  const char *colon = memchr(text, ':', len);
  if (colon && !memchr(colon + 1, ':', len - (size_t)(colon + 1 - text)))
    len = (size_t)(colon - text); /* one colon: a port follows */
  return parse_address(text, len, out);
}

void pt_proxy_client(const pt_cidr *trusted, size_t count, const char *header,
                     pt_address *address) {
  size_t end = strlen(header);
  for (;;) {
    size_t start = end;
    while (start > 0 && header[start - 1] != ',') start--;
    pt_address entry;
    if (!parse_entry(header + start, end - start, &entry)) return;
    if (!pt_proxy_trusted(trusted, count, &entry.any)) {
      *address = entry;
      return;
    }
    if (start == 0) return;
    end = start - 1;
  }
}
