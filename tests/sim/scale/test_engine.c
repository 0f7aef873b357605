/* Were the outcome to depend on threads, no run could be replayed, and no
 * fault found at a large size could be looked at again. */
#include "base/hash.h"
#include "engine.h"
#include "lots.h"
#include "unit.h"

#define ACTORS 300u
#define LOOKAHEAD_US 1000u
#define END_US 400000u

typedef struct crowd {
  uint64_t digests[ACTORS];
  uint64_t last_us[ACTORS];
  uint64_t pauses, posted;
  bool post;
} crowd;

/* Everybody notes what comes, and writes to others and to itself, some of it
 * due at the same moment. */
static void chatter(void *context, engine_worker *w, message *m) {
  crowd *c = context;
  uint64_t facts[4] = {m->at_us, m->from, m->a, m->c};
  assert_true(m->at_us >= c->last_us[m->to]);
  c->last_us[m->to] = m->at_us;
  c->digests[m->to] = pt_hash64(facts, sizeof facts, c->digests[m->to]);
  uint64_t lot = lots_mix(c->digests[m->to], 1);
  if (m->at_us > END_US || m->b == 1) return;
  if (lot % 7 == 0) {
    m->b = 1; /* again, and then no more */
    engine_again(w, m, m->at_us + lot % 3);
  }
  for (uint32_t i = 0; i < 1 + (m->a + 1) % 2; i++) {
    message *next = engine_message(w, 1, (uint32_t)(lot % 3000));
    memset(next->data, 0x5a, next->len);
    next->a = m->a + 1;
    next->b = i;
    next->c = lot;
    uint64_t at_us = m->at_us + LOOKAHEAD_US + (lot >> 8) % 4 * 500;
    engine_send(w, m->to, (uint32_t)((lot >> 16) % ACTORS), at_us, next);
  }
  message *own = engine_message(w, 1, 0);
  own->b = 1;
  engine_send(w, m->to, m->to, m->at_us, own);
}

static bool count_pauses(void *context, engine *e, uint64_t now_us) {
  crowd *c = context;
  c->pauses++;
  if (!c->post || now_us == PT_NEVER || now_us < END_US / 2) return true;
  c->post = false;
  message *m = engine_message(engine_first_worker(e), 1, 0);
  m->b = 1;
  c->posted = now_us;
  engine_post(e, 5, now_us, m);
  return true;
}

static uint64_t outcome(uint32_t threads, uint64_t *events) {
  crowd c = {.post = true};
  engine *e = engine_new(ACTORS, threads, LOOKAHEAD_US, chatter, count_pauses, &c);
  for (uint32_t i = 0; i < ACTORS; i += 3) {
    message *m = engine_message(engine_first_worker(e), 1, 0);
    engine_send(engine_first_worker(e), i, i, LOOKAHEAD_US + i * 7, m);
  }
  engine_run(e);
  *events = engine_events(e);
  engine_del(e);
  assert_true(c.pauses > 10);
  assert_true(c.posted >= END_US / 2);
  return pt_hash64(c.digests, sizeof c.digests, 0);
}

static void threads_change_nothing(void **state) {
  (void)state;
  uint64_t events = 0, others = 0, alone = outcome(1, &events);
  assert_true(events > 10000);
  for (uint32_t threads = 2; threads <= 5; threads++) {
    assert_true(outcome(threads, &others) == alone);
    assert_int_equal(others, events);
  }
}

typedef struct far {
  uint64_t at_us;
} far;

static void note_time(void *context, engine_worker *w, message *m) {
  (void)w;
  ((far *)context)->at_us = m->at_us;
}

/* Hours ahead is beyond what actors are sorted by. */
static void far_times_come_too(void **state) {
  (void)state;
  far f = {0};
  engine *e = engine_new(1, 1, 1000, note_time, NULL, &f);
  engine_send(engine_first_worker(e), 0, 0, 36000000123u,
              engine_message(engine_first_worker(e), 1, 0));
  engine_run(e);
  assert_int_equal(f.at_us, 36000000123u);
  engine_del(e);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(threads_change_nothing),
      cmocka_unit_test(far_times_come_too),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
