/* The running server: what its parts share. */
#ifndef PT_SERVER_SERVER_H
#define PT_SERVER_SERVER_H

#include "config.h"
#include "counters.h"
#include "hub.h"
#include "indexer.h"

#include <libwebsockets.h>
#include <uv.h>

#define PT_HTTP_CHUNK 65536u /* bytes of a body handed to a socket at once */
#define PT_HTTP_HEAD_MAX 16384u

typedef struct pt_server {
  const pt_server_config *config;
  uv_loop_t loop;
  uv_signal_t signals[2];
  uv_timer_t second;       /* once a second: what expires */
  uv_timer_t end;          /* the last resort of a shutdown */
  struct lws_context *lws; /* NULL again once it is gone */
  struct lws_vhost *vhost;
  pt_site_root root;
  int client_fd; /* -1: there are no client files */
  char base_url[512];
  pt_indexer *indexer;
  pt_hub *hub;
  pt_counters counters;
  uint64_t started_us;
  bool stopping;
  /* The one buffer that bodies pass through, with room in front as lws wants. */
  uint8_t chunk[LWS_PRE + PT_HTTP_HEAD_MAX + PT_HTTP_CHUNK];
} pt_server;

static inline pt_server *pt_server_of(struct lws *wsi) {
  return lws_context_user(lws_get_context(wsi));
}

/* The two protocols of the listener: HTTP, and WebSocket with "peertide.1". */
int pt_http_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                     size_t len);
int pt_socket_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                       size_t len);
/* How the hub reaches WebSocket connections. */
void pt_socket_hub_options(pt_hub_options *options);
extern const size_t pt_http_session_size;
extern const size_t pt_socket_session_size;

/* The document of /stats.json, malloc()ed, or NULL. */
char *pt_server_stats_json(void *server);

/* Runs `peertide serve` to its end; the status to exit with. */
int pt_serve_command(const pt_server_config *config);

#endif
