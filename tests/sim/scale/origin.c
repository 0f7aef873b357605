#include "origin.h"

#include <stdlib.h>
#include <string.h>

#include "lots.h"
#include "people.h"
#include "wires.h"

#define CHUNK 65536u
#define AHEAD_NS 250000000u /* what a visitor's line may have before it */
#define S_NS 1000000000u
#define STATUS_OK 206u
#define STATUS_BUSY 503u
#define STATUS_MISSING 404u

typedef struct get { /* an open request */
  uint32_t visitor, id, number;
  uint64_t at, end;
  bool windowed;
  uint64_t window; /* bytes the page still takes */
  struct get *next_of_visitor;
  struct get *before, *behind; /* in the ring of those that wait for bytes */
} get;

struct origin {
  uint64_t rate; /* bytes/s */
  uint64_t free_ns, wake_us;
  get **of_visitor;
  uint64_t *line_free_ns; /* by visitor: when its line has taken what was sent */
  uint64_t *bytes_to;
  uint8_t *sent; /* bit per block of the site: to somebody */
  get *ring;     /* whose turn it is */
  uint32_t ring_count;
  pt_random random;
  origin_sums sums;
};

origin *origin_new(world *w) {
  origin *o = calloc(1, sizeof *o);
  if (!o) abort();
  o->rate = (uint64_t)(w->s.origin.rate / 8);
  o->wake_us = PT_NEVER;
  o->of_visitor = calloc(w->people_count, sizeof(get *));
  o->line_free_ns = calloc(w->people_count, sizeof *o->line_free_ns);
  o->bytes_to = calloc(w->people_count, sizeof *o->bytes_to);
  o->sent = calloc(w->site->block_count / 8 + 1, 1);
  if (!o->of_visitor || !o->line_free_ns || !o->bytes_to || !o->sent) abort();
  pt_random_init(&o->random, lots_mix(w->s.seed, 0x6f726967));
  return o;
}

/* --- the ring ------------------------------------------------------------------------------- */

static void enter(origin *o, get *g) {
  if (g->behind) return;
  if (o->ring) {
    g->behind = o->ring;
    g->before = o->ring->before;
    g->before->behind = g->behind->before = g;
  } else {
    o->ring = g->before = g->behind = g;
  }
  o->ring_count++;
}

static void step_out(origin *o, get *g) {
  if (!g->behind) return;
  o->ring_count--;
  if (o->ring == g) o->ring = g->behind == g ? NULL : g->behind;
  g->before->behind = g->behind;
  g->behind->before = g->before;
  g->before = g->behind = NULL;
}

static void forget(origin *o, get *g) {
  step_out(o, g);
  get **at = &o->of_visitor[g->visitor];
  while (*at != g) at = &(*at)->next_of_visitor;
  *at = g->next_of_visitor;
  free(g);
}

void origin_del(world *w, origin *o) {
  for (uint32_t i = 0; i < w->people_count; i++)
    while (o->of_visitor[i]) forget(o, o->of_visitor[i]);
  free(o->of_visitor);
  free(o->line_free_ns);
  free(o->bytes_to);
  free(o->sent);
  free(o);
}

static get *find(const origin *o, uint32_t who, uint32_t id) {
  get *g = o->of_visitor[who];
  while (g && g->id != id) g = g->next_of_visitor;
  return g;
}

/* --- answers -------------------------------------------------------------------------------- */

static void answer(world *w, engine_worker *k, uint32_t who, message *m, uint64_t at_us) {
  engine_send(k, w->origin_actor, who, at_us + w->people[who].origin_delay_us, m);
}

static void end(world *w, engine_worker *k, const get *g, uint32_t status, uint64_t at_us) {
  message *m = engine_message(k, M_BODY_END, 0);
  m->a = g->id;
  m->b = status;
  m->flags = status == STATUS_OK ? 0 : 2;
  answer(w, k, g->visitor, m, at_us);
}

static void count(world *w, origin *o, const get *g, uint64_t bytes) {
  o->bytes_to[g->visitor] += bytes;
  if (g->number >= w->site->file_count) {
    o->sums.layer_bytes += bytes;
    return;
  }
  o->sums.file_bytes += bytes;
  const tag_file *f = &w->site->files[g->number];
  uint64_t last = g->at + bytes;
  for (uint64_t at = g->at; at < last; at += PT_BLOCK_SIZE - at % PT_BLOCK_SIZE) {
    uint64_t whole = at / PT_BLOCK_SIZE * PT_BLOCK_SIZE + PT_BLOCK_SIZE;
    if (last < whole && last < f->length) break; /* the rest of it comes with the next chunk */
    uint32_t block = f->block_first + (uint32_t)(at / PT_BLOCK_SIZE);
    bool before = (o->sent[block / 8] >> block % 8 & 1) != 0;
    o->sums.blocks_again += before;
    o->sent[block / 8] |= (uint8_t)(1u << block % 8);
  }
}

