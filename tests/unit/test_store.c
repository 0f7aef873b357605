/* Verified pieces in memory: too much of it and the tab is killed, the wrong
 * ones gone and a page waits again for what it had. */
#include "swarm_fixture.h"

#define PIECE (2u * PT_BLOCK_SIZE)

static void what_was_used_longest_ago_goes_first(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(6, 2);
  for (uint32_t i = 0; i < 6; i++) fx_have(fx, i);
  pt_store_touch(&fx->s->pieces[0]);
  fx->cx->memory_max = 3 * PIECE;
  pt_store_trim(fx->cx);
  const bool kept[] = {true, false, false, false, true, true};
  for (uint32_t i = 0; i < 6; i++)
    assert_int_equal(fx->s->pieces[i].state == PT_PIECE_HAVE, kept[i]);
  assert_int_equal(fx->cx->stats.stored_bytes, 3 * PIECE);
  fx_del(fx);
}

static void what_a_page_is_reading_stays(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(6, 2);
  for (uint32_t i = 0; i < 6; i++) fx_have(fx, i);
  pt_stream *st = pt_stream_new(fx->s, 9, 0, 4 * PIECE, 6 * PIECE, false, false, false);
  fx->cx->memory_max = 1;
  pt_store_trim(fx->cx);
  assert_int_equal(fx->s->have_count, 2);
  assert_int_equal(fx->s->pieces[4].state, PT_PIECE_HAVE);
  pt_stream_del(st);
  pt_store_trim(fx->cx);
  assert_int_equal(fx->s->have_count, 0);
  fx_del(fx);
}

static void peers_hear_what_is_gone(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(3, 2);
  for (uint32_t i = 0; i < 3; i++) fx_have(fx, i);
  fx_leech(fx, 0);
  fx->cx->memory_max = 2 * PIECE;
  pt_store_trim(fx->cx);
  pt_wire_message m;
  bool told = false;
  while (fx_find(fx, 0, PT_WIRE_EXTENDED, &m))
    told |= m.extension == 2 && m.data.len == 4 && m.data.data[3] == 0;
  assert_true(told);
  fx_del(fx);
}

static void a_block_that_is_gone_is_rejected_not_sent(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(3, 2);
  for (uint32_t i = 0; i < 3; i++) fx_have(fx, i);
  pt_peer *p = fx_leech(fx, 0);
  p->queued = PT_LINK_QUEUE_MAX;
  for (uint32_t i = 0; i < 3; i++) {
    pt_wire_message ask = {
        .kind = PT_WIRE_REQUEST, .index = i, .begin = PT_BLOCK_SIZE, .length = PT_BLOCK_SIZE};
    fx_hear(fx, 0, &ask);
  }
  assert_int_equal(p->upload_count, 3);
  fx->cx->memory_max = PIECE; /* pieces 0 and 1 must go */
  pt_store_trim(fx->cx);
  pt_peer_drained(p);
  uint32_t rejected = 0, sent = 0;
  pt_wire_message m;
  while (fx_next(fx, 0, &m)) {
    rejected += m.kind == PT_WIRE_REJECT && m.index < 2;
    if (m.kind != PT_WIRE_PIECE) continue;
    sent++;
    assert_int_equal(m.index, 2);
    assert_memory_equal(m.data.data, fx_block(fx, 2, PT_BLOCK_SIZE).data, PT_BLOCK_SIZE);
  }
  assert_int_equal(rejected, 2);
  assert_int_equal(sent, 1);
  fx_del(fx);
}

static void a_file_larger_than_memory_is_delivered_within_it(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(64, 2);
  fx->cx->memory_max = 8 * PIECE;
  fx_seed(fx, 0);
  pt_stream *st = fx_ask(fx, 0, 0, false);
  uint64_t got = 0;
  pt_event out;
  for (int i = 0; i < 1000; i++) {
    fx_answer(fx, 0, 1);
    while (pt_stream_poll(st, &out) && out.kind == PT_OUT_REQUEST_DATA) {
      assert_memory_equal(out.data.data, fx->data[0] + got, out.data.len);
      got += out.data.len;
    }
    fx_plan(fx);
    pt_store_trim(fx->cx);
    assert_true(fx->cx->stats.stored_bytes <= fx->cx->memory_max);
    fx_check(fx);
  }
  assert_int_equal(got, fx->lengths[0]);
  fx_del(fx);
}

/* What a seek leaves half done must not pile up outside of the budget. */
static void nothing_half_done_outlives_its_request(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(32, 4);
  fx_seed(fx, 0);
  for (uint32_t i = 0; i < 32; i++) {
    pt_stream *st = fx_ask(fx, 0, (uint64_t)(i * 7 % 32) * 4 * PT_BLOCK_SIZE, false);
    fx_answer(fx, 0, 1);
    pt_stream_del(st);
    fx_plan(fx);
    fx_check(fx);
    assert_int_equal(fx->cx->stats.stored_bytes, fx->s->have_bytes);
    assert_int_equal(fx->s->want_count, 0);
  }
  fx_del(fx);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_was_used_longest_ago_goes_first),
      cmocka_unit_test(what_a_page_is_reading_stays),
      cmocka_unit_test(peers_hear_what_is_gone),
      cmocka_unit_test(a_block_that_is_gone_is_rejected_not_sent),
      cmocka_unit_test(a_file_larger_than_memory_is_delivered_within_it),
      cmocka_unit_test(nothing_half_done_outlives_its_request),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
