/* WebSockets over libwebsockets: whole messages in, what is to be sent is
 * collected and sent together. What they mean is the business of the hub
 * ("peertide.1") or of the tracker (no subprotocol). */
#include "base/limits.h"
#include "clock.h"
#include "format/utf8.h"
#include "frames.h"
#include "log.h"
#include "server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* What may wait until all that has arrived is dealt with: about as much again as
 * the connections themselves take. Less means more system calls, each for less. */
#define UNSENT_BASE ((size_t)1 << 20)
#define UNSENT_PER_SOCKET ((size_t)4 << 10)
#define READS_A_TURN 64 /* of messages that are half read */
#define CLOSE_GRACE_S 5 /* to send what is queued before a close */
#define PING_S 30       /* of silence; proxies cut at about 100 s */
#define SILENT_S 75     /* then it is gone */
#define CLOSE_NOT_UTF8 1007u

_Static_assert(PT_FRAMES_ROOM >= LWS_PRE, "libwebsockets wants room before what it sends");

struct pt_socket_session {
  struct lws *wsi;
  pt_server *server;
  /* One of them; neither once it is closed. */
  pt_session *session;
  pt_tracker_session *legacy;
  pt_address from;
  pt_gate_pass pass;
  pt_gate_network *network; /* to be left: not that of the TCP connection */
  pt_frames out;
  LIST_ENTRY(pt_socket_session) all, unsent, unread; /* of the server's lists */
  uint32_t heard_s;                                  /* when it said something last */
  uint8_t *in;                                       /* a message whose frames are still arriving */
  size_t in_len, in_cap;
  unsigned close_status; /* != 0: close when all is sent */
  char close_reason[32];
  bool close_sent, is_unsent, is_unread, is_pinged;
};

const size_t pt_socket_session_size = sizeof(pt_socket_session);

/* ---- out ----
 *
 * What messages cause is collected, and sent when all that has arrived is dealt
 * with: one write for many messages. libwebsockets takes frames that are made
 * already as LWS_WRITE_HTTP; what the socket does not take it keeps, and says
 * when it wants more. */

static void set_unsent(pt_server *server, pt_socket_session *s) {
  if (s->is_unsent) return;
  s->is_unsent = true;
  LIST_INSERT_HEAD(&server->unsent, s, unsent);
}

static void set_sent(pt_socket_session *s) {
  if (!s->is_unsent) return;
  s->is_unsent = false;
  LIST_REMOVE(s, unsent);
}

/* Ends a connection that is of no use any more, but not from within a callback. */
static void cut(pt_socket_session *s) {
  s->close_status = PT_CLOSE_POLICY;
  s->close_sent = true;
  pt_frames_free(&s->out);
  lws_set_timeout(s->wsi, PENDING_TIMEOUT_CLOSE_SEND, LWS_TO_KILL_ASYNC);
}

/* Sends what it can of what waits. False: the connection is broken. */
static bool flush(pt_socket_session *s) {
  size_t len = pt_frames_left(&s->out);
  if (len == 0 || lws_partial_buffered(s->wsi)) return true;
  if (len > PT_SOCKET_WRITE_MAX) len = PT_SOCKET_WRITE_MAX;
  if (lws_write(s->wsi, pt_frames_next(&s->out), len, LWS_WRITE_HTTP) < 0) return false;
  pt_frames_sent(&s->out, len);
  if (pt_frames_left(&s->out) > 0) lws_callback_on_writable(s->wsi);
  return true;
}

/* Of many thousands of connections hardly anything is in the processor's cache:
 * what the next two need is fetched while this one is served. */
static void fetch_ahead(const pt_socket_session *s) {
  const pt_socket_session *next = LIST_NEXT(s, unsent);
  if (next == NULL) return;
  __builtin_prefetch(next->wsi);
  if (next->out.data) __builtin_prefetch(pt_frames_next(&next->out));
  const pt_socket_session *second = LIST_NEXT(next, unsent);
  if (second) __builtin_prefetch(second);
}

static void flush_all(pt_server *server) {
  server->unsent_bytes = 0;
  for (pt_socket_session *s; (s = LIST_FIRST(&server->unsent)) != NULL;) {
    fetch_ahead(s);
    set_sent(s);
    if (!flush(s)) cut(s);
  }
}

static void expect_message(const void *connection) {
  const pt_socket_session *s = connection;
  if (s->out.data) __builtin_prefetch(pt_frames_next(&s->out) + pt_frames_left(&s->out), 1);
}

