/* A film from other visitors must start as soon, and stall as seldom, as one
 * from the site alone; and the site must not pay for more than that. */
#include "swarm_fixture.h"

#define PIECE (8u * PT_BLOCK_SIZE)
#define RATE 500000u /* bytes/s of the film */
#define WINDOW (20u * RATE)
#define START 4u /* pieces that a player starts with */

static fixture *film(void) { return fx_new_simple(240, 8); }

static pt_stream *read_or_play(fixture *fx, uint64_t at, bool plays) {
  pt_stream *st = pt_stream_new(fx->s, 1, 0, at, fx->lengths[0], false, true, plays);
  pt_stream_credit(st, WINDOW);
  fx_plan(fx);
  return st;
}

static pt_stream *play(fixture *fx, uint64_t at) { return read_or_play(fx, at, true); }

static void take(fixture *fx, pt_stream *st) {
  pt_event out;
  while (pt_stream_poll(st, &out)) assert_int_equal(out.kind, PT_OUT_REQUEST_DATA);
  fx_plan(fx);
}

/* Plays so long; the origin, asked for anything, brings it in no time. */
static void pass(fixture *fx, pt_stream *st, uint64_t us, bool serves) {
  for (uint64_t at = 0; at < us; at += 50 * PT_MS_US) {
    fx_pass(fx, 50 * PT_MS_US);
    pt_stream_credit(st, RATE / 20);
    if (serves) fx_serve_all(fx);
    take(fx, st);
  }
}

static uint32_t pieces_fetched(const fixture *fx) {
  uint32_t pieces = 0;
  for (const pt_fetch *f = fx->s->fetches; f; f = f->next) pieces += f->count;
  return pieces;
}

static pt_peer *holder(fixture *fx, uint32_t i) {
  fx->s->counted = true;
  fx->s->incomplete = i + 1;
  return fx_seed(fx, i);
}

static void its_start_does_not_wait_for_connections(void **state) {
  (void)state;
  fixture *fx = film();
  play(fx, 0);
  assert_int_equal(fx->cx->fetches, 1); /* in one request, */
  assert_int_equal(pieces_fetched(fx), START);
  fx_pass(fx, 100 * PT_MS_US);
  assert_int_equal(pieces_fetched(fx), START); /* and no more than it starts with */
  fx_del(fx);
}

static void a_short_film_waits(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(30, 8); /* a segment of one, perhaps */
  play(fx, 0);
  assert_int_equal(fx->cx->fetches, 0);
  fx_del(fx);
}

static void who_has_its_start_may_try_first(void **state) {
  (void)state;
  fixture *fx = film();
  pt_peer *p = holder(fx, 0);
  pt_stream *st = play(fx, 100 * PIECE); /* sought to */
  assert_int_equal(fx->cx->fetches, 0);
  assert_true(p->asked_count > 0);
  fx_pass(fx, 450 * PT_MS_US); /* it is slow */
  assert_int_equal(pieces_fetched(fx), START);
  fx_serve_all(fx);
  take(fx, st);
  assert_int_equal(st->at, (100 + START) * PIECE);
  fx_del(fx);
}

/* Whoever has the pieces sends none: each goes to the origin just in time. */
static void a_player_never_runs_dry(void **state) {
  (void)state;
  fixture *fx = film();
  holder(fx, 0);
  pt_stream *st = play(fx, 0);
  fx_pass(fx, 450 * PT_MS_US);
  fx_serve_all(fx);
  take(fx, st);
  const uint64_t began = fx->cx->now_us;
  for (uint32_t i = 0; i < 20; i++) {
    pass(fx, st, 500 * PT_MS_US, true);
    uint64_t played = (fx->cx->now_us - began) * RATE / PT_SECOND_US;
    assert_true(st->at >= played);                     /* it has not stalled, */
    assert_true(st->at <= played + RATE + 2u * PIECE); /* and nothing was hurried needlessly */
  }
  assert_true(fx->s->files[0].play_rate > RATE * 9 / 10);
  assert_true(fx->s->files[0].play_rate < RATE * 11 / 10);
  fx_del(fx);
}

static void who_is_well_fed_lets_others_go_first(void **state) {
  (void)state;
  fixture *fx = film();
  const uint8_t all[8] = {0, 0, 0, 0, 0, 0, 0, 240};
  fx_leech(fx, 0);
  fx_extended(fx, 0, 3, (pt_bytes){all, sizeof all});
  pt_stream *st = play(fx, 0);
  for (uint32_t i = 0; i < 120; i++) fx_have(fx, i);
  take(fx, st);
  pass(fx, st, PT_SECOND_US, true);
  assert_true(fx->s->shared && pt_pace_fed(st));
  uint32_t end = st->window_end;
  pass(fx, st, 2 * PT_SECOND_US, true);
  assert_int_equal(st->window_end, end);
  pass(fx, st, 32 * PT_SECOND_US, true); /* until it has played most of that */
  assert_true(st->window_end > end);
  fx_del(fx);
}

