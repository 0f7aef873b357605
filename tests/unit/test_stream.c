/* Page requests: bytes in order, never more than the page takes, none of it
 * kept longer than needed. */
#include "swarm_fixture.h"

#define PIECE (2u * PT_BLOCK_SIZE)

static fixture *full(uint32_t pieces) {
  fixture *fx = fx_new_simple(pieces, 2);
  for (uint32_t i = 0; i < pieces; i++) fx_have(fx, i);
  return fx;
}

static void a_range_is_delivered_in_order_within_credit(void **state) {
  (void)state;
  fixture *fx = full(10);
  const uint64_t from = PIECE - 5, to = 7 * PIECE + 3;
  pt_stream *st = pt_stream_new(fx->s, 1, 0, from, to, false, false, false);
  pt_event out;
  assert_false(pt_stream_poll(st, &out)); /* nothing without credit */
  uint64_t at = from, given = 0;
  for (uint32_t step = 1; at < to; step = step * 3 % 40000 + 1) {
    pt_stream_credit(st, step);
    given += step;
    while (pt_stream_poll(st, &out) && out.kind == PT_OUT_REQUEST_DATA) {
      assert_int_equal(out.offset, at);
      assert_memory_equal(out.data.data, fx->data[0] + at, out.data.len);
      at += out.data.len;
      assert_true(at - from <= given);
    }
  }
  assert_true(pt_stream_poll(st, &out));
  assert_int_equal(out.kind, PT_OUT_REQUEST_END);
  assert_int_equal(out.code, PT_OK);
  assert_int_equal(at, to);
  fx_del(fx);
}

static void credit_does_not_overflow(void **state) {
  (void)state;
  fixture *fx = full(2);
  pt_stream *st = pt_stream_new(fx->s, 1, 0, 0, 2 * PIECE, false, false, false);
  pt_stream_credit(st, UINT64_MAX);
  pt_stream_credit(st, UINT64_MAX);
  pt_event out;
  assert_true(pt_stream_poll(st, &out));
  assert_int_equal(out.kind, PT_OUT_REQUEST_DATA);
  fx_del(fx);
}

static void an_empty_range_ends_at_once(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(2, 2);
  const uint64_t places[] = {0, 17, PIECE, 2 * PIECE};
  for (size_t i = 0; i < 4; i++) {
    pt_stream *st = pt_stream_new(fx->s, 1, 0, places[i], places[i], false, false, false);
    pt_event out;
    assert_true(pt_stream_poll(st, &out));
    assert_int_equal(out.kind, PT_OUT_REQUEST_END);
    assert_int_equal(out.code, PT_OK);
    fx_plan(fx);
    fx_check(fx);
    assert_int_equal(fx->s->want_count, 0);
    pt_stream_del(st);
  }
  fx_del(fx);
}

static void only_what_lies_ahead_is_wanted(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(3000, 1); /* 47 MiB */
  pt_stream *st =
      pt_stream_new(fx->s, 1, 0, 1000 * PT_BLOCK_SIZE, fx->lengths[0], false, true, false);
  assert_int_equal(fx->s->want_count, (16u << 20) / PT_BLOCK_SIZE);
  assert_null(pt_swarm_want_of(fx->s, 999));
  uint32_t near = 0;
  for (uint32_t i = 0; i < fx->s->want_count; i++) near += fx->s->wants[i].near;
  assert_int_equal(near, (4u << 20) / PT_BLOCK_SIZE);
  pt_stream_del(st);
  assert_int_equal(fx->s->want_count, 0);
  /* A download does not stop half-way: the more of it, the more to trade. */
  st = pt_stream_new(fx->s, 1, 0, 1000 * PT_BLOCK_SIZE, fx->lengths[0], false, false, false);
  assert_int_equal(fx->s->want_count, 2000);
  pt_stream_del(st);
  fx_del(fx);
}

/* A gallery and a video together must leave memory for other things. */
static void many_windows_keep_to_the_memory_bound(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(4000, 1);
  fx->cx->memory_max = 8u << 20;
  for (uint32_t i = 0; i < 12; i++)
    pt_stream_new(fx->s, i, 0, (uint64_t)i * 330 * PT_BLOCK_SIZE, fx->lengths[0], false, false,
                  false);
  assert_true(fx->cx->pinned_bytes <= fx->cx->memory_max * 2);
  fx_check(fx);
  fx_del(fx);
}

static void requests_for_the_same_bytes_share_them(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(6, 2);
  pt_peer *p = fx_seed(fx, 0);
  pt_stream *a = fx_ask(fx, 0, 0, false);
  uint32_t asked = p->asked_count;
  fx_ask(fx, 0, 0, false);
  assert_int_equal(p->asked_count, asked);
  pt_stream_del(a); /* one goes, the other still gets it */
  fx_plan(fx);
  assert_int_equal(p->asked_count, asked);
  while (fx_answer(fx, 0, 1)) fx_check(fx);
  assert_true(pt_swarm_complete(fx->s));
  assert_int_equal(fx->cx->stats.wasted_bytes, 0);
  fx_del(fx);
}

static void who_cancels_takes_back_what_was_asked(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(6, 2);
  pt_peer *p = fx_seed(fx, 0);
  pt_stream *st = fx_ask(fx, 0, 0, false);
  uint32_t asked = p->asked_count;
  pt_stream_del(st);
  fx_plan(fx);
  assert_int_equal(p->asked_count, 0);
  assert_int_equal(fx_count(fx, 0, PT_WIRE_CANCEL), asked);
  fx_del(fx);
}

/* Time may begin at 0: a request that starves from the start is rescued too. */
static void time_may_begin_at_zero(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(6, 2);
  fx->cx->now_us = 0;
  fx_seed(fx, 0);
  fx_ask(fx, 0, 0, false);
  fx_pass(fx, 1200 * PT_MS_US);
  assert_true(fx->cx->fetches > 0);
  fx_del(fx);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_range_is_delivered_in_order_within_credit),
      cmocka_unit_test(credit_does_not_overflow),
      cmocka_unit_test(an_empty_range_ends_at_once),
      cmocka_unit_test(only_what_lies_ahead_is_wanted),
      cmocka_unit_test(many_windows_keep_to_the_memory_bound),
      cmocka_unit_test(requests_for_the_same_bytes_share_them),
      cmocka_unit_test(who_cancels_takes_back_what_was_asked),
      cmocka_unit_test(time_may_begin_at_zero),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
