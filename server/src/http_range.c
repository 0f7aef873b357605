#include "http_range.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

static void skip_space(const char **at, const char *end) {
  while (*at < end && (**at == ' ' || **at == '\t')) (*at)++;
}

/* Decimal digits; numbers beyond 2^64 become the greatest: they mean "past the
 * end" all the same. False when there is no digit. */
static bool read_number(const char **at, const char *end, uint64_t *out) {
  const char *start = *at;
  uint64_t value = 0;
  while (*at < end && **at >= '0' && **at <= '9') {
    unsigned digit = (unsigned)(**at - '0');
    value = value > (UINT64_MAX - digit) / 10 ? UINT64_MAX : value * 10 + digit;
    (*at)++;
  }
  *out = value;
  return *at > start;
}

enum pt_range pt_http_range(const char *value, size_t len, uint64_t length, uint64_t *first,
                            uint64_t *last) {
  const char *at = value, *end = value + len;
  if (len < 6 || strncasecmp(at, "bytes=", 6) != 0) return PT_RANGE_NONE;
  at += 6;
  skip_space(&at, end);
  uint64_t from = 0, to = 0;
  bool has_from = read_number(&at, end, &from);
  if (at == end || *at != '-') return PT_RANGE_NONE;
  at++;
  bool has_to = read_number(&at, end, &to);
  skip_space(&at, end);
  if (at != end || (!has_from && !has_to) || (has_from && has_to && to < from))
    return PT_RANGE_NONE;
  if (!has_from) { /* the last `to` bytes */
    if (to == 0 || length == 0) return PT_RANGE_UNSATISFIABLE;
    from = to >= length ? 0 : length - to;
    to = length - 1;
  } else {
    if (from >= length) return PT_RANGE_UNSATISFIABLE;
    if (!has_to || to >= length) to = length - 1;
  }
  *first = from;
  *last = to;
  return PT_RANGE_PART;
}
