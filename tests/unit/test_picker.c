/* What to ask of whom: a page waits as long as the worst choice made here. */
#include "swarm_fixture.h"

static uint32_t asked_of(const pt_peer *p, uint32_t piece) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < p->asked_count; i++) count += p->asked[i].piece == piece;
  return count;
}

static void two_peers_share_the_work_and_no_block_is_asked_twice(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(16, 4);
  pt_peer *a = fx_seed(fx, 0), *b = fx_seed(fx, 1);
  fx_ask(fx, 0, 0, false);
  for (uint32_t piece = 0; piece < 16; piece++)
    assert_true(asked_of(a, piece) == 0 || asked_of(b, piece) == 0);
  assert_true(a->asked_count > 0 && b->asked_count > 0);
  while (fx_answer(fx, 0, 1) + fx_answer(fx, 1, 1)) fx_check(fx);
  assert_true(pt_swarm_complete(fx->s));
  assert_int_equal(fx->cx->stats.wasted_bytes, 0);
  assert_int_equal(fx->cx->stats.origin_requests, 0);
  fx_del(fx);
}

/* What a stranger may cost: one piece, or the blocks up to its first lie. */
static void a_stranger_is_asked_for_a_piece_and_more_when_blocks_can_be_checked(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(8, 4);
  pt_peer *p = fx_stranger(fx, 0);
  fx_seed(fx, 1); /* it could tell leaves, too, but gives nothing */
  fx_hear_kind(fx, 1, PT_WIRE_CHOKE);
  fx_ask(fx, 0, 0, false);
  assert_int_equal(p->asked_count, 4);
  assert_true(fx_tell_leaves(fx, 0, false));
  fx_plan(fx);
  assert_int_equal(p->asked_count, 8);
  assert_true(fx_tell_leaves(fx, 0, false)); /* of that one too */
  fx_plan(fx);
  assert_int_equal(p->asked_count, 12);
  assert_false(p->remote->proven);
  fx_answer(fx, 0, 4);
  assert_true(p->remote->proven);
  assert_true(p->asked_count > 12); /* all that a pipeline holds */
  assert_int_equal(fx_count(fx, 0, PT_WIRE_HASH_REQUEST),
                   1); /* asked before it had proven itself */
  fx_del(fx);
}

/* One who tells no leaves proves itself with its first piece. */
static void a_stranger_without_leaves_proves_itself_with_a_piece(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(8, 4);
  pt_peer *p = fx_stranger(fx, 0);
  fx_ask(fx, 0, 0, false);
  pt_wire_message m;
  assert_true(fx_find(fx, 0, PT_WIRE_HASH_REQUEST, &m));
  m.kind = PT_WIRE_HASH_REJECT;
  fx_hear(fx, 0, &m);
  fx_plan(fx);
  assert_int_equal(fx_count(fx, 0, PT_WIRE_HASH_REQUEST), 0);
  fx_answer(fx, 0, 3);
  assert_int_equal(p->asked_count, 1);
  fx_answer(fx, 0, 1);
  assert_true(p->asked_count >= 16);
  fx_del(fx);
}

/* Of each piece, they would cost both sides messages and hashing; a lie costs a piece then. */
static void who_has_proven_itself_is_asked_for_no_leaves(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(4, 4);
  fx_seed(fx, 0);
  fx_ask(fx, 0, 0, false);
  assert_true(fx_count(fx, 0, PT_WIRE_REQUEST) > 0);
  assert_int_equal(fx_count(fx, 0, PT_WIRE_HASH_REQUEST), 0);
  fx_del(fx);
}

static void pieces_of_one_block_need_no_leaves(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(32, 1);
  pt_peer *p = fx_stranger(fx, 0);
  fx_ask(fx, 0, 0, false);
  assert_int_equal(p->asked_count, 16);
  assert_int_equal(fx_count(fx, 0, PT_WIRE_HASH_REQUEST), 0);
  fx_del(fx);
}

static void long_pieces_are_asked_for_as_the_line_takes_them(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(2, 512); /* more blocks than a pipeline holds */
  pt_peer *p = fx_seed(fx, 0);
  fx_ask(fx, 0, 0, false);
  assert_true(p->asked_count <= PT_PIPELINE_MAX);
  while (fx_answer(fx, 0, 64)) fx_check(fx);
  assert_true(pt_swarm_complete(fx->s));
  fx_del(fx);
}

