/* The node as its host sees it: requests, limits, and a site that changes. */
#include "node_fixture.h"

static void requests_that_can_not_be_are_ended_at_once(void **state) {
  (void)state;
  node_fixture *nf = nf_new((pt_config){0});
  assert_int_equal(nf_request(nf, 1, "/nowhere"), PT_OK);
  assert_int_equal(nf_find(nf, PT_OUT_REQUEST_END)->code, PT_ERR_UNKNOWN);
  pt_event in = {.kind = PT_IN_REQUEST,
                 .id = 2,
                 .offset = nf->sites[0]->lengths[0] + 1,
                 .length = 1,
                 .text = {(const uint8_t *)"/s0.bin", 7}};
  assert_int_equal(nf_give(nf, &in), PT_OK);
  assert_int_equal(nf_find(nf, PT_OUT_REQUEST_END)->code, PT_ERR_RANGE);
  assert_int_equal(nf_request(nf, 3, "/s0.bin"), PT_OK);
  assert_int_equal(nf_request(nf, 3, "/s1.bin"), PT_ERR_STATE);
  nf_del(nf);
}

static void requests_are_bounded(void **state) {
  (void)state;
  node_fixture *nf = nf_new((pt_config){0});
  for (uint32_t i = 0; i < PT_REQUESTS_MAX; i++) {
    assert_int_equal(nf_request(nf, i, "/s0.bin"), PT_OK);
    nf_forget(nf);
  }
  assert_int_equal(nf_request(nf, PT_REQUESTS_MAX, "/s0.bin"), PT_ERR_LIMIT);
  pt_event cancel = {.kind = PT_IN_REQUEST_CANCEL, .id = 7};
  assert_int_equal(nf_give(nf, &cancel), PT_OK);
  assert_int_equal(nf_request(nf, PT_REQUESTS_MAX, "/s0.bin"), PT_OK);
  nf_del(nf);
}

static void what_is_gone_is_no_error(void **state) {
  (void)state;
  node_fixture *nf = nf_new((pt_config){0});
  const enum pt_in kinds[] = {PT_IN_REQUEST_CREDIT, PT_IN_REQUEST_CANCEL,  PT_IN_ORIGIN_DATA,
                              PT_IN_ORIGIN_END,     PT_IN_CHANNEL_MESSAGE, PT_IN_CHANNEL_DRAINED,
                              PT_IN_CHANNEL_CLOSED, PT_IN_SERVER_CLOSED,   PT_IN_SERVER_OPENED};
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    pt_event in = {.kind = (uint16_t)kinds[i], .id = 4711, .link = 4711};
    assert_int_equal(nf_give(nf, &in), PT_OK);
  }
  pt_event in = {.kind = PT_IN_PEER_STATE, .link = 4711, .code = PT_LINK_CONNECTED};
  assert_int_equal(nf_give(nf, &in), PT_OK);
  in.code = 77;
  assert_int_equal(nf_give(nf, &in), PT_ERR_ARG);
  in.kind = 999;
  assert_int_equal(nf_give(nf, &in), PT_ERR_ARG);
  nf_del(nf);
}

static void a_swarm_that_left_the_site_ends_its_requests(void **state) {
  (void)state;
  node_fixture *nf = nf_new((pt_config){0});
  nf_welcome(nf);
  uint32_t link = nf_connect(nf, 1, 8);
  nf_channel(nf, 5, link, 8, true);
  assert_int_equal(nf_request(nf, 1, "/s8.bin"), PT_OK);
  assert_int_equal(nf_request(nf, 2, "/s0.bin"), PT_OK);
  nf_forget(nf);
  char *smaller = nf_index_of(nf->sites, 8);
  nf_give_index(nf, smaller);
  const pt_event *end = nf_find(nf, PT_OUT_REQUEST_END);
  assert_int_equal(end->id, 1);
  assert_int_equal(end->code, PT_ERR_STALE);
  assert_int_equal(nf_find(nf, PT_OUT_CHANNEL_CLOSE)->id, 5);
  assert_int_equal(nf->node->streams.count, 1);
  assert_int_equal(nf_request(nf, 3, "/s8.bin"), PT_OK);
  assert_int_equal(nf_find(nf, PT_OUT_REQUEST_END)->code, PT_ERR_UNKNOWN);
  free(smaller);
  nf_del(nf);
}

/* The same key for other files: nothing of the old swarm may be used for it. */
static void a_known_key_for_other_files_is_another_swarm(void **state) {
  (void)state;
  node_fixture *nf = nf_new((pt_config){0});
  assert_int_equal(nf_request(nf, 1, "/s3.bin"), PT_OK);
  nf_forget(nf);
  fixture *other[NF_SWARMS];
  memcpy(other, nf->sites, sizeof other);
  uint64_t lengths[2] = {100 * PT_BLOCK_SIZE, 5};
  other[3] = fx_new(2 * PT_BLOCK_SIZE, lengths, 1);
  memcpy(other[3]->s->key, nf->sites[3]->s->key, PT_ID_SIZE);
  free(other[3]->torrent); /* whose hash becomes the key */
  other[3]->torrent = malloc(nf->sites[3]->torrent_len);
  memcpy(other[3]->torrent, nf->sites[3]->torrent, nf->sites[3]->torrent_len);
  other[3]->torrent_len = nf->sites[3]->torrent_len;
  char *json = nf_index_of(other, NF_SWARMS);
  nf_give_index(nf, json);
  assert_int_equal(nf_find(nf, PT_OUT_REQUEST_END)->code, PT_ERR_STALE);
  assert_int_equal(nf_request(nf, 2, "/s3.bin"), PT_OK);
  assert_int_equal(nf->node->streams.count, 1);
  nf_give_index(nf, nf->index); /* and back */
  free(json);
  fx_del(other[3]);
  nf_del(nf);
}

