/* Connections to other visitors: whoever carries the signals must not get in
 * between, and no peer may use up what others need. */
#include "node_fixture.h"

static uint32_t higher_peer(const node_fixture *nf, bool higher) {
  for (uint32_t peer = 1;; peer++) {
    uint8_t id[PT_ID_SIZE];
    nf_id(peer, id);
    if ((memcmp(id, pt_node_id(nf->node), PT_ID_SIZE) > 0) == higher) return peer;
  }
}

static void who_is_named_is_dialled_once(void **state) {
  (void)state;
  node_fixture *nf = nf_new((pt_config){0});
  nf_welcome(nf);
  nf_named(nf, 1, 0);
  nf_named(nf, 1, 0);
  nf_named(nf, 1, 1);
  nf_named(nf, 0, 0); /* ourselves */
  assert_int_equal(nf_count(nf, PT_OUT_PEER_DIAL), 1);
  nf_del(nf);
}

/* A slow machine takes a second to make its offer: that is no reason to leave
 * those who are on their way, and take all from the site. */
static void a_dial_that_gets_on_is_waited_for(void **state) {
  (void)state;
  for (int gets_on = 0; gets_on < 2; gets_on++) {
    node_fixture *nf = nf_new((pt_config){0});
    nf_welcome(nf);
    nf_named(nf, 1, 5);
    uint32_t link = nf_find(nf, PT_OUT_PEER_DIAL)->link;
    assert_int_equal(nf_request(nf, 1, "/s5.bin"), PT_OK);
    nf_count(nf, PT_OUT_ORIGIN_GET); /* what need not wait */
    nf_pass(nf, 1200 * PT_MS_US);
    pt_event offer = {
        .kind = PT_IN_PEER_SIGNAL, .link = link, .code = PT_SIGNAL_OFFER, .data = nf_sdp(0)};
    if (gets_on) nf_give(nf, &offer);
    nf_forget(nf);
    nf_pass(nf, 290 * PT_MS_US);
    assert_int_equal(nf_count(nf, PT_OUT_ORIGIN_GET), 0);
    nf_pass(nf, 20 * PT_MS_US);
    assert_int_equal(nf->node->cx.fetches > 0, !gets_on);
    nf_pass(nf, 2 * PT_SECOND_US);
    assert_true(nf->node->cx.fetches > 0);
    nf_del(nf);
  }
}

static void a_link_carries_all_swarms_both_are_in(void **state) {
  (void)state;
  node_fixture *nf = nf_new((pt_config){0});
  nf_welcome(nf);
  nf_named(nf, 1, 0);
  nf_named(nf, 1, 1);
  uint32_t link = nf_find(nf, PT_OUT_PEER_DIAL)->link;
  nf_link_state(nf, link, PT_LINK_CONNECTED);
  const pt_event *open = nf_find(nf, PT_OUT_CHANNEL_OPEN);
  assert_non_null(open);
  assert_memory_equal(open->swarm, nf_key(nf, 1), PT_ID_SIZE);
  nf_named(nf, 1, 2);
  assert_int_equal(nf_count(nf, PT_OUT_CHANNEL_OPEN), 1);
  nf_del(nf);
}

static void an_offer_is_passed_on_and_answered_under_its_nonce(void **state) {
  (void)state;
  node_fixture *nf = nf_new((pt_config){0});
  nf_welcome(nf);
  nf_signal(nf, 1, PT_SIGNAL_OFFER, "n1", 1);
  const pt_event *offer = nf_find(nf, PT_OUT_PEER_SIGNAL);
  assert_non_null(offer);
  assert_int_equal(offer->code, PT_SIGNAL_OFFER);
  pt_event answer = {
      .kind = PT_IN_PEER_SIGNAL, .link = offer->link, .code = PT_SIGNAL_ANSWER, .data = nf_sdp(0)};
  nf_give(nf, &answer);
  assert_true(nf_said(nf, PT_SIG_SIGNAL));
  assert_int_equal(nf->message.kind, PT_SIGNAL_ANSWER);
  assert_int_equal(nf->message.nonce.len, 2);
  assert_memory_equal(nf->message.nonce.data, "n1", 2);
  nf_signal(nf, 1, PT_SIGNAL_CANDIDATE, "n1", 0);
  assert_int_equal(nf_count(nf, PT_OUT_PEER_SIGNAL), 1);
  nf_signal(nf, 1, PT_SIGNAL_CANDIDATE, "n2", 0); /* of another conversation */
  assert_int_equal(nf_count(nf, PT_OUT_PEER_SIGNAL), 0);
  nf_del(nf);
}

