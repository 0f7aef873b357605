/* WebSocket ("peertide.1") over libwebsockets: whole messages in, a bounded
 * queue of messages out. What they mean is the hub's business. */
#include "base/limits.h"
#include "clock.h"
#include "log.h"
#include "server.h"

#include <stdlib.h>
#include <string.h>

#define QUEUE_MESSAGES_MAX 512u
#define QUEUE_BYTES_MAX (1u << 20)
#define CLOSE_GRACE_S 5 /* to send what is queued before a close */

typedef struct message {
  struct message *next;
  size_t len;
  uint8_t data[]; /* with LWS_PRE bytes in front */
} message;

typedef struct pt_socket_session {
  struct lws *wsi;
  pt_session *session;   /* NULL once it is closed */
  message *first, *last; /* the queue */
  size_t queued, queued_bytes;
  uint8_t *in; /* a message whose frames are still arriving */
  size_t in_len, in_cap;
  unsigned close_status; /* != 0: close when the queue is sent */
  char close_reason[32];
  bool close_sent;
} pt_socket_session;

const size_t pt_socket_session_size = sizeof(pt_socket_session);

/* ---- out ---- */

static void drop_first(pt_socket_session *s) {
  message *m = s->first;
  s->first = m->next;
  if (s->first == NULL) s->last = NULL;
  s->queued--;
  s->queued_bytes -= m->len;
  free(m);
}

static bool send_message(void *connection, const void *text, size_t len) {
  pt_socket_session *s = connection;
  if (s->close_status) return false;
  message *m = NULL;
  if (s->queued < QUEUE_MESSAGES_MAX && s->queued_bytes + len <= QUEUE_BYTES_MAX)
    m = malloc(sizeof *m + LWS_PRE + len);
  if (m == NULL) {
    pt_log(PT_LOG_INFO, "a client that does not read its messages is disconnected");
    s->close_status = PT_CLOSE_POLICY;
    lws_set_timeout(s->wsi, PENDING_TIMEOUT_CLOSE_SEND, LWS_TO_KILL_ASYNC);
    return false;
  }
  m->next = NULL;
  m->len = len;
  memcpy(m->data + LWS_PRE, text, len);
  if (s->last)
    s->last->next = m;
  else
    s->first = m;
  s->last = m;
  s->queued++;
  s->queued_bytes += len;
  lws_callback_on_writable(s->wsi);
  return true;
}

static void close_connection(void *connection, unsigned status, const char *reason) {
  pt_socket_session *s = connection;
  if (s->close_status) return;
  s->close_status = status;
  strncpy(s->close_reason, reason, sizeof s->close_reason - 1);
  lws_set_timeout(s->wsi, PENDING_TIMEOUT_CLOSE_SEND, CLOSE_GRACE_S);
  lws_callback_on_writable(s->wsi);
}

/* Begins the closing handshake (RFC 6455, 7.1.2). Not by returning -1: as Debian
 * builds it, libwebsockets with libuv then closes the connection twice, and the
 * second time without a frame. The connection lives on until its answer or a
 * time-out. */
static int send_close(pt_socket_session *s) {
  s->close_sent = true;
  lws_close_reason(s->wsi, (enum lws_close_status)s->close_status, (unsigned char *)s->close_reason,
                   strlen(s->close_reason));
  lws_set_timeout(s->wsi, PENDING_TIMEOUT_CLOSE_SEND, LWS_TO_KILL_SYNC);
  return 0;
}

static int on_writable(pt_socket_session *s) {
  if (s->first) {
    int wrote = lws_write(s->wsi, s->first->data + LWS_PRE, s->first->len, LWS_WRITE_TEXT);
    drop_first(s);
    if (wrote < 0) return -1;
  } else if (s->close_status && !s->close_sent) {
    return send_close(s);
  }
  if (s->first || (s->close_status && !s->close_sent)) lws_callback_on_writable(s->wsi);
  return 0;
}

/* ---- in ---- */

static bool append(pt_socket_session *s, const void *data, size_t len) {
  if (s->in_len + len > s->in_cap) {
    size_t cap = s->in_cap ? 2 * s->in_cap : 2048;
    while (cap < s->in_len + len) cap *= 2;
    uint8_t *grown = realloc(s->in, cap);
    if (grown == NULL) return false;
    s->in = grown;
    s->in_cap = cap;
  }
  if (len) memcpy(s->in + s->in_len, data, len);
  s->in_len += len;
  return true;
}

static int on_receive(pt_server *server, pt_socket_session *s, const void *data, size_t len) {
  if (s->session == NULL || s->close_status) return 0;
  if (s->in_len + len > PT_SIGNAL_BYTES_MAX) {
    pt_hub_refuse(server->hub, s->session, PT_CLOSE_TOO_BIG, "bad-message",
                  "a message is longer than 65536 bytes");
    return 0;
  }
  if (!append(s, data, len)) return -1;
  if (!lws_is_final_fragment(s->wsi) || lws_remaining_packet_payload(s->wsi) > 0) return 0;
  pt_hub_message(server->hub, s->session, s->in, s->in_len, pt_clock_us());
  /* Most messages are far apart: keep no memory for the next. */
  free(s->in);
  s->in = NULL;
  s->in_len = s->in_cap = 0;
  return 0;
}

static void on_closed(pt_server *server, pt_socket_session *s) {
  server->counters.sockets--;
  if (s->session) pt_hub_close(server->hub, s->session, pt_clock_us());
  s->session = NULL;
  while (s->first) drop_first(s);
  free(s->in);
  s->in = NULL;
}

int pt_socket_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                       size_t len) {
  pt_socket_session *s = user;
  pt_server *server = pt_server_of(wsi);
  switch (reason) {
  case LWS_CALLBACK_ESTABLISHED:
    memset(s, 0, sizeof *s);
    s->wsi = wsi;
    server->counters.sockets++;
    s->session = pt_hub_open(server->hub, s, pt_clock_us());
    return s->session ? 0 : -1;
  case LWS_CALLBACK_RECEIVE:
    return on_receive(server, s, in, len);
  case LWS_CALLBACK_SERVER_WRITEABLE:
    return on_writable(s);
  case LWS_CALLBACK_CLOSED:
    on_closed(server, s);
    return 0;
  default:
    return 0;
  }
}

void pt_socket_hub_options(pt_hub_options *options) {
  options->send = send_message;
  options->close = close_connection;
}
