/* The tables behind the meeting point: a slip here, and visitors are lost,
 * mixed up or kept for ever. */
#include "bans.h"
#include "base/limits.h"
#include "base/random.h"
#include "id_table.h"
#include "members.h"
#include "rate.h"
#include "resume.h"
#include "turn.h"
#include "unit.h"

static void id_of(uint8_t id[PT_ID_SIZE], uint32_t number) { unit_fill(id, PT_ID_SIZE, number); }

static void a_table_agrees_with_a_plain_list(void **state) {
  (void)state;
  enum { IDS = 300 };
  static int values[IDS];
  bool present[IDS] = {false};
  pt_id_table table;
  pt_id_table_init(&table, IDS / 2, 7);
  pt_random random;
  pt_random_init(&random, 1);
  size_t count = 0;
  for (int step = 0; step < 20000; step++) {
    uint32_t i = pt_random_below(&random, IDS);
    uint8_t id[PT_ID_SIZE];
    id_of(id, i);
    if (pt_random_below(&random, 2)) {
      bool fits = present[i] || count < IDS / 2;
      assert_int_equal(pt_id_table_put(&table, id, &values[i]), fits);
      count += fits && !present[i];
      present[i] = present[i] || fits;
    } else {
      assert_ptr_equal(pt_id_table_remove(&table, id), present[i] ? &values[i] : NULL);
      count -= present[i];
      present[i] = false;
    }
    assert_int_equal(table.count, count);
    uint32_t k = pt_random_below(&random, IDS);
    id_of(id, k);
    assert_ptr_equal(pt_id_table_get(&table, id), present[k] ? &values[k] : NULL);
  }
  size_t at = 0, seen = 0;
  while (pt_id_table_next(&table, &at)) seen++;
  assert_int_equal(seen, count);
  pt_id_table_free(&table);
}

static void members_come_change_and_go(void **state) {
  (void)state;
  enum { PEERS = 50 };
  static pt_memberships mine[PEERS];
  uint8_t peer[PT_ID_SIZE], key[PT_ID_SIZE];
  pt_members members;
  pt_random random;
  pt_random_init(&random, 5);
  pt_members_init(&members, 1000, 1);
  for (uint32_t i = 0; i < PEERS; i++) {
    id_of(peer, i);
    id_of(key, 1000 + i % 3);
    pt_memberships_init(&mine[i], peer, false, NULL);
    assert_non_null(pt_members_join(&members, &mine[i], key, i % 2));
  }
  assert_int_equal(members.swarms.count, 3);
  id_of(key, 1000);
  const pt_membership *m = pt_members_find(&mine[0], key);
  assert_int_equal(m->swarm->seeds.count, 9);
  assert_int_equal(m->swarm->leechers.count, 8);
  assert_non_null(pt_members_join(&members, &mine[3], key, 0)); /* completed */
  assert_int_equal(m->swarm->seeds.count, 10);
  assert_int_equal(m->swarm->leechers.count, 7);
  const pt_membership *out[PT_MEMBERS_CHOSEN_MAX];
  assert_int_equal(pt_members_choose(m, 100, &random, out), 7); /* a seed: leechers only */
  for (size_t i = 0; i < 7; i++) assert_false(out[i]->is_seed);
  for (size_t i = 0; i < PEERS; i += 2) pt_members_leave_all(&members, &mine[i]);
  for (size_t i = 1; i < PEERS; i += 2) pt_members_leave_all(&members, &mine[i]);
  assert_int_equal(members.swarms.count, 0);
  pt_members_free(&members);
}

static void a_peer_has_a_bounded_number_of_swarms(void **state) {
  (void)state;
  static pt_memberships mine;
  uint8_t peer[PT_ID_SIZE] = {1}, key[PT_ID_SIZE];
  pt_members members;
  pt_members_init(&members, 100000, 1);
  pt_memberships_init(&mine, peer, false, NULL);
  for (uint32_t i = 0; i < PT_MEMBERSHIPS_MAX; i++) {
    id_of(key, i);
    assert_non_null(pt_members_join(&members, &mine, key, 1));
  }
  id_of(key, 5000);
  assert_null(pt_members_join(&members, &mine, key, 1));
  assert_int_equal(members.swarms.count, PT_MEMBERSHIPS_MAX);
  pt_members_leave_all(&members, &mine);
  pt_members_free(&members);
}

