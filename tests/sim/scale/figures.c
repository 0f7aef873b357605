#include "figures.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "lots.h"
#include "origin.h"
#include "server.h"
#include "visitor.h"

typedef struct sums {
  pt_stats node;
  uint64_t page_bytes, plain_bytes, plain_errors, failed, visits, views;
  uint64_t stalls, stalled_us, played_us, seeks, seek_us;
  uint64_t dials, answers, connected, refused, cuts, sends, sent_bytes, inputs;
  uint64_t kinds[FRAMES_KINDS], fallbacks[8];
  uint64_t bans, wrong_bans, corrupted, attackers;
  uint64_t ups, down_min, missing;
} sums;

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

static void add_stats(pt_stats *sum, const pt_stats *more) {
  sum->origin_bytes += more->origin_bytes;
  sum->origin_requests += more->origin_requests;
  sum->peer_bytes_in += more->peer_bytes_in;
  sum->peer_bytes_out += more->peer_bytes_out;
  sum->wasted_bytes += more->wasted_bytes;
  sum->verified_bytes += more->verified_bytes;
  sum->delivered_bytes += more->delivered_bytes;
  sum->pieces_failed += more->pieces_failed;
  sum->blocks_failed += more->blocks_failed;
}

static void add_visitor(const world *w, const visitor *v, sums *s) {
  const page *p = &v->page;
  const wires *x = &v->wires;
  pt_stats stats;
  visitor_stats(v, &stats);
  if (!person_is_bad(&w->people[v->number])) add_stats(&s->node, &stats);
  s->page_bytes += p->bytes;
  s->plain_bytes += p->plain_bytes;
  s->plain_errors += p->plain_errors;
  s->failed += p->failed;
  s->visits += v->visits;
  s->views += p->views_done;
  s->stalls += p->stalls;
  s->stalled_us += p->stalled_us;
  s->played_us += p->played_us;
  s->seeks += p->seeks;
  s->seek_us += p->seek_us;
  s->dials += x->dials;
  s->answers += x->answers;
  s->connected += x->connected;
  s->refused += x->refused;
  s->cuts += x->cuts;
  s->sends += x->sends;
  s->sent_bytes += x->sent_bytes;
  s->inputs += v->input_count;
  s->bans += v->bans;
  s->wrong_bans += v->wrong_bans;
  s->corrupted += x->faults.corrupted;
  s->attackers += w->people[v->number].corrupt;
  s->ups += w->people[v->number].up;
  if (w->people[v->number].down < s->down_min) s->down_min = w->people[v->number].down;
  s->missing += p->open;
  for (uint32_t i = 0; i < FRAMES_KINDS; i++) s->kinds[i] += x->kinds[i];
  for (uint32_t i = 0; i < 8; i++) s->fallbacks[i] += v->fallbacks[i];
}

static double per(double a, double b) { return b > 0 ? a / b : 0; }
static void put(cJSON *to, const char *key, double value) {
  cJSON_AddNumberToObject(to, key, value);
}

/* --- samples -------------------------------------------------------------------------------- */

typedef struct samples {
  double *items;
  size_t count, cap;
} samples;

static void add(samples *s, double value) {
  if (s->count == s->cap) {
    s->cap = s->cap ? s->cap * 2 : 64;
    s->items = realloc(s->items, s->cap * sizeof *s->items);
    if (!s->items) abort();
  }
  s->items[s->count++] = value;
}

static double at_share(const samples *s, double share) {
  if (!s->count) return 0;
  size_t place = (size_t)(share * (double)(s->count - 1) + 0.5);
  return s->items[place];
}

static void put_samples(cJSON *to, const char *key, samples *s) {
  if (!s->count) return;
  qsort(s->items, s->count, sizeof *s->items, ascending);
  cJSON *list = cJSON_AddObjectToObject(to, key);
  put(list, "count", (double)s->count);
  put(list, "p50", at_share(s, 0.5));
  put(list, "p95", at_share(s, 0.95));
  put(list, "p99", at_share(s, 0.99));
  put(list, "max", at_share(s, 1));
  free(s->items);
}

/* --- groups of figures ---------------------------------------------------------------------- */

