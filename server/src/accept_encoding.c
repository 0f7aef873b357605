#include "accept_encoding.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

/* Is the weight of ";q=0.000" zero? `at` points behind the coding's name. */
static bool weight_is_zero(const char *at, const char *end) {
  while (at < end && strchr("; \t", *at)) at++;
  if (end - at < 3 || (*at != 'q' && *at != 'Q') || at[1] != '=') return false;
  for (at += 2; at < end; at++) {
    if (*at >= '1' && *at <= '9') return false;
  }
  return true;
}

bool pt_accepts_encoding(const char *value, const char *coding) {
  size_t len = strlen(coding);
  for (const char *at = value; at && *at;) {
    at += strspn(at, " \t,");
    const char *end = at + strcspn(at, ",");
    if ((size_t)(end - at) >= len && strncasecmp(at, coding, len) == 0 &&
        !isalnum((unsigned char)at[len]) && at[len] != '-')
      return !weight_is_zero(at + len, end);
    at = end;
  }
  return false;
}
