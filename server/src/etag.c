#include "etag.h"

#include "base/hash.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void pt_etag_of_file(uint64_t size, struct timespec mtime, uint64_t inode, const char *variant,
                     char out[PT_ETAG_SIZE]) {
  uint64_t when = (uint64_t)mtime.tv_sec * 1000000000u + (uint64_t)mtime.tv_nsec;
  snprintf(out, PT_ETAG_SIZE, "\"%" PRIx64 "-%" PRIx64 "-%" PRIx64 "%s%.4s\"", size, when, inode,
           *variant ? "-" : "", variant);
}

void pt_etag_of_bytes(const void *data, size_t len, char out[PT_ETAG_SIZE]) {
  snprintf(out, PT_ETAG_SIZE, "\"%zx-%" PRIx64 "\"", len, pt_hash64(data, len, 0));
}

bool pt_etag_listed(const char *list, const char *etag) {
  size_t len = strlen(etag);
  for (const char *at = list; *at;) {
    at += strspn(at, " \t,");
    if (*at == '*') return true;
    if (strncmp(at, "W/", 2) == 0) at += 2;
    if (*at != '"') return false;
    const char *end = strchr(at + 1, '"');
    if (end == NULL) return false;
    if ((size_t)(end + 1 - at) == len && memcmp(at, etag, len) == 0) return true;
    at = end + 1;
  }
  return false;
}

/* Not strftime: names of days and months must not depend on a locale. */
static const char days[] = "SunMonTueWedThuFriSat";
static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

static void put_digits(char *out, int count, int value) {
  for (; count > 0; value /= 10) out[--count] = (char)('0' + value % 10);
}

void pt_http_date(time_t when, char out[PT_HTTP_DATE_SIZE]) {
  struct tm t;
  if (gmtime_r(&when, &t) == NULL || t.tm_year < -1900 || t.tm_year > 8099) {
    when = 0;
    gmtime_r(&when, &t);
  }
  /* "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7) */
  memcpy(out, "Sun, 00 Nov 0000 00:00:00 GMT", PT_HTTP_DATE_SIZE);
  memcpy(out, &days[3 * t.tm_wday], 3);
  put_digits(out + 5, 2, t.tm_mday);
  memcpy(out + 8, &months[3 * t.tm_mon], 3);
  put_digits(out + 12, 4, t.tm_year + 1900);
  put_digits(out + 17, 2, t.tm_hour);
  put_digits(out + 20, 2, t.tm_min);
  put_digits(out + 23, 2, t.tm_sec);
}

/* Decimal digits only, no sign, no space; -1 otherwise. */
static int digits(const char *text, size_t count) {
  int value = 0;
  for (size_t i = 0; i < count; i++) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = 10 * value + (text[i] - '0');
  }
  return value;
}

/* The number of a three-letter month, or -1. */
static int month_of(const char *text) {
  for (int i = 0; i < 12; i++) {
    if (memcmp(months + 3 * i, text, 3) == 0) return i;
  }
  return -1;
}

time_t pt_http_date_parse(const char *text) {
  /* The fixed places of "Sun, 06 Nov 1994 08:49:37 GMT". */
  if (strlen(text) != PT_HTTP_DATE_SIZE - 1 || memcmp(text + 3, ", ", 2) != 0 || text[7] != ' ' ||
      text[11] != ' ' || text[16] != ' ' || text[19] != ':' || text[22] != ':' ||
      memcmp(text + 25, " GMT", 4) != 0)
    return -1;
  struct tm t = {.tm_mday = digits(text + 5, 2),
                 .tm_mon = month_of(text + 8),
                 .tm_year = digits(text + 12, 4) - 1900,
                 .tm_hour = digits(text + 17, 2),
                 .tm_min = digits(text + 20, 2),
                 .tm_sec = digits(text + 23, 2)};
  if (t.tm_mday < 1 || t.tm_mday > 31 || t.tm_mon < 0 || t.tm_year < 70 || t.tm_hour < 0 ||
      t.tm_hour > 23 || t.tm_min < 0 || t.tm_min > 59 || t.tm_sec < 0 || t.tm_sec > 60)
    return -1;
  return timegm(&t);
}

bool pt_not_modified(const char *if_none_match, const char *if_modified_since, const char *etag,
                     time_t mtime) {
  if (if_none_match) return pt_etag_listed(if_none_match, etag);
  /* What is made when asked for has no date of its own (RFC 9110, 13.1.3). */
  if (if_modified_since == NULL || mtime <= 0) return false;
  time_t since = pt_http_date_parse(if_modified_since);
  return since != -1 && mtime <= since;
}

bool pt_range_allowed(const char *if_range, const char *etag, time_t mtime) {
  if (if_range == NULL) return true;
  if (if_range[0] == '"') return strcmp(if_range, etag) == 0;
  return mtime > 0 && pt_http_date_parse(if_range) == mtime; /* weak tags never match */
}
