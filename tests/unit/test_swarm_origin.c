/* core/src/swarm/origin.c (the server has a unit of that name too).
 *
 * The safety net: a page must never wait longer than it would have without
 * peers, and the origin must not pay for a crowd. */
#include "swarm_fixture.h"

#define PIECE (4u * PT_BLOCK_SIZE)

/* The server has said that nobody else is there. */
static fixture *alone(uint32_t pieces) {
  fixture *fx = fx_new_simple(pieces, 4);
  fx->s->counted = true;
  fx->s->incomplete = 1; /* ourselves */
  return fx;
}

static void who_is_alone_fetches_at_once_in_one_request(void **state) {
  (void)state;
  fixture *fx = alone(20);
  fx_ask(fx, 0, 0, false);
  assert_int_equal(fx->cx->fetches, 1);
  assert_true(fx_event(fx, PT_OUT_ORIGIN_GET));
  assert_true(fx->event.length == PT_TO_END && fx->event.offset == 0); /* no Range needed */
  fx_serve_all(fx);
  assert_true(pt_swarm_complete(fx->s));
  assert_int_equal(fx->cx->stats.wasted_bytes, 0);
  fx_del(fx);
}

static void a_server_that_says_nothing_is_waited_for_once(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(20, 4);
  pt_stream *st = fx_ask(fx, 0, 0, false);
  assert_int_equal(fx->cx->fetches, 0);
  assert_true(pt_swarm_deadline(fx->s) <= fx->cx->now_us + 1500 * PT_MS_US);
  fx_pass(fx, 1500 * PT_MS_US);
  assert_true(fx->cx->fetches > 0);
  pt_stream_del(st);
  fx_plan(fx);
  fx_pass(fx, PT_SECOND_US);
  fx_ask(fx, 0, 5 * PIECE, false); /* the next one does not wait again */
  assert_true(fx->cx->fetches > 0);
  fx_del(fx);
}

static void what_blocks_the_page_does_not_wait(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(3, 4);
  fx_ask(fx, 0, 0, true);
  assert_int_equal(fx->cx->fetches, 1);
  fx_del(fx);
}

static void the_head_start_is_bounded(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(60, 4); /* part of a page, not a long download */
  fx->cx->head_start = PIECE;
  fx_ask(fx, 0, 0, false);
  assert_int_equal(fx->cx->fetches, 1);
  assert_int_equal(fx->s->fetches->length, PIECE);
  assert_int_equal(fx->cx->head_start, 0);
  fx_del(fx);
}

#define SMALL 60000u

/* Eight pictures of a page, all asked for. */
static fixture *pictures(void) {
  uint64_t lengths[8];
  for (int i = 0; i < 8; i++) lengths[i] = SMALL;
  return fx_new(4 * PT_BLOCK_SIZE, lengths, 8);
}

static void ask_for_all(fixture *fx) {
  for (uint32_t i = 0; i < 8; i++) fx_ask(fx, i, 0, false);
}

static void small_files_do_not_wait_for_first_connections(void **state) {
  (void)state;
  fixture *fx = pictures();
  ask_for_all(fx);
  assert_int_equal(fx->cx->fetches, 6);
  fx_serve_all(fx);
  assert_int_equal(fx->s->have_count, 6); /* there is a bound, */
  fx_pass(fx, 700 * PT_MS_US);
  assert_int_equal(fx->cx->fetches, 0);
  fx_pass(fx, 60 * PT_MS_US); /* and who brings the rest must come soon */
  assert_int_equal(fx->cx->fetches, 2);
  fx_del(fx);
}

static void small_files_wait_where_neighbours_have_them_or_to_save(void **state) {
  (void)state;
  for (int saves = 0; saves < 2; saves++) {
    fixture *fx = pictures();
    fx->cx->savings = saves;
    if (!saves) fx_seed(fx, 0);
    ask_for_all(fx);
    fx_pass(fx, 760 * PT_MS_US);
    assert_int_equal(fx->cx->fetches, 0);
    fx_del(fx);
  }
}

