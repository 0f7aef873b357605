/* The signalling server: where it fails, is silent or talks nonsense, the page
 * must not notice. */
#include "node_fixture.h"

static void it_introduces_itself_and_joins(void **state) {
  (void)state;
  node_fixture *nf = nf_new((pt_config){0});
  assert_non_null(nf_find(nf, PT_OUT_SERVER_OPEN));
  nf_kind(nf, PT_IN_SERVER_OPENED);
  assert_true(nf_said(nf, PT_SIG_HELLO));
  assert_memory_equal(nf->message.peer, pt_node_id(nf->node), PT_ID_SIZE);
  assert_int_equal(nf->message.anywhere, 0);
  /* Without waiting for the answer: that would be a round trip more until others are known. */
  assert_true(nf_said(nf, PT_SIG_JOIN));
  assert_int_equal(nf->message.swarm_count, NF_SWARMS);
  pt_signalling *m = nf_message(PT_SIG_WELCOME);
  m->resume = (pt_bytes){(const uint8_t *)"ticket", 6};
  nf_hear(nf, m);
  assert_false(nf_said(nf, PT_SIG_JOIN));
  /* Lost and found again: it shows the ticket. */
  nf_kind(nf, PT_IN_SERVER_CLOSED);
  nf_pass(nf, 5 * PT_SECOND_US);
  assert_non_null(nf_find(nf, PT_OUT_SERVER_OPEN));
  nf_kind(nf, PT_IN_SERVER_OPENED);
  assert_true(nf_said(nf, PT_SIG_HELLO));
  assert_int_equal(nf->message.resume.len, 6);
  assert_memory_equal(nf->message.resume.data, "ticket", 6);
  nf_del(nf);
}

/* Of a site's visitors few watch a film at the same time: they must find one another. */
static void who_asks_for_a_film_joins_those_who_watch_it(void **state) {
  (void)state;
  node_fixture *nf = nf_new((pt_config){0});
  const uint64_t lengths[] = {(4u << 20) + 2 * PT_BLOCK_SIZE, (4u << 20) + 4 * PT_BLOCK_SIZE};
  fixture *film = fx_new(2 * PT_BLOCK_SIZE, &lengths[0], 1);
  fixture *other = fx_new(2 * PT_BLOCK_SIZE, &lengths[1], 1);
  fixture *sites[] = {nf->sites[0], film, other};
  char *index = nf_index_of(sites, 3);
  nf_give_index(nf, index);
  nf_welcome(nf);
  assert_true(nf_said(nf, PT_SIG_JOIN));
  assert_int_equal(nf->message.swarm_count, 1);
  assert_memory_equal(nf->message.swarms[0].key, nf_key(nf, 0), PT_ID_SIZE);
  assert_false(nf_said(nf, PT_SIG_JOIN));
  pt_event request = {.kind = PT_IN_REQUEST,
                      .id = 1,
                      .length = UINT64_MAX,
                      .text = {(const uint8_t *)"/s1.bin", 7}};
  assert_int_equal(nf_give(nf, &request), PT_OK);
  assert_true(nf_said(nf, PT_SIG_JOIN));
  assert_int_equal(nf->message.swarm_count, 1);
  assert_memory_equal(nf->message.swarms[0].key, film->s->key, PT_ID_SIZE);
  assert_true(nf->message.swarms[0].want > 0);
  free(index);
  nf_del(nf);
  fx_del(film);
  fx_del(other);
}

/* The visitor's word counts against the site's: peers are chosen anywhere. */
static void the_server_hears_that_nearness_is_not_wanted(void **state) {
  (void)state;
  node_fixture *nf = nf_new((pt_config){.anywhere = 1});
  nf_kind(nf, PT_IN_SERVER_OPENED);
  assert_true(nf_said(nf, PT_SIG_HELLO));
  assert_int_equal(nf->message.anywhere, 1);
  nf_del(nf);
}