/* Everybody wants everything: how long, against what no protocol can beat. */
static void put_distribution(cJSON *to, const world *w, const sums *s) {
  samples times = {0};
  for (uint32_t i = 0; i < w->visitor_count; i++)
    if (w->visitors[i].page.visits_done && !person_is_bad(&w->people[i]))
      add(&times, (double)w->visitors[i].page.done_us / 1e6);
  if (!times.count) return;
  qsort(times.items, times.count, sizeof *times.items, ascending);
  double length = (double)w->site->length, us = w->s.origin.rate / 8, n = w->visitor_count;
  double limit = length / us;
  if (length / (double)s->down_min > limit) limit = length / (double)s->down_min;
  double all = n * length / (us + (double)s->ups);
  if (all > limit) limit = all;
  cJSON *d = cJSON_AddObjectToObject(to, "distribution");
  put(d, "limitS", limit);
  put(d, "lastS", at_share(&times, 1));
  put(d, "medianS", at_share(&times, 0.5));
  put(d, "lastOverLimit", at_share(&times, 1) / limit);
  put(d, "medianOverLimit", at_share(&times, 0.5) / limit);
  free(times.items);
}

static void put_origin(cJSON *to, const world *w, const sums *s) {
  const origin_sums *o = origin_counts(w->origin);
  double bytes = (double)o->file_bytes;
  double taken = (double)s->page_bytes;
  put(to, "offload", taken > 0 ? 1 - bytes / taken : 0);
  put(to, "peerShare",
      per((double)s->node.peer_bytes_in, (double)s->node.peer_bytes_in + (double)o->file_bytes));
  cJSON *j = cJSON_AddObjectToObject(to, "origin");
  put(j, "copies", bytes / (double)w->site->length);
  put(j, "bytes", bytes);
  put(j, "layerBytes", (double)o->layer_bytes);
  put(j, "requests", (double)o->requests);
  put(j, "refused", (double)o->refused);
  put(j, "duplicateBlocks", (double)o->blocks_again);
}

/* Visitors who come by chance, c of them at once in the mean: the share that
 * somebody else can have, without caches, is 1 - (1 - e^-c) / c; for several
 * films, each with its part of c. */
static double limit_of_chance(const world *w) {
  double sum = 0, limit = 0;
  uint32_t films = w->site->file_count;
  for (uint32_t i = 0; i < films; i++) sum += lots_exp(-w->s.page.zipf * lots_ln(i + 1));
  for (uint32_t i = 0; i < films; i++) {
    double part = lots_exp(-w->s.page.zipf * lots_ln(i + 1)) / sum;
    double c = w->s.arrivals.concurrency * part;
    limit += part * (1 - (1 - lots_exp(-c)) / c);
  }
  return limit;
}

static void put_pages(cJSON *to, const world *w, const sums *s) {
  samples starts = {0}, views = {0};
  for (uint32_t i = 0; i < w->visitor_count; i++) {
    const page *p = &w->visitors[i].page;
    if (p->start_count) add(&starts, (double)p->start_us / 1e3);
    for (uint32_t j = 0; j < p->view_count; j++) add(&views, p->view_ms[j] / 100.0);
  }
  put_samples(to, "startMs", &starts);
  put_samples(to, "viewMs", &views);
  cJSON *j = cJSON_AddObjectToObject(to, "pages");
  put(j, "visits", (double)s->visits);
  put(j, "views", (double)s->views);
  put(j, "bytes", (double)s->page_bytes);
  put(j, "failedToHttp", (double)s->failed);
  put(j, "plainErrors", (double)s->plain_errors);
  if (w->s.page.kind != PAGE_VIDEO) return;
  cJSON *r = cJSON_AddObjectToObject(to, "rebuffering");
  put(r, "stalls", (double)s->stalls);
  put(r, "stalledS", (double)s->stalled_us / 1e6);
  put(r, "playedS", (double)s->played_us / 1e6);
  put(r, "ratio", per((double)s->stalled_us, (double)(s->stalled_us + s->played_us)));
  put(r, "seeks", (double)s->seeks);
  put(r, "seekMsMean", per((double)s->seek_us / 1e3, (double)s->seeks));
  if (w->s.arrivals.kind == ARRIVE_POISSON) put(to, "offloadLimit", limit_of_chance(w));
}

