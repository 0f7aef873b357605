/* What all swarms share: a visitor's upload limits are promises to the one who
 * pays for the line; bans and names decide who is blamed. */
#include "unit.h"

#include "swarm/context.h"

static pt_context *context_new(uint64_t rate, uint64_t quota) {
  pt_context *cx = calloc(1, sizeof *cx);
  cx->now_us = 5000;
  cx->upload_quota = quota;
  pt_outbox_init(&cx->out);
  pt_context_limit_upload(cx, rate);
  return cx;
}

static void context_del(pt_context *cx) {
  pt_outbox_free(&cx->out);
  free(cx);
}

/* Sends blocks as soon as it may for so long, looking every step_us. */
static uint64_t sent_within(pt_context *cx, uint64_t for_us, uint64_t step_us) {
  uint64_t sent = 0;
  for (uint64_t end = cx->now_us + for_us; cx->now_us < end; cx->now_us += step_us)
    while (pt_context_take_upload(cx, PT_BLOCK_SIZE, false)) sent += PT_BLOCK_SIZE;
  return sent;
}

static void the_upload_rate_is_kept_over_time(void **state) {
  (void)state;
  const uint64_t rates[] = {1000, 10000, 64000, 300000, 5000000};
  const uint64_t steps[] = {37, 1000, 20000, 1500000};
  for (size_t r = 0; r < sizeof rates / sizeof *rates; r++) {
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
      pt_context *cx = context_new(rates[r], UINT64_MAX);
      uint64_t seconds = steps[i] < 100 ? 40 : 400, bucket = 65536;
      if (rates[r] > bucket) bucket = rates[r];
      uint64_t sent = sent_within(cx, seconds * PT_SECOND_US, steps[i]);
      assert_true(sent <= rates[r] * seconds + bucket);
      uint64_t per_step = rates[r] * steps[i] / PT_SECOND_US;
      if (per_step < bucket) assert_true(sent + bucket + PT_BLOCK_SIZE >= rates[r] * seconds);
      context_del(cx);
    }
  }
}

/* Woken too early the node would spin, too late it would send too little. */
static void the_time_to_send_is_told_exactly(void **state) {
  (void)state;
  pt_context *cx = context_new(12345, UINT64_MAX);
  for (uint32_t i = 0; i < 200; i++) {
    uint32_t bytes = 1 + i * 300;
    uint64_t at = pt_context_upload_at(cx, bytes);
    assert_true(at >= cx->now_us);
    if (at > cx->now_us + 2) {
      cx->now_us = at - 2;
      assert_false(pt_context_take_upload(cx, bytes + 1, false));
    }
    cx->now_us = at;
    if (pt_context_take_upload(cx, bytes, false)) continue;
    cx->now_us += 82; /* having looked in between may have cost one byte's time */
    assert_true(pt_context_take_upload(cx, bytes, false));
  }
  context_del(cx);
}

static void what_may_never_be_sent_is_not_waited_for(void **state) {
  (void)state;
  pt_context *cx = context_new(1000, 20000);
  cx->now_us += 60 * PT_SECOND_US;
  assert_true(pt_context_take_upload(cx, PT_BLOCK_SIZE, false));
  assert_false(pt_context_take_upload(cx, PT_BLOCK_SIZE, false)); /* the quota is used up */
  assert_true(pt_context_upload_at(cx, PT_BLOCK_SIZE) == PT_NEVER);
  assert_true(pt_context_may_upload(cx, 3616));
  cx->consent = PT_CONSENT_DOWNLOAD_ONLY;
  assert_false(pt_context_may_upload(cx, 1));
  assert_true(pt_context_upload_at(cx, 1) == PT_NEVER);
  context_del(cx);
}

static void absurd_limits_mean_none(void **state) {
  (void)state;
  const uint64_t rates[] = {0, UINT64_MAX, 1ull << 50};
  for (size_t i = 0; i < 3; i++) {
    pt_context *cx = context_new(rates[i], UINT64_MAX);
    assert_int_equal(pt_context_upload_at(cx, PT_BLOCK_SIZE), cx->now_us);
    for (int n = 0; n < 1000; n++) assert_true(pt_context_take_upload(cx, PT_BLOCK_SIZE, false));
    assert_true(cx->upload_quota == UINT64_MAX);
    context_del(cx);
  }
}

static void a_new_limit_holds_at_once(void **state) {
  (void)state;
  pt_context *cx = context_new(10000000, UINT64_MAX);
  cx->now_us += 5 * PT_SECOND_US;
  assert_true(pt_context_take_upload(cx, PT_BLOCK_SIZE, false));
  pt_context_limit_upload(cx, 1000);
  assert_true(sent_within(cx, 10 * PT_SECOND_US, 1000) <= 65536 + 10000);
  pt_context_limit_upload(cx, 0);
  assert_true(pt_context_take_upload(cx, PT_UPLOAD_LENGTH_MAX, false));
  context_del(cx);
}

static void id_of(uint32_t number, uint8_t id[PT_ID_SIZE]) {
  unit_fill(id, PT_ID_SIZE, number + 9);
}

static void the_oldest_ban_is_forgotten_first(void **state) {
  (void)state;
  pt_context *cx = context_new(0, UINT64_MAX);
  uint8_t id[PT_ID_SIZE], swarm[PT_ID_SIZE] = {0};
  for (uint32_t i = 0; i <= PT_BANNED_MAX; i++) {
    id_of(i, id);
    pt_context_ban(cx, id, swarm, i, PT_ERR_HASH);
    pt_context_ban(cx, id, swarm, i, PT_ERR_HASH); /* once is enough */
  }
  assert_int_equal(cx->banned_count, PT_BANNED_MAX);
  id_of(0, id);
  assert_false(pt_context_banned(cx, id));
  id_of(1, id);
  assert_true(pt_context_banned(cx, id));
  id_of(PT_BANNED_MAX, id);
  assert_true(pt_context_banned(cx, id));
  assert_int_equal(cx->report_count, PT_REPORTS_MAX);
  assert_int_equal(cx->stats.peers_banned, PT_BANNED_MAX + 1);
  assert_int_equal(cx->out.count, PT_BANNED_MAX + 1);
  context_del(cx);
}

/* A peer that comes back must not get the blame under another's name. */
static void a_peer_keeps_its_number(void **state) {
  (void)state;
  pt_context *cx = context_new(0, UINT64_MAX);
  uint8_t id[PT_ID_SIZE];
  uint16_t first = 0;
  for (uint32_t i = 0; i < PT_NAMES_MAX - PT_GIVER_FIRST; i++) {
    id_of(i, id);
    uint16_t name = pt_context_name(cx, id);
    assert_in_range(name, PT_GIVER_FIRST, PT_NAMES_MAX - 1);
    assert_memory_equal(cx->names[name], id, PT_ID_SIZE);
    if (i == 0) first = name;
  }
  id_of(0, id);
  assert_int_equal(pt_context_name(cx, id), first);
  id_of(PT_NAMES_MAX, id); /* one more than there is room for: the oldest goes */
  assert_int_equal(pt_context_name(cx, id), first);
  context_del(cx);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_upload_rate_is_kept_over_time),
      cmocka_unit_test(the_time_to_send_is_told_exactly),
      cmocka_unit_test(what_may_never_be_sent_is_not_waited_for),
      cmocka_unit_test(absurd_limits_mean_none),
      cmocka_unit_test(a_new_limit_holds_at_once),
      cmocka_unit_test(the_oldest_ban_is_forgotten_first),
      cmocka_unit_test(a_peer_keeps_its_number),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