/* What looks as well fed, but is no player, would wait for ever: nothing plays it. */
static void who_is_no_player_does_not_wait(void **state) {
  (void)state;
  fixture *fx = film();
  const uint8_t all[8] = {0, 0, 0, 0, 0, 0, 0, 240};
  fx_leech(fx, 0);
  fx_extended(fx, 0, 3, (pt_bytes){all, sizeof all});
  pt_stream *st = read_or_play(fx, 0, false);
  for (uint32_t i = 0; i < 120; i++) fx_have(fx, i);
  take(fx, st);
  pass(fx, st, PT_SECOND_US, true);
  uint32_t end = st->window_end;
  pass(fx, st, 8 * PT_SECOND_US, true);
  assert_true(fx->s->shared && st->window_end > end);
  fx_del(fx);
}

/* A browser reads all that comes: that is no rate to play at. */
static void a_reader_is_not_taken_for_a_fast_player(void **state) {
  (void)state;
  fixture *fx = film();
  pt_stream *st = play(fx, 0);
  fx_serve_all(fx);
  take(fx, st);
  for (uint32_t i = 4; i < 100; i++) {
    fx_have(fx, i);
    take(fx, st);
    pt_stream_credit(st, WINDOW - st->credit); /* as much room as in the beginning */
    fx_pass(fx, 10 * PT_MS_US);
  }
  assert_int_equal(fx->s->files[0].play_rate, 0);
  assert_false(pt_pace_fed(st));
  fx_del(fx);
}

/* A viewer who pauses must not draw the film from the site meanwhile. */
static void who_pauses_costs_the_site_nothing(void **state) {
  (void)state;
  fixture *fx = film();
  holder(fx, 0);
  pt_stream *st = pt_stream_new(fx->s, 1, 0, 0, fx->lengths[0], false, true, true);
  pt_stream_credit(st, START * PIECE);
  fx_pass(fx, 450 * PT_MS_US);
  fx_serve_all(fx);
  take(fx, st);
  assert_int_equal(st->credit, 0);
  for (uint32_t i = 0; i < 100; i++) fx_pass(fx, 300 * PT_MS_US);
  assert_int_equal(fx->cx->fetches, 0);
  fx_del(fx);
}

/* Sent to many at once all comes late to all of them. */
static void who_plays_serves_one_after_the_other(void **state) {
  (void)state;
  fixture *fx = film();
  pt_stream *st = play(fx, 0);
  fx_serve_all(fx);
  take(fx, st);
  for (uint32_t i = 0; i < 2; i++) {
    fx_leech(fx, i);
    fx_plan(fx);
    fx_listen(fx, i);
    for (uint32_t begin = 0; begin < PIECE; begin += PT_BLOCK_SIZE) {
      pt_wire_message m = {
          .kind = PT_WIRE_REQUEST, .index = i, .begin = begin, .length = PT_BLOCK_SIZE};
      fx_hear(fx, i, &m);
    }
  }
  fx_listen(fx, 0);
  fx_listen(fx, 1);
  assert_true(fx->peers[0]->upload_count < 8 && fx->peers[1]->upload_count == 8);
  for (uint32_t i = 0; i < 8 && fx->peers[0]->upload_count; i++) {
    pt_peer_drained(fx->peers[0]);
    fx_listen(fx, 1); /* not in the middle of a piece */
    assert_int_equal(fx->peers[1]->upload_count, 8);
    fx_listen(fx, 0);
  }
  pt_peer_drained(fx->peers[0]);
  fx_listen(fx, 1);
  assert_true(fx->peers[1]->upload_count < 8);
  /* A queue that never empties does not hold up the other for ever. */
  pt_wire_message m = {.kind = PT_WIRE_REQUEST, .index = 2, .length = PT_BLOCK_SIZE};
  fx_hear(fx, 0, &m);
  fx_listen(fx, 0);
  assert_int_equal(fx->peers[0]->upload_count, 1);
  fx_pass(fx, 600 * PT_MS_US);
  fx_listen(fx, 0);
  assert_int_equal(fx->peers[0]->upload_count, 0);
  fx_del(fx);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(its_start_does_not_wait_for_connections),
      cmocka_unit_test(a_short_film_waits),
      cmocka_unit_test(who_has_its_start_may_try_first),
      cmocka_unit_test(a_player_never_runs_dry),
      cmocka_unit_test(who_is_well_fed_lets_others_go_first),
      cmocka_unit_test(who_is_no_player_does_not_wait),
      cmocka_unit_test(a_reader_is_not_taken_for_a_fast_player),
      cmocka_unit_test(who_pauses_costs_the_site_nothing),
      cmocka_unit_test(who_plays_serves_one_after_the_other),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
