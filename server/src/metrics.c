/* /metrics: the same numbers as /stats.json in Prometheus' text format (version
 * 0.0.4). */
#include "clock.h"
#include "server.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define TEXT_MAX 16384u

typedef struct text {
  char *data;
  size_t len;
  bool failed;
} text;

static void add(text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(text *t, const char *format, ...) {
  va_list args;
  va_start(args, format);
  int len = t->failed ? -1 : vsnprintf(t->data + t->len, TEXT_MAX - t->len, format, args);
  va_end(args);
  t->failed = len < 0 || (size_t)len >= TEXT_MAX - t->len;
  if (!t->failed) t->len += (size_t)len;
}

static void head(text *t, const char *type, const char *name, const char *help) {
  add(t, "# HELP peertide_%s %s\n# TYPE peertide_%s %s\n", name, help, name, type);
}

static void counter(text *t, const char *name, const char *help, uint64_t value) {
  head(t, "counter", name, help);
  add(t, "peertide_%s %" PRIu64 "\n", name, value);
}

static void gauge(text *t, const char *name, const char *help, uint64_t value) {
  head(t, "gauge", name, help);
  add(t, "peertide_%s %" PRIu64 "\n", name, value);
}

static void add_origin(text *t, const pt_counters *c) {
  counter(t, "http_requests_total", "HTTP requests answered.", c->requests);
  counter(t, "http_body_bytes_total", "Bytes of HTTP bodies sent.", c->body_bytes);
  counter(t, "asset_requests_total", "Requests for files in the index.", c->asset_requests);
  counter(t, "asset_body_bytes_total", "Bytes of these files sent.", c->asset_body_bytes);
  gauge(t, "websockets", "WebSockets open.", c->sockets);
}

static void add_visitors(text *t, const pt_server *server, const pt_hub_stats *h) {
  pt_tracker_stats k;
  pt_tracker_get_stats(server->tracker, &k);
  gauge(t, "visitors", "Visitors that said hello.", h->connected);
  gauge(t, "visitors_joined", "Of these, in a swarm.", h->joined);
  counter(t, "messages_total", "Signalling messages received.", h->messages_in);
  counter(t, "signals_delivered_total", "Signals passed on.", h->signals_delivered);
  counter(t, "signals_undelivered_total", "Signals that could not be.", h->signals_undelivered);
  gauge(t, "webtorrent_connections", "WebSockets of WebTorrent clients.", k.connections);
  gauge(t, "webtorrent_peers", "WebTorrent peers in a swarm.", k.peers);
  counter(t, "webtorrent_announces_total", "Announces received.", k.announces);
  counter(t, "webtorrent_scrapes_total", "Scrapes received.", k.scrapes);
  counter(t, "webtorrent_offers_total", "Offers passed on.", k.offers_forwarded);
  counter(t, "webtorrent_answers_total", "Answers passed on.", k.answers_forwarded);
  counter(t, "webtorrent_answers_dropped_total", "Answers to no offer.", k.answers_dropped);
  counter(t, "webtorrent_hijacks_total", "Messages in another's name.", k.hijacks);
  counter(t, "webtorrent_failures_total", "Failures told to clients.", k.failures);
  counter(t, "reported_origin_bytes_total", "What visitors took from the site.", h->origin_bytes);
  counter(t, "reported_peer_bytes_total", "What they took from others.", h->peer_bytes_in);
}

static void add_refused(text *t, const pt_server *server, const pt_hub_stats *h) {
  const pt_gate_counts *g = &server->gate.refused;
  const pt_counters *c = &server->counters;
  const struct {
    const char *limit;
    uint64_t count;
  } list[] = {{"connections", g->connections},
              {"network_connections", g->network_connections},
              {"messages", g->messages},
              {"bytes", g->bytes},
              {"joins", g->joins},
              {"network_messages", g->network_messages},
              {"network_joins", g->network_joins},
              {"swarms", h->swarms_refused},
              {"offers", h->offers_dropped},
              {"message_length", c->messages_too_long},
              {"utf8", c->messages_not_utf8},
              {"waiting", c->slow_readers},
              {"silence", c->silent},
              {"origin", c->origins_refused}};
  head(t, "counter", "refused_total", "What was refused or cut off, by limit.");
  for (size_t i = 0; i < sizeof list / sizeof list[0]; i++)
    add(t, "peertide_refused_total{limit=\"%s\"} %" PRIu64 "\n", list[i].limit, list[i].count);
}

char *pt_server_metrics_text(void *context) {
  const pt_server *server = context;
  pt_hub_stats hub;
  text t = {.data = malloc(TEXT_MAX)};
  if (t.data == NULL) return NULL;
  pt_hub_get_stats(server->hub, &hub);
  const pt_site *site = server->indexer ? pt_indexer_site(server->indexer) : NULL;
  gauge(&t, "uptime_seconds", "Since the start.", (pt_clock_us() - server->started_us) / 1000000u);
  add_origin(&t, &server->counters);
  gauge(&t, "connections", "TCP connections open.", server->gate.connections);
  add_visitors(&t, server, &hub);
  add_refused(&t, server, &hub);
  gauge(&t, "index_assets", "Files in the index.", site ? site->asset_count : 0);
  gauge(&t, "index_swarms", "Swarms of the site.", site ? site->swarm_count : 0);
  if (!t.failed) return t.data;
  free(t.data);
  return NULL;
}
