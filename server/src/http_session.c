/* HTTP over libwebsockets, for what http_direct leaves: reads a request's head,
 * writes the answer's head and then its body, one chunk each time the socket takes
 * more. */
#include "clock.h"
#include "http_body.h"
#include "http_head.h"
#include "origin.h"
#include "place.h"
#include "server.h"
#include "site_path.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

struct pt_http_session {
  pt_http_session *previous, *next; /* server->finished */
  struct lws *wsi;                  /* NULL: not on that list */
  bool active;                      /* an answer is being sent */
  bool close_after;
  pt_http_body body;
};

const size_t pt_http_session_size = sizeof(pt_http_session);

static void end_answer(pt_http_session *session) {
  if (!session->active) return;
  pt_http_body_end(&session->body);
  session->active = false;
}

/* ---- the request ---- */

/* Values of the headers we look at. */
typedef struct values {
  char path[PATH_MAX];
  char range[PT_HTTP_VALUE_MAX], if_range[PT_HTTP_VALUE_MAX];
  char if_none_match[PT_HTTP_VALUE_MAX], if_modified_since[PT_HTTP_VALUE_MAX];
  char accept_encoding[PT_HTTP_VALUE_MAX], origin[PT_HTTP_VALUE_MAX], host[PT_HTTP_VALUE_MAX];
} values;

/* NULL when the header is absent or too long to be one of ours. */
static const char *header(struct lws *wsi, enum lws_token_indexes token,
                          char out[PT_HTTP_VALUE_MAX]) {
  return lws_hdr_copy(wsi, out, PT_HTTP_VALUE_MAX, token) > 0 ? out : NULL;
}

static bool read_method(struct lws *wsi, pt_request *request, enum lws_token_indexes *token) {
  static const struct {
    enum lws_token_indexes token;
    enum pt_method method;
  } methods[] = {{WSI_TOKEN_GET_URI, PT_METHOD_GET},         {WSI_TOKEN_HEAD_URI, PT_METHOD_HEAD},
                 {WSI_TOKEN_OPTIONS_URI, PT_METHOD_OPTIONS}, {WSI_TOKEN_POST_URI, PT_METHOD_OTHER},
                 {WSI_TOKEN_PUT_URI, PT_METHOD_OTHER},       {WSI_TOKEN_PATCH_URI, PT_METHOD_OTHER},
                 {WSI_TOKEN_DELETE_URI, PT_METHOD_OTHER}};
  for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
    if (lws_hdr_total_length(wsi, methods[i].token) > 0) {
      request->method = methods[i].method;
      *token = methods[i].token;
      return true;
    }
  }
  return false;
}

/* lws keeps a path in pieces, divided where it had '&' or ';'. */
static bool read_path(struct lws *wsi, enum lws_token_indexes token, char *out, size_t cap) {
  size_t len = 0;
  for (int i = 0;; i++) {
    if (len + 1 >= cap) return false;
    char *at = out + len + (i > 0);
    int got = lws_hdr_copy_fragment(wsi, at, (int)(cap - len - 1), token, i);
    if (got < 0) return i > 0;
    if (strlen(at) != (size_t)got) return false; /* a NUL in it */
    if (i > 0) out[len++] = '\1';
    len += (size_t)got;
  }
}

static void read_request(struct lws *wsi, values *v, pt_request *request) {
  enum lws_token_indexes token = WSI_TOKEN_GET_URI;
  *request = (pt_request){.path = v->path};
  request->head_is_bad =
      !read_method(wsi, request, &token) || !read_path(wsi, token, v->path, sizeof v->path);
  request->range = header(wsi, WSI_TOKEN_HTTP_RANGE, v->range);
  request->if_range = header(wsi, WSI_TOKEN_HTTP_IF_RANGE, v->if_range);
  request->if_none_match = header(wsi, WSI_TOKEN_HTTP_IF_NONE_MATCH, v->if_none_match);
  request->if_modified_since = header(wsi, WSI_TOKEN_HTTP_IF_MODIFIED_SINCE, v->if_modified_since);
  request->accept_encoding = header(wsi, WSI_TOKEN_HTTP_ACCEPT_ENCODING, v->accept_encoding);
  request->origin = header(wsi, WSI_TOKEN_ORIGIN, v->origin);
  request->host = header(wsi, WSI_TOKEN_HOST, v->host);
}

static bool wants_keep_alive(struct lws *wsi) {
  char text[64];
  if (lws_hdr_copy(wsi, text, sizeof text, WSI_TOKEN_HTTP) <= 0 || strcmp(text, "HTTP/1.1") != 0)
    return false; /* HTTP/1.0: one request per connection */
  return lws_hdr_copy(wsi, text, sizeof text, WSI_TOKEN_CONNECTION) <= 0 ||
         strcasecmp(text, "close") != 0;
}

/* ---- the answer ---- */

static void forget_finished(pt_server *server, pt_http_session *session) {
  if (session->wsi == NULL) return;
  if (session->previous)
    session->previous->next = session->next;
  else
    server->finished = session->next;
  if (session->next) session->next->previous = session->previous;
  session->wsi = NULL;
}

