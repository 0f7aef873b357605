#include "connection.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_BYTES (256u << 10)
#define REST_MAX (2u << 20)

static uint8_t shared[REST_MAX + READ_BYTES]; /* one thread: what is read passes through here */

static void on_event(uv_poll_t *poll, int status, int events);

static void watch(load_connection *c) {
  bool wants_write = !c->is_connected || c->out_len > c->out_at;
  uv_poll_start(&c->poll, (c->is_connected ? UV_READABLE : 0) | (wants_write ? UV_WRITABLE : 0),
                on_event);
}

void load_connection_close(load_connection *c, const char *why) {
  if (c->closing) return;
  c->closing = true;
  c->is_open = c->is_ready = false;
  uv_poll_stop(&c->poll);
  uv_close((uv_handle_t *)&c->poll, NULL);
  close(c->fd);
  c->events->closed(c, why);
}

void load_connection_free(load_connection *c) {
  free(c->rest);
  free(c->out);
  free(c->waiting.due_ns);
}

static bool reserve(uint8_t **data, size_t *cap, size_t len) {
  if (len <= *cap) return true;
  size_t wanted = *cap ? *cap : 4096;
  while (wanted < len) wanted *= 2;
  uint8_t *grown = realloc(*data, wanted);
  if (grown == NULL) return false;
  *data = grown;
  *cap = wanted;
  return true;
}

/* ---- out ---- */

static void flush(load_connection *c) {
  while (c->out_at < c->out_len) {
    ssize_t sent = send(c->fd, c->out + c->out_at, c->out_len - c->out_at, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) return;
    if (sent < 0) {
      load_connection_close(c, strerror(errno));
      return;
    }
    c->out_at += (size_t)sent;
  }
  c->out_at = c->out_len = 0;
  watch(c);
}

bool load_connection_send(load_connection *c, const void *data, size_t len) {
  if (c->closing) return false;
  size_t done = 0;
  if (c->out_len == 0) {
    ssize_t sent = send(c->fd, data, len, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) {
      load_connection_close(c, strerror(errno));
      return false;
    }
    done = sent > 0 ? (size_t)sent : 0;
    if (done == len) return true;
  }
  if (!reserve(&c->out, &c->out_cap, c->out_len + len - done)) return false;
  memcpy(c->out + c->out_len, (const uint8_t *)data + done, len - done);
  c->out_len += len - done;
  watch(c);
  return true;
}

/* ---- in ---- */

void load_connection_skip(load_connection *c, uint64_t bytes) { c->skip = bytes; }

/* Has the kernel throw away what nobody looks at: the client must not be the
 * slower of the two. */
static ssize_t skip_some(load_connection *c) {
  size_t wanted = c->skip < 16u << 20 ? (size_t)c->skip : 16u << 20;
  ssize_t got = recv(c->fd, NULL, wanted, MSG_TRUNC | MSG_DONTWAIT);
  if (got <= 0) return got;
  c->skip -= (uint64_t)got;
  if (c->skip == 0) c->events->skipped(c);
  return got;
}

/* Bytes that were read beyond what is skipped stay for the next answer. */
static size_t skip_read(load_connection *c, size_t len) {
  size_t used = c->skip < len ? (size_t)c->skip : len;
  c->skip -= used;
  if (used > 0 && c->skip == 0) c->events->skipped(c);
  return used;
}

static void hand_on(load_connection *c, size_t len) {
  size_t at = 0;
  while (at < len && !c->closing) {
    if (c->skip > 0) {
      at += skip_read(c, len - at);
      continue;
    }
    long used = c->events->received(c, shared + at, len - at);
    if (c->closing) return;
    if (used < 0) {
      load_connection_close(c, "an answer that can't be read");
      return;
    }
    if (used == 0 && c->skip == 0) break;
    at += (size_t)used;
  }
  if (c->closing) return;
  c->rest_len = len - at;
  if (c->rest_len == 0) return;
  if (c->rest_len > REST_MAX || !reserve(&c->rest, &c->rest_cap, c->rest_len)) {
    load_connection_close(c, "an answer that is too long");
    return;
  }
  memcpy(c->rest, shared + at, c->rest_len);
}

static ssize_t read_some(load_connection *c) {
  if (c->rest_len) memcpy(shared, c->rest, c->rest_len);
  ssize_t got = recv(c->fd, shared + c->rest_len, READ_BYTES, MSG_DONTWAIT);
  if (got > 0) hand_on(c, c->rest_len + (size_t)got);
  return got;
}

static void on_event(uv_poll_t *poll, int status, int events) {
  load_connection *c = poll->data;
  if (status < 0) {
    load_connection_close(c, uv_strerror(status));
    return;
  }
  if (!c->is_connected) {
    int error = 0;
    socklen_t len = sizeof error;
    if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0 || error) {
      load_connection_close(c, strerror(error ? error : errno));
      return;
    }
    c->is_connected = true;
    watch(c);
    c->events->connected(c);
    return;
  }
  if (events & UV_WRITABLE && c->out_len > 0) flush(c);
  if (c->closing || !(events & UV_READABLE)) return;
  ssize_t got = c->skip > 0 ? skip_some(c) : read_some(c);
  if (c->closing || got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR))) return;
  load_connection_close(c, got == 0 ? "closed by the server" : strerror(errno));
}

/* ---- the beginning ---- */

/* Our side: 127.0.0.1, 127.0.1.1, 127.0.2.1, ... */
static bool bind_source(int fd, uint32_t source) {
  struct sockaddr_in from = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(0x7f000001u + (source << 8))};
  int on = 1;
  setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  return bind(fd, (struct sockaddr *)&from, sizeof from) == 0;
}

bool load_connection_start(load_connection *c, uv_loop_t *loop, const load_options *options,
                           uint32_t index) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(options->port)};
  inet_pton(AF_INET, options->host, &to.sin_addr);
  c->index = index;
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (c->fd < 0) return false;
  int on = 1;
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if ((options->sources > 1 && !bind_source(c->fd, index % options->sources)) ||
      (connect(c->fd, (struct sockaddr *)&to, sizeof to) != 0 && errno != EINPROGRESS)) {
    int error = errno;
    close(c->fd);
    errno = error;
    return false;
  }
  if (uv_poll_init(loop, &c->poll, c->fd) != 0) {
    close(c->fd);
    errno = EMFILE;
    return false;
  }
  c->poll.data = c;
  watch(c);
  return true;
}

/* ---- times ---- */

bool load_times_put(load_times *times, uint64_t due_ns) {
  if (times->count == times->cap) {
    uint32_t cap = times->cap ? 2 * times->cap : 2;
    uint64_t *grown = malloc(cap * sizeof *grown);
    if (grown == NULL) return false;
    for (uint32_t i = 0; i < times->count; i++)
      grown[i] = times->due_ns[(times->first + i) & (times->cap - 1)];
    free(times->due_ns);
    *times = (load_times){.due_ns = grown, .count = times->count, .cap = cap};
  }
  times->due_ns[(times->first + times->count++) & (times->cap - 1)] = due_ns;
  return true;
}

bool load_times_take(load_times *times, uint64_t *due_ns) {
  if (times->count == 0) return false;
  *due_ns = times->due_ns[times->first];
  times->first = (times->first + 1) & (times->cap - 1);
  times->count--;
  return true;
}