/* Something else may come in between, and must not send all to the origin. */
static void who_is_told_of_others_waits_until_they_are_named(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(20, 4);
  fx_ask(fx, 0, 0, false);
  fx->s->counted = true;
  fx->s->incomplete = 5;
  fx->s->dirty = true;
  fx_pass(fx, 200 * PT_MS_US);
  assert_int_equal(fx->cx->fetches, 0);
  fx_pass(fx, 1400 * PT_MS_US); /* none of them can be reached */
  assert_true(fx->cx->fetches > 0);
  fx_del(fx);
}

static void two_fetches_never_bring_the_same_piece(void **state) {
  (void)state;
  fixture *fx = alone(60);
  pt_stream *late = fx_ask(fx, 0, 30 * PIECE, false);
  fx_ask(fx, 0, 20 * PIECE, false);
  fx_ask(fx, 0, 0, true);
  uint8_t times[60] = {0};
  for (const pt_fetch *f = fx->s->fetches; f; f = f->next)
    for (uint32_t i = 0; i < f->count; i++) assert_int_equal(times[f->first + i]++, 0);
  /* Gone and asked again while its fetch goes on for another: none anew. */
  uint32_t before = fx->cx->fetch_next;
  fx_ask(fx, 0, 30 * PIECE, false);
  pt_stream_del(late);
  fx_plan(fx);
  assert_int_equal(fx->cx->fetch_next, before);
  fx_serve_all(fx);
  assert_int_equal(fx->cx->stats.wasted_bytes, 0);
  fx_del(fx);
}

static void the_rest_of_a_short_answer_is_asked_for_again(void **state) {
  (void)state;
  fixture *fx = alone(6);
  fx_ask(fx, 0, 0, false);
  fx_serve(fx, fx->s->fetches, 2 * PIECE + 20000);
  assert_true(pt_origin_end(fx->s, fx->s->fetches->id, PT_OK, 200));
  fx_plan(fx);
  assert_int_equal(fx->s->have_count, 2);
  assert_int_equal(fx->cx->fetches, 0);
  fx_pass(fx, PT_SECOND_US);
  assert_int_equal(fx->cx->fetches, 1);
  assert_int_equal(fx->s->fetches->first, 2);
  fx_serve_all(fx);
  assert_true(pt_swarm_complete(fx->s));
  fx_del(fx);
}

static void more_than_was_asked_for_goes_nowhere(void **state) {
  (void)state;
  fixture *fx = alone(2);
  fx_ask(fx, 0, 0, false);
  uint32_t id = fx->s->fetches->id;
  uint8_t *more = unit_bytes(5 * PIECE, 1);
  memcpy(more, fx->data[0], 2 * PIECE);
  assert_true(pt_origin_data(fx->s, id, (pt_bytes){more, 5 * PIECE}));
  assert_true(pt_origin_data(fx->s, id, (pt_bytes){more, PIECE}));
  assert_true(pt_swarm_complete(fx->s));
  assert_int_equal(fx->cx->stats.wasted_bytes, 4 * PIECE);
  assert_false(pt_origin_data(fx->s, id + 7, (pt_bytes){more, PIECE}));
  assert_false(pt_origin_data(fx->s, 0, (pt_bytes){more, PIECE}));
  free(more);
  fx_del(fx);
}

static void a_fetch_that_stalls_is_given_up(void **state) {
  (void)state;
  fixture *fx = alone(6);
  fx_ask(fx, 0, 0, false);
  uint32_t id = fx->s->fetches->id;
  fx_serve(fx, fx->s->fetches, 1000);
  fx_pass(fx, 8 * PT_SECOND_US);
  bool cancelled = false;
  while (fx_event(fx, PT_OUT_ORIGIN_CANCEL)) cancelled |= fx->event.id == id;
  assert_true(cancelled);
  fx_pass(fx, 2 * PT_SECOND_US);
  fx_serve_all(fx);
  assert_true(pt_swarm_complete(fx->s));
  fx_del(fx);
}