static void an_index_that_is_none_leaves_the_old_one(void **state) {
  (void)state;
  node_fixture *nf = nf_new((pt_config){0});
  nf_forget(nf);
  nf_give_index(nf, "{\"version\":1,\"assets\":{}");
  assert_int_not_equal(nf_find(nf, PT_OUT_INDEXED)->code, PT_OK);
  assert_int_equal(nf_request(nf, 1, "/s3.bin"), PT_OK);
  assert_int_equal(nf->node->streams.count, 1);
  nf_del(nf);
}

static void an_upload_limit_is_kept_by_the_whole_node(void **state) {
  (void)state;
  enum { RATE = 20000, SECONDS = 60 };
  node_fixture *nf = nf_new((pt_config){.upload_rate_max = RATE});
  nf_welcome(nf);
  pt_swarm *s = pt_assets_swarm(nf->node, nf_key(nf, 8));
  for (uint32_t i = 0; i < s->piece_count; i++) { /* as if it had been loaded */
    s->files[0].chunks[0] = 1;
    s->files[0].chunks_known = 1;
    memcpy(s->files[0].layer, nf->sites[8]->layers[0], s->piece_count * sizeof(pt_hash));
    assert_true(pt_assembly_open(s, i));
    for (uint32_t at = 0; at < 2 * PT_BLOCK_SIZE; at += PT_BLOCK_SIZE)
      pt_assembly_put(s, i, at, fx_block(nf->sites[8], i, at), PT_GIVER_ORIGIN);
  }
  uint32_t link = nf_connect(nf, 1, 8);
  nf_channel(nf, 5, link, 8, true);
  nf_greet(nf, 5, 1, 8);
  for (uint32_t i = 0; i < 400; i++) {
    pt_wire_message m = {.kind = PT_WIRE_REQUEST, .index = i % 10, .length = PT_BLOCK_SIZE};
    nf_wire(nf, 5, &m);
  }
  pt_wire_message m = {.kind = PT_WIRE_HAVE_NONE};
  nf_wire(nf, 5, &m);
  uint64_t from_us = nf->now_us;
  uint32_t ticks = 0;
  while (nf->now_us < from_us + SECONDS * (uint64_t)PT_SECOND_US) {
    nf->now_us = pt_node_deadline(nf->node);
    nf_kind(nf, PT_IN_TICK);
    assert_true(++ticks < 2000); /* it sleeps until there is something to send */
    while (nf_find(nf, PT_OUT_CHANNEL_SEND)) {
      pt_event drained = {.kind = PT_IN_CHANNEL_DRAINED, .id = 5};
      nf_give(nf, &drained);
    }
  }
  pt_stats stats;
  pt_node_stats(nf->node, &stats);
  uint64_t seconds = (nf->now_us - from_us) / PT_SECOND_US + 1;
  assert_in_range(stats.peer_bytes_out, (seconds - 3) * RATE, seconds * RATE + 65536);
  nf_del(nf);
}

static void a_host_that_calls_late_excuses_others_once(void **state) {
  (void)state;
  node_fixture *nf = nf_new((pt_config){0});
  nf_welcome(nf);
  nf_named(nf, 1, 0); /* a dial that is to be given up at a time of its own */
  uint64_t due_us = pt_node_deadline(nf->node);
  assert_true(due_us != PT_NEVER);
  pt_event tick = {.kind = PT_IN_TICK};
  pt_event out;
  assert_int_equal(pt_node_input(nf->node, due_us, &tick), PT_OK);
  while (pt_node_poll(nf->node, &out)) continue;
  assert_int_equal(nf->node->cx.grace_us, 0); /* in time */
  uint64_t late_us = pt_node_deadline(nf->node) + 4 * PT_SECOND_US;
  assert_int_equal(pt_node_input(nf->node, late_us, &tick), PT_OK);
  while (pt_node_poll(nf->node, &out)) continue;
  assert_true(nf->node->cx.grace_us > late_us);
  nf_del(nf);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_host_that_calls_late_excuses_others_once),
      cmocka_unit_test(requests_that_can_not_be_are_ended_at_once),
      cmocka_unit_test(requests_are_bounded),
      cmocka_unit_test(what_is_gone_is_no_error),
      cmocka_unit_test(a_swarm_that_left_the_site_ends_its_requests),
      cmocka_unit_test(a_known_key_for_other_files_is_another_swarm),
      cmocka_unit_test(an_index_that_is_none_leaves_the_old_one),
      cmocka_unit_test(an_upload_limit_is_kept_by_the_whole_node),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