static void a_certificate_that_is_not_the_peers_is_refused(void **state) {
  (void)state;
  node_fixture *nf = nf_new((pt_config){0});
  nf_welcome(nf);
  nf_signal(nf, 1, PT_SIGNAL_OFFER, "n1", 2);
  const pt_event *fault = nf_find(nf, PT_OUT_FAULT);
  assert_non_null(fault);
  assert_int_equal(fault->code, PT_ERR_HASH);
  assert_int_equal(nf_links(nf), 0);
  /* The same for an answer to our own offer. */
  nf_named(nf, 3, 0);
  uint32_t link = nf_find(nf, PT_OUT_PEER_DIAL)->link;
  pt_event offer = {
      .kind = PT_IN_PEER_SIGNAL, .link = link, .code = PT_SIGNAL_OFFER, .data = nf_sdp(0)};
  nf_give(nf, &offer);
  assert_true(nf_said(nf, PT_SIG_SIGNAL));
  char nonce[PT_NONCE_LEN_MAX + 1] = "";
  memcpy(nonce, nf->message.nonce.data, nf->message.nonce.len);
  nf_signal(nf, 3, PT_SIGNAL_ANSWER, nonce, 4);
  assert_int_equal(nf_count(nf, PT_OUT_PEER_SIGNAL), 0);
  nf_signal(nf, 3, PT_SIGNAL_ANSWER, "other", 3);
  assert_int_equal(nf_count(nf, PT_OUT_PEER_SIGNAL), 0);
  nf_signal(nf, 3, PT_SIGNAL_ANSWER, nonce, 3);
  assert_int_equal(nf_count(nf, PT_OUT_PEER_SIGNAL), 1);
  nf_del(nf);
}

static void an_offer_is_taken_once(void **state) {
  (void)state;
  node_fixture *nf = nf_new((pt_config){0});
  nf_welcome(nf);
  nf_signal(nf, 1, PT_SIGNAL_OFFER, "n1", 1);
  uint32_t link = nf_find(nf, PT_OUT_PEER_SIGNAL)->link;
  nf_link_state(nf, link, PT_LINK_CLOSED);
  nf_signal(nf, 1, PT_SIGNAL_OFFER, "n1", 1); /* played again */
  assert_int_equal(nf_count(nf, PT_OUT_PEER_SIGNAL), 0);
  assert_int_equal(nf_links(nf), 0);
  /* As long as it is remembered: the oldest of PT_REPLAY_MAX go. */
  char nonce[16];
  for (uint32_t i = 0; i < PT_REPLAY_MAX; i++) {
    snprintf(nonce, sizeof nonce, "x%u", i);
    nf_signal(nf, 1, PT_SIGNAL_OFFER, nonce, 2);
  }
  nf_forget(nf);
  nf_signal(nf, 1, PT_SIGNAL_OFFER, "x0", 1);
  assert_int_equal(nf_count(nf, PT_OUT_PEER_SIGNAL), 0);
  nf_signal(nf, 1, PT_SIGNAL_OFFER, "n1", 1);
  assert_int_equal(nf_count(nf, PT_OUT_PEER_SIGNAL), 1);
  nf_del(nf);
}

static void when_both_dial_one_link_is_left(void **state) {
  (void)state;
  for (int higher = 0; higher < 2; higher++) {
    node_fixture *nf = nf_new((pt_config){0});
    uint32_t peer = higher_peer(nf, higher);
    nf_welcome(nf);
    nf_named(nf, peer, 0);
    uint32_t ours = nf_find(nf, PT_OUT_PEER_DIAL)->link;
    nf_signal(nf, peer, PT_SIGNAL_OFFER, "theirs", peer);
    const pt_event *close = nf_find(nf, PT_OUT_PEER_CLOSE);
    assert_int_equal(nf_links(nf), 1);
    if (higher) { /* the higher id's offer stands: theirs */
      assert_int_equal(close->link, ours);
      assert_int_equal(nf_find(nf, PT_OUT_PEER_SIGNAL)->code, PT_SIGNAL_OFFER);
    } else {
      assert_null(close);
    }
    nf_del(nf);
  }
}

