/* `peertide serve`: puts the parts together, runs the loop, ends it. */
#include "base/limits.h"
#include "client_dir.h"
#include "clock.h"
#include "http_direct.h"
#include "index_command.h"
#include "listener.h"
#include "lobby.h"
#include "log.h"
#include "place.h"
#include "server.h"
#include "tls_check.h"
#include "tls_renewal.h"
#include "turn.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define END_MS 1500 /* a shutdown that takes longer is cut short */
#define REQUEST_TIMEOUT_S 20
#define FD_SPARE 256
#define HEAP_SPARE (16 << 20)
/* Of memory for each WebSocket, and read at once: */
#define RX_LEGACY_BYTES 1856 /* half an announce with five offers, */
#define RX_BYTES 1600        /* a signal with a description */

/* The parts that only this file knows. */
typedef struct serving {
  pt_server server;
  pt_listener listener;
  pt_lobby lobby;
  pt_direct direct;
  pt_turn turn;
  pt_tls_renewal tls;
  char *settings;
} serving;

static const lws_retry_bo_t no_pings = {0}; /* pt_socket_tick() sends them */

/* ---- libwebsockets ---- */

static void on_lws_log(int level, const char *line) {
  /* Its errors are mostly misbehaviour of clients. */
  pt_log(level & LLL_ERR ? PT_LOG_INFO : PT_LOG_DEBUG, "libwebsockets: %s", line);
}

static bool make_lws(serving *s) {
  static const struct lws_protocols protocols[] = {
      {.name = "http",
       .callback = pt_http_callback,
       .rx_buffer_size = RX_LEGACY_BYTES,
       .tx_packet_size = PT_HTTP_HEAD_MAX + PT_HTTP_CHUNK},
      {.name = "peertide.1",
       .callback = pt_socket_callback,
       .rx_buffer_size = RX_BYTES,
       .tx_packet_size = PT_SOCKET_WRITE_MAX},
      {0}};
  static struct lws_protocols list[3];
  memcpy(list, protocols, sizeof list);
  list[0].per_session_data_size =
      pt_http_session_size > pt_socket_session_size ? pt_http_session_size : pt_socket_session_size;
  list[1].per_session_data_size = pt_socket_session_size;
  const pt_server_config *config = s->server.config;
  void *loops[] = {&s->server.loop};
  struct lws_context_creation_info info = {
      .port = CONTEXT_PORT_NO_LISTEN_SERVER,
      .protocols = list,
      .user = &s->server,
      .pcontext = &s->server.lws,
      .foreign_loops = loops,
      .options = LWS_SERVER_OPTION_LIBUV,
      .vhost_name = "peertide",
      .alpn = "http/1.1", /* HTTP/2 of this version has known faults */
      .max_http_header_pool =
          (unsigned short)(config->max_connections < USHRT_MAX ? config->max_connections
                                                               : USHRT_MAX),
      .max_http_header_data = PT_HTTP_HEAD_MAX,
      .timeout_secs = REQUEST_TIMEOUT_S,
      .keepalive_timeout = PT_HTTP_KEEP_ALIVE_S,
      .retry_and_idle_policy = &no_pings,
  };
  if (config->tls_cert[0]) {
    info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
    info.ssl_cert_filepath = config->tls_cert;
    info.ssl_private_key_filepath = config->tls_key;
  }
  lws_set_log_level(pt_log_wants(PT_LOG_DEBUG) ? LLL_ERR | LLL_WARN | LLL_NOTICE : LLL_ERR,
                    on_lws_log);
  s->server.lws = lws_create_context(&info);
  if (s->server.lws) s->server.vhost = lws_get_vhost_by_name(s->server.lws, "peertide");
  return s->server.lws && s->server.vhost;
}

