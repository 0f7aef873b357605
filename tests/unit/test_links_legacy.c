/* Connections to WebTorrent clients, whose ids prove nothing: they must get what they
 * can check themselves, and no say in anything else. */
#include "node_fixture.h"

/* What the server says of a WebTorrent client. */
static void legacy_offer(node_fixture *nf, uint32_t from, const char *nonce, uint32_t swarm) {
  pt_signalling *m = nf_message(PT_SIG_SIGNAL);
  nf_id(from, m->from);
  memcpy(m->legacy, nf_key(nf, swarm), PT_ID_SIZE);
  m->kind = PT_SIGNAL_OFFER;
  m->nonce = (pt_bytes){(const uint8_t *)nonce, strlen(nonce)};
  m->sdp = nf_sdp(from + 1); /* somebody's: its id is bound to nothing */
  nf_hear(nf, m);
}

static void a_webtorrent_client_is_met_without_proof(void **state) {
  (void)state;
  node_fixture *nf = nf_new((pt_config){0});
  nf_welcome(nf);
  legacy_offer(nf, 1, "n1", 0);
  const pt_event *offer = nf_find(nf, PT_OUT_PEER_SIGNAL);
  assert_non_null(offer);
  assert_int_equal(offer->flags, PT_FLAG_LEGACY);
  uint32_t link = offer->link;
  /* Our candidates are in the SDP: nothing else is said to it. */
  pt_event mine = {.kind = PT_IN_PEER_SIGNAL, .link = link, .code = PT_SIGNAL_CANDIDATE};
  mine.data = (pt_bytes){(const uint8_t *)"{}", 2};
  nf_give(nf, &mine);
  assert_false(nf_said(nf, PT_SIG_SIGNAL));
  mine.code = PT_SIGNAL_ANSWER;
  mine.data = nf_sdp(0);
  nf_give(nf, &mine);
  assert_true(nf_said(nf, PT_SIG_SIGNAL));
  assert_memory_equal(nf->message.legacy, nf_key(nf, 0), PT_ID_SIZE);
  assert_memory_equal(nf->message.nonce.data, "n1", 2);
  /* Its channel has a label of its own, and is for the one swarm it came for. */
  pt_event open = {.kind = PT_IN_CHANNEL_OPENED, .id = 1, .link = link};
  memset(open.swarm, 0xee, PT_ID_SIZE);
  nf_give(nf, &open);
  assert_int_equal(nf_count(nf, PT_OUT_CHANNEL_CLOSE), 0);
  open.id = 2;
  nf_give(nf, &open);
  assert_int_equal(nf_count(nf, PT_OUT_CHANNEL_CLOSE), 1);
  /* A second offer for that swarm is one too many; for another it is another link. */
  legacy_offer(nf, 1, "n2", 0);
  assert_int_equal(nf_links(nf), 1);
  legacy_offer(nf, 1, "n3", 1);
  assert_int_equal(nf_links(nf), 2);
  /* A swarm that the site does not have is nobody's. */
  pt_signalling *m = nf_message(PT_SIG_SIGNAL);
  nf_id(5, m->from);
  memset(m->legacy, 0xdd, PT_ID_SIZE);
  m->kind = PT_SIGNAL_OFFER;
  m->nonce = (pt_bytes){(const uint8_t *)"n4", 2};
  m->sdp = nf_sdp(5);
  nf_hear(nf, m);
  assert_int_equal(nf_links(nf), 2);
  nf_del(nf);
}

static void a_webtorrent_client_is_dialled_with_a_whole_offer(void **state) {
  (void)state;
  node_fixture *nf = nf_new((pt_config){0});
  nf_welcome(nf);
  for (uint32_t swarm = 0; swarm < 2; swarm++) {
    pt_signalling *m = nf_message(PT_SIG_PEERS);
    memcpy(m->swarm, nf_key(nf, swarm), PT_ID_SIZE);
    nf_id(1, m->peers[m->peer_count].peer);
    memcpy(m->peers[m->peer_count++].legacy, nf_key(nf, swarm), PT_ID_SIZE);
    m->complete = 1;
    nf_hear(nf, m);
    nf_hear(nf, m);
    const pt_event *dial = nf_find(nf, PT_OUT_PEER_DIAL);
    assert_non_null(dial);
    assert_int_equal(dial->flags, PT_FLAG_LEGACY);
    assert_memory_equal(dial->swarm, nf_key(nf, swarm), PT_ID_SIZE);
    assert_int_equal(nf_count(nf, PT_OUT_PEER_DIAL), 0);
    assert_int_equal(nf_links(nf), swarm + 1);
  }
  /* Nobody can pass for a visitor by the mark: an answer belongs to its link. */
  nf_named(nf, 3, 0);
  const pt_event *dial = nf_find(nf, PT_OUT_PEER_DIAL);
  assert_int_equal(dial->flags, 0);
  pt_event offer = {
      .kind = PT_IN_PEER_SIGNAL, .link = dial->link, .code = PT_SIGNAL_OFFER, .data = nf_sdp(0)};
  nf_give(nf, &offer);
  assert_true(nf_said(nf, PT_SIG_SIGNAL));
  char nonce[PT_NONCE_LEN_MAX + 1] = "";
  memcpy(nonce, nf->message.nonce.data, nf->message.nonce.len);
  pt_signalling *m = nf_message(PT_SIG_SIGNAL);
  nf_id(3, m->from);
  memcpy(m->legacy, nf_key(nf, 0), PT_ID_SIZE);
  m->kind = PT_SIGNAL_ANSWER;
  m->nonce = (pt_bytes){(const uint8_t *)nonce, strlen(nonce)};
  m->sdp = nf_sdp(4);
  nf_hear(nf, m);
  assert_int_equal(nf_count(nf, PT_OUT_PEER_SIGNAL), 0);
  nf_del(nf);
}

/* Its link is for that swarm alone: nothing is left to talk about. */
static void a_webtorrent_client_goes_with_its_swarm(void **state) {
  (void)state;
  node_fixture *nf = nf_new((pt_config){0});
  nf_welcome(nf);
  legacy_offer(nf, 1, "n1", 0);
  uint32_t link = nf_find(nf, PT_OUT_PEER_SIGNAL)->link;
  nf_link_state(nf, link, PT_LINK_CONNECTED);
  nf_channel(nf, 1, link, 0, false);
  char *without = nf_index_of(nf->sites + 1, NF_SWARMS - 1);
  nf_give_index(nf, without);
  free(without);
  assert_non_null(nf_find(nf, PT_OUT_CHANNEL_CLOSE));
  nf_pass(nf, 11 * PT_SECOND_US);
  assert_int_equal(nf_links(nf), 0);
  nf_del(nf);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_webtorrent_client_is_met_without_proof),
      cmocka_unit_test(a_webtorrent_client_is_dialled_with_a_whole_offer),
      cmocka_unit_test(a_webtorrent_client_goes_with_its_swarm),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
