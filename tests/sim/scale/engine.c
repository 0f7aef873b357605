#include "engine.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pool.h"
#include "team.h"

#define BUCKETS 65536u  /* windows ahead that actors are sorted into */
#define SMALL_WINDOW 8u /* actors for each thread */
#define NEVER UINT64_MAX

typedef struct entry {
  uint64_t at_us;
  uint32_t from, count;
  message *message;
} entry;

typedef struct actor {
  entry *heap;
  uint32_t held, room;
  uint32_t sent; /* its count of messages */
  uint64_t wake; /* the window it is sorted into, or NEVER */
} actor;

typedef struct numbers {
  uint32_t *items, held, room;
} numbers;

typedef struct letters {
  message **items;
  uint32_t held, room;
} letters;

struct engine_worker {
  engine *engine;
  uint32_t number;
  uint64_t now_us, events;
  bool repeated; /* the message being handled is kept */
  pool pool;
  letters out[ENGINE_THREADS_MAX]; /* by the worker that owns the receiver */
  numbers buckets[BUCKETS];        /* of actors that it owns, by window */
  uint64_t filled[BUCKETS / 64];   /* which buckets have any */
  numbers active;                  /* of them, those of the present window */
  atomic_uint taken;               /* of active */
  uint64_t next;                   /* the next window with anything to do */
};

struct engine {
  uint32_t actor_count, threads;
  uint64_t lookahead_us, window;
  engine_handler *handler;
  engine_pause *pause;
  void *world;
  actor *actors;
  engine_worker *workers;
  bool stop;
};

static void *grown(void *items, uint32_t *room, size_t size) {
  *room = *room ? *room * 2 : 8;
  items = realloc(items, *room * size);
  if (!items) {
    fputs("peertide-sim: out of memory\n", stderr);
    abort();
  }
  return items;
}

/* --- an actor's agenda: a binary heap ----------------------------------------------------- */

static bool earlier(const entry *a, const entry *b) {
  if (a->at_us != b->at_us) return a->at_us < b->at_us;
  return a->from != b->from ? a->from < b->from : a->count < b->count;
}

static void put(actor *a, message *m) {
  if (a->held == a->room) a->heap = grown(a->heap, &a->room, sizeof *a->heap);
  entry fresh = {m->at_us, m->from, m->count, m};
  uint32_t at = a->held++;
  for (; at && earlier(&fresh, &a->heap[(at - 1) / 2]); at = (at - 1) / 2)
    a->heap[at] = a->heap[(at - 1) / 2];
  a->heap[at] = fresh;
}

static message *take(actor *a) {
  message *top = a->heap[0].message;
  entry last = a->heap[--a->held];
  uint32_t at = 0;
  for (uint32_t child = 1; child < a->held; child = 2 * at + 1) {
    if (child + 1 < a->held && earlier(&a->heap[child + 1], &a->heap[child])) child++;
    if (!earlier(&a->heap[child], &last)) break;
    a->heap[at] = a->heap[child];
    at = child;
  }
  a->heap[at] = last;
  return top;
}

/* --- which actors have something to do in which window -------------------------------------- */

static void sort_in(engine_worker *owner, uint32_t number) {
  engine *e = owner->engine;
  actor *a = &e->actors[number];
  if (!a->held) return;
  uint64_t window = a->heap[0].at_us / e->lookahead_us;
  uint64_t last = e->window + BUCKETS - 1; /* what is later is looked at again then */
  if (window > last) window = last;
  if (window >= a->wake) return;
  a->wake = window;
  uint32_t bucket = (uint32_t)(window % BUCKETS);
  numbers *list = &owner->buckets[bucket];
  if (list->held == list->room) list->items = grown(list->items, &list->room, sizeof *list->items);
  list->items[list->held++] = number;
  owner->filled[bucket / 64] |= 1ull << bucket % 64;
}

static uint64_t next_window(const engine_worker *owner, uint64_t after) {
  for (uint64_t i = 0; i < BUCKETS;) {
    uint32_t bucket = (uint32_t)((after + i) % BUCKETS);
    uint64_t word = owner->filled[bucket / 64] >> bucket % 64;
    if (!word) {
      i += 64 - bucket % 64;
      continue;
    }
    for (; !(word & 1); word >>= 1) i++;
    return i < BUCKETS ? after + i : NEVER;
  }
  return NEVER;
}