/* Counts a connection for its network; a trusted proxy's is nobody's. */
static bool enter_network(pt_server *server, const struct sockaddr *from,
                          pt_gate_network **network) {
  uint32_t number = pt_place_network(from);
  *network = NULL;
  if (number == 0 || pt_proxy_trusted(server->proxies, server->proxy_count, from)) return true;
  *network = pt_gate_enter_network(&server->gate, number, pt_clock_us());
  return *network != NULL;
}

static void leave(pt_server *server, pt_gate_network *network) {
  pt_gate_leave_network(&server->gate, network, pt_clock_us());
  pt_gate_leave(&server->gate);
}

static void on_accepted(void *context, int fd, const struct sockaddr *from) {
  serving *s = context;
  pt_server *server = &s->server;
  pt_gate_network *network = NULL;
  if (server->stopping || !pt_gate_enter(&server->gate)) {
    close(fd);
  } else if (!enter_network(server, from, &network)) {
    close(fd);
    pt_gate_leave(&server->gate);
  } else {
    pt_lobby_enter(&s->lobby, fd, network, pt_clock_us());
  }
}

static void adopt(pt_server *server, int fd, void *ticket) {
  server->is_adopting = true;
  server->newcomer_network = ticket;
  (void)lws_adopt_socket_vhost(server->vhost, fd); /* closes it when it fails */
  if (server->newcomer)
    lws_set_opaque_user_data(server->newcomer, ticket); /* left when it is destroyed */
  else if (server->is_adopting)
    leave(server, ticket); /* there never was a connection; else it has left already */
  server->is_adopting = false;
  server->newcomer = NULL;
}

static void on_asked(void *context, int fd, void *ticket) {
  serving *s = context;
  bool encrypted = s->server.config->tls_cert[0] != 0;
  if (encrypted || !pt_direct_enter(&s->direct, fd, ticket)) adopt(&s->server, fd, ticket);
}

static void on_gone(void *context, void *ticket, bool was_late) {
  pt_server *server = &((serving *)context)->server;
  server->counters.silent += was_late;
  leave(server, ticket);
}

/* ---- connections without libwebsockets ---- */

static size_t direct_answer(void *context, const pt_request *request, pt_http_body *body,
                            char *head) {
  pt_server *server = &((serving *)context)->server;
  pt_response response;
  pt_server_answer(server, request, &response);
  return pt_server_begin(server, request, &response, true, body, head);
}

static void direct_sent(void *context, const pt_http_body *body, size_t bytes) {
  pt_server_count_body(&((serving *)context)->server, body, bytes);
}

/* Back to the lobby, until the whole head of what it asks for is there. */
static void direct_leaves(void *context, int fd, void *ticket) {
  pt_lobby_enter(&((serving *)context)->lobby, fd, ticket, pt_clock_us());
}

static void direct_gone(void *context, void *ticket) {
  leave(&((serving *)context)->server, ticket);
}

/* ---- the end ---- */

static void on_end_timeout(uv_timer_t *timer) {
  (void)timer;
  pt_log(PT_LOG_WARN, "connections did not close in time");
  _exit(0);
}

static void stop(serving *s) {
  pt_server *server = &s->server;
  if (server->stopping) return;
  server->stopping = true;
  uv_timer_start(&server->end, on_end_timeout, END_MS, 0);
  uv_unref((uv_handle_t *)&server->end);
  pt_listener_close(&s->listener);
  pt_lobby_close(&s->lobby);
  pt_direct_close(&s->direct);
  uv_close((uv_handle_t *)&server->signals[0], NULL);
  uv_close((uv_handle_t *)&server->signals[1], NULL);
  uv_close((uv_handle_t *)&server->second, NULL);
  uv_close((uv_handle_t *)&server->before_wait, NULL);
  uv_close((uv_handle_t *)&server->after_wait, NULL);
  pt_socket_turn(server);
  if (server->indexer) pt_indexer_stop(server->indexer);
  server->indexer = NULL;
  /* First half: closes all connections. The loop then runs until their handles
   * are gone; the second half comes after it. */
  if (server->lws) lws_context_destroy(server->lws);
}

