/* Who fetches from the origin: were visitors not of one mind, each would fetch
 * for itself, and the site's owner would pay for it. */
#include "swarm/election.h"
#include "unit.h"

#define CROWD 20u
static const uint8_t SWARM[PT_ID_SIZE] = "a swarm of 20 bytes";

static void make_peers(uint8_t peers[][PT_ID_SIZE], size_t count, uint32_t seed) {
  for (size_t i = 0; i < count; i++) unit_fill(peers[i], PT_ID_SIZE, seed + (uint32_t)i);
}

/* The place of peer i in line: how many are drawn more strongly. */
static size_t rank_of(uint8_t peers[][PT_ID_SIZE], size_t count, size_t i, uint32_t unit) {
  uint64_t own = pt_election_weight(SWARM, unit, peers[i]);
  size_t rank = 0;
  for (size_t k = 0; k < count; k++) rank += pt_election_weight(SWARM, unit, peers[k]) > own;
  return rank;
}

static void all_visitors_come_to_the_same_order(void **state) {
  (void)state;
  uint8_t peers[CROWD][PT_ID_SIZE];
  make_peers(peers, CROWD, 1);
  for (uint32_t unit = 0; unit < 100; unit++) {
    bool taken[CROWD] = {false};
    for (size_t i = 0; i < CROWD; i++) {
      size_t rank = rank_of(peers, CROWD, i, unit);
      assert_true(rank < CROWD);
      assert_false(taken[rank]);
      taken[rank] = true;
    }
  }
}

static void the_work_is_shared_evenly(void **state) {
  (void)state;
  enum { UNITS = 4000 };
  uint8_t peers[CROWD][PT_ID_SIZE];
  make_peers(peers, CROWD, 7);
  for (size_t i = 0; i < CROWD; i++) {
    size_t elected = 0;
    for (uint32_t unit = 0; unit < UNITS; unit++) elected += rank_of(peers, CROWD, i, unit) == 0;
    /* 200 expected, deviation 14: five of them either way */
    assert_in_range(elected, 130, 270);
  }
}

static void who_leaves_changes_only_what_it_would_have_fetched(void **state) {
  (void)state;
  uint8_t peers[CROWD][PT_ID_SIZE];
  make_peers(peers, CROWD, 3);
  for (uint32_t unit = 0; unit < 200; unit++) {
    size_t before = 0, after = 0, backup = 0;
    for (size_t i = 0; i < CROWD; i++) {
      if (rank_of(peers, CROWD, i, unit) == 0) before = i;
      if (rank_of(peers, CROWD, i, unit) == 1) backup = i;
    }
    for (size_t i = 0; i + 1 < CROWD; i++)
      if (rank_of(peers, CROWD - 1, i, unit) == 0) after = i;
    assert_int_equal(after, before == CROWD - 1 ? backup : before);
  }
}

static void every_build_computes_the_same_weight(void **state) {
  (void)state;
  const uint8_t zero[PT_ID_SIZE] = {0};
  uint64_t first = pt_election_weight(zero, 0, zero);
  assert_true(first == UINT64_C(0xe773d45104fa54c3));
  assert_true(pt_election_weight(zero, 1, zero) != first);
  assert_true(pt_election_weight(zero, 0x01000000, zero) != pt_election_weight(zero, 1, zero));
  assert_true(pt_election_weight(SWARM, 0, zero) != pt_election_weight(zero, 0, SWARM));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(all_visitors_come_to_the_same_order),
      cmocka_unit_test(the_work_is_shared_evenly),
      cmocka_unit_test(who_leaves_changes_only_what_it_would_have_fetched),
      cmocka_unit_test(every_build_computes_the_same_weight),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