/* The actors of a bucket whose window it is, each once. */
static void open_bucket(engine_worker *owner, uint64_t window) {
  numbers *list = &owner->buckets[window % BUCKETS];
  numbers *active = &owner->active;
  active->held = 0;
  for (uint32_t i = 0; i < list->held; i++) {
    actor *a = &owner->engine->actors[list->items[i]];
    if (a->wake != window) continue; /* it was sorted in anew */
    a->wake = NEVER;
    if (active->held == active->room)
      active->items = grown(active->items, &active->room, sizeof *active->items);
    active->items[active->held++] = list->items[i];
  }
  list->held = 0;
  owner->filled[window % BUCKETS / 64] &= ~(1ull << window % 64);
  atomic_store_explicit(&owner->taken, 0, memory_order_relaxed);
}

/* --- a window ------------------------------------------------------------------------------ */

static void run_actor(engine_worker *w, uint32_t number) {
  engine *e = w->engine;
  actor *a = &e->actors[number];
  uint64_t end_us = (e->window + 1) * e->lookahead_us;
  while (a->held && a->heap[0].at_us < end_us) {
    message *m = take(a);
    w->now_us = m->at_us;
    w->events++;
    w->repeated = false;
    e->handler(e->world, w, m);
    if (!w->repeated) engine_free(w, m);
  }
}

/* All workers help one another: a crowd may stand on one's list. */
static void run_window(engine_worker *w) {
  engine *e = w->engine;
  for (uint32_t i = 0; i < e->threads; i++) {
    engine_worker *owner = &e->workers[(w->number + i) % e->threads];
    for (;;) {
      uint32_t at = atomic_fetch_add_explicit(&owner->taken, 1, memory_order_relaxed);
      if (at >= owner->active.held) break;
      run_actor(w, owner->active.items[at]);
    }
  }
}

static void deliver(engine_worker *me) {
  engine *e = me->engine;
  for (uint32_t i = 0; i < e->threads; i++) {
    letters *mail = &e->workers[i].out[me->number];
    for (uint32_t j = 0; j < mail->held; j++) {
      put(&e->actors[mail->items[j]->to], mail->items[j]);
      sort_in(me, mail->items[j]->to);
    }
    mail->held = 0;
  }
  for (uint32_t i = 0; i < me->active.held; i++) sort_in(me, me->active.items[i]);
  me->active.held = 0;
  me->next = next_window(me, e->window + 1);
}

static uint64_t earliest(const engine *e) {
  uint64_t next = NEVER;
  for (uint32_t i = 0; i < e->threads; i++)
    if (e->workers[i].next < next) next = e->workers[i].next;
  return next;
}

/* From one window to the next that has anything to do. */
static void step(engine *e) {
  uint64_t next = earliest(e);
  uint64_t now_us = next == NEVER ? NEVER : next * e->lookahead_us;
  if (e->pause) e->stop = !e->pause(e->world, e, now_us);
  next = earliest(e);
  if (next == NEVER) e->stop = true;
  if (e->stop) return;
  e->window = next;
  for (uint32_t i = 0; i < e->threads; i++) open_bucket(&e->workers[i], next);
}

/* So little to do that waking the others takes longer. */
static bool is_small(const engine *e) {
  uint32_t actors = 0;
  for (uint32_t i = 0; i < e->threads; i++) actors += e->workers[i].active.held;
  return actors < SMALL_WINDOW * e->threads;
}

static void next_large_window(engine *e) {
  step(e);
  while (!e->stop && is_small(e)) {
    run_window(&e->workers[0]);
    for (uint32_t i = 0; i < e->threads; i++) deliver(&e->workers[i]);
    step(e);
  }
}

static void work(void *context, team *t, uint32_t number) {
  engine *e = context;
  engine_worker *w = &e->workers[number];
  for (uint32_t i = number; i < e->actor_count; i += e->threads) sort_in(w, i);
  team_meet(t);
  while (!e->stop) {
    run_window(w);
    team_meet(t);
    deliver(w);
    team_meet(t);
    if (number == 0) next_large_window(e);
    team_meet(t);
  }
}

