/* core/src/swarm: a download of more than 4 MiB in a crowd.
 *
 * Many want the same bytes at the same moment. An origin that all of them turn
 * to serves nobody: the crowd must live from what a few fetch for it. */
#include "swarm_fixture.h"

#define PIECES 320u /* of one block: 5 MiB */
#define CROWD 1000u

/* We and a neighbour want all of it, and nobody has any. */
static fixture *crowd(uint32_t others) {
  static const uint8_t all[8] = {0, 0, 0, 0, 0, 0, PIECES >> 8, PIECES & 255};
  fixture *fx = fx_new_simple(PIECES, 1);
  fx->s->counted = true;
  fx->s->incomplete = others + 1;
  fx_leech(fx, 0);
  fx_extended(fx, 0, 3, (pt_bytes){all, 8});
  return fx;
}

/* The same with one other, and the hashes of the pieces are not here yet. */
static fixture *crowd_without_hashes(void) {
  fixture *fx = crowd(1);
  memset(fx->s->files[0].chunks, 0, fx->s->files[0].chunk_count);
  fx->s->files[0].chunks_known = 0;
  return fx;
}

static void a_crowd_waits_for_its_fetchers_while_connections_are_made(void **state) {
  (void)state;
  fixture *fx = crowd(CROWD);
  fx_ask(fx, 0, 0, false);
  for (uint32_t i = 0; i < 20; i++) {
    fx->cx->dials = 1 + i % 3; /* in a crowd somebody is always being dialled */
    fx->cx->dial_news_us = fx->cx->now_us;
    fx_pass(fx, 150 * PT_MS_US);
    assert_int_equal(fx->cx->fetches, 0);
  }
  fx->cx->dials = 0;
  fx_del(fx);
}

static void a_busy_origin_does_not_end_what_others_may_get(void **state) {
  (void)state;
  fixture *fx = crowd(1);
  pt_stream *st = fx_ask(fx, 0, 0, false);
  uint32_t refused = 0, seconds = 0;
  for (; seconds < 60 && st->result == PT_OK; seconds++) {
    for (; fx->s->fetches; refused++)
      pt_origin_end(fx->s, fx->s->fetches->id, PT_ERR_UNREACHABLE, 503);
    fx_pass(fx, PT_SECOND_US);
  }
  assert_int_equal(st->result, PT_ERR_UNREACHABLE); /* but it is not waited for for ever */
  assert_true(seconds > 15 && refused > 2);
  fx_del(fx);
}

/* Who downloads looks at a bar that should move. */
static void the_start_is_shown_when_there_is_something_to_trade(void **state) {
  (void)state;
  fixture *fx = crowd(CROWD);
  fx_seed(fx, 1);
  pt_stream *st = fx_ask(fx, 0, 0, false);
  assert_false(pt_swarm_want_of(fx->s, 0)->head);
  pt_event out;
  uint32_t got = 0;
  while (got < 40 && st->at == 0 && fx_answer(fx, 1, 1)) {
    got++;
    while (pt_stream_poll(st, &out)) assert_int_equal(out.kind, PT_OUT_REQUEST_DATA);
    fx_plan(fx);
  }
  assert_true(got >= 8 && got < 40 && st->at > 0);
  fx_del(fx);
}

/* The more of it is here, the more pressing is the rest that nobody has. */
static void backups_come_sooner_near_the_end(void **state) {
  (void)state;
  for (uint32_t lot = 0; lot < 8; lot++) {
    uint64_t waited[2];
    for (int late = 0; late < 2; late++) {
      fixture *fx = crowd(1);
      memset(fx->cx->self, 0x60 + (int)lot, PT_ID_SIZE);
      for (uint32_t i = 0; late && i + 16 < PIECES; i++) fx_have(fx, i);
      uint64_t begin = fx->cx->now_us;
      fx_ask(fx, 0, (uint64_t)(PIECES - 16) * PT_BLOCK_SIZE, false);
      while (fx->cx->fetches == 0) fx_pass(fx, 100 * PT_MS_US);
      waited[late] = fx->cx->now_us - begin;
      fx_del(fx);
    }
    if (waited[0] > PT_SECOND_US) { /* the neighbour is the elected one */
      assert_true(waited[0] > 8 * PT_SECOND_US && waited[0] < 10 * PT_SECOND_US);
      assert_true(waited[1] < PT_SECOND_US);
      return;
    }
  }
  fail_msg("we were elected by all lots");
}

