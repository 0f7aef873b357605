/* Blocks become pieces: nothing wrong may get through, and who sent it must be
 * named, nobody else. */
#include "swarm_fixture.h"

#define BLOCKS 4u

static bool banned(const fixture *fx, uint32_t i) {
  return pt_context_banned(fx->cx, fx->remotes[i].id);
}

/* These can't tell leaves: what fails must be judged without. */
static void nobody_knows_leaves(fixture *fx) {
  for (uint32_t i = 0; i < FX_PEERS_MAX; i++)
    if (fx->peers[i]) fx->peers[i]->hashes = false;
}

/* The peers in turn give one block each of a piece, some of them wrong. */
static void mix(fixture *fx, uint32_t piece, const uint8_t givers[BLOCKS], uint32_t liars) {
  assert_true(pt_assembly_open(fx->s, piece));
  for (uint32_t i = 0; i < BLOCKS; i++) {
    pt_bytes block = fx_block(fx, piece, i * PT_BLOCK_SIZE);
    uint8_t *bytes = malloc(block.len);
    memcpy(bytes, block.data, block.len);
    if (liars >> givers[i] & 1) bytes[i * 77] ^= 0x10;
    pt_assembly_put(fx->s, piece, i * PT_BLOCK_SIZE, (pt_bytes){bytes, block.len},
                    fx->remotes[givers[i]].name);
    free(bytes);
  }
}

static void a_right_piece_is_kept_and_announced(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(2, BLOCKS);
  fx_seed(fx, 0);
  fx_ask(fx, 0, 0, false);
  fx_leech(fx, 1);
  fx_answer(fx, 0, BLOCKS);
  assert_int_equal(fx->s->pieces[0].state, PT_PIECE_HAVE);
  assert_memory_equal(fx->s->pieces[0].content, fx->data[0], BLOCKS * PT_BLOCK_SIZE);
  assert_true(fx_event(fx, PT_OUT_PIECE));
  assert_int_equal(fx->event.code, PT_SOURCE_PEER);
  assert_memory_equal(fx->event.peer, fx->remotes[0].id, PT_ID_SIZE);
  pt_wire_message m;
  assert_true(fx_find(fx, 1, PT_WIRE_HAVE, &m));
  assert_int_equal(m.index, 0);
  fx_del(fx);
}

static void who_sent_all_of_a_wrong_piece_is_banned(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(2, BLOCKS);
  pt_peer *p = fx_seed(fx, 0);
  fx_ask(fx, 0, 0, false);
  for (uint32_t i = 0; i < BLOCKS; i++) {
    pt_asked asked = {.begin = i * PT_BLOCK_SIZE, .length = PT_BLOCK_SIZE};
    fx_answer_one(fx, 0, asked, i == 2);
  }
  assert_true(banned(fx, 0) && p->remote->condemned);
  assert_true(fx_event(fx, PT_OUT_BAN));
  assert_int_equal(fx->s->have_count, 0);
  assert_false(pt_peer_usable(p));
  fx_part(fx, 0);
  fx_del(fx);
}

/* Calls `each` for every pattern of three givers and every liar among them. */
static void for_all_mixed_pieces(void (*each)(const uint8_t givers[BLOCKS], uint32_t liar)) {
  for (uint32_t pattern = 1; pattern < 80; pattern++) {
    for (uint32_t liar = 0; liar < 3; liar++) {
      uint8_t givers[BLOCKS] = {(uint8_t)(pattern % 3), (uint8_t)(pattern / 3 % 3),
                                (uint8_t)(pattern / 9 % 3), (uint8_t)(pattern / 27 % 3)};
      bool lied = false, alone = true;
      for (uint32_t i = 0; i < BLOCKS; i++) {
        lied |= givers[i] == liar;
        alone &= givers[i] == givers[0];
      }
      if (lied && !alone) each(givers, liar);
    }
  }
}