/* With threshold 3 the first three load from the site, the fourth from peers. */
static void peers_are_met_once_there_are_as_many_others_as_the_threshold(void **state) {
  (void)state;
  node_fixture *nf = nf_new((pt_config){0});
  nf_welcome(nf);
  pt_event policy = {.kind = PT_IN_POLICY, .length = UINT64_MAX, .id = 3};
  assert_int_equal(nf_give(nf, &policy), PT_OK);
  nf_forget(nf);
  for (uint32_t all = 1; all <= 4; all++) {
    pt_signalling *m = nf_message(PT_SIG_PEERS);
    memcpy(m->swarm, nf_key(nf, 0), PT_ID_SIZE);
    m->complete = all / 2;
    m->incomplete = all - all / 2; /* all of them, this visitor too */
    for (uint32_t i = 1; i < all; i++) nf_id(i, m->peers[m->peer_count++].peer);
    nf_hear(nf, m);
    assert_int_equal(nf_count(nf, PT_OUT_PEER_DIAL), all == 4 ? 3 : 0);
  }
  nf_del(nf);
}

/* A crowd that comes back at once would bring the server down again. */
static void a_server_that_fails_is_tried_ever_more_slowly(void **state) {
  (void)state;
  node_fixture *nf = nf_new((pt_config){0});
  assert_non_null(nf_find(nf, PT_OUT_SERVER_OPEN));
  uint32_t attempts = 0;
  uint64_t last_us = nf->now_us, longest_us = 0;
  for (uint64_t end = nf->now_us + 1800ull * PT_SECOND_US; nf->now_us < end;) {
    nf_kind(nf, PT_IN_SERVER_CLOSED);
    nf->now_us = pt_node_deadline(nf->node);
    nf_kind(nf, PT_IN_TICK);
    if (!nf_find(nf, PT_OUT_SERVER_OPEN)) continue;
    attempts++;
    if (nf->now_us - last_us > longest_us) longest_us = nf->now_us - last_us;
    last_us = nf->now_us;
  }
  assert_in_range(attempts, 20, 70);
  assert_true(longest_us <= 90ull * PT_SECOND_US);
  nf_del(nf);
}

static void a_silent_server_is_closed_and_tried_again(void **state) {
  (void)state;
  for (int opened = 0; opened < 2; opened++) {
    node_fixture *nf = nf_new((pt_config){0});
    assert_non_null(nf_find(nf, PT_OUT_SERVER_OPEN));
    if (opened) nf_kind(nf, PT_IN_SERVER_OPENED);
    nf_pass(nf, 4 * PT_SECOND_US);
    assert_true(nf->node->cx.server_silent); /* requests do not wait for it any more */
    nf_pass(nf, 40 * PT_SECOND_US);
    assert_int_equal(nf_count(nf, PT_OUT_SERVER_CLOSE) > 0, true);
    nf_pass(nf, 40 * PT_SECOND_US);
    assert_int_equal(nf_count(nf, PT_OUT_SERVER_OPEN) > 0, true);
    nf_del(nf);
  }
}

static void a_draining_server_is_left_for_as_long_as_it_says(void **state) {
  (void)state;
  node_fixture *nf = nf_new((pt_config){0});
  nf_welcome(nf);
  nf_forget(nf);
  pt_signalling *m = nf_message(PT_SIG_DRAIN);
  m->after_ms = 5000;
  nf_hear(nf, m);
  assert_int_equal(nf_count(nf, PT_OUT_SERVER_CLOSE), 1);
  nf_pass(nf, 4900 * PT_MS_US);
  assert_int_equal(nf_count(nf, PT_OUT_SERVER_OPEN), 0);
  nf_pass(nf, 200 * PT_MS_US);
  assert_int_equal(nf_count(nf, PT_OUT_SERVER_OPEN), 1);
  nf_kind(nf, PT_IN_SERVER_OPENED);
  nf_hear(nf, nf_message(PT_SIG_WELCOME));
  m = nf_message(PT_SIG_DRAIN);
  m->after_ms = 1ull << 53; /* for ever would be too long */
  nf_hear(nf, m);
  nf_forget(nf);
  nf_pass(nf, 601ull * PT_SECOND_US);
  assert_int_equal(nf_count(nf, PT_OUT_SERVER_OPEN), 1);
  nf_del(nf);
}