static void when_both_open_a_channel_one_is_left(void **state) {
  (void)state;
  for (int turn = 0; turn < 4; turn++) {
    bool higher = turn & 1, ours_first = turn & 2;
    node_fixture *nf = nf_new((pt_config){0});
    uint32_t peer = higher_peer(nf, higher);
    nf_welcome(nf);
    uint32_t link = nf_connect(nf, peer, 0);
    nf_channel(nf, ours_first ? 10 : 20, link, 0, ours_first);
    nf_channel(nf, ours_first ? 20 : 10, link, 0, !ours_first);
    const pt_event *close = nf_find(nf, PT_OUT_CHANNEL_CLOSE);
    assert_non_null(close);
    assert_int_equal(close->id, higher ? 10 : 20); /* theirs stays if theirs is higher */
    assert_int_equal(nf->node->channels.count, 1);
    assert_non_null(pt_table_get(&nf->node->channels, higher ? 20 : 10));
    nf_channel(nf, 30, link, 0, false); /* and a third one is refused */
    assert_int_equal(nf_find(nf, PT_OUT_CHANNEL_CLOSE)->id, 30);
    nf_del(nf);
  }
}

static void an_undelivered_offer_frees_its_place_at_once(void **state) {
  (void)state;
  node_fixture *nf = nf_new((pt_config){.peers_max = 1});
  nf_welcome(nf);
  nf_named(nf, 1, 0);
  nf_named(nf, 2, 0);
  assert_int_equal(nf_count(nf, PT_OUT_PEER_DIAL), 1);
  pt_signalling *m = nf_message(PT_SIG_UNDELIVERED);
  nf_id(1, m->to);
  nf_hear(nf, m);
  assert_int_equal(nf_count(nf, PT_OUT_PEER_CLOSE), 1);
  nf_named(nf, 2, 0);
  assert_int_equal(nf_count(nf, PT_OUT_PEER_DIAL), 1);
  nf_del(nf);
}

static void links_are_bounded(void **state) {
  (void)state;
  node_fixture *nf = nf_new((pt_config){.peers_max = 5000});
  nf_welcome(nf);
  for (uint32_t peer = 1; peer <= 2 * PT_PEERS_MAX; peer++) {
    if (peer & 1)
      nf_named(nf, peer, 0);
    else
      nf_signal(nf, peer, PT_SIGNAL_OFFER, "n", peer);
  }
  assert_int_equal(nf_links(nf), PT_PEERS_MAX);
  nf_del(nf);
}

/* Were all places taken by our own dials, nobody in a crowd would be answered. */
static void dials_leave_room_for_those_who_dial_us(void **state) {
  (void)state;
  node_fixture *nf = nf_new((pt_config){.peers_max = 10});
  nf_welcome(nf);
  for (uint32_t peer = 1; peer <= 10; peer++) nf_named(nf, peer, 0);
  assert_int_equal(nf_links(nf), 4);
  nf_forget(nf);
  for (uint32_t peer = 11; peer <= 16; peer++) nf_accept(nf, peer);
  nf_forget(nf);
  nf_signal(nf, 17, PT_SIGNAL_OFFER, "late", 17);
  assert_int_equal(nf_links(nf), 10);
  assert_true(nf_said(nf, PT_SIG_SIGNAL)); /* who is not answered must not wait */
  assert_int_equal(nf->message.kind, PT_SIGNAL_BYE);
  assert_memory_equal(nf->message.nonce.data, "late", 4);
  nf_del(nf);
}

/* Who comes late to a crowd, or can't reach those it is told of, would be left with
 * few to take from. A server does not hear of it for ever. */
static void ask_for_others(bool declined) {
  node_fixture *nf = nf_new((pt_config){.peers_max = 10});
  nf_welcome(nf);
  assert_int_equal(nf_request(nf, 1, "/s0.bin"), PT_OK);
  nf_forget(nf);
  uint64_t began_us = nf->now_us;
  for (uint32_t asked = 0; asked < 8; asked++) {
    uint32_t peer = asked + 1;
    nf_named(nf, peer, 0);
    uint32_t link = nf_find(nf, PT_OUT_PEER_DIAL)->link;
    if (declined)
      nf_signal(nf, peer, PT_SIGNAL_BYE, "", peer);
    else
      nf_link_state(nf, link, PT_LINK_FAILED);
    nf_forget(nf);
    nf_pass(nf, asked < 5 ? 250000u << asked : 9000000u);
    assert_int_equal(nf_said(nf, PT_SIG_JOIN), asked < 5);
  }
  assert_true(nf->now_us < began_us + 60000000u);
  nf_del(nf);
}