static void without_leaves(const uint8_t givers[BLOCKS], uint32_t liar) {
  fixture *fx = fx_new_simple(1, BLOCKS);
  for (uint32_t i = 0; i < 4; i++) fx_seed(fx, i);
  nobody_knows_leaves(fx);
  fx->s->pieces[0].pins++;
  mix(fx, 0, givers, 1u << liar);
  for (uint32_t i = 0; i < 4; i++) assert_false(banned(fx, i));
  const uint8_t honest[BLOCKS] = {3, 3, 3, 3};
  mix(fx, 0, honest, 0);
  fx->s->pieces[0].pins--;
  assert_int_equal(fx->s->have_count, 1);
  for (uint32_t i = 0; i < 4; i++) assert_int_equal(banned(fx, i), i == liar);
  fx_del(fx);
}

/* The piece fails, is got anew from one source, and then exactly the liar is named. */
static void of_a_mixed_piece_exactly_the_liar_is_named(void **state) {
  (void)state;
  for_all_mixed_pieces(without_leaves);
}

static void with_leaves(const uint8_t givers[BLOCKS], uint32_t liar) {
  fixture *fx = fx_new_simple(1, BLOCKS);
  for (uint32_t i = 0; i < 4; i++) fx_seed(fx, i);
  fx_hear_kind(fx, 3, PT_WIRE_CHOKE); /* it gives no blocks, but tells what they must be */
  fx_ask(fx, 0, 0, false);
  mix(fx, 0, givers, 1u << liar);
  for (uint32_t i = 0; i < 4; i++) fx->peers[i]->asked_count = 0; /* these were it */
  assert_int_equal(fx->s->pieces[0].state, PT_PIECE_FULL);
  fx_plan(fx);
  for (uint32_t i = 0; i < 4; i++) assert_false(banned(fx, i));
  uint32_t told = 0, wrong = 0;
  for (uint32_t i = 0; i < 4; i++) told += fx_tell_leaves(fx, i, false);
  assert_int_equal(told, 1);
  for (uint32_t i = 0; i < BLOCKS; i++) wrong += givers[i] == liar;
  for (uint32_t i = 0; i < 4; i++) assert_int_equal(banned(fx, i), i == liar);
  assert_int_equal(fx->s->pieces[0].assembly->blocks_here, BLOCKS - wrong);
  assert_int_equal(fx->cx->stats.wasted_bytes, wrong * PT_BLOCK_SIZE);
  assert_int_equal(fx->cx->stats.blocks_failed, wrong);
  assert_int_equal(fx->cx->stats.pieces_failed, 0);
  fx_part(fx, liar);
  fx_plan(fx);
  uint32_t asked = 0;
  for (uint32_t i = 0; i < 4; i++) asked += fx->peers[i] ? fx->peers[i]->asked_count : 0;
  assert_true(asked >= wrong);
  for (uint32_t i = 0; i < 4; i++)
    if (fx->peers[i]) fx_answer(fx, i, BLOCKS);
  assert_int_equal(fx->s->have_count, 1);
  assert_int_equal(fx->cx->stats.wasted_bytes, wrong * PT_BLOCK_SIZE);
  fx_del(fx);
}

/* A neighbour tells the leaves of the piece: only what the liar gave is lost. */
static void of_a_mixed_piece_the_leaves_name_the_liar_and_the_rest_is_kept(void **state) {
  (void)state;
  for_all_mixed_pieces(with_leaves);
}

/* Who is new gives one wrong block of the first piece, and is found out. */
static void a_strangers_lie_costs_one_block(void **state) {
  (void)state;
  for (uint32_t lie = 0; lie < BLOCKS; lie++) {
    fixture *fx = fx_new_simple(8, BLOCKS);
    pt_peer *stranger = fx_stranger(fx, 0);
    fx_ask(fx, 0, 0, false);
    assert_true(fx_tell_leaves(fx, 0, false)); /* asked for together with the blocks */
    for (uint32_t i = 0; i <= lie; i++) {
      assert_false(banned(fx, 0));
      pt_asked asked = {.begin = i * PT_BLOCK_SIZE, .length = PT_BLOCK_SIZE};
      fx_answer_one(fx, 0, asked, i == lie);
    }
    assert_true(banned(fx, 0) && stranger->remote->condemned && !stranger->remote->proven);
    assert_int_equal(fx->cx->stats.wasted_bytes, PT_BLOCK_SIZE);
    assert_int_equal(fx->s->pieces[0].assembly->blocks_here, lie);
    fx_part(fx, 0);
    fx_seed(fx, 1);
    fx_plan(fx);
    fx_check(fx);
    while (fx_answer(fx, 1, 1)) fx_check(fx);
    assert_true(pt_swarm_complete(fx->s));
    assert_int_equal(fx->cx->stats.wasted_bytes, PT_BLOCK_SIZE);
    assert_int_equal(fx->cx->stats.pieces_failed, 0);
    fx_del(fx);
  }
}