static void nonsense_is_said_to_be_so_and_changes_nothing(void **state) {
  (void)state;
  node_fixture *nf = nf_new((pt_config){0});
  nf_welcome(nf);
  nf_forget(nf);
  static const uint32_t messages[][4] = {
      {0},                        /* no action */
      {PT_SIG_UNKNOWN + 1},       /* none that there is */
      {PT_SIG_PEERS, 1, 2, 3},    /* cut off */
      {PT_SIG_SIGNAL},            /* with nothing in it */
      {PT_SIG_INDEXED, 0, 0, 0},  /* with something behind it */
      {PT_SIG_ERROR, UINT32_MAX}, /* a text without an end */
  };
  for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
    pt_event in = {.kind = PT_IN_SERVER_MESSAGE,
                   .data = {(const uint8_t *)messages[i], sizeof messages[i]}};
    assert_int_equal(nf_give(nf, &in), PT_OK);
    assert_non_null(nf_find(nf, PT_OUT_FAULT));
  }
  pt_event nothing = {.kind = PT_IN_SERVER_MESSAGE}; /* what a host makes of malformed JSON */
  assert_int_equal(nf_give(nf, &nothing), PT_OK);
  assert_non_null(nf_find(nf, PT_OUT_FAULT));
  pt_bytes much = {unit_bytes(PT_SIGNAL_BYTES_MAX + 1, 3), PT_SIGNAL_BYTES_MAX + 1};
  pt_event in = {.kind = PT_IN_SERVER_MESSAGE, .data = much};
  assert_int_equal(nf_give(nf, &in), PT_OK);
  assert_non_null(nf_find(nf, PT_OUT_FAULT));
  unit_drop(much);
  assert_true(pt_session_open(nf->node));
  nf_del(nf);
}

static void messages_of_a_channel_that_was_closed_are_not_heard(void **state) {
  (void)state;
  node_fixture *nf = nf_new((pt_config){0});
  nf_welcome(nf);
  nf_kind(nf, PT_IN_SERVER_CLOSED);
  nf_forget(nf);
  nf_named(nf, 1, 0);
  nf_hear(nf, nf_message(PT_SIG_INDEXED));
  assert_int_equal(nf->out_count, 0);
  nf_del(nf);
}

static void a_new_index_is_asked_for_when_the_server_says_so(void **state) {
  (void)state;
  node_fixture *nf = nf_new((pt_config){0});
  nf_welcome(nf);
  nf_hear(nf, nf_message(PT_SIG_INDEXED));
  assert_int_equal(nf_count(nf, PT_OUT_INDEX_STALE), 1);
  nf_del(nf);
}

static void swarms_are_joined_again_as_often_as_the_server_says(void **state) {
  (void)state;
  node_fixture *nf = nf_new((pt_config){0});
  nf_welcome(nf);
  pt_signalling *m = nf_message(PT_SIG_PEERS);
  memcpy(m->swarm, nf_key(nf, 0), PT_ID_SIZE);
  m->interval = 20;
  nf_hear(nf, m);
  nf_forget(nf);
  nf_pass(nf, 21 * PT_SECOND_US);
  assert_true(nf_said(nf, PT_SIG_JOIN));
  assert_int_equal(nf->message.swarm_count, 1);
  assert_memory_equal(nf->message.swarms[0].key, nf_key(nf, 0), PT_ID_SIZE);
  nf_del(nf);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(it_introduces_itself_and_joins),
      cmocka_unit_test(who_asks_for_a_film_joins_those_who_watch_it),
      cmocka_unit_test(the_server_hears_that_nearness_is_not_wanted),
      cmocka_unit_test(peers_are_met_once_there_are_as_many_others_as_the_threshold),
      cmocka_unit_test(a_server_that_fails_is_tried_ever_more_slowly),
      cmocka_unit_test(a_silent_server_is_closed_and_tried_again),
      cmocka_unit_test(a_draining_server_is_left_for_as_long_as_it_says),
      cmocka_unit_test(nonsense_is_said_to_be_so_and_changes_nothing),
      cmocka_unit_test(messages_of_a_channel_that_was_closed_are_not_heard),
      cmocka_unit_test(a_new_index_is_asked_for_when_the_server_says_so),
      cmocka_unit_test(swarms_are_joined_again_as_often_as_the_server_says),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