static void fetches_nobody_needs_any_more_are_cancelled(void **state) {
  (void)state;
  fixture *fx = alone(60);
  pt_stream *st = fx_ask(fx, 0, 0, false);
  fx_serve(fx, fx->s->fetches, 30000);
  pt_stream_del(st);
  fx_plan(fx);
  assert_int_equal(fx->cx->fetches, 0);
  assert_int_equal(fx->cx->stats.stored_bytes, 0);
  fx_del(fx);
}

static void when_nobody_can_help_the_page_goes_itself(void **state) {
  (void)state;
  fixture *fx = alone(6);
  pt_stream *st = fx_ask(fx, 0, 0, false);
  for (int i = 0; i < 20 && st->result == PT_OK; i++) {
    while (fx->s->fetches) pt_origin_end(fx->s, fx->s->fetches->id, PT_ERR_UNREACHABLE, 0);
    fx_pass(fx, PT_SECOND_US);
  }
  assert_int_equal(st->result, PT_ERR_UNREACHABLE);
  fx_del(fx);
}

/* Peers that only promise must not hold a page for ever. */
static void promises_are_believed_for_a_while_only(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(6, 4);
  fx_seed(fx, 0);
  fx_hear_kind(fx, 0, PT_WIRE_CHOKE); /* it has all and never gives any */
  fx_meet(fx, 1);                     /* and another never greets */
  pt_stream *st = fx_ask(fx, 0, 0, false);
  for (int i = 0; i < 200 && st->result == PT_OK; i++) {
    while (fx->s->fetches) pt_origin_end(fx->s, fx->s->fetches->id, PT_ERR_UNREACHABLE, 0);
    fx_pass(fx, PT_SECOND_US);
    if (i < 10) assert_int_equal(st->result, PT_OK);
  }
  assert_int_equal(st->result, PT_ERR_UNREACHABLE);
  fx_del(fx);
}

static void one_of_those_who_want_it_fetches_and_others_step_in_later(void **state) {
  (void)state;
  uint32_t at_once = 0, waiting = 0;
  for (uint32_t lot = 0; lot < 24; lot++) {
    fixture *fx = fx_new_simple(4, 4);
    memset(fx->cx->self, 0x60 + (int)lot, PT_ID_SIZE);
    const uint8_t all[8] = {0, 0, 0, 0, 0, 0, 0, 4};
    for (uint32_t i = lot; i < lot + 2; i++) {
      fx_leech(fx, i);
      fx_extended(fx, i, 3, (pt_bytes){all, 8});
    }
    fx->s->counted = true;
    fx->s->incomplete = 2;
    fx_ask(fx, 0, 0, false);
    assert_int_equal(fx->cx->fetches, 0); /* the wants of all must reach all first */
    fx_pass(fx, 110 * PT_MS_US);
    bool now = fx->cx->fetches > 0;
    if (!now) {
      fx_pass(fx, 5 * PT_SECOND_US); /* the elected one is late */
      assert_true(fx->cx->fetches > 0);
    }
    at_once += now;
    waiting += !now;
    fx_del(fx);
  }
  assert_true(at_once > 2 && waiting > 8);
}

/* Who elects itself with the first neighbour it hears of fetches what the next
 * one, a moment later, would have said it has. */
static void who_has_just_come_is_heard_before_anybody_fetches(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(4, 4);
  const uint8_t all[8] = {0, 0, 0, 0, 0, 0, 0, 4};
  fx->s->counted = true;
  fx->s->incomplete = 2;
  fx->cx->dials = 2;
  fx_ask(fx, 0, 0, false);
  fx_pass(fx, 500 * PT_MS_US);
  fx->cx->dials = 0; /* both are there, and say one after the other what they have */
  fx_leech(fx, 0);
  fx_extended(fx, 0, 3, (pt_bytes){all, 8});
  fx_pass(fx, 90 * PT_MS_US);
  assert_int_equal(fx->cx->fetches, 0);
  fx_leech(fx, 1);
  fx_extended(fx, 1, 3, (pt_bytes){all, 8});
  fx_pass(fx, 90 * PT_MS_US);
  assert_int_equal(fx->cx->fetches, 0);
  fx_pass(fx, 5 * PT_SECOND_US);
  assert_true(fx->cx->fetches > 0);
  fx_del(fx);
}