/* Who gave right pieces and lies now: named at once, what was right is kept. */
static void a_late_lie_costs_its_blocks(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(1, BLOCKS);
  pt_peer *liar = fx_seed(fx, 0);
  fx_ask(fx, 0, 0, false);
  fx_seed(fx, 1);
  while (liar->asked_count) fx_answer_one(fx, 0, liar->asked[0], liar->asked_count % 2);
  assert_true(banned(fx, 0));
  fx_part(fx, 0);
  fx_plan(fx);
  assert_int_equal(fx->s->pieces[0].state, PT_PIECE_FULL);
  assert_int_equal(fx->peers[1]->asked_count, 0); /* first which blocks are wrong */
  assert_true(fx_tell_leaves(fx, 1, false));
  fx_plan(fx);
  assert_int_equal(fx->peers[1]->asked_count, BLOCKS / 2);
  fx_answer(fx, 1, BLOCKS);
  assert_int_equal(fx->s->have_count, 1);
  assert_int_equal(fx->cx->stats.wasted_bytes, BLOCKS / 2 * PT_BLOCK_SIZE);
  fx_del(fx);
}

/* The origin brings a block when its liar's comes late and is found out: what the fetch
 * has written of it is gone, and the origin is not who lied. */
static void a_late_lie_is_not_the_origins(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(20, BLOCKS);
  fx_stranger(fx, 0);
  pt_stream *st = fx_ask(fx, 0, 0, false);
  fx_plan(fx);
  for (int i = 0; i < 2; i++) { /* the leaves of the first two pieces */
    assert_true(fx_tell_leaves(fx, 0, false));
    fx_plan(fx);
  }
  pt_asked late = {.piece = UINT32_MAX};
  for (int i = 0; late.piece == UINT32_MAX;
       i++) { /* it brings nothing, and the stream is rescued */
    assert_true(i < 200);
    fx_pass(fx, 100 * PT_MS_US);
    const pt_fetch *fetch = fx->s->fetches;
    const pt_peer *p = fx->peers[0];
    for (uint32_t k = 0; fetch && k < p->asked_count; k++)
      if (p->asked[k].piece == fetch->first && p->asked[k].begin == 0) late = p->asked[k];
    if (fetch && late.piece == UINT32_MAX) fx_serve_all(fx);
  }
  assert_non_null(fx->s->pieces[late.piece].assembly->leaves);
  fx_serve(fx, fx->s->fetches, PT_BLOCK_SIZE / 4 * 3); /* of the first block */
  fx_answer_one(fx, 0, late, true);
  assert_true(banned(fx, 0));
  fx_part(fx, 0);
  fx_serve_all(fx);
  fx_plan(fx);
  assert_int_equal(st->result, PT_OK);
  while (pt_outbox_pop(&fx->cx->out, &fx->event))
    assert_int_not_equal(fx->event.kind, PT_OUT_INDEX_STALE);
  fx_del(fx);
}