static void one_enemy_bans_nobody_and_bans_end(void **state) {
  (void)state;
  uint8_t bad[PT_ID_SIZE] = {1}, b[PT_ID_SIZE] = {2}, c[PT_ID_SIZE] = {3}, peer[PT_ID_SIZE];
  pt_bans bans;
  pt_bans_init(&bans, 1);
  for (int i = 0; i < 10; i++) assert_false(pt_bans_report(&bans, bad, b, 100));
  assert_false(pt_bans_has(&bans, bad));
  assert_true(pt_bans_report(&bans, bad, c, 200));
  assert_true(pt_bans_has(&bans, bad));
  assert_false(pt_bans_report(&bans, bad, peer, 300)); /* it is banned already */
  pt_bans_expire(&bans, 100 + PT_BAN_US - 1);
  assert_true(pt_bans_has(&bans, bad));
  pt_bans_expire(&bans, 100 + PT_BAN_US);
  assert_false(pt_bans_has(&bans, bad));
  for (uint32_t i = 0; i < PT_BANNED_MAX + 10; i++) {
    id_of(peer, i);
    pt_bans_report(&bans, peer, b, i);
  }
  assert_int_equal(bans.table.count, PT_BANNED_MAX);
  pt_bans_free(&bans);
}

static void a_peer_comes_back_only_with_its_token(void **state) {
  (void)state;
  static pt_memberships mine;
  uint8_t peer[PT_ID_SIZE] = {1}, key[PT_ID_SIZE] = {9};
  uint8_t token[PT_RESUME_TOKEN_SIZE] = {0xab};
  const char *text = "ab000000000000000000000000000000";
  pt_bytes right = {(const uint8_t *)text, 32}, wrong = {(const uint8_t *)text, 30}, none = {0};
  pt_members members;
  pt_resumes resumes;
  pt_members_init(&members, 10, 1);
  pt_resumes_init(&resumes, 1);
  pt_memberships_init(&mine, peer, false, NULL);
  pt_members_join(&members, &mine, key, 1);
  pt_resumes_keep(&resumes, peer, token, &mine, 0);
  pt_resumes_keep(&resumes, peer, token, &mine, 1000); /* replaces the first */
  assert_null(pt_resumes_find(&resumes, peer, wrong));
  assert_null(pt_resumes_find(&resumes, peer, none));
  pt_resumes_expire(&resumes, PT_RESUME_US + 10); /* only the first has expired */
  const pt_resume *resume = pt_resumes_find(&resumes, peer, right);
  assert_non_null(resume);
  assert_int_equal(resume->swarm_count, 1);
  assert_memory_equal(resume->swarms[0], key, PT_ID_SIZE);
  pt_resumes_expire(&resumes, PT_RESUME_US + 1000);
  assert_null(pt_resumes_find(&resumes, peer, right));
  uint8_t id[PT_ID_SIZE];
  for (uint32_t i = 0; i < PT_RESUMES_MAX + 10; i++) {
    id_of(id, i);
    pt_resumes_keep(&resumes, id, token, &mine, i);
  }
  assert_int_equal(resumes.count, PT_RESUMES_MAX);
  pt_members_leave_all(&members, &mine);
  pt_members_free(&members);
  pt_resumes_free(&resumes);
}

static void rates_allow_bursts_and_then_the_pace(void **state) {
  (void)state;
  pt_rate rate;
  pt_rate_init(&rate, 10, 0);
  for (int i = 0; i < 10; i++) assert_true(pt_rate_take(&rate, 1, 2, 10, 0));
  assert_false(pt_rate_take(&rate, 1, 2, 10, 400000));
  assert_true(pt_rate_take(&rate, 1, 2, 10, 500000));
  assert_false(pt_rate_take(&rate, 11, 2, 10, 1000000000)); /* never more than a burst */
}

static void turn_credentials_are_coturns(void **state) {
  (void)state;
  pt_turn turn = {.url = "turn:t.example", .secret_len = 6, .secret = "secret"};
  uint8_t peer[PT_ID_SIZE] = {0};
  char *json = pt_turn_json(&turn, peer, 1000000000);
  /* printf '1000043200:000…0' | openssl dgst -sha1 -hmac secret -binary | base64 */
  assert_string_equal(json, "[{\"urls\":\"turn:t.example\",\"username\":\"1000043200:"
                            "0000000000000000000000000000000000000000\","
                            "\"credential\":\"Kkl16/INYv1qMW5wv4+QmJHZiho=\"}]");
  free(json);
  turn.url = "";
  json = pt_turn_json(&turn, peer, 0);
  assert_string_equal(json, "[]");
  free(json);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_table_agrees_with_a_plain_list),
      cmocka_unit_test(members_come_change_and_go),
      cmocka_unit_test(a_peer_has_a_bounded_number_of_swarms),
      cmocka_unit_test(one_enemy_bans_nobody_and_bans_end),
      cmocka_unit_test(a_peer_comes_back_only_with_its_token),
      cmocka_unit_test(rates_allow_bursts_and_then_the_pace),
      cmocka_unit_test(turn_credentials_are_coturns),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