static void who_is_declined_asks_for_others_a_few_times(void **state) {
  (void)state;
  ask_for_others(true);
}

static void who_reaches_nobody_asks_for_others_a_few_times(void **state) {
  (void)state;
  ask_for_others(false);
}

static void what_was_to_be_shared_outlives_a_lost_dial(void **state) {
  (void)state;
  node_fixture *nf = nf_new((pt_config){0});
  uint32_t peer = higher_peer(nf, true);
  nf_welcome(nf);
  nf_named(nf, peer, 0);
  nf_named(nf, peer, 1);
  nf_forget(nf);
  uint32_t link = nf_accept(nf, peer); /* its offer stands */
  assert_int_equal(nf_count(nf, PT_OUT_CHANNEL_OPEN), 0);
  nf_channel(nf, 1, link, 0, false);
  const pt_event *open = nf_find(nf, PT_OUT_CHANNEL_OPEN);
  assert_non_null(open);
  assert_memory_equal(open->swarm, nf_key(nf, 1), PT_ID_SIZE);
  nf_del(nf);
}

static void a_channel_that_the_peer_closed_can_be_opened_again(void **state) {
  (void)state;
  node_fixture *nf = nf_new((pt_config){0});
  nf_welcome(nf);
  uint32_t link = nf_connect(nf, 1, 0);
  nf_channel(nf, 1, link, 0, true);
  nf_named(nf, 1, 1);
  nf_channel(nf, 2, link, 1, true);
  pt_event closed = {.kind = PT_IN_CHANNEL_CLOSED, .id = 2};
  nf_give(nf, &closed);
  nf_forget(nf);
  nf_named(nf, 1, 0); /* this one is open still */
  assert_int_equal(nf_count(nf, PT_OUT_CHANNEL_OPEN), 0);
  nf_named(nf, 1, 1);
  const pt_event *open = nf_find(nf, PT_OUT_CHANNEL_OPEN);
  assert_non_null(open);
  assert_memory_equal(open->swarm, nf_key(nf, 1), PT_ID_SIZE);
  nf_del(nf);
}

/* A site that changes often must not use up what a link can share, and what comes back
 * is shared again. */
static void a_swarm_that_the_index_drops_is_forgotten(void **state) {
  (void)state;
  node_fixture *nf = nf_new((pt_config){0});
  nf_welcome(nf);
  uint32_t link = nf_connect(nf, 1, 1);
  nf_channel(nf, 1, link, 1, true);
  nf_greet(nf, 1, 1, 1);
  char *without = nf_index_of(nf->sites + 1, NF_SWARMS - 1);
  for (uint32_t i = 0; i < 2; i++) {
    nf_forget(nf);
    nf_named(nf, 1, 0);
    const pt_event *open = nf_find(nf, PT_OUT_CHANNEL_OPEN);
    assert_non_null(open);
    assert_memory_equal(open->swarm, nf_key(nf, 0), PT_ID_SIZE);
    nf_channel(nf, 10 + i, link, 0, true);
    nf_greet(nf, 10 + i, 1, 0);
    nf_give_index(nf, without);
    assert_non_null(nf_find(nf, PT_OUT_CHANNEL_CLOSE));
    assert_int_equal(nf->node->links[0]->swarm_count, 1);
    nf_give_index(nf, nf->index);
  }
  free(without);
  nf_del(nf);
}

static void channels_are_bounded_and_one_too_many_is_closed(void **state) {
  (void)state;
  node_fixture *nf = nf_new((pt_config){.peers_max = PT_PEERS_MAX});
  nf_welcome(nf);
  uint32_t id = 0, refused = 0;
  for (uint32_t peer = 1; peer <= PT_PEERS_MAX; peer++) {
    uint32_t link = nf_accept(nf, peer);
    for (uint32_t s = 0; s < NF_SWARMS; s++) {
      nf_forget(nf);
      assert_int_equal(nf_channel(nf, ++id, link, s, false), PT_OK);
      const pt_event *close = nf_find(nf, PT_OUT_CHANNEL_CLOSE);
      if (!close) continue;
      assert_int_equal(close->id, id);
      refused++;
    }
  }
  assert_int_equal(nf->node->channels.count, PT_CHANNELS_MAX);
  assert_int_equal(refused, PT_PEERS_MAX * NF_SWARMS - PT_CHANNELS_MAX);
  nf_del(nf);
}

