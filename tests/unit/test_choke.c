/* Who may ask us: with no bound nobody gets a useful rate, with a wrong one a
 * visitor never gets its turn. */
#include "swarm_fixture.h"

#define SLOTS 9u     /* eight by rate and by lot, one for who has least */
#define NEWCOMERS 4u /* served beyond eight until the next round */
#define CROWD 20u

static fixture *seeding(void) {
  fixture *fx = fx_new_simple(4, 2);
  for (uint32_t i = 0; i < 4; i++) fx_have(fx, i);
  return fx;
}

static uint32_t unchoked(const fixture *fx) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < FX_PEERS_MAX; i++) count += fx->peers[i] && !fx->peers[i]->choking;
  return count;
}

static void at_most_nine_and_some_newcomers_are_served_at_once(void **state) {
  (void)state;
  fixture *fx = seeding();
  for (uint32_t i = 0; i < CROWD; i++) fx_leech(fx, i);
  assert_int_equal(unchoked(fx), SLOTS - 1 + NEWCOMERS);
  for (int round = 0; round < 10; round++) {
    fx_pass(fx, 10 * PT_SECOND_US);
    assert_int_equal(unchoked(fx), SLOTS);
  }
  fx_del(fx);
}

static void everybody_gets_a_turn(void **state) {
  (void)state;
  fixture *fx = seeding();
  bool served[CROWD] = {false};
  for (uint32_t i = 0; i < CROWD; i++) fx_leech(fx, i);
  for (int round = 0; round < 200; round++) {
    for (uint32_t i = 0; i < CROWD; i++) served[i] |= !fx->peers[i]->choking;
    fx_pass(fx, 10 * PT_SECOND_US);
  }
  for (uint32_t i = 0; i < CROWD; i++) assert_true(served[i]);
  fx_del(fx);
}

/* Rates alone would leave it out for as long as the others serve each other well. */
static void who_has_least_gets_every_second_turn(void **state) {
  (void)state;
  fixture *fx = seeding();
  const pt_wire_message have = {.kind = PT_WIRE_HAVE, .index = 0};
  for (uint32_t i = 0; i < CROWD; i++) {
    fx_leech(fx, i);
    if (i != CROWD / 2) fx_hear(fx, i, &have);
    if (i % 2) fx->peers[i]->rate_in = 1000 * i;
  }
  uint32_t rounds = 0;
  for (int round = 0; round < 20; round++) {
    fx_pass(fx, 10 * PT_SECOND_US);
    rounds += !fx->peers[CROWD / 2]->choking;
  }
  assert_true(rounds >= 10);
  fx_del(fx);
}

static void a_free_place_is_given_at_once(void **state) {
  (void)state;
  fixture *fx = seeding();
  const uint32_t most = SLOTS - 1 + NEWCOMERS;
  for (uint32_t i = 0; i < most; i++) fx_leech(fx, i);
  pt_peer *late = fx_leech(fx, most);
  assert_true(late->choking);
  fx_part(fx, 0);
  fx_hear_kind(fx, most, PT_WIRE_INTERESTED);
  assert_false(late->choking);
  fx_del(fx);
}

/* Who asks without saying that it is interested must not escape the count. */
static void asking_counts_as_interest(void **state) {
  (void)state;
  fixture *fx = seeding();
  pt_wire_message ask = {.kind = PT_WIRE_REQUEST, .length = PT_BLOCK_SIZE};
  for (uint32_t i = 0; i < CROWD; i++) {
    fx_meet(fx, i);
    fx_handshake(fx, i, true);
    fx_hear_kind(fx, i, PT_WIRE_HAVE_NONE);
  }
  for (uint32_t i = 0; i < CROWD; i++) fx_hear(fx, i, &ask);
  fx_pass(fx, 10 * PT_SECOND_US);
  assert_int_equal(unchoked(fx), SLOTS);
  fx_del(fx);
}

static void who_is_choked_hears_what_it_will_not_get(void **state) {
  (void)state;
  fixture *fx = seeding();
  pt_peer *p = fx_leech(fx, 0);
  p->queued = PT_LINK_QUEUE_MAX; /* its line is full: blocks wait here */
  for (uint32_t i = 0; i < 4; i++) {
    pt_wire_message ask = {.kind = PT_WIRE_REQUEST, .index = i, .length = PT_BLOCK_SIZE};
    fx_hear(fx, 0, &ask);
  }
  assert_int_equal(p->upload_count, 4);
  pt_choke_peer(p);
  assert_int_equal(p->upload_count, 0);
  pt_peer_drained(p);
  uint32_t rejects = 0, blocks = 0;
  pt_wire_message m;
  while (fx_next(fx, 0, &m)) {
    rejects += m.kind == PT_WIRE_REJECT;
    blocks += m.kind == PT_WIRE_PIECE;
  }
  assert_int_equal(rejects, 4);
  assert_int_equal(blocks, 0);
  fx_del(fx);
}

static void without_consent_nobody_is_served(void **state) {
  (void)state;
  fixture *fx = seeding();
  fx_leech(fx, 0);
  assert_int_equal(unchoked(fx), 1);
  fx->cx->consent = PT_CONSENT_DOWNLOAD_ONLY;
  pt_swarm_rechoke(fx->s);
  fx_leech(fx, 1);
  assert_int_equal(unchoked(fx), 0);
  fx->cx->consent = PT_CONSENT_GRANTED;
  pt_swarm_rechoke(fx->s);
  assert_int_equal(unchoked(fx), 2);
  fx_del(fx);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(at_most_nine_and_some_newcomers_are_served_at_once),
      cmocka_unit_test(everybody_gets_a_turn),
      cmocka_unit_test(who_has_least_gets_every_second_turn),
      cmocka_unit_test(a_free_place_is_given_at_once),
      cmocka_unit_test(asking_counts_as_interest),
      cmocka_unit_test(who_is_choked_hears_what_it_will_not_get),
      cmocka_unit_test(without_consent_nobody_is_served),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