static void on_signal(uv_signal_t *signal, int number) {
  pt_log(PT_LOG_INFO, "%s: ending", number == SIGINT ? "interrupted" : "asked to end");
  stop(signal->data);
}

static void before_wait(uv_prepare_t *prepare) {
  pt_socket_turn(prepare->data);
  pt_http_go_on(prepare->data);
}

static void after_wait(uv_check_t *check) {
  pt_socket_turn(check->data);
  pt_http_go_on(check->data);
}

/* Takes a new certificate for the connections to come. While only one of its two
 * files has been replaced they don't fit: then the next look finds the other. */
static void follow_certificate(serving *s) {
  const pt_server_config *config = s->server.config;
  char why[PATH_MAX + 256];
  if (!config->tls_cert[0] || !pt_tls_renewed(&s->tls, config->tls_cert, config->tls_key)) return;
  if (pt_tls_check(config->tls_cert, config->tls_key, why, sizeof why)) {
    lws_tls_cert_updated(s->server.lws, config->tls_cert, config->tls_key, NULL, 0, NULL, 0);
    ERR_clear_error(); /* what is left in it, the next handshake would take for its own */
    pt_log(PT_LOG_INFO, "the certificate was renewed");
  } else {
    pt_log(PT_LOG_WARN, "the certificate in use is kept: %s", why);
  }
}

static void on_second(uv_timer_t *timer) {
  serving *s = timer->data;
  uint64_t now_us = pt_clock_us();
  pt_hub_tick(s->server.hub, now_us);
  pt_socket_tick(&s->server);
  pt_lobby_expire(&s->lobby, now_us > REQUEST_TIMEOUT_S * 1000000ull
                                 ? now_us - REQUEST_TIMEOUT_S * 1000000ull
                                 : 0);
  pt_direct_tick(&s->direct);
  pt_gate_tick(&s->server.gate, now_us);
  pt_tracker_tick(s->server.tracker, now_us);
  pt_listener_resume(&s->listener);
  follow_certificate(s);
  if (s->server.indexer) pt_indexer_follow(s->server.indexer);
}

/* ---- the beginning ---- */

static char *ice_servers(void *context, const uint8_t peer[PT_ID_SIZE]) {
  serving *s = context;
  return pt_turn_json(&s->turn, peer, (uint64_t)time(NULL));
}

static void on_site(void *context, const pt_site *site) {
  serving *s = context;
  pt_hub_site(s->server.hub, site);
  pt_tracker_site(s->server.tracker);
}

static bool make_gate(pt_server *server) {
  const pt_server_config *config = server->config;
  pt_gate_limits limits = {.connections = config->max_connections,
                           .network_connections = config->max_network_connections,
                           .messages = config->max_messages,
                           .bytes = config->max_bytes,
                           .joins = config->max_joins,
                           .network_messages = config->max_network_messages,
                           .network_joins = config->max_network_joins};
  uint64_t seed;
  if (RAND_bytes((unsigned char *)&seed, sizeof seed) != 1) return false;
  pt_gate_init(&server->gate, &limits, seed);
  for (size_t i = 0; i < config->trust_proxy.count && server->proxy_count < PT_PROXIES_MAX; i++) {
    if (pt_cidr_parse(config->trust_proxy.word[i], &server->proxies[server->proxy_count]))
      server->proxy_count++;
  }
  return true;
}

static bool make_hub(serving *s) {
  pt_hub_options options = {.ice_servers = ice_servers,
                            .context = s,
                            .settings = s->settings,
                            .sessions_max = s->server.config->max_connections,
                            .message_max = s->server.config->max_message,
                            .swarms_max = s->server.config->max_swarms,
                            .offers_max = s->server.config->max_offers,
                            .any_swarm = true};
  pt_socket_hub_options(&options);
  if (!s->server.config->geo_locate) options.place = NULL;
  if (RAND_bytes((unsigned char *)&options.seed, sizeof options.seed) != 1) return false;
  s->server.hub = pt_hub_new(&options);
  if (s->server.hub) s->server.tracker = pt_tracker_new(s->server.hub);
  return s->server.tracker != NULL;
}

