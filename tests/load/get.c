/* HTTP: the same file again and again over connections that stay open. */
#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void load_http_connected(load *l, load_connection *c) {
  c->is_open = true;
  l->work->prepare(l, c);
}

static void prepare(load *l, load_connection *c) { load_ready(l, c); }

static void act(load *l, load_connection *c, uint64_t due_ns) {
  char head[2048];
  int len = snprintf(head, sizeof head, "GET %s HTTP/1.1\r\nHost: %s\r\nAccept: */*\r\n\r\n",
                     l->options->path, l->options->host_header);
  if (!load_connection_send(c, head, (size_t)len)) return;
  l->counts.requests++;
  load_times_put(&c->waiting, due_ns);
}

static void answered(load *l, load_connection *c) {
  uint64_t due_ns;
  if (load_times_take(&c->waiting, &due_ns)) load_answered(l, c, due_ns);
}

/* The value of content-length; false when there is none. */
static bool read_length(const char *head, size_t len, uint64_t *out) {
  static const char name[] = "\ncontent-length:";
  for (size_t i = 0; i + sizeof name < len; i++) {
    if (strncasecmp(head + i, name, sizeof name - 1) != 0) continue;
    *out = strtoull(head + i + sizeof name - 1, NULL, 10);
    return true;
  }
  return false;
}

long load_http_received(load *l, load_connection *c, const uint8_t *data, size_t len) {
  const uint8_t *end = memmem(data, len, "\r\n\r\n", 4);
  if (end == NULL) return len < 16384 ? 0 : -1;
  size_t head = (size_t)(end + 4 - data);
  uint64_t body;
  if (!read_length((const char *)data, head, &body)) return -1;
  if (memcmp(data, "HTTP/1.1 200", 12) != 0)
    load_error(l, (const char *)data, strcspn((const char *)data, "\r"));
  l->counts.bytes += body;
  if (body > 0)
    load_connection_skip(c, body);
  else
    answered(l, c);
  return (long)head;
}

void load_http_skipped(load *l, load_connection *c) { answered(l, c); }

const load_work load_get = {.name = "get", .is_http = true, .prepare = prepare, .act = act};
