/* `peertide serve`: puts the parts together, runs the loop, ends it. */
#include "base/limits.h"
#include "client_dir.h"
#include "clock.h"
#include "index_command.h"
#include "listener.h"
#include "log.h"
#include "server.h"
#include "tls_check.h"
#include "turn.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/rand.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define END_MS 1500            /* a shutdown that takes longer is cut short */
#define REQUEST_HEADS_MAX 1000 /* requests whose heads are being read at once */
#define REQUEST_TIMEOUT_S 20
#define KEEP_ALIVE_S 75 /* longer than proxies keep idle connections */
#define FD_SPARE 256

/* The parts that only this file knows. */
typedef struct serving {
  pt_server server;
  pt_listener listener;
  pt_turn turn;
  char *settings;
} serving;

static const lws_retry_bo_t keep_alive_policy = {
    .secs_since_valid_ping = 30, /* proxies cut at about 100 s */
    .secs_since_valid_hangup = 45,
};

/* ---- libwebsockets ---- */

static void on_lws_log(int level, const char *line) {
  /* Its errors are mostly misbehaviour of clients. */
  pt_log(level & LLL_ERR ? PT_LOG_INFO : PT_LOG_DEBUG, "libwebsockets: %s", line);
}

static bool make_lws(serving *s) {
  static const struct lws_protocols protocols[] = {
      {.name = "http",
       .callback = pt_http_callback,
       .rx_buffer_size = 1024,
       .tx_packet_size = PT_HTTP_HEAD_MAX + PT_HTTP_CHUNK},
      {.name = "peertide.1",
       .callback = pt_socket_callback,
       .rx_buffer_size = 1024,
       .tx_packet_size = 2 * PT_SIGNAL_BYTES_MAX},
      {0}};
  static struct lws_protocols list[3];
  memcpy(list, protocols, sizeof list);
  list[0].per_session_data_size = pt_http_session_size;
  list[1].per_session_data_size = pt_socket_session_size;
  const pt_server_config *config = s->server.config;
  void *loops[] = {&s->server.loop};
  struct lws_context_creation_info info = {
      .port = CONTEXT_PORT_NO_LISTEN_SERVER,
      .protocols = list,
      .user = &s->server,
      .pcontext = &s->server.lws,
      .foreign_loops = loops,
      .options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_VALIDATE_UTF8,
      .vhost_name = "peertide",
      .alpn = "http/1.1", /* HTTP/2 of this version has known faults */
      .max_http_header_pool = REQUEST_HEADS_MAX,
      .max_http_header_data = PT_HTTP_HEAD_MAX,
      .timeout_secs = REQUEST_TIMEOUT_S,
      .keepalive_timeout = KEEP_ALIVE_S,
      .retry_and_idle_policy = &keep_alive_policy,
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

static void on_accepted(void *context, int fd) {
  pt_server *server = context;
  if (server->stopping || server->counters.connections >= server->config->max_connections) {
    close(fd);
    return;
  }
  (void)lws_adopt_socket_vhost(server->vhost, fd); /* closes it when it fails */
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
  uv_close((uv_handle_t *)&server->signals[0], NULL);
  uv_close((uv_handle_t *)&server->signals[1], NULL);
  uv_close((uv_handle_t *)&server->second, NULL);
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

static void on_second(uv_timer_t *timer) {
  serving *s = timer->data;
  pt_hub_tick(s->server.hub, pt_clock_us());
  pt_listener_resume(&s->listener);
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
}

static bool make_hub(serving *s) {
  pt_hub_options options = {.ice_servers = ice_servers,
                            .context = s,
                            .settings = s->settings,
                            .sessions_max = s->server.config->max_connections,
                            .any_swarm = true};
  pt_socket_hub_options(&options);
  if (RAND_bytes((unsigned char *)&options.seed, sizeof options.seed) != 1) return false;
  s->server.hub = pt_hub_new(&options);
  return s->server.hub != NULL;
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
  if ((config->tls_cert[0] && !pt_tls_check(config->tls_cert, config->tls_key, why, sizeof why)) ||
      !pt_turn_read(&s->turn, config->turn_url, config->turn_secret_file, why, sizeof why) ||
      !pt_listener_open(&s->listener, config->host, (uint16_t)config->port, why, sizeof why)) {
    fprintf(stderr, "peertide serve: %s\n", why);
    return false;
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
  if (s->settings == NULL || !make_hub(s)) {
    fprintf(stderr, "peertide serve: out of memory\n");
    return false;
  }
  if (!make_lws(s)) {
    fprintf(stderr, "peertide serve: libwebsockets can't be set up\n");
    _exit(1); /* it leaves handles in the loop that nobody can close */
  }
  if (!pt_listener_start(&s->listener, &server->loop, on_accepted, server)) {
    fprintf(stderr, "peertide serve: the listener can't be started\n");
    return false;
  }
  set_base_url(s);
  server->indexer = pt_indexer_new(&server->loop, &server->root, server->base_url,
                                   server->config->web_torrent, on_site, s);
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
  pt_hub_del(server->hub);
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
  free(s);
  return ok ? 0 : 1;
}