/* lws sizes its tables by the limit: neither too small nor a million. */
static void set_descriptor_limit(uint32_t max_connections) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  rlim_t wanted = 2 * (rlim_t)max_connections + FD_SPARE; /* a file per connection */
  if ((rlim_t)max_connections + FD_SPARE > limit.rlim_max) {
    pt_log(PT_LOG_WARN,
           "only %llu file descriptors are allowed (ulimit -n): too few for %u "
           "connections",
           (unsigned long long)limit.rlim_max, max_connections);
  }
  if (wanted > limit.rlim_max) wanted = limit.rlim_max;
  limit.rlim_cur = wanted;
  setrlimit(RLIMIT_NOFILE, &limit);
}

static void set_base_url(serving *s) {
  pt_server *server = &s->server;
  const pt_server_config *config = server->config;
  if (config->domain_name[0] &&
      pt_base_url(config->domain_name, server->base_url, sizeof server->base_url))
    return;
  const char *host = config->host;
  bool any = *host == 0 || strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;
  bool six = !any && strchr(host, ':') != NULL;
  snprintf(server->base_url, sizeof server->base_url, "%s://%s%s%s:%u",
           config->tls_cert[0] ? "https" : "http", six ? "[" : "", any ? "127.0.0.1" : host,
           six ? "]" : "", s->listener.port);
}

/* Opens what the configuration names; false after saying what is wrong. */
static bool open_all(serving *s) {
  pt_server *server = &s->server;
  const pt_server_config *config = server->config;
  char why[PATH_MAX + 256];
  if (!pt_site_root_open(&server->root, config->dir)) {
    fprintf(stderr, "peertide serve: %s: %s\n", config->dir, strerror(errno));
    return false;
  }
  if (config->tls_cert[0]) (void)pt_tls_renewed(&s->tls, config->tls_cert, config->tls_key);
  if ((config->tls_cert[0] && !pt_tls_check(config->tls_cert, config->tls_key, why, sizeof why)) ||
      !pt_turn_read(&s->turn, config->turn_url, config->turn_secret_file, why, sizeof why) ||
      !pt_listener_open(&s->listener, config->host, (uint16_t)config->port, why, sizeof why)) {
    fprintf(stderr, "peertide serve: %s\n", why);
    return false;
  }
  if (config->geoip_db[0]) {
    server->geo = pt_geo_open(config->geoip_db, why, sizeof why);
    if (server->geo == NULL) {
      fprintf(stderr, "peertide serve: %s\n", why);
      return false;
    }
  }
  server->client_fd = pt_client_dir_open(config->client_dir);
  if (server->client_fd < 0)
    pt_log(PT_LOG_WARN, "the client files are not found (--client-dir): /.peertide/peertide.js "
                        "and the others can't be served");
  return true;
}

static bool start(serving *s) {
  pt_server *server = &s->server;
  s->settings = pt_server_config_client_json(server->config);
  if (s->settings == NULL || !make_gate(server) || !make_hub(s)) {
    fprintf(stderr, "peertide serve: out of memory\n");
    return false;
  }
  if (!make_lws(s)) {
    fprintf(stderr, "peertide serve: libwebsockets can't be set up\n");
    _exit(1); /* it leaves handles in the loop that nobody can close */
  }
  if (!pt_listener_start(&s->listener, &server->loop, on_accepted, s)) {
    fprintf(stderr, "peertide serve: the listener can't be started\n");
    return false;
  }
  set_base_url(s);
  pt_site_make make = {.scan = {.exclude = &server->config->exclude},
                       /* Torrents that are asked for by name are for WebTorrent. */
                       .hybrid = server->config->web_torrent || server->config->video_route[0],
                       .video_route = server->config->video_route,
                       .base_url = server->base_url,
                       .seed_folder = true,
                       .settings = s->settings};
  server->indexer = pt_indexer_new(&server->loop, &server->root, &make, on_site, s);
  if (server->indexer == NULL) fprintf(stderr, "peertide serve: out of memory\n");
  return server->indexer != NULL;
}