static void put_peers(cJSON *to, const world *w, const sums *s) {
  double in = (double)s->node.peer_bytes_in;
  put(to, "wastedShare", per((double)s->node.wasted_bytes, in + (double)s->node.origin_bytes));
  cJSON *c = cJSON_AddObjectToObject(to, "connections");
  double n = w->visitor_count;
  put(c, "made", (double)s->connected / 2);
  put(c, "constructionsPerVisitor", (double)(s->dials + s->answers) / n);
  put(c, "dials", (double)s->dials);
  put(c, "answers", (double)s->answers);
  put(c, "noWay", (double)s->refused);
  put(c, "sendsLostInPartition", (double)s->cuts);
  static const char *const names[FRAMES_KINDS] = {
      "choke",   "unchoke", "interested", "notInterested", "have",   "bitfield",
      "request", "piece",   "cancel",     "port",          NULL,     NULL,
      NULL,      "suggest", "haveAll",    "haveNone",      "reject", "allowedFast",
      NULL,      NULL,      "extended",   "hashRequest",   "hashes", "want"};
  cJSON *m = cJSON_AddObjectToObject(to, "messages");
  for (uint32_t i = 0; i < FRAMES_KINDS; i++)
    if (names[i] && s->kinds[i]) put(m, names[i], (double)s->kinds[i]);
  put(m, "sends", (double)s->sends);
  const server_sums *v = server_counts(w->server);
  put(m, "toServer", (double)v->messages_in);
  put(m, "fromServer", (double)v->messages_out);
  static const char *const why[8] = {NULL,     "alone",  "elected", "backup",
                                     "urgent", "rescue", NULL,      NULL};
  cJSON *f = cJSON_AddObjectToObject(to, "fallbacks");
  for (uint32_t i = 0; i < 8; i++)
    if (why[i]) put(f, why[i], (double)s->fallbacks[i]);
  if (!s->attackers) return;
  cJSON *a = cJSON_AddObjectToObject(to, "attackers");
  put(a, "count", (double)s->attackers);
  put(a, "blocksCorrupted", (double)s->corrupted);
  put(a, "piecesLostPerAttacker", (double)s->node.pieces_failed / (double)s->attackers);
  put(a, "blocksLostPerAttacker", (double)s->node.blocks_failed / (double)s->attackers);
  put(a, "bans", (double)s->bans);
  put(a, "wrongBans", (double)s->wrong_bans);
  put(a, "serverBans", (double)v->bans);
  put(a, "serverWrongBans", (double)v->wrong_bans);
}

static void put_run(cJSON *to, const world *w, const sums *s, const run_times *t) {
  char hex[24];
  snprintf(hex, sizeof hex, "%016" PRIx64, figures_digest(w));
  cJSON_AddStringToObject(to, "trace", hex);
  put(to, "unfinished", (double)s->missing);
  put(to, "wrongBans", (double)s->wrong_bans);
  cJSON *r = cJSON_AddObjectToObject(to, "run");
  put(r, "wallS", t->wall_s);
  put(r, "simulatedS", t->simulated_s);
  put(r, "threads", w->threads);
  put(r, "events", (double)engine_events(w->engine));
  put(r, "eventsPerS", per((double)engine_events(w->engine), t->wall_s));
  put(r, "nodeInputs", (double)s->inputs);
  put(r, "rssPeakBytes", (double)t->rss_peak);
  put(r, "bytesPerNode", per((double)(t->rss_peak - t->rss_before), w->visitor_count));
}

uint64_t figures_digest(const world *w) {
  uint64_t digest = w->s.seed;
  for (uint32_t i = 0; i < w->visitor_count; i++) {
    const visitor *v = &w->visitors[i];
    uint64_t facts[4] = {v->digest, v->page.bytes, v->page.done_us, v->page.start_us};
    digest = pt_hash64(facts, sizeof facts, digest);
  }
  return digest;
}

cJSON *figures_of(const world *w, const run_times *times) {
  cJSON *to = cJSON_CreateObject();
  sums s = {.down_min = UINT64_MAX};
  for (uint32_t i = 0; i < w->visitor_count; i++) add_visitor(w, &w->visitors[i], &s);
  char seed[24];
  snprintf(seed, sizeof seed, "%" PRIu64, w->s.seed);
  cJSON_AddStringToObject(to, "scenario", w->s.name);
  cJSON_AddStringToObject(to, "seed", seed);
  cJSON_AddStringToObject(to, "mode", w->s.http ? "http" : "peers");
  put(to, "peers", w->visitor_count);
  if (w->s.arrivals.kind == ARRIVE_POISSON) put(to, "concurrency", w->s.arrivals.concurrency);
  if (w->s.page.kind == PAGE_DOWNLOAD) put_distribution(to, w, &s);
  put_origin(to, w, &s);
  put_pages(to, w, &s);
  if (!w->s.http) put_peers(to, w, &s);
  put_run(to, w, &s, times);
  return to;
}