static void channels_of_nobody_or_of_nothing_are_closed(void **state) {
  (void)state;
  node_fixture *nf = nf_new((pt_config){0});
  nf_welcome(nf);
  nf_forget(nf);
  assert_int_equal(nf_channel(nf, 1, 99, 0, false), PT_OK);
  assert_int_equal(nf_find(nf, PT_OUT_CHANNEL_CLOSE)->id, 1);
  uint32_t link = nf_connect(nf, 1, 0);
  pt_event in = {.kind = PT_IN_CHANNEL_OPENED, .id = 2, .link = link, .swarm = {1, 2, 3}};
  assert_int_equal(nf_give(nf, &in), PT_OK);
  assert_int_equal(nf_find(nf, PT_OUT_CHANNEL_CLOSE)->id, 2);
  assert_int_equal(nf_channel(nf, 3, link, 0, true), PT_OK);
  assert_int_equal(nf_channel(nf, 3, link, 1, true), PT_ERR_STATE);
  nf_del(nf);
}

/* One of several films is for those who ask for it: nobody else says that we share it. */
static void a_stranger_does_not_make_us_join(void **state) {
  (void)state;
  node_fixture *nf = nf_new_longer((pt_config){0}, PT_PAGE_FILE_MAX);
  nf_welcome(nf);
  assert_int_equal(nf->node->swarm_count, 0);
  uint32_t link = nf_accept(nf, 1);
  nf_forget(nf);
  nf_channel(nf, 1, link, 0, false);
  assert_int_equal(nf_find(nf, PT_OUT_CHANNEL_CLOSE)->id, 1);
  assert_int_equal(nf->node->swarm_count, 0);
  nf_del(nf);
}

static void a_link_that_does_not_come_up_is_given_up(void **state) {
  (void)state;
  node_fixture *nf = nf_new((pt_config){0});
  nf_welcome(nf);
  nf_named(nf, 1, 0);
  nf_pass(nf, 9 * PT_SECOND_US);
  assert_int_equal(nf_links(nf), 1);
  assert_int_equal(nf_request(nf, 1, "/s0.bin"), PT_OK);
  nf_forget(nf);
  nf_pass(nf, 1100 * PT_MS_US);
  assert_int_equal(nf_links(nf), 0);
  assert_int_equal(nf_count(nf, PT_OUT_PEER_CLOSE), 1);
  nf_pass(nf, 250 * PT_MS_US);
  assert_true(nf_said(nf, PT_SIG_JOIN)); /* who else is there? */
  nf_del(nf);
}

/* Mute peers must not keep a visitor from those that give. */
static void mute_peers_lose_their_place(void **state) {
  (void)state;
  node_fixture *nf = nf_new((pt_config){.peers_max = 8});
  nf_welcome(nf);
  nf_connect(nf, 1, 0); /* never opens a channel */
  uint32_t link = nf_connect(nf, 2, 0);
  nf_channel(nf, 1, link, 0, true); /* never greets */
  link = nf_connect(nf, 3, 0);
  nf_channel(nf, 2, link, 0, true);
  nf_greet(nf, 2, 3, 0); /* never says what it has */
  nf_pass(nf, 25 * PT_SECOND_US);
  assert_int_equal(nf_links(nf), 0);
  nf_del(nf);
}

static void who_breaks_the_protocol_loses_its_channel_and_then_its_link(void **state) {
  (void)state;
  node_fixture *nf = nf_new((pt_config){0});
  nf_welcome(nf);
  uint32_t link = nf_connect(nf, 1, 0);
  nf_channel(nf, 7, link, 0, true);
  nf_greet(nf, 7, 1, 0);
  assert_int_equal(nf_count(nf, PT_OUT_PEER_UP), 1);
  pt_wire_message m = {.kind = PT_WIRE_HAVE, .index = 1000};
  nf_wire(nf, 7, &m);
  assert_int_equal(nf_find(nf, PT_OUT_CHANNEL_CLOSE)->id, 7);
  assert_int_equal(nf->node->channels.count, 0);
  nf_pass(nf, 11 * PT_SECOND_US);
  assert_int_equal(nf_count(nf, PT_OUT_PEER_DOWN), 1);
  assert_int_equal(nf_links(nf), 0);
  nf_del(nf);
}