static void say_hello(const serving *s) {
  const pt_server *server = &s->server;
  char url[512];
  /* What was asked for, not the public name: it is for the one who started it. */
  snprintf(url, sizeof url, "%s", server->base_url);
  if (server->config->domain_name[0]) {
    snprintf(url, sizeof url, "%s://%s:%u", server->config->tls_cert[0] ? "https" : "http",
             server->config->host, s->listener.port);
  }
  printf("Peertide serves %s at %s/\n", server->config->dir, url);
  fflush(stdout);
}

static void init_loop(serving *s) {
  pt_server *server = &s->server;
  uv_loop_init(&server->loop);
  uv_timer_init(&server->loop, &server->second);
  uv_timer_init(&server->loop, &server->end);
  server->second.data = s;
  uv_timer_start(&server->second, on_second, 1000, 1000);
  const pt_lobby_owner owner = {.ready = on_asked, .gone = on_gone, .context = s};
  pt_lobby_init(&s->lobby, &server->loop, server->config->tls_cert[0] != 0, &owner);
  const pt_direct_owner direct = {.answer = direct_answer,
                                  .sent = direct_sent,
                                  .leaves = direct_leaves,
                                  .gone = direct_gone,
                                  .context = s};
  pt_direct_init(&s->direct, &server->loop, server->chunk + LWS_PRE, &direct);
  uv_prepare_init(&server->loop, &server->before_wait);
  uv_check_init(&server->loop, &server->after_wait);
  server->before_wait.data = server->after_wait.data = server;
  uv_prepare_start(&server->before_wait, before_wait);
  uv_check_start(&server->after_wait, after_wait);
  static const int numbers[] = {SIGTERM, SIGINT};
  for (size_t i = 0; i < 2; i++) {
    uv_signal_init(&server->loop, &server->signals[i]);
    server->signals[i].data = s;
    uv_signal_start(&server->signals[i], on_signal, numbers[i]);
  }
}

static void release(serving *s) {
  pt_server *server = &s->server;
  uv_run(&server->loop, UV_RUN_DEFAULT);
  if (server->lws) lws_context_destroy(server->lws); /* second half */
  uv_close((uv_handle_t *)&server->end, NULL);
  uv_run(&server->loop, UV_RUN_DEFAULT);
  if (uv_loop_close(&server->loop) != 0) pt_log(PT_LOG_DEBUG, "the loop is not empty");
  pt_tracker_del(server->tracker);
  pt_hub_del(server->hub);
  pt_gate_free(&server->gate);
  free(s->settings);
  if (server->client_fd >= 0) close(server->client_fd);
  pt_site_root_close(&server->root);
}

int pt_serve_command(const pt_server_config *config) {
  serving *s = calloc(1, sizeof *s);
  if (s == NULL) return 1;
  pt_server *server = &s->server;
  server->config = config;
  server->root.fd = server->client_fd = -1;
  server->started_us = pt_clock_us();
  signal(SIGPIPE, SIG_IGN);
  mallopt(M_TRIM_THRESHOLD, HEAP_SPARE); /* what a burst needs, the next needs again */
  set_descriptor_limit(config->max_connections);
  bool ok = open_all(s);
  if (ok) {
    init_loop(s);
    ok = start(s);
    if (ok)
      say_hello(s);
    else
      stop(s);
    release(s);
  } else {
    pt_site_root_close(&server->root);
  }
  pt_geo_close(server->geo);
  free(s);
  return ok ? 0 : 1;
}