static bool send_message(void *connection, const void *text, size_t len) {
  pt_socket_session *s = connection;
  pt_server *server = s->server;
  if (s->close_status) return false;
  if (pt_frames_left(&s->out) + len > server->config->max_waiting ||
      !pt_frames_add(&s->out, text, len)) {
    server->counters.slow_readers++;
    pt_log(PT_LOG_INFO, "a client that does not read its messages is disconnected");
    cut(s);
    return false;
  }
  set_unsent(server, s);
  server->unsent_bytes += len;
  if (server->unsent_bytes > UNSENT_BASE + UNSENT_PER_SOCKET * server->counters.sockets)
    flush_all(server);
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
  if (!flush(s)) return -1;
  if (!s->close_status || s->close_sent) return 0;
  if (pt_frames_left(&s->out) == 0 && !lws_partial_buffered(s->wsi)) return send_close(s);
  lws_callback_on_writable(s->wsi);
  return 0;
}

/* ---- in ---- */

static void set_read(pt_socket_session *s) {
  if (!s->is_unread) return;
  s->is_unread = false;
  LIST_REMOVE(s, unread);
}

/* libwebsockets reads little at a time and then waits for the loop. The rest of
 * a message is mostly there: it is read at once, so that one turn of the loop
 * deals with whole messages, and their answers leave together. Who sends without
 * an end has no more of a turn than that: what is left is readable in the next. */
static void read_on(pt_server *server) {
  pt_socket_session *s;
  for (int reads = 0; reads < READS_A_TURN && (s = LIST_FIRST(&server->unread)) != NULL; reads++) {
    struct lws_pollfd readable = {
        .fd = lws_get_socket_fd(s->wsi), .events = LWS_POLLIN, .revents = LWS_POLLIN};
    set_read(s);
    lws_service_fd(server->lws, &readable);
  }
}

void pt_socket_turn(pt_server *server) {
  read_on(server);
  flush_all(server);
}

/* Keeps a part of a message; `more` bytes of its frame are still to come. */
static bool append(pt_socket_session *s, const void *data, size_t len, size_t more) {
  if (s->in_len + len > s->in_cap) {
    size_t cap = s->in_len + len + more;
    uint8_t *grown = realloc(s->in, cap ? cap : 1);
    if (grown == NULL) return false;
    s->in = grown;
    s->in_cap = cap;
  }
  if (len) memcpy(s->in + s->in_len, data, len);
  s->in_len += len;
  return true;
}

/* Most messages are far apart: no memory is kept for the next. */
static void forget(pt_socket_session *s) {
  free(s->in);
  s->in = NULL;
  s->in_len = s->in_cap = 0;
}

static void refuse(pt_server *server, pt_socket_session *s, unsigned status, const char *code,
                   const char *why) {
  if (s->session)
    pt_hub_refuse(server->hub, s->session, status, code, why);
  else
    pt_tracker_refuse(server->tracker, s->legacy, status, why);
}

static void on_message(pt_server *server, pt_socket_session *s, const void *text, size_t len) {
  uint64_t now_us = pt_clock_us();
  if (!pt_gate_may_say(&server->gate, &s->pass, len, now_us)) {
    refuse(server, s, PT_CLOSE_POLICY, "rate-limited", "more messages than allowed");
  } else if (!lws_frame_is_binary(s->wsi) && !pt_utf8_valid(text, len)) {
    server->counters.messages_not_utf8++;
    refuse(server, s, CLOSE_NOT_UTF8, "bad-message", "a text message is not UTF-8");
  } else if (s->session) {
    pt_hub_message(server->hub, s->session, text, len, now_us);
  } else {
    pt_tracker_receive(server->tracker, s->legacy, text, len, now_us);
  }
}

static void hear(pt_socket_session *s) {
  s->heard_s = (uint32_t)(pt_clock_us() / 1000000u);
  s->is_pinged = false;
}

/* Not libwebsockets' own timers: each of them costs a walk over all of them. */
void pt_socket_tick(pt_server *server) {
  uint32_t now_s = (uint32_t)(pt_clock_us() / 1000000u);
  pt_socket_session *s;
  LIST_FOREACH(s, &server->sockets, all) {
    if (s->close_status || now_s - s->heard_s < PING_S) continue;
    if (now_s - s->heard_s >= SILENT_S) {
      pt_log(PT_LOG_DEBUG, "a client that answers no ping is disconnected");
      server->counters.silent++;
      cut(s);
    } else if (!s->is_pinged && pt_frames_add_ping(&s->out)) {
      s->is_pinged = true;
      set_unsent(server, s);
    }
  }
}