/* How long a peer is waited for, by lot, that brings a block now and then, among so many. */
static uint64_t rescued_after(uint32_t others, int lot) {
  fixture *fx = fx_new_simple(PIECES / 32, 32);
  memset(fx->cx->self, 0x60 + lot, PT_ID_SIZE);
  fx->s->counted = true;
  fx->s->complete = 1;
  fx->s->incomplete = others;
  fx_seed(fx, 0);
  uint64_t begin = fx->cx->now_us;
  fx_ask(fx, 0, 0, false);
  for (uint32_t i = 1; fx->cx->fetches == 0; i++) {
    if (i % 18 == 0) fx_answer(fx, 0, 1);
    fx_pass(fx, 100 * PT_MS_US);
  }
  uint64_t waited = fx->cx->now_us - begin;
  fx_del(fx);
  return waited;
}

static void a_crowd_that_starves_is_rescued_one_after_the_other(void **state) {
  (void)state;
  uint32_t soon = 0, late = 0;
  for (int lot = 0; lot < 12; lot++) {
    assert_true(rescued_after(1, lot) < 10 * PT_SECOND_US);
    uint64_t waited = rescued_after(CROWD, lot);
    assert_true(waited < 80 * PT_SECOND_US);
    soon += waited < 30 * PT_SECOND_US;
    late += waited >= 30 * PT_SECOND_US;
  }
  assert_true(soon >= 2 && late >= 2);
}

/* A large crowd that asks for 8 KiB of hashes each gets nothing else from the site. */
static void the_site_tells_hashes_only_to_who_fetches(void **state) {
  (void)state;
  uint32_t fetched = 0, waited = 0;
  for (uint32_t lot = 0; lot < 8; lot++) {
    fixture *fx = crowd_without_hashes();
    memset(fx->s->key, 0x60 + (int)lot, PT_ID_SIZE);
    fx_ask(fx, 0, (uint64_t)(PIECES - 16) * PT_BLOCK_SIZE, false); /* one election */
    for (uint32_t i = 0; i < 5; i++) fx_pass(fx, 100 * PT_MS_US);
    assert_true((fx->s->layers_fetch != 0) == (fx->cx->fetches != 0));
    fetched += fx->cx->fetches > 0;
    waited += fx->cx->fetches == 0;
    fx_del(fx);
  }
  assert_true(fetched > 0 && waited > 0); /* both were seen */
}

/* A WebTorrent client gives pieces and knows nothing of such hashes. */
static void the_site_tells_hashes_of_what_others_give_without(void **state) {
  (void)state;
  fixture *fx = crowd_without_hashes();
  pt_peer *giver = fx_seed(fx, 1);
  giver->hashes = false;
  fx_ask(fx, 0, 0, false);
  assert_int_equal(fx->s->layers_fetch, 0);
  assert_true(fx_answer(fx, 1, 1) > 0);
  assert_true(fx->s->layers_fetch != 0);
  assert_int_equal(fx->cx->fetches, 0);
  fx_del(fx);
}

/* Without hashes a lie is found when the whole piece is there, and the piece is lost. */
static void hashes_come_before_blocks(void **state) {
  (void)state;
  fixture *fx = crowd_without_hashes();
  pt_peer *giver = fx_seed(fx, 1);
  fx_ask(fx, 0, 0, false);
  assert_int_equal(fx_count(fx, 1, PT_WIRE_HASH_REQUEST), 1);
  assert_int_equal(giver->asked_count, 0);
  for (uint32_t i = 0; i < 4 && fx->s->layers_fetch == 0; i++) fx_pass(fx, PT_SECOND_US);
  assert_true(fx->s->layers_fetch != 0); /* it was asked in vain */
  fx_know_hashes(fx);
  pt_layers_origin_end(fx->s, PT_ERR_UNREACHABLE, 404);
  fx_plan(fx);
  assert_true(giver->asked_count > 0);
  fx_del(fx);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_crowd_waits_for_its_fetchers_while_connections_are_made),
      cmocka_unit_test(a_busy_origin_does_not_end_what_others_may_get),
      cmocka_unit_test(the_start_is_shown_when_there_is_something_to_trade),
      cmocka_unit_test(backups_come_sooner_near_the_end),
      cmocka_unit_test(a_crowd_that_starves_is_rescued_one_after_the_other),
      cmocka_unit_test(the_site_tells_hashes_only_to_who_fetches),
      cmocka_unit_test(the_site_tells_hashes_of_what_others_give_without),
      cmocka_unit_test(hashes_come_before_blocks),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
