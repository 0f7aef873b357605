/* The running server: what its parts share. */
#ifndef PT_SERVER_SERVER_H
#define PT_SERVER_SERVER_H

#include "config.h"
#include "counters.h"
#include "gate.h"
#include "geo.h"
#include "http_body.h"
#include "hub.h"
#include "indexer.h"
#include "proxy.h"
#include "tracker.h"

#include <libwebsockets.h>
#include <sys/queue.h>
#include <uv.h>

#define PT_SOCKET_WRITE_MAX 65536u /* bytes of messages handed to a socket at once */

typedef struct pt_socket_session pt_socket_session;
typedef struct pt_http_session pt_http_session;

/* Whose WebSocket is being opened: from the request's head, which is gone when it
 * is open. */
typedef struct pt_upgrade {
  struct lws *wsi;
  pt_address from;
  pt_gate_network *network; /* to be left by it: not that of its TCP connection */
} pt_upgrade;

typedef struct pt_server {
  const pt_server_config *config;
  uv_loop_t loop;
  uv_signal_t signals[2];
  uv_timer_t second;        /* once a second: what expires */
  uv_timer_t end;           /* the last resort of a shutdown */
  uv_prepare_t before_wait; /* when messages are sent: before the loop waits, */
  uv_check_t after_wait;    /* and after it dealt with what came */
  struct lws_context *lws;  /* NULL again once it is gone */
  struct lws_vhost *vhost;
  pt_site_root root;
  int client_fd; /* -1: there are no client files */
  char base_url[512];
  pt_indexer *indexer;
  pt_hub *hub;
  pt_geo *geo; /* NULL: no database */
  pt_tracker *tracker;
  LIST_HEAD(, pt_socket_session) sockets; /* all of them */
  LIST_HEAD(, pt_socket_session) unsent;  /* those with something to send */
  LIST_HEAD(, pt_socket_session) unread;  /* those with a message half read */
  size_t unsent_bytes;
  pt_http_session *finished; /* whose last answer is sent, and may go on */
  pt_counters counters;
  pt_gate gate;
  pt_cidr proxies[PT_PROXIES_MAX]; /* that are trusted */
  size_t proxy_count;
  pt_upgrade upgrade;
  /* A socket that is being handed to lws: the connection may be closed again before
   * lws says that it took the socket. */
  bool is_adopting;     /* no connection has been made of it yet */
  struct lws *newcomer; /* that connection, while there is one */
  pt_gate_network *newcomer_network;
  uint64_t started_us;
  bool stopping;
  /* The one buffer that bodies pass through, with room in front as lws wants. */
  uint8_t chunk[LWS_PRE + PT_HTTP_HEAD_MAX + PT_HTTP_CHUNK];
} pt_server;

static inline pt_server *pt_server_of(struct lws *wsi) {
  return lws_context_user(lws_get_context(wsi));
}

/* Answers a request, and counts it. */
void pt_server_answer(pt_server *server, const pt_request *request, pt_response *out);
/* Writes the head of a response, of at most PT_HTTP_HEAD_MAX bytes, and returns its
 * length, or 0; the body takes over what the response owns. */
size_t pt_server_begin(const pt_server *server, const pt_request *request, pt_response *response,
                       bool keep_alive, pt_http_body *body, char *head);
void pt_server_count_body(pt_server *server, const pt_http_body *body, size_t bytes);

/* The two protocols of the listener: HTTP, and WebSocket with "peertide.1". A
 * WebSocket without a subprotocol belongs to the first: it is passed on. */
int pt_http_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                     size_t len);
int pt_socket_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                       size_t len);
/* libwebsockets takes the next request of a connection only after it was asked
 * whether the last answer left room for more: a turn of the loop and five system
 * calls for what is known. This tells it at once. */
void pt_http_go_on(pt_server *server);
/* Reads what is half read and sends what waits to be sent. */
void pt_socket_turn(pt_server *server);
/* Once a second: pings the silent, lets go of the dead. */
void pt_socket_tick(pt_server *server);
int pt_legacy_socket_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user,
                              void *in, size_t len);
/* How the hub reaches WebSocket connections. */
void pt_socket_hub_options(pt_hub_options *options);
extern const size_t pt_http_session_size;
extern const size_t pt_socket_session_size;

/* The text of /metrics (Prometheus' format), malloc()ed, or NULL. */
char *pt_server_metrics_text(void *server);
/* The document of /stats.json, malloc()ed, or NULL. */
char *pt_server_stats_json(void *server);

/* Runs `peertide serve` to its end; the status to exit with. */
int pt_serve_command(const pt_server_config *config);

#endif