static int on_receive(pt_server *server, pt_socket_session *s, const void *data, size_t len) {
  if ((s->session == NULL && s->legacy == NULL) || s->close_status) return 0;
  hear(s);
  size_t more = lws_remaining_packet_payload(s->wsi);
  uint32_t max = server->config->max_message;
  if (more > max || s->in_len + len + more > max) {
    char why[64];
    snprintf(why, sizeof why, "a message is longer than %u bytes", max);
    forget(s);
    server->counters.messages_too_long++;
    refuse(server, s, PT_CLOSE_TOO_BIG, "bad-message", why);
    return 0;
  }
  bool is_last = more == 0 && lws_is_final_fragment(s->wsi);
  if (is_last && s->in_len == 0) {
    on_message(server, s, data, len);
    return 0;
  }
  if (!append(s, data, len, more)) return -1;
  if (is_last) {
    set_read(s);
    on_message(server, s, s->in, s->in_len);
    forget(s);
  } else if (!s->is_unread) {
    s->is_unread = true;
    LIST_INSERT_HEAD(&server->unread, s, unread);
  }
  return 0;
}

static void on_closed(pt_server *server, pt_socket_session *s) {
  server->counters.sockets--;
  if (s->session) pt_hub_close(server->hub, s->session, pt_clock_us());
  if (s->legacy) pt_tracker_close(server->tracker, s->legacy);
  s->session = NULL;
  s->legacy = NULL;
  pt_gate_leave_network(&server->gate, s->network, pt_clock_us());
  s->network = NULL;
  LIST_REMOVE(s, all);
  set_sent(s);
  set_read(s);
  pt_frames_free(&s->out);
  forget(s);
}

static int on_established(pt_server *server, pt_socket_session *s, struct lws *wsi, bool legacy) {
  memset(s, 0, sizeof *s);
  s->wsi = wsi;
  s->server = server;
  hear(s);
  LIST_INSERT_HEAD(&server->sockets, s, all);
  server->counters.sockets++;
  if (server->upgrade.wsi == wsi) {
    s->from = server->upgrade.from;
    s->network = server->upgrade.network;
    server->upgrade = (pt_upgrade){0};
  }
  pt_gate_network *network = s->network ? s->network : lws_get_opaque_user_data(wsi);
  pt_gate_pass_init(&server->gate, &s->pass, network, pt_clock_us());
  if (legacy)
    s->legacy = pt_tracker_open(server->tracker, s);
  else
    s->session = pt_hub_open(server->hub, s, pt_clock_us());
  return s->session || s->legacy ? 0 : -1;
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t len, bool legacy) {
  pt_socket_session *s = user;
  pt_server *server = pt_server_of(wsi);
  switch (reason) {
  case LWS_CALLBACK_ESTABLISHED:
    return on_established(server, s, wsi, legacy);
  case LWS_CALLBACK_RECEIVE:
    return on_receive(server, s, in, len);
  case LWS_CALLBACK_RECEIVE_PONG:
    hear(s);
    return 0;
  case LWS_CALLBACK_SERVER_WRITEABLE:
    return on_writable(s);
  case LWS_CALLBACK_CLOSED:
    on_closed(server, s);
    return 0;
  default:
    return 0;
  }
}

int pt_socket_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                       size_t len) {
  return on_event(wsi, reason, user, in, len, false);
}

int pt_legacy_socket_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user,
                              void *in, size_t len) {
  return on_event(wsi, reason, user, in, len, true);
}

/* Where a connection comes from: its other end, or whom a trusted proxy named. */
static void place_of(void *connection, pt_place *out) {
  const pt_socket_session *s = connection;
  *out = (pt_place){0};
  if (s->from.any.sa_family != AF_UNSPEC) pt_geo_find(s->server->geo, &s->from.any, out);
}

static bool may_join(void *connection) {
  pt_socket_session *s = connection;
  return pt_gate_may_join(&s->server->gate, &s->pass, pt_clock_us());
}

void pt_socket_hub_options(pt_hub_options *options) {
  options->send = send_message;
  options->expect = expect_message;
  options->close = close_connection;
  options->place = place_of;
  options->may_join = may_join;
}