/* --- the interface -------------------------------------------------------------------------- */

engine *engine_new(uint32_t actors, uint32_t threads, uint64_t lookahead_us,
                   engine_handler *handler, engine_pause *pause, void *world) {
  assert(threads >= 1 && threads <= ENGINE_THREADS_MAX && lookahead_us > 0);
  engine *e = calloc(1, sizeof *e);
  if (!e) abort();
  *e = (engine){.actor_count = actors,
                .threads = threads,
                .lookahead_us = lookahead_us,
                .handler = handler,
                .pause = pause,
                .world = world};
  e->actors = calloc(actors, sizeof *e->actors);
  e->workers = calloc(threads, sizeof *e->workers);
  if (!e->actors || !e->workers) abort();
  for (uint32_t i = 0; i < actors; i++) e->actors[i].wake = NEVER;
  for (uint32_t i = 0; i < threads; i++) {
    e->workers[i].engine = e;
    e->workers[i].number = i;
  }
  return e;
}

void engine_del(engine *e) {
  for (uint32_t i = 0; i < e->actor_count; i++) {
    while (e->actors[i].held) engine_free(&e->workers[0], take(&e->actors[i]));
    free(e->actors[i].heap);
  }
  for (uint32_t i = 0; i < e->threads; i++) {
    engine_worker *w = &e->workers[i];
    for (uint32_t j = 0; j < e->threads; j++) {
      for (uint32_t k = 0; k < w->out[j].held; k++) engine_free(w, w->out[j].items[k]);
      free(w->out[j].items);
    }
    for (uint32_t j = 0; j < BUCKETS; j++) free(w->buckets[j].items);
    free(w->active.items);
  }
  for (uint32_t i = 0; i < e->threads; i++) pool_free(&e->workers[i].pool);
  free(e->workers);
  free(e->actors);
  free(e);
}

void engine_run(engine *e) { team_run(e->threads, work, e); }

uint64_t engine_events(const engine *e) {
  uint64_t events = 0;
  for (uint32_t i = 0; i < e->threads; i++) events += e->workers[i].events;
  return events;
}

engine_worker *engine_first_worker(engine *e) { return &e->workers[0]; }
uint64_t engine_now_us(const engine_worker *w) { return w->now_us; }
uint32_t engine_worker_number(const engine_worker *w) { return w->number; }

message *engine_message(engine_worker *w, uint16_t kind, uint32_t len) {
  message *m = pool_take(&w->pool, sizeof *m + len);
  memset(m, 0, sizeof *m);
  m->kind = kind;
  m->len = len;
  return m;
}

void engine_free(engine_worker *w, message *m) { pool_give(&w->pool, m, sizeof *m + m->len); }

void engine_send(engine_worker *w, uint32_t from, uint32_t to, uint64_t at_us, message *m) {
  engine *e = w->engine;
  m->at_us = at_us;
  m->from = from;
  m->count = e->actors[from].sent++;
  m->to = to;
  if (from == to) {
    assert(at_us >= w->now_us);
    put(&e->actors[to], m);
    return;
  }
  if (at_us < w->now_us + e->lookahead_us) {
    fprintf(stderr, "peertide-sim: message %u from %u to %u is too fast\n", m->kind, from, to);
    abort();
  }
  letters *mail = &w->out[to % e->threads];
  if (mail->held == mail->room) mail->items = grown(mail->items, &mail->room, sizeof *mail->items);
  mail->items[mail->held++] = m;
}

void engine_post(engine *e, uint32_t to, uint64_t at_us, message *m) {
  engine_worker *owner = &e->workers[to % e->threads];
  m->at_us = at_us;
  m->from = m->to = to;
  m->count = e->actors[to].sent++;
  put(&e->actors[to], m);
  sort_in(owner, to);
  owner->next = next_window(owner, e->window + 1);
}

void engine_again(engine_worker *w, message *m, uint64_t at_us) {
  w->repeated = true;
  engine_send(w, m->to, m->to, at_us, m);
}