static void choking_and_unchoking_loses_no_block(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(8, 4);
  fx_seed(fx, 0);
  fx_ask(fx, 0, 0, false);
  for (int round = 0; round < 40 && !pt_swarm_complete(fx->s); round++) {
    fx_answer(fx, 0, 3);
    fx_hear_kind(fx, 0, PT_WIRE_CHOKE);
    fx_plan(fx);
    assert_int_equal(fx->peers[0]->asked_count, 0);
    fx_hear_kind(fx, 0, PT_WIRE_UNCHOKE);
    fx_plan(fx);
    fx_check(fx);
  }
  assert_true(pt_swarm_complete(fx->s));
  assert_int_equal(fx->cx->stats.wasted_bytes, 0); /* what had come was kept */
  fx_del(fx);
}

static void what_a_silent_peer_was_asked_goes_to_another(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(4, 2);
  pt_peer *mute = fx_seed(fx, 0);
  fx_ask(fx, 0, 0, false);
  assert_true(mute->asked_count > 0);
  pt_peer *other = fx_seed(fx, 1);
  fx_pass(fx, 2100 * PT_MS_US);
  assert_false(pt_peer_usable(mute));
  assert_true(other->asked_count > 0);
  fx_serve_all(fx); /* the page had waited long enough for its next piece */
  while (fx_answer(fx, 1, 1)) fx_check(fx);
  assert_true(pt_swarm_complete(fx->s));
  assert_int_equal(mute->asked_count, 0); /* it need not send what came elsewhere */
  assert_true(fx_count(fx, 0, PT_WIRE_CANCEL) > 0);
  fx_del(fx);
}

static void a_peer_that_was_only_slow_is_asked_again_and_its_blocks_count(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(8, 4);
  pt_peer *slow = fx_seed(fx, 0);
  fx_ask(fx, 0, 0, false);
  fx_pass(fx, 2100 * PT_MS_US);
  assert_false(pt_peer_usable(slow));
  assert_true(fx_answer(fx, 0, 1));
  assert_true(pt_peer_usable(slow));
  fx_plan(fx);
  while (fx_answer(fx, 0, 1)) fx_check(fx);
  fx_serve_all(fx);
  while (fx_answer(fx, 0, 1)) fx_check(fx);
  assert_true(pt_swarm_complete(fx->s));
  fx_del(fx);
}

static void what_a_leaving_peer_was_asked_goes_to_another(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(4, 2);
  fx_seed(fx, 0);
  fx_ask(fx, 0, 0, false);
  fx_answer(fx, 0, 3);
  fx_seed(fx, 1);
  fx_part(fx, 0);
  fx_plan(fx);
  while (fx_answer(fx, 1, 1)) fx_check(fx);
  assert_true(pt_swarm_complete(fx->s));
  assert_int_equal(fx->cx->stats.wasted_bytes, 0);
  fx_del(fx);
}

static void a_piece_that_a_peer_lets_go_is_not_asked_of_it(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(4, 2);
  pt_peer *p = fx_seed(fx, 0);
  fx_ask(fx, 0, 0, false);
  assert_int_equal(asked_of(p, 1), 2);
  const uint8_t one[4] = {0, 0, 0, 1};
  fx_extended(fx, 0, 2, (pt_bytes){one, 4}); /* lt_donthave, under our id for it */
  fx_plan(fx);
  assert_int_equal(asked_of(p, 1), 0);
  assert_int_equal(fx->s->pieces[1].available, 0);
  fx_del(fx);
}

static void a_much_faster_peer_takes_over(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(12, 4);
  pt_peer *slow = fx_seed(fx, 0), *fast = fx_seed(fx, 1);
  slow->rate_in = 20000;
  fast->rate_in = 5000000;
  fast->rtt_min_us = slow->rtt_min_us = 1000;
  fx_ask(fx, 0, 0, false);
  uint32_t slow_first = slow->asked_count;
  while (fx_answer(fx, 1, 1)) fx_check(fx);
  assert_true(slow_first > 0 && slow->asked_count == slow_first); /* it may be about to answer */
  fx_pass(fx, 10 * PT_MS_US);
  fx_answer_one(fx, 0, slow->asked[0], false); /* and does */
  fx_pass(fx, 10 * PT_MS_US);
  assert_int_equal(slow->asked_count, slow_first - 1);
  fx_pass(fx, 10 * PT_MS_US); /* a piece of the fast one takes 14 ms */
  while (fx_answer(fx, 1, 1)) fx_pass(fx, 20 * PT_MS_US);
  assert_int_equal(slow->asked_count, 0);
  assert_true(pt_swarm_complete(fx->s));
  fx_del(fx);
}

