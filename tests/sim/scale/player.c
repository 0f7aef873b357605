/* A video player: plays in order, wants so many seconds ahead of it, stalls
 * when it has nothing, and sometimes is sent elsewhere by its viewer. */
#include "page.h"
#include "visitor.h"

#define TICK_US 250000u
#define CREDIT_STEP 65536u
#define S_US 1000000u

static uint64_t rate_of(const world *w) { return (uint64_t)(w->s.page.bit_rate / 8); }
static request *current(visitor *v) { return &v->page.requests[v->page.request_count - 1]; }

static uint64_t length_of(const world *w, visitor *v) {
  return w->site->files[current(v)->file].length;
}

static uint64_t loaded_end(visitor *v) { return current(v)->at + current(v)->received; }

static uint64_t position(const world *w, visitor *v, uint64_t now_us) {
  const player *y = &v->page.player;
  if (y->state != PLAYER_PLAYS) return y->played_from;
  uint64_t at = y->played_from + (now_us - y->since_us) * rate_of(w) / S_US;
  return at < loaded_end(v) ? at : loaded_end(v);
}

/* When what is loaded has been played. */
static uint64_t dry_us(const world *w, visitor *v) {
  const player *y = &v->page.player;
  return y->since_us + (loaded_end(v) - y->played_from) * S_US / rate_of(w);
}

static uint64_t ahead_of(const world *w, visitor *v, uint64_t at) {
  uint64_t most = at + (uint64_t)(w->s.page.buffer_s * (double)rate_of(w));
  return most < length_of(w, v) ? most : length_of(w, v);
}

static void next_tick(const world *w, engine_worker *k, visitor *v) {
  const player *y = &v->page.player;
  uint64_t now_us = engine_now_us(k), at_us = now_us + TICK_US;
  if (dry_us(w, v) < at_us) at_us = dry_us(w, v);
  if (y->seek_at_us < at_us) at_us = y->seek_at_us;
  page_wake(k, v, at_us > now_us ? at_us : now_us, PAGE_PLAY, y->round);
}

static void plan_seek(const world *w, visitor *v, uint64_t now_us) {
  player *y = &v->page.player;
  y->seek_at_us = PT_NEVER;
  if (w->s.page.seeks_per_min > 0)
    y->seek_at_us = now_us + lots_wait_us(&v->random, 60e6 / w->s.page.seeks_per_min) + TICK_US;
}

static void play_from(world *w, engine_worker *k, visitor *v, uint32_t file, uint64_t at) {
  player *y = &v->page.player;
  y->state = PLAYER_WAITS;
  y->since_us = engine_now_us(k);
  y->played_from = at;
  y->round++;
  uint64_t wanted = (uint64_t)(w->s.page.buffer_s * (double)rate_of(w));
  page_ask(w, k, v, file, at, wanted);
}

/* Which film: popular ones more often. */
static uint32_t draw_film(const world *w, visitor *v) {
  lots_zipf zipf;
  lots_zipf_init(&zipf, w->site->file_count, w->s.page.zipf);
  uint32_t drawn = lots_zipf_draw(&zipf, &v->random);
  lots_zipf_free(&zipf);
  return drawn;
}

void player_begin(world *w, engine_worker *k, visitor *v) {
  uint32_t round = v->page.player.round;
  v->page.player = (player){.round = round};
  plan_seek(w, v, engine_now_us(k));
  play_from(w, k, v, draw_film(w, v), 0);
}

void player_fed(world *w, engine_worker *k, visitor *v) {
  player *y = &v->page.player;
  if (y->state != PLAYER_WAITS || !v->page.open) return;
  uint64_t need = (uint64_t)(w->s.page.start_s * (double)rate_of(w)), now_us = engine_now_us(k);
  uint64_t left = length_of(w, v) - y->played_from;
  if (loaded_end(v) - y->played_from < (need < left ? need : left)) return;
  if (!y->started)
    page_started(v, now_us), page_sample(v, now_us - v->page.begun_us);
  else if (y->seeking)
    v->page.seek_us += now_us - y->since_us;
  else
    v->page.stalled_us += now_us - y->since_us;
  y->started = true;
  y->seeking = false;
  y->state = PLAYER_PLAYS;
  y->since_us = now_us;
  next_tick(w, k, v);
}

static void pause_at(world *w, visitor *v, uint64_t now_us) {
  player *y = &v->page.player;
  uint64_t at = position(w, v, now_us);
  y->watched_us += now_us - y->since_us;
  v->page.played_us += now_us - y->since_us;
  y->played_from = at;
  y->since_us = now_us;
  y->state = PLAYER_WAITS;
}

static void seek(world *w, engine_worker *k, visitor *v) {
  uint64_t now_us = engine_now_us(k), length = length_of(w, v);
  uint32_t file = current(v)->file;
  pause_at(w, v, now_us);
  plan_seek(w, v, now_us);
  v->page.seeks++;
  v->page.player.seeking = true;
  page_cancel(w, k, v, current(v));
  uint64_t blocks = (length + PT_BLOCK_SIZE - 1) / PT_BLOCK_SIZE;
  play_from(w, k, v, file, pt_random_below(&v->random, (uint32_t)blocks) * (uint64_t)PT_BLOCK_SIZE);
}

static bool seen_enough(const world *w, visitor *v, uint64_t now_us) {
  const player *y = &v->page.player;
  uint64_t whole_us = length_of(w, v) * S_US / rate_of(w);
  bool at_end = loaded_end(v) == length_of(w, v) && now_us >= dry_us(w, v);
  return at_end || y->watched_us + (now_us - y->since_us) >= whole_us;
}

void player_tick(world *w, engine_worker *k, visitor *v, uint32_t round) {
  player *y = &v->page.player;
  uint64_t now_us = engine_now_us(k);
  if (round != y->round || y->state != PLAYER_PLAYS) return;
  if (seen_enough(w, v, now_us)) {
    pause_at(w, v, now_us);
    y->state = PLAYER_ENDED;
    page_cancel(w, k, v, current(v));
    page_complete(w, k, v);
    return;
  }
  if (now_us >= y->seek_at_us) {
    seek(w, k, v);
    return;
  }
  if (now_us >= dry_us(w, v)) {
    pause_at(w, v, now_us);
    v->page.stalls++;
    return;
  }
  request *r = current(v);
  uint64_t end = ahead_of(w, v, position(w, v, now_us)), given = r->at + r->credit;
  if (end > given && (end - given >= CREDIT_STEP || end == length_of(w, v)))
    page_credit(w, k, v, r, end - given);
  next_tick(w, k, v);
}