/* One chunk; the request may end with it. */
static void send_chunk(world *w, engine_worker *k, origin *o, get *g, uint64_t now_ns) {
  uint64_t bytes = g->end - g->at < CHUNK ? g->end - g->at : CHUNK;
  if (g->windowed && bytes > g->window) bytes = g->window;
  o->free_ns = now_ns + wires_framed(bytes) * S_NS / o->rate;
  uint64_t *line_ns = &o->line_free_ns[g->visitor];
  *line_ns = (*line_ns > now_ns ? *line_ns : now_ns) +
             wires_framed(bytes) * S_NS / w->people[g->visitor].down;
  message *m = engine_message(k, M_BODY, 0);
  m->a = g->id;
  m->b = g->number;
  m->c = g->at;
  m->d = bytes;
  uint64_t sent_us = (o->free_ns + 999) / 1000;
  answer(w, k, g->visitor, m, sent_us);
  count(w, o, g, bytes);
  g->at += bytes;
  if (g->windowed) g->window -= bytes;
  o->ring = g->behind; /* the others' turn */
  if (g->at == g->end) {
    end(w, k, g, STATUS_OK, sent_us);
    forget(o, g);
  } else if (g->windowed && g->window == 0) {
    step_out(o, g);
  }
}

static void wake(world *w, engine_worker *k, origin *o, uint64_t at_us) {
  if (at_us >= o->wake_us) return;
  o->wake_us = at_us;
  engine_send(k, w->origin_actor, w->origin_actor, at_us, engine_message(k, M_SERVE, 0));
}

static void serve(world *w, engine_worker *k, origin *o) {
  uint64_t now_us = engine_now_us(k), now_ns = now_us * 1000;
  while (o->ring && o->free_ns <= now_ns) {
    uint64_t soonest_ns = UINT64_MAX;
    get *g = o->ring;
    for (uint32_t i = 0; i < o->ring_count; i++, g = g->behind) {
      uint64_t line_ns = o->line_free_ns[g->visitor];
      if (line_ns <= now_ns + AHEAD_NS) {
        soonest_ns = 0;
        break;
      }
      if (line_ns - AHEAD_NS < soonest_ns) soonest_ns = line_ns - AHEAD_NS;
    }
    if (soonest_ns > 0) { /* all have enough for now */
      wake(w, k, o, soonest_ns / 1000 + 1);
      return;
    }
    send_chunk(w, k, o, g, now_ns);
  }
  if (o->ring) wake(w, k, o, (o->free_ns + 999) / 1000);
}

/* --- requests ------------------------------------------------------------------------------- */

static void open_get(world *w, engine_worker *k, origin *o, const message *m) {
  uint64_t now_us = engine_now_us(k);
  get asked = {.visitor = m->from, .id = m->a, .number = m->b, .at = m->c, .windowed = m->flags};
  o->sums.requests++;
  bool dead = spans_hold(&w->s.origin.dead, now_us);
  bool busy = spans_hold(&w->s.origin.busy, now_us) ||
              (w->s.origin.refuses > 0 && lots_unit(&o->random) < w->s.origin.refuses);
  uint64_t length = m->b == UINT32_MAX ? 0 : tagsite_length(w->site, m->b);
  if (dead || busy || length == 0) {
    o->sums.refused += busy && !dead;
    end(w, k, &asked, dead ? 0 : busy ? STATUS_BUSY : STATUS_MISSING, now_us);
    return;
  }
  if (m->d != PT_TO_END && (m->c + m->d > length || m->d == 0))
    world_broken(w, now_us, m->from, "the origin is asked for %llu bytes at %llu of %llu",
                 (unsigned long long)m->d, (unsigned long long)m->c, (unsigned long long)length);
  get *g = malloc(sizeof *g);
  if (!g) abort();
  *g = asked;
  g->end = m->d == PT_TO_END ? length : m->c + m->d;
  g->next_of_visitor = o->of_visitor[g->visitor];
  o->of_visitor[g->visitor] = g;
  if (!g->windowed) enter(o, g);
}

static void cancel(origin *o, uint32_t who, uint32_t id) {
  if (id == UINT32_MAX) {
    while (o->of_visitor[who]) forget(o, o->of_visitor[who]);
    return;
  }
  get *g = find(o, who, id);
  if (g) forget(o, g);
}

static void add_credit(origin *o, const message *m) {
  get *g = find(o, m->from, m->a);
  if (!g || m->c == 0) return;
  g->window = m->c > UINT64_MAX - g->window ? UINT64_MAX : g->window + m->c;
  enter(o, g);
}

void world_watch_outage(engine_worker *k, uint32_t actor, const spans *when, uint64_t now_us) {
  uint64_t next_us = spans_next_us(when, now_us);
  if (next_us != PT_NEVER) engine_send(k, actor, actor, next_us, engine_message(k, M_OUTAGE, 0));
}

/* It dies: what is under way ends there. */
static void outage(world *w, engine_worker *k, origin *o) {
  world_watch_outage(k, w->origin_actor, &w->s.origin.dead, engine_now_us(k));
  if (!spans_hold(&w->s.origin.dead, engine_now_us(k))) return;
  for (uint32_t i = 0; i < w->people_count; i++) {
    while (o->of_visitor[i]) {
      o->sums.cut++;
      end(w, k, o->of_visitor[i], 0, engine_now_us(k));
      forget(o, o->of_visitor[i]);
    }
  }
}

void origin_handle(world *w, engine_worker *k, message *m) {
  origin *o = w->origin;
  if (m->kind == M_GET) open_get(w, k, o, m);
  if (m->kind == M_CREDIT) add_credit(o, m);
  if (m->kind == M_CANCEL) cancel(o, m->from, m->a);
  if (m->kind == M_OUTAGE) outage(w, k, o);
  if (m->kind == M_SERVE) {
    if (m->at_us != o->wake_us) return;
    o->wake_us = PT_NEVER;
  }
  serve(w, k, o);
}

const origin_sums *origin_counts(const origin *o) { return &o->sums; }
uint64_t origin_bytes_to(const origin *o, uint32_t who) { return o->bytes_to[who]; }