/* Nobody tells the leaves of a wrong piece: it must not be waited for long. */
static void silence_about_leaves_is_waited_out_briefly(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(1, BLOCKS);
  for (uint32_t i = 0; i < 8; i++) fx_seed(fx, i);
  const uint8_t givers[BLOCKS] = {0, 1, 0, 1};
  fx_ask(fx, 0, 0, false);
  for (uint32_t i = 0; i < 8; i++) fx_hear_kind(fx, i, PT_WIRE_CHOKE);
  mix(fx, 0, givers, 1);
  uint32_t asked = 0;
  for (uint32_t half_seconds = 0; half_seconds < 4; half_seconds++) {
    assert_int_equal(fx->s->pieces[0].state, half_seconds < 3 ? PT_PIECE_FULL : PT_PIECE_NONE);
    fx_pass(fx, 501 * PT_MS_US);
  }
  for (uint32_t i = 0; i < 8; i++) asked += fx_count(fx, i, PT_WIRE_HASH_REQUEST);
  assert_int_equal(asked, 3);
  assert_int_equal(fx->cx->stats.pieces_failed, 1);
  fx_del(fx);
}

/* Leaves come for a piece that waits for its hash: it needs no other proof. */
static void leaves_prove_a_piece_without_its_hash(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(2, BLOCKS);
  fx_seed(fx, 0);
  fx->s->files[0].chunks[0] = 0;
  fx->s->files[0].chunks_known = 0;
  fx_ask(fx, 0, 0, false);
  fx_answer(fx, 0, BLOCKS);
  assert_int_equal(fx->s->pieces[0].state, PT_PIECE_FULL);
  pt_hash leaves[BLOCKS];
  pt_merkle_leaves(fx->data[0], BLOCKS * PT_BLOCK_SIZE, leaves);
  pt_assembly_leaves(fx->s, 0, (const pt_hash *)leaves);
  assert_int_equal(fx->s->have_count, 1);
  fx_del(fx);
}

static void an_origin_that_sends_a_wrong_block_has_a_new_index(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(1, BLOCKS);
  fx_seed(fx, 0);
  pt_stream *st = fx_ask(fx, 0, 0, false);
  pt_hash leaves[BLOCKS];
  pt_merkle_leaves(fx->data[0], BLOCKS * PT_BLOCK_SIZE, leaves);
  pt_assembly_leaves(fx->s, 0, (const pt_hash *)leaves);
  pt_bytes wrong = fx_block(fx, 0, PT_BLOCK_SIZE); /* of another place */
  pt_assembly_put(fx->s, 0, 0, wrong, PT_GIVER_ORIGIN);
  assert_int_equal(st->result, PT_ERR_STALE);
  assert_int_equal(fx->s->pieces[0].assembly->blocks_here, 0);
  assert_true(fx_event(fx, PT_OUT_INDEX_STALE));
  fx_del(fx);
}

static void two_liars_are_both_named(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(1, BLOCKS);
  for (uint32_t i = 0; i < 4; i++) fx_seed(fx, i);
  const uint8_t givers[BLOCKS] = {0, 1, 2, 1}, honest[BLOCKS] = {3, 3, 3, 3};
  nobody_knows_leaves(fx);
  fx->s->pieces[0].pins++;
  mix(fx, 0, givers, 1u << 0 | 1u << 2);
  mix(fx, 0, honest, 0);
  fx->s->pieces[0].pins--;
  assert_true(banned(fx, 0) && banned(fx, 2));
  assert_false(banned(fx, 1) || banned(fx, 3));
  fx_del(fx);
}

/* After a failure blocks of others must not get in, or the liar stays unknown. */
static void after_a_failure_a_piece_has_one_source(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(1, BLOCKS);
  pt_peer *a = fx_seed(fx, 0);
  fx_ask(fx, 0, 0, false);
  assert_int_equal(a->asked_count, BLOCKS);
  fx_seed(fx, 1);
  nobody_knows_leaves(fx);
  for (uint32_t i = 0; i < 2; i++) fx_answer_one(fx, 0, a->asked[0], i == 0); /* it lies */
  pt_asked late = a->asked[0];
  fx_hear_kind(fx, 0, PT_WIRE_CHOKE);
  fx_plan(fx); /* the rest is asked of the other one */
  while (fx->peers[1]->asked_count) fx_answer_one(fx, 1, fx->peers[1]->asked[0], false);
  assert_int_equal(fx->cx->stats.pieces_failed, 1);
  assert_int_equal(fx->cx->stats.peers_banned, 0);
  fx_plan(fx);
  assert_int_equal(fx->peers[1]->asked_count, BLOCKS); /* all of it */
  fx_answer(fx, 1, 2);
  fx_hear_kind(fx, 0, PT_WIRE_UNCHOKE);
  a->asked[a->asked_count++] = late; /* as if it had been asked still */
  fx_answer_one(fx, 0, late, true);
  fx_answer(fx, 1, 4);
  assert_int_equal(fx->s->have_count, 1);
  assert_true(banned(fx, 0));
  assert_false(banned(fx, 1));
  fx_part(fx, 0);
  fx_del(fx);
}

