#include "http_head.h"

#include <string.h>
#include <strings.h>

/* The headers we look at, and then those that ask for more than an answer. */
enum header {
  HOST,
  RANGE,
  IF_RANGE,
  IF_NONE_MATCH,
  IF_MODIFIED_SINCE,
  ACCEPT_ENCODING,
  ORIGIN,
  CONNECTION,
  LOOKED_AT, /* so many */
  UNUSUAL = LOOKED_AT,
  UNKNOWN
};

static const struct {
  const char *name;
  size_t len;
  enum header header;
} headers[] = {{"host", 4, HOST},
               {"range", 5, RANGE},
               {"if-range", 8, IF_RANGE},
               {"if-none-match", 13, IF_NONE_MATCH},
               {"if-modified-since", 17, IF_MODIFIED_SINCE},
               {"accept-encoding", 15, ACCEPT_ENCODING},
               {"origin", 6, ORIGIN},
               {"connection", 10, CONNECTION},
               {"upgrade", 7, UNUSUAL},
               {"http2-settings", 14, UNUSUAL},
               {"content-length", 14, UNUSUAL},
               {"transfer-encoding", 17, UNUSUAL},
               {"expect", 6, UNUSUAL},
               {"te", 2, UNUSUAL},
               {"trailer", 7, UNUSUAL}};

/* What is being read: [at, end), and the values found in it. */
typedef struct head {
  char *at, *end;
  char *path, *path_end;
  char *value[LOOKED_AT], *value_end[LOOKED_AT];
} head;

static bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* (NUL is in no such list, though strchr() finds it in all.) */
static bool is_one_of(const char *list, char c) { return c != 0 && strchr(list, c) != NULL; }

/* RFC 9110, 5.6.2 */
static bool is_in_name(char c) { return is_alphanumeric(c) || is_one_of("-_!#$%&'*+.^`|~", c); }

/* Not '%', '+', '&', ';' and '=': libwebsockets has its own way to read these. */
static bool is_in_path(char c) { return is_alphanumeric(c) || is_one_of("/-._~!$'()*,:@", c); }

static bool is_in_query(char c) { return c > ' ' && c < 0x7f && c != '#'; }

static bool is_in_value(char c) { return (c >= ' ' && c < 0x7f) || c == '\t'; }

/* Takes a text if it is next. At the end of what there is, it may be yet. */
static enum pt_head take(head *h, const char *text) {
  for (; *text; text++, h->at++) {
    if (h->at == h->end) return PT_HEAD_PARTIAL;
    if (*h->at != *text) return PT_HEAD_OTHER;
  }
  return PT_HEAD_SIMPLE;
}

/* Nothing that must be tidied up first, and nothing hidden but what is ours. */
static bool is_plain_path(const char *path, const char *end) {
  static const char own[] = "/.peertide/";
  size_t len = (size_t)(end - path);
  if (len == 0 || len >= PATH_MAX || path[0] != '/') return false;
  if (len >= sizeof own - 1 && memcmp(path, own, sizeof own - 1) == 0) path += sizeof own - 2;
  for (; path + 1 < end; path++) {
    if (path[0] == '/' && (path[1] == '/' || path[1] == '.')) return false;
  }
  return true;
}

static enum pt_head read_first_line(head *h, enum pt_method *method) {
  *method = h->at < h->end && *h->at == 'H' ? PT_METHOD_HEAD : PT_METHOD_GET;
  enum pt_head result = take(h, *method == PT_METHOD_HEAD ? "HEAD " : "GET ");
  if (result != PT_HEAD_SIMPLE) return result;
  h->path = h->at;
  while (h->at < h->end && is_in_path(*h->at)) h->at++;
  h->path_end = h->at;
  if (h->at < h->end && *h->at == '?') {
    while (h->at < h->end && is_in_query(*h->at)) h->at++;
  }
  result = take(h, " HTTP/1.1\r\n");
  if (result != PT_HEAD_SIMPLE) return result;
  return is_plain_path(h->path, h->path_end) ? PT_HEAD_SIMPLE : PT_HEAD_OTHER;
}

static enum header find_header(const char *name, size_t len) {
  for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
    if (headers[i].len == len && strncasecmp(name, headers[i].name, len) == 0)
      return headers[i].header;
  }
  return UNKNOWN;
}

static bool is_space(char c) { return c == ' ' || c == '\t'; }

/* Keeps a value without the space around it; false for one that is not simple. */
static bool keep_value(head *h, enum header header, char *from, char *to) {
  static const char keep_alive[] = "keep-alive";
  while (from < to && is_space(*from)) from++;
  while (to > from && is_space(to[-1])) to--;
  if (header == UNUSUAL) return false;
  if (header == UNKNOWN) return true;
  size_t len = (size_t)(to - from);
  if (h->value[header] || len == 0 || len >= PT_HTTP_VALUE_MAX) return false;
  h->value[header] = from;
  h->value_end[header] = to;
  return header != CONNECTION ||
         (len == sizeof keep_alive - 1 && strncasecmp(from, keep_alive, len) == 0);
}

static enum pt_head read_header(head *h) {
  char *name = h->at;
  while (h->at < h->end && is_in_name(*h->at)) h->at++;
  char *name_end = h->at;
  if (h->at == h->end) return PT_HEAD_PARTIAL;
  if (name == name_end || *h->at++ != ':') return PT_HEAD_OTHER;
  char *value = h->at;
  while (h->at < h->end && is_in_value(*h->at)) h->at++;
  char *value_end = h->at;
  enum pt_head result = take(h, "\r\n");
  if (result != PT_HEAD_SIMPLE) return result;
  enum header header = find_header(name, (size_t)(name_end - name));
  return keep_value(h, header, value, value_end) ? PT_HEAD_SIMPLE : PT_HEAD_OTHER;
}

/* Only now, as a head that is not simple stays as it is. */
static void end_strings(head *h) {
  *h->path_end = 0;
  for (size_t i = 0; i < LOOKED_AT; i++) {
    if (h->value[i]) *h->value_end[i] = 0;
  }
}

enum pt_head pt_http_head_read(char *text, size_t len, pt_request *out, size_t *head_len) {
  head h = {.at = text, .end = text + len};
  enum pt_method method;
  enum pt_head result = read_first_line(&h, &method);
  while (result == PT_HEAD_SIMPLE && (h.at == h.end || *h.at != '\r')) result = read_header(&h);
  if (result == PT_HEAD_SIMPLE) result = take(&h, "\r\n");
  if (result != PT_HEAD_SIMPLE) return result;
  if (h.value[HOST] == NULL) return PT_HEAD_OTHER;
  end_strings(&h);
  *head_len = (size_t)(h.at - text);
  *out = (pt_request){.method = method,
                      .path = h.path,
                      .host = h.value[HOST],
                      .range = h.value[RANGE],
                      .if_range = h.value[IF_RANGE],
                      .if_none_match = h.value[IF_NONE_MATCH],
                      .if_modified_since = h.value[IF_MODIFIED_SINCE],
                      .accept_encoding = h.value[ACCEPT_ENCODING],
                      .origin = h.value[ORIGIN]};
  return PT_HEAD_SIMPLE;
}