static void note_finished(pt_server *server, pt_http_session *session, struct lws *wsi) {
  if (session->wsi) return;
  session->wsi = wsi;
  session->previous = NULL;
  session->next = server->finished;
  if (session->next) session->next->previous = session;
  server->finished = session;
}

void pt_http_go_on(pt_server *server) {
  bool any = server->finished != NULL;
  while (server->finished) {
    pt_http_session *session = server->finished;
    struct lws_pollfd writable = {
        .fd = lws_get_socket_fd(session->wsi), .events = LWS_POLLOUT, .revents = LWS_POLLOUT};
    forget_finished(server, session);
    lws_service_fd(server->lws, &writable);
  }
  /* A request that was sent behind the last one is there already, and no event
   * will tell of it: this does. */
  if (any && lws_service_adjust_timeout(server->lws, 1, 0) == 0) lws_cancel_service(server->lws);
}

/* After the last byte: 0 to go on with the connection, -1 to close it. */
static int finish(struct lws *wsi, pt_server *server, pt_http_session *session) {
  bool close_after = session->close_after;
  end_answer(session);
  if (close_after) return -1;
  if (lws_http_transaction_completed(wsi)) return -1;
  session = lws_wsi_user(wsi); /* a new one: the last is freed */
  if (session && !lws_partial_buffered(wsi)) note_finished(server, session, wsi);
  return 0;
}

/* May the file go from the disk's cache to the socket without passing through
 * us? Not when it must be encrypted, or stand behind what is not sent yet. */
static bool may_pass(struct lws *wsi, const pt_http_session *session) {
  return pt_http_body_may_pass(&session->body) && !lws_is_ssl(wsi) && !lws_partial_buffered(wsi);
}

/* Sends a head (may be of length 0) and then what the socket takes of the file. */
static int send_file(struct lws *wsi, pt_server *server, pt_http_session *session,
                     size_t head_len) {
  uint8_t *head = server->chunk + LWS_PRE;
  int to = lws_get_socket_fd(wsi);
  pt_http_body *body = &session->body;
  lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT, PT_HTTP_SLOW_READER_S);
  if (head_len > 0) {
    ssize_t sent = send(to, head, head_len, MSG_NOSIGNAL | (body->left ? MSG_MORE : 0));
    if (sent < 0 && errno != EAGAIN && errno != EINTR) return -1;
    size_t done = sent > 0 ? (size_t)sent : 0;
    if (done < head_len && lws_write(wsi, head + done, head_len - done, LWS_WRITE_HTTP) < 0)
      return -1;
  }
  for (size_t budget = PT_HTTP_PASS_MAX; body->left > 0 && budget > 0 && may_pass(wsi, session);) {
    ssize_t sent = pt_http_body_pass(body, to, budget);
    if (sent < 0) return -1;
    if (sent == 0) break;
    budget -= (size_t)sent;
    pt_server_count_body(server, body, (size_t)sent);
  }
  if (body->left == 0) return finish(wsi, server, session);
  lws_callback_on_writable(wsi);
  return 0;
}

/* Sends head_len bytes that are in the chunk already, and as much of the body
 * as fits behind them. */
static int send_chunk(struct lws *wsi, pt_server *server, pt_http_session *session,
                      size_t head_len) {
  pt_http_body *body = &session->body;
  /* What fits into one write leaves sooner with its head than by sendfile(). */
  if (body->left > PT_HTTP_CHUNK && may_pass(wsi, session))
    return send_file(wsi, server, session, head_len);
  uint8_t *start = server->chunk + LWS_PRE;
  size_t len = pt_http_body_read(body, start + head_len, PT_HTTP_CHUNK);
  if (len == 0 && body->left > 0) return -1; /* the promise can't be kept */
  pt_server_count_body(server, body, len);
  bool last = body->left == 0;
  if (head_len + len > 0) {
    lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT, PT_HTTP_SLOW_READER_S);
    enum lws_write_protocol how = last ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP;
    if (lws_write(wsi, start, head_len + len, how) < 0) return -1;
  }
  if (last) return finish(wsi, server, session);
  lws_callback_on_writable(wsi);
  return 0;
}

static int send_answer(struct lws *wsi, pt_server *server, pt_http_session *session,
                       const pt_request *request, pt_response *response) {
  bool keep_alive =
      wants_keep_alive(wsi) && request->method != PT_METHOD_OTHER && response->status != 400;
  size_t head_len = pt_server_begin(server, request, response, keep_alive, &session->body,
                                    (char *)server->chunk + LWS_PRE);
  session->active = true;
  session->close_after = !keep_alive;
  return head_len ? send_chunk(wsi, server, session, head_len) : -1;
}

static int on_request(struct lws *wsi, pt_server *server, pt_http_session *session) {
  values v;
  pt_request request;
  pt_response response;
  end_answer(session);
  read_request(wsi, &v, &request);
  pt_server_answer(server, &request, &response);
  return send_answer(wsi, server, session, &request, &response);
}