/* The origin steps in for a piece that failed: a peer's half of it goes. */
static void the_origin_does_not_mix_with_peers_after_a_failure(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(1, BLOCKS);
  pt_peer *p = fx_seed(fx, 0);
  fx_ask(fx, 0, 0, false);
  fx->s->pieces[0].failures = 1;
  fx_answer_one(fx, 0, p->asked[0], true);
  fx_pass(fx, 10 * PT_SECOND_US); /* the page starves: a rescue */
  assert_non_null(fx->s->fetches);
  fx_check(fx);
  fx_serve_all(fx);
  assert_int_equal(fx->s->have_count, 1);
  assert_int_equal(fx->cx->stats.pieces_failed, 0);
  fx_del(fx);
}

static void a_wrong_origin_ends_requests_and_asks_for_a_new_index(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(2, BLOCKS);
  fx->s->counted = true;
  pt_stream *st = fx_ask(fx, 0, 0, false);
  fx->data[0][5] ^= 1;
  fx_serve(fx, fx->s->fetches, BLOCKS * PT_BLOCK_SIZE);
  assert_int_equal(st->result, PT_ERR_STALE);
  assert_true(fx_event(fx, PT_OUT_INDEX_STALE));
  pt_event out;
  assert_true(pt_stream_poll(st, &out));
  assert_int_equal(out.kind, PT_OUT_REQUEST_END);
  assert_int_equal(out.code, PT_ERR_STALE);
  fx_del(fx);
}

static void a_piece_waits_for_its_hash(void **state) {
  (void)state;
  uint64_t length = 2 * BLOCKS * PT_BLOCK_SIZE;
  fixture *fx = fx_new(BLOCKS * PT_BLOCK_SIZE, &length, 1);
  fx_seed(fx, 0);
  pt_stream *st = fx_ask(fx, 0, 0, false);
  fx_answer(fx, 0, 100);
  assert_int_equal(fx->s->pieces[0].state, PT_PIECE_FULL);
  assert_int_equal(fx->s->pieces[1].state, PT_PIECE_FULL);
  pt_event out;
  assert_false(pt_stream_poll(st, &out)); /* nothing is believed yet */
  fx_know_hashes(fx);
  pt_assembly_retry(fx->s, &fx->s->files[0]);
  assert_int_equal(fx->s->have_count, 2);
  assert_true(pt_stream_poll(st, &out));
  fx_del(fx);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_right_piece_is_kept_and_announced),
      cmocka_unit_test(who_sent_all_of_a_wrong_piece_is_banned),
      cmocka_unit_test(of_a_mixed_piece_exactly_the_liar_is_named),
      cmocka_unit_test(of_a_mixed_piece_the_leaves_name_the_liar_and_the_rest_is_kept),
      cmocka_unit_test(a_strangers_lie_costs_one_block),
      cmocka_unit_test(a_late_lie_costs_its_blocks),
      cmocka_unit_test(a_late_lie_is_not_the_origins),
      cmocka_unit_test(silence_about_leaves_is_waited_out_briefly),
      cmocka_unit_test(leaves_prove_a_piece_without_its_hash),
      cmocka_unit_test(an_origin_that_sends_a_wrong_block_has_a_new_index),
      cmocka_unit_test(two_liars_are_both_named),
      cmocka_unit_test(after_a_failure_a_piece_has_one_source),
      cmocka_unit_test(the_origin_does_not_mix_with_peers_after_a_failure),
      cmocka_unit_test(a_wrong_origin_ends_requests_and_asks_for_a_new_index),
      cmocka_unit_test(a_piece_waits_for_its_hash),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