static void who_is_banned_stays_away(void **state) {
  (void)state;
  node_fixture *nf = nf_new((pt_config){0});
  nf_welcome(nf);
  nf_connect(nf, 1, 0);
  uint8_t id[PT_ID_SIZE];
  nf_id(1, id);
  pt_context_ban(&nf->node->cx, id, nf_key(nf, 1), 0, PT_ERR_HASH);
  nf_kind(nf, PT_IN_TICK);
  assert_int_equal(nf_links(nf), 0);
  nf_named(nf, 1, 0);
  nf_signal(nf, 1, PT_SIGNAL_OFFER, "n1", 1);
  assert_int_equal(nf_links(nf), 0);
  assert_true(nf_said(nf, PT_SIG_REPORT));
  assert_memory_equal(nf->message.peer, id, PT_ID_SIZE);
  nf_del(nf);
}

static void a_bye_ends_only_its_own_conversation(void **state) {
  (void)state;
  node_fixture *nf = nf_new((pt_config){0});
  nf_welcome(nf);
  nf_signal(nf, 1, PT_SIGNAL_OFFER, "n1", 1);
  nf_signal(nf, 1, PT_SIGNAL_BYE, "old", 1);
  assert_int_equal(nf_links(nf), 1);
  nf_signal(nf, 1, PT_SIGNAL_BYE, "n1", 1);
  assert_int_equal(nf_links(nf), 0);
  nf_del(nf);
}

static void without_consent_there_are_no_links(void **state) {
  (void)state;
  node_fixture *nf = nf_new((pt_config){0});
  nf_welcome(nf);
  uint32_t link = nf_connect(nf, 1, 0);
  nf_channel(nf, 7, link, 0, true);
  pt_event denied = {.kind = PT_IN_POLICY, .code = PT_CONSENT_DENIED, .length = UINT64_MAX};
  nf_give(nf, &denied);
  assert_int_equal(nf_links(nf), 0);
  assert_int_equal(nf_count(nf, PT_OUT_SERVER_CLOSE), 1);
  nf_signal(nf, 2, PT_SIGNAL_OFFER, "n1", 2);
  nf_named(nf, 3, 0);
  assert_int_equal(nf_links(nf), 0);
  assert_true(pt_node_deadline(nf->node) == PT_NEVER);
  pt_event granted = {.kind = PT_IN_POLICY, .code = PT_CONSENT_GRANTED, .length = UINT64_MAX};
  nf_give(nf, &granted);
  assert_int_equal(nf_count(nf, PT_OUT_SERVER_OPEN), 1);
  nf_del(nf);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(who_is_named_is_dialled_once),
      cmocka_unit_test(a_dial_that_gets_on_is_waited_for),
      cmocka_unit_test(a_link_carries_all_swarms_both_are_in),
      cmocka_unit_test(an_offer_is_passed_on_and_answered_under_its_nonce),
      cmocka_unit_test(a_certificate_that_is_not_the_peers_is_refused),
      cmocka_unit_test(an_offer_is_taken_once),
      cmocka_unit_test(when_both_dial_one_link_is_left),
      cmocka_unit_test(when_both_open_a_channel_one_is_left),
      cmocka_unit_test(an_undelivered_offer_frees_its_place_at_once),
      cmocka_unit_test(links_are_bounded),
      cmocka_unit_test(dials_leave_room_for_those_who_dial_us),
      cmocka_unit_test(who_is_declined_asks_for_others_a_few_times),
      cmocka_unit_test(who_reaches_nobody_asks_for_others_a_few_times),
      cmocka_unit_test(what_was_to_be_shared_outlives_a_lost_dial),
      cmocka_unit_test(a_channel_that_the_peer_closed_can_be_opened_again),
      cmocka_unit_test(a_swarm_that_the_index_drops_is_forgotten),
      cmocka_unit_test(channels_are_bounded_and_one_too_many_is_closed),
      cmocka_unit_test(channels_of_nobody_or_of_nothing_are_closed),
      cmocka_unit_test(a_stranger_does_not_make_us_join),
      cmocka_unit_test(a_link_that_does_not_come_up_is_given_up),
      cmocka_unit_test(mute_peers_lose_their_place),
      cmocka_unit_test(who_breaks_the_protocol_loses_its_channel_and_then_its_link),
      cmocka_unit_test(who_is_banned_stays_away),
      cmocka_unit_test(a_bye_ends_only_its_own_conversation),
      cmocka_unit_test(without_consent_there_are_no_links),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