static void a_stream_that_starves_is_rescued(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(20, 4);
  fx_seed(fx, 0);
  fx_ask(fx, 0, 0, false);
  assert_int_equal(fx->cx->fetches, 0);
  fx_pass(fx, 1100 * PT_MS_US);
  assert_true(fx->cx->fetches > 0);
  bool said = false;
  while (fx_event(fx, PT_OUT_FALLBACK)) said |= fx->event.code == PT_FALLBACK_RESCUE;
  assert_true(said);
  fx_del(fx);
}

/* Each piece comes before anybody starves, and all of it far too late. */
enum trick { TRICKLES, TRICKLES_AND_WANTS, FETCHES_FOR_EVER, CHOKES };

/* Seconds until a file of that many MiB is here, of a peer like this and a good origin. */
static uint64_t seconds_with(enum trick trick, uint64_t mib, bool played) {
  uint64_t length = mib << 20;
  fixture *fx = fx_new(16 * PT_BLOCK_SIZE, &length, 1);
  fx_know_hashes(fx);
  fx->s->counted = true;
  fx->s->complete = fx->s->incomplete = 1;
  const uint8_t one[8] = {0, 0, 0, 0, 0, 0, 0, 1}, all[8] = {0, 0, 0, 0, 0x80, 0, 4, 0};
  if (trick == FETCHES_FOR_EVER)
    fx_leech(fx, 0);
  else
    fx_seed(fx, 0);
  if (trick == CHOKES) fx_hear_kind(fx, 0, PT_WIRE_CHOKE);
  if (trick == TRICKLES_AND_WANTS) fx_extended(fx, 0, 3, (pt_bytes){one, 8});
  if (trick == FETCHES_FOR_EVER) fx_extended(fx, 0, 3, (pt_bytes){all, 8});
  pt_stream *st = pt_stream_new(fx->s, 1, 0, 0, length, false, played, false);
  pt_stream_credit(st, length);
  uint64_t begin = fx->cx->now_us, served_us = 0;
  pt_event out = {0};
  pt_wire_message news = {.kind = PT_WIRE_HAVE, .index = 0};
  for (uint32_t i = 0; fx->cx->now_us < begin + 300 * PT_SECOND_US; i++) {
    while (out.kind != PT_OUT_REQUEST_END && pt_stream_poll(st, &out)) continue;
    if (out.kind == PT_OUT_REQUEST_END) break;
    while (pt_outbox_pop(&fx->cx->out, &fx->event)) continue;
    fx_pass(fx, 20 * PT_MS_US);
    uint64_t now = fx->cx->now_us;
    if (fx->s->fetches && !served_us) served_us = now + 100 * PT_MS_US;
    if (fx->s->fetches && now >= served_us) {
      fx_serve(fx, fx->s->fetches, UINT64_MAX);
      served_us = 0;
    }
    if (trick <= TRICKLES_AND_WANTS && i % 70 == 0) fx_answer(fx, 0, 1);
    if (trick == FETCHES_FOR_EVER && i % 50 == 0) fx_hear(fx, 0, &news);
    fx_plan(fx);
  }
  assert_int_equal(out.code, PT_OK);
  uint64_t took = (fx->cx->now_us - begin) / PT_SECOND_US;
  fx_del(fx);
  return took;
}

/* Peers never make a page (much) slower than its site: not one that is slow, nor one that
 * says that it brings what it does not. */
static void who_is_slow_or_lies_does_not_keep_the_origin_away(void **state) {
  (void)state;
  assert_true(seconds_with(TRICKLES, 64, false) <= 5);
  assert_true(seconds_with(TRICKLES, 3, false) <= 5);
  assert_true(seconds_with(TRICKLES, 64, true) <= 30);
  assert_true(seconds_with(TRICKLES_AND_WANTS, 3, false) <= 10);
  assert_true(seconds_with(TRICKLES_AND_WANTS, 64, false) <= 60);
  assert_true(seconds_with(FETCHES_FOR_EVER, 3, false) <= 5);
  assert_true(seconds_with(FETCHES_FOR_EVER, 64, false) <= 60);
  assert_true(seconds_with(CHOKES, 64, true) <= 15);
}

