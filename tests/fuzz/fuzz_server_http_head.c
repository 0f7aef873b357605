/* Heads of requests that anybody may send: what the reader takes for simple is
 * simple by a slow second opinion, and the other way round; all that it found is
 * in the text; and a head that is not simple stays as it was, for another reader. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http_head.h"

#define LINES_MAX 4096

static void check(bool holds) {
  if (!holds) abort();
}

/* The lines of a head, as strings without their ends. */
typedef struct lines {
  char *text;
  char *line[LINES_MAX];
  size_t count;
} lines;

/* Divides a head that ends with an empty line; false when its bytes are odd. */
static bool divide(const char *head, size_t len, lines *out) {
  out->count = 0;
  out->text = malloc(len + 1);
  check(out->text != NULL);
  memcpy(out->text, head, len);
  out->text[len] = 0;
  for (size_t i = 0; i < len; i++) {
    unsigned char c = (unsigned char)head[i];
    if (c == '\r' ? i + 1 == len || head[i + 1] != '\n'
                  : c == '\n' && (i == 0 || head[i - 1] != '\r'))
      return false;
    if (c > 0x7e || (c < 0x20 && c != '\t' && c != '\r' && c != '\n')) return false;
  }
  for (char *at = out->text, *end; *at; at = end + 2) {
    end = strstr(at, "\r\n");
    check(end != NULL);
    if (out->count == LINES_MAX) return false;
    *end = 0;
    out->line[out->count++] = at;
  }
  return true;
}

/* The value of the only header of that name, "" when there is none; *count is how
 * many there are. */
static const char *value_of(const lines *l, const char *name, size_t *count) {
  static char value[1 << 17];
  value[0] = 0;
  *count = 0;
  for (size_t i = 1; i + 1 < l->count; i++) {
    size_t len = strcspn(l->line[i], ":");
    if (len != strlen(name) || strncasecmp(l->line[i], name, len) != 0) continue;
    const char *from = l->line[i] + len + 1;
    from += strspn(from, " \t");
    size_t left = strlen(from);
    while (left > 0 && strchr(" \t", from[left - 1])) left--;
    snprintf(value, sizeof value, "%.*s", (int)left, from);
    ++*count;
  }
  return value;
}

static const char *const values[] = {
    "host",   "range",     "if-range", "if-none-match", "if-modified-since", "accept-encoding",
    "origin", "connection"};
static const char *const unusual[] = {
    "upgrade", "http2-settings", "content-length", "transfer-encoding", "expect", "te", "trailer"};

static bool first_line_is_simple(const char *line, char path[1 << 17]) {
  char method[8], version[16], target[1 << 17], again[1 << 17];
  static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  if (sscanf(line, "%5[A-Z] %131000[!-~] %15[!-~]", method, target, version) != 3) return false;
  snprintf(again, sizeof again, "%s %s %s", method, target, version);
  if (strcmp(again, line) != 0 || strcmp(version, "HTTP/1.1") != 0) return false;
  if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) return false;
  if (strchr(target, '#')) return false;
  *strchrnul(target, '?') = 0;
  strcpy(path, target);
  if (path[0] != '/' || strlen(path) >= PATH_MAX || strstr(path, "//")) return false;
  for (const char *at = path; *at; at++)
    if (!strchr(letters, *at) && !strchr("/-._~!$'()*,:@", *at)) return false;
  return !strstr(strncmp(path, "/.peertide/", 11) == 0 ? path + 1 : path, "/.");
}

static bool headers_are_simple(const lines *l) {
  size_t count;
  for (size_t i = 1; i + 1 < l->count; i++) {
    size_t len = strcspn(l->line[i], ":");
    if (len == 0 || l->line[i][len] != ':') return false;
    if (strcspn(l->line[i], "\"(),/;<=>?@[\\]{} \t") < len) return false;
  }
  for (size_t i = 0; i < sizeof unusual / sizeof unusual[0]; i++) {
    (void)value_of(l, unusual[i], &count);
    if (count > 0) return false;
  }
  for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
    size_t len = strlen(value_of(l, values[i], &count));
    if (count > 1 || (count == 1 && (len == 0 || len >= PT_HTTP_VALUE_MAX))) return false;
    if (i == 0 && count == 0) return false;
  }
  const char *connection = value_of(l, "connection", &count);
  return count == 0 || strcasecmp(connection, "keep-alive") == 0;
}

static void check_value(const lines *l, const char *name, const char *found) {
  size_t count;
  const char *expected = value_of(l, name, &count);
  check((found != NULL) == (count == 1));
  if (found) check(strcmp(found, expected) == 0);
}

static void check_request(const lines *l, const char *path, const pt_request *r) {
  check(r->method == (l->line[0][0] == 'G' ? PT_METHOD_GET : PT_METHOD_HEAD) && !r->head_is_bad);
  check(strcmp(r->path, path) == 0);
  check_value(l, "host", r->host);
  check_value(l, "range", r->range);
  check_value(l, "if-range", r->if_range);
  check_value(l, "if-none-match", r->if_none_match);
  check_value(l, "if-modified-since", r->if_modified_since);
  check_value(l, "accept-encoding", r->accept_encoding);
  check_value(l, "origin", r->origin);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static lines l;
  static char path[1 << 17];
  pt_request request;
  size_t head_len = 0;
  if (size == 0 || size > 1 << 16) return 0;
  char *text = malloc(size); /* as large as it is: what reads on is found */
  check(text != NULL);
  memcpy(text, data, size);
  enum pt_head kind = pt_http_head_read(text, size, &request, &head_len);
  const char *end = memmem(data, size, "\r\n\r\n", 4);
  size_t whole = end ? (size_t)(end - (const char *)data) + 4 : 0;
  if (kind != PT_HEAD_SIMPLE) check(memcmp(text, data, size) == 0);
  if (whole == 0) {
    check(kind != PT_HEAD_SIMPLE);
  } else {
    check(kind != PT_HEAD_PARTIAL);
    bool simple = divide((const char *)data, whole, &l) && first_line_is_simple(l.line[0], path) &&
                  headers_are_simple(&l);
    check(simple == (kind == PT_HEAD_SIMPLE));
    if (simple) {
      check(head_len == whole && memcmp(text + whole, data + whole, size - whole) == 0);
      check_request(&l, path, &request);
    }
    free(l.text);
  }
  free(text);
  return 0;
}
