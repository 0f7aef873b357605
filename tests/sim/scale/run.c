#define _POSIX_C_SOURCE 200809L
#include "run.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "origin.h"
#include "progress.h"
#include "server.h"
#include "visitor.h"

#define CLOSE_US 120000000u /* after all have left, for what they had under way */

typedef struct run {
  world w; /* first: the engine's context */
  progress progress;
  uint64_t last_us, close_us;
  bool failed;
} run;

void world_broken(const world *w, uint64_t now_us, uint32_t actor, const char *format, ...) {
  va_list arguments;
  fprintf(stderr, "\npeertide-sim: %s, seed %" PRIu64 ", at %.6f s, visitor %u: ", w->s.name,
          w->s.seed, (double)now_us / 1e6, actor);
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  va_end(arguments);
  fputc('\n', stderr);
  exit(1);
}

static void handle(void *context, engine_worker *k, message *m) {
  world *w = context;
  if (m->to < w->visitor_count)
    visitor_handle(w, k, &w->visitors[m->to], m);
  else if (m->to < w->people_count)
    sybil_handle(w, k, m->to, m);
  else if (m->to == w->origin_actor)
    origin_handle(w, k, m);
  else
    server_handle(w, k, m);
}

static uint64_t pages_left(const world *w, uint64_t *bytes) {
  uint64_t done = 0, all = w->visitor_count;
  for (uint32_t i = 0; i < w->threads; i++) {
    done += w->scratch[i].pages_done;
    all += w->scratch[i].returns;
    *bytes += w->scratch[i].bytes_taken;
  }
  return all - done;
}

/* All have what they came for, or the time is over: everybody leaves. */
static void close_all(run *r, engine *e, uint64_t now_us) {
  world *w = &r->w;
  w->closing = true;
  r->close_us = now_us;
  for (uint32_t i = 0; i < w->visitor_count; i++)
    engine_post(e, i, now_us, engine_message(engine_first_worker(e), M_LEAVE, 0));
}

static bool between(void *context, engine *e, uint64_t now_us) {
  run *r = context;
  world *w = &r->w;
  uint64_t bytes = 0, left = pages_left(w, &bytes);
  if (now_us != PT_NEVER) r->last_us = now_us;
  progress_tell(&r->progress, w, bytes, left, r->last_us);
  if (w->closing) return now_us < r->close_us + CLOSE_US || now_us == PT_NEVER;
  if (left > 0 && now_us != PT_NEVER && now_us < w->until_us) return true;
  close_all(r, e, r->last_us);
  return true;
}

static void check_end(run *r) {
  const world *w = &r->w;
  uint64_t bytes = 0, left = pages_left(w, &bytes);
  if (left > 0) {
    fprintf(stderr,
            "peertide-sim: %s, seed %" PRIu64 ": %" PRIu64 " visits had not ended after %.0f s\n",
            w->s.name, w->s.seed, left, (double)r->close_us / 1e6);
    r->failed = true;
  }
  for (uint32_t i = 0; i < w->visitor_count; i++) {
    if (w->visitors[i].wires.link_count == 0) continue;
    fprintf(stderr, "peertide-sim: %s, seed %" PRIu64 ": visitor %u left %u connections behind\n",
            w->s.name, w->s.seed, i, w->visitors[i].wires.link_count);
    r->failed = true;
    return;
  }
}

static double least(double a, double b) { return a < b ? a : b; }

static void make_world(run *r, const scenario *s, uint32_t threads) {
  world *w = &r->w;
  w->s = *s;
  w->threads = threads;
  w->visitor_count = (uint32_t)s->peers;
  w->people_count = w->visitor_count + (uint32_t)(s->peers * s->faults.sybil);
  w->until_us = (uint64_t)(s->until_s * 1e6);
  w->lookahead_us =
      (uint64_t)(1000 * least(s->network.delay.low,
                              least(s->network.origin_delay.low, s->network.server_delay.low)));
  w->origin_actor = w->people_count;
  w->server_actor = w->people_count + 1;
  w->site = tagsite_new(s);
  people_make(w);
  w->visitors = calloc(w->visitor_count, sizeof *w->visitors);
  w->scratch = calloc(threads, sizeof *w->scratch);
  if (!w->visitors || !w->scratch) abort();
  w->origin = origin_new(w);
  w->server = server_new(w);
  w->engine = engine_new(w->people_count + 2, threads, w->lookahead_us, handle, between, r);
  engine_worker *k = engine_first_worker(w->engine);
  for (uint32_t i = 0; i < w->people_count; i++) {
    engine_send(k, i, i, w->people[i].arrive_us, engine_message(k, M_ARRIVE, 0));
    if (i >= w->visitor_count) continue;
    w->visitors[i].number = i;
    w->visitors[i].timer_us = PT_NEVER;
    pt_random_init(&w->visitors[i].random, lots_mix(s->seed, 0x70616765u + (uint64_t)i));
  }
  world_watch_outage(k, w->origin_actor, &s->origin.dead, 0);
  world_watch_outage(k, w->server_actor, &s->server.dead, 0);
}

static void free_world(world *w) {
  engine_del(w->engine);
  for (uint32_t i = 0; i < w->visitor_count; i++) visitor_free(w, &w->visitors[i]);
  origin_del(w, w->origin);
  server_del(w, w->server);
  people_free(w);
  tagsite_del(w->site);
  free(w->visitors);
  free(w->scratch);
}

cJSON *run_scenario(const scenario *s, const run_options *options) {
  run *r = calloc(1, sizeof *r);
  if (!r) abort();
  run_times times = {.rss_before = progress_rss()};
  make_world(r, s, options->threads);
  r->w.watched = options->watched;
  progress_begin(&r->progress, options->quiet);
  engine_run(r->w.engine);
  times.wall_s = progress_end(&r->progress);
  times.simulated_s = (double)(r->w.closing ? r->close_us : r->last_us) / 1e6;
  times.rss_peak = progress_rss_peak();
  check_end(r);
  cJSON *figures = figures_of(&r->w, &times);
  if (r->failed) {
    cJSON_Delete(figures);
    figures = NULL;
  }
  free_world(&r->w);
  free(r);
  return figures;
}