static void a_picture_that_trickles_in_is_completed(void **state) {
  (void)state;
  for (int company = 0; company < 2; company++) {
    fixture *fx = fx_new_simple(20, 1);
    fx_seed(fx, 0);
    fx->s->company = (uint32_t)company;
    pt_stream *st = fx_ask(fx, 0, 0, false);
    for (int i = 0; i < 8; i++) {
      pt_event out;
      fx_pass(fx, 240 * PT_MS_US);
      assert_int_equal(fx_answer(fx, 0, 1), 1);
      assert_true(pt_stream_poll(st, &out) && !pt_stream_poll(st, &out));
      assert_int_equal(fx->cx->fetches, 0);
    }
    fx_pass(fx, 240 * PT_MS_US);
    assert_int_equal(fx->cx->fetches, company ? 0 : 1); /* others see to it */
    if (!company) assert_int_equal(fx->s->fetches->count, 20 - 8);
    fx->s->company = 0;
    fx_del(fx);
  }
}

static void who_saves_waits_for_peers_much_longer(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(20, 4);
  fx->cx->savings = true;
  pt_peer *p = fx_seed(fx, 0);
  fx_ask(fx, 0, 0, false);
  for (int s = 0; s < 6; s++) { /* a block now and then is enough */
    assert_int_equal(fx_answer(fx, 0, 1), 1);
    fx_pass(fx, PT_SECOND_US);
    assert_int_equal(fx->cx->fetches, 0);
  }
  p->choked = true;
  fx_pass(fx, 3 * PT_SECOND_US);
  assert_int_equal(fx->cx->fetches, 0);
  fx_pass(fx, 40 * PT_SECOND_US);
  assert_true(fx->cx->fetches > 0); /* but not for ever */
  fx_del(fx);
}

/* After a pause of ours what the peer sent still waits to be given in. */
static void who_was_late_itself_finds_nobody_late(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(20, 4);
  pt_peer *p = fx_seed(fx, 0);
  fx_ask(fx, 0, 0, false);
  fx->cx->grace_us = fx->cx->now_us + 5500 * PT_MS_US;
  fx_pass(fx, 5 * PT_SECOND_US);
  assert_int_equal(fx->cx->fetches, 0);
  assert_int_equal(p->snubbed_until_us, 0);
  fx_pass(fx, PT_SECOND_US);
  assert_true(fx->cx->fetches > 0);
  assert_true(p->snubbed_until_us > 0);
  fx_del(fx);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(who_is_alone_fetches_at_once_in_one_request),
      cmocka_unit_test(a_server_that_says_nothing_is_waited_for_once),
      cmocka_unit_test(what_blocks_the_page_does_not_wait),
      cmocka_unit_test(the_head_start_is_bounded),
      cmocka_unit_test(small_files_do_not_wait_for_first_connections),
      cmocka_unit_test(small_files_wait_where_neighbours_have_them_or_to_save),
      cmocka_unit_test(who_is_told_of_others_waits_until_they_are_named),
      cmocka_unit_test(two_fetches_never_bring_the_same_piece),
      cmocka_unit_test(the_rest_of_a_short_answer_is_asked_for_again),
      cmocka_unit_test(more_than_was_asked_for_goes_nowhere),
      cmocka_unit_test(a_fetch_that_stalls_is_given_up),
      cmocka_unit_test(fetches_nobody_needs_any_more_are_cancelled),
      cmocka_unit_test(when_nobody_can_help_the_page_goes_itself),
      cmocka_unit_test(promises_are_believed_for_a_while_only),
      cmocka_unit_test(one_of_those_who_want_it_fetches_and_others_step_in_later),
      cmocka_unit_test(who_has_just_come_is_heard_before_anybody_fetches),
      cmocka_unit_test(a_stream_that_starves_is_rescued),
      cmocka_unit_test(a_picture_that_trickles_in_is_completed),
      cmocka_unit_test(who_is_slow_or_lies_does_not_keep_the_origin_away),
      cmocka_unit_test(who_saves_waits_for_peers_much_longer),
      cmocka_unit_test(who_was_late_itself_finds_nobody_late),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