static void what_the_page_needs_next_goes_first(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(40, 1);
  pt_peer *p = fx_seed(fx, 0);
  fx_ask(fx, 0, 30 * PT_BLOCK_SIZE, false); /* a seek */
  for (uint32_t i = 0; i < p->asked_count; i++) assert_in_range(p->asked[i].piece, 30, 39);
  assert_int_equal(p->asked[0].piece, 30);
  fx_del(fx);
}

static void in_company_the_rarest_goes_before_the_next(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(64, 1);
  pt_peer *seed = fx_seed(fx, 0);
  for (uint32_t i = 1; i < 3; i++) { /* they have the first half and want the rest */
    fx_leech(fx, i);
    for (uint32_t piece = 0; piece < 32; piece++) {
      pt_wire_message have = {.kind = PT_WIRE_HAVE, .index = piece};
      fx_hear(fx, i, &have);
    }
    const uint8_t range[8] = {0, 0, 0, 32, 0, 0, 0, 32};
    fx_extended(fx, i, 3, (pt_bytes){range, 8});
    fx_hear_kind(fx, i, PT_WIRE_CHOKE);
  }
  fx_ask(fx, 0, 0, false);
  uint32_t rare = 0;
  for (uint32_t i = 0; i < seed->asked_count; i++) rare += seed->asked[i].piece >= 32;
  assert_int_equal(asked_of(seed, 0), 1); /* but the page's next ones all the same */
  assert_int_equal(asked_of(seed, 1), 1);
  assert_int_equal(rare, seed->asked_count - 2);
  fx_del(fx);
}

/* A request for each block that comes would be a packet for each, both ways. And how fast a
 * peer is nobody knows at first: the line gets longer as long as it is not too long. */
static void a_line_is_refilled_and_longer_when_half_of_it_has_run_dry(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(200, 1);
  pt_peer *p = fx_seed(fx, 0);
  fx_ask(fx, 0, 0, false);
  uint32_t full = p->asked_count, asked = full, answered = 0;
  assert_int_equal(full, p->pipeline);
  for (uint32_t refills = 0; refills < 3;) {
    answered += fx_answer(fx, 0, 1);
    if (p->asked_count == asked - 1) {
      asked--;
      assert_true(asked > p->pipeline / 2);
      continue;
    }
    refills++;
    assert_true(asked - 1 <= p->pipeline / 2);
    assert_true(p->pipeline >= full + full / 3);
    full = asked = p->asked_count;
    assert_int_equal(full, p->pipeline);
  }
  assert_int_equal(fx_count(fx, 0, PT_WIRE_REQUEST), answered + full); /* each block once */
  fx_del(fx);
}

static void what_is_urgent_does_not_wait_until_a_line_has_run_dry(void **state) {
  (void)state;
  uint64_t lengths[2] = {200 * PT_BLOCK_SIZE, PT_BLOCK_SIZE};
  fixture *fx = fx_new(PT_BLOCK_SIZE, lengths, 2);
  fx_know_hashes(fx);
  pt_peer *p = fx_seed(fx, 0);
  fx_ask(fx, 0, 0, false);
  uint32_t full = p->asked_count;
  fx_answer(fx, 0, 1);
  assert_int_equal(p->asked_count, full - 1);
  fx_ask(fx, 1, 0, true); /* a style sheet */
  assert_int_equal(asked_of(p, 200), 1);
  fx_del(fx);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(two_peers_share_the_work_and_no_block_is_asked_twice),
      cmocka_unit_test(a_stranger_is_asked_for_a_piece_and_more_when_blocks_can_be_checked),
      cmocka_unit_test(a_stranger_without_leaves_proves_itself_with_a_piece),
      cmocka_unit_test(who_has_proven_itself_is_asked_for_no_leaves),
      cmocka_unit_test(pieces_of_one_block_need_no_leaves),
      cmocka_unit_test(long_pieces_are_asked_for_as_the_line_takes_them),
      cmocka_unit_test(choking_and_unchoking_loses_no_block),
      cmocka_unit_test(what_a_silent_peer_was_asked_goes_to_another),
      cmocka_unit_test(a_peer_that_was_only_slow_is_asked_again_and_its_blocks_count),
      cmocka_unit_test(what_a_leaving_peer_was_asked_goes_to_another),
      cmocka_unit_test(a_piece_that_a_peer_lets_go_is_not_asked_of_it),
      cmocka_unit_test(a_much_faster_peer_takes_over),
      cmocka_unit_test(what_the_page_needs_next_goes_first),
      cmocka_unit_test(in_company_the_rarest_goes_before_the_next),
      cmocka_unit_test(a_line_is_refilled_and_longer_when_half_of_it_has_run_dry),
      cmocka_unit_test(what_is_urgent_does_not_wait_until_a_line_has_run_dry),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