/* Why a WebSocket upgrade is refused, as an HTTP status; 0: it is not. */
static unsigned refusal_of(struct lws *wsi, const pt_server *server, const pt_request *request) {
  char protocol[256];
  if (!pt_origin_allowed(&server->config->allow_origin, request->origin, request->host)) return 403;
  if (lws_hdr_total_length(wsi, WSI_TOKEN_PROTOCOL) == 0) return 0; /* a WebTorrent client */
  if (request->head_is_bad || strcmp(request->path, "/.peertide/ws") != 0) return 404;
  if (lws_hdr_copy(wsi, protocol, sizeof protocol, WSI_TOKEN_PROTOCOL) <= 0 ||
      strstr(protocol, "peertide.1") == NULL)
    return 400;
  return 0;
}

/* A wish to go on in HTTP/2 is not granted: lws then finds a word it does not
 * know and stays with HTTP/1.1, as RFC 9110 (7.8) wants it. */
static bool ignore_http2(char *what) {
  if (what == NULL || strcasecmp(what, "h2c") != 0) return false;
  what[0] = '-';
  return true;
}

static void forget_upgrade(struct lws *wsi, pt_server *server) {
  if (server->upgrade.wsi != wsi) return;
  pt_gate_leave_network(&server->gate, server->upgrade.network, pt_clock_us());
  server->upgrade = (pt_upgrade){0};
}

/* Notes who opens a WebSocket; false when its network has too many. */
static bool note_upgrade(struct lws *wsi, pt_server *server) {
  static char header[PT_HTTP_HEAD_MAX]; /* one thread; a proxy appends to what clients send */
  pt_address from = {.any.sa_family = AF_UNSPEC};
  socklen_t len = sizeof from;
  if (server->upgrade.wsi) forget_upgrade(server->upgrade.wsi, server);
  server->upgrade.wsi = wsi;
  if (getpeername(lws_get_socket_fd(wsi), &from.any, &len) == 0 &&
      pt_proxy_trusted(server->proxies, server->proxy_count, &from.any) &&
      lws_hdr_total_length(wsi, WSI_TOKEN_X_FORWARDED_FOR) > 0) {
    if (lws_hdr_copy(wsi, header, sizeof header, WSI_TOKEN_X_FORWARDED_FOR) <= 0) return false;
    pt_proxy_client(server->proxies, server->proxy_count, header, &from);
    uint32_t number = pt_place_network(&from.any);
    server->upgrade.network = pt_gate_enter_network(&server->gate, number, pt_clock_us());
    if (server->upgrade.network == NULL) return false;
  }
  server->upgrade.from = from;
  return true;
}

static void on_destroy(struct lws *wsi, pt_server *server) {
  bool is_new = wsi == server->newcomer;
  pt_gate_network *network = is_new ? server->newcomer_network : lws_get_opaque_user_data(wsi);
  if (is_new) server->newcomer = NULL;
  forget_upgrade(wsi, server);
  pt_gate_leave_network(&server->gate, network, pt_clock_us());
  pt_gate_leave(&server->gate);
}

static int on_upgrade(struct lws *wsi, pt_server *server, char *what) {
  values v;
  pt_request request;
  pt_response response;
  if (ignore_http2(what)) return 0;
  read_request(wsi, &v, &request);
  unsigned status = refusal_of(wsi, server, &request);
  if (status == 403) server->counters.origins_refused++;
  if (status == 0 && !note_upgrade(wsi, server)) status = 429;
  if (status == 0) return 0;
  server->counters.requests++;
  pt_response_page(status, &response);
  /* lws has not made the connection's session yet: the page goes in one piece,
   * and the connection is not used again. */
  pt_http_session session = {.body.fd = -1};
  request.method = PT_METHOD_OTHER;
  (void)send_answer(wsi, server, &session, &request, &response);
  end_answer(&session);
  return -1;
}

int pt_http_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                     size_t len) {
  pt_http_session *session = user;
  pt_server *server = pt_server_of(wsi);
  switch (reason) {
  case LWS_CALLBACK_WSI_CREATE:
    if (server->is_adopting) server->newcomer = wsi;
    server->is_adopting = false;
    return 0;
  case LWS_CALLBACK_WSI_DESTROY:
    on_destroy(wsi, server);
    return 0;
  case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
    return on_upgrade(wsi, server, in);
  case LWS_CALLBACK_HTTP:
    return on_request(wsi, server, session);
  case LWS_CALLBACK_HTTP_WRITEABLE:
    return session && session->active ? send_chunk(wsi, server, session, 0) : 0;
  case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
  case LWS_CALLBACK_CLOSED_HTTP:
    if (session) {
      end_answer(session);
      forget_finished(server, session);
    }
    return 0;
  case LWS_CALLBACK_ESTABLISHED:
  case LWS_CALLBACK_RECEIVE:
  case LWS_CALLBACK_RECEIVE_PONG:
  case LWS_CALLBACK_SERVER_WRITEABLE:
  case LWS_CALLBACK_CLOSED:
    return pt_legacy_socket_callback(wsi, reason, user, in, len);
  default:
    return 0;
  }
}
