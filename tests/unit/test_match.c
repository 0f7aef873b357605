/* Who is told of whom: were the draw lopsided, some visitors would carry the
 * site for all others, or nobody would hear of the one who has it. */
#include "swarm/match.h"
#include "unit.h"

static size_t choose(pt_match match, uint32_t want, uint64_t seed, pt_match_choice *out) {
  pt_random random;
  pt_random_init(&random, seed);
  return pt_match_choose(&match, want, &random, out);
}

static size_t count_seeds(const pt_match_choice *choices, size_t count) {
  size_t seeds = 0;
  for (size_t i = 0; i < count; i++) seeds += choices[i].is_seed;
  return seeds;
}

static void check_different(const pt_match *match, const pt_match_choice *choices, size_t count) {
  for (size_t i = 0; i < count; i++) {
    assert_true(choices[i].place < (choices[i].is_seed ? match->seed_count : match->leecher_count));
    assert_false(choices[i].is_seed == match->joiner_is_seed && choices[i].place == match->joiner);
    for (size_t j = 0; j < i; j++)
      assert_false(choices[i].is_seed == choices[j].is_seed &&
                   choices[i].place == choices[j].place);
  }
}

static void never_the_joiner_nor_anyone_twice(void **state) {
  (void)state;
  pt_match_choice out[PT_MATCH_MAX];
  for (uint32_t seeds = 0; seeds < 12; seeds++) {
    for (uint32_t leechers = 0; leechers < 12; leechers++) {
      for (uint32_t place = 0; place <= leechers; place++) {
        pt_match match = {seeds, leechers, false, place < leechers ? place : PT_MATCH_NONE,
                          NULL,  NULL};
        size_t others = seeds + leechers - (place < leechers ? 1 : 0);
        for (uint32_t want = 0; want < 26; want += 5) {
          size_t count = choose(match, want, place + want, out);
          assert_int_equal(count, want < others ? want : others);
          check_different(&match, out, count);
        }
      }
    }
  }
}

static void a_leecher_hears_of_seeds_and_leechers_alike(void **state) {
  (void)state;
  pt_match_choice out[PT_MATCH_MAX];
  assert_int_equal(count_seeds(out, choose((pt_match){50, 50, false, 7, NULL, NULL}, 10, 1, out)),
                   5);
  assert_int_equal(count_seeds(out, choose((pt_match){2, 50, false, 7, NULL, NULL}, 10, 1, out)),
                   2);
  assert_int_equal(count_seeds(out, choose((pt_match){50, 3, false, 0, NULL, NULL}, 10, 1, out)),
                   8);
  assert_int_equal(count_seeds(out, choose((pt_match){50, 50, false, 7, NULL, NULL}, 1, 1, out)),
                   1);
}

static void a_seed_hears_of_leechers_only(void **state) {
  (void)state;
  pt_match_choice out[PT_MATCH_MAX];
  assert_int_equal(choose((pt_match){30, 4, true, 3, NULL, NULL}, 20, 1, out), 4);
  assert_int_equal(count_seeds(out, 4), 0);
  assert_int_equal(choose((pt_match){1, 0, true, 0, NULL, NULL}, 20, 1, out), 0);
}

static void the_answer_is_bounded(void **state) {
  (void)state;
  pt_match_choice out[PT_MATCH_MAX];
  assert_int_equal(choose((pt_match){100000, 100000, false, 5, NULL, NULL}, UINT32_MAX, 1, out),
                   PT_MATCH_MAX);
}

static void everybody_is_drawn_about_equally_often(void **state) {
  (void)state;
  enum { LEECHERS = 20, ROUNDS = 4000, WANT = 5 };
  unsigned drawn[LEECHERS] = {0};
  pt_random random;
  pt_random_init(&random, 42);
  pt_match match = {0, LEECHERS, false, 11, NULL, NULL};
  for (int i = 0; i < ROUNDS; i++) {
    pt_match_choice out[PT_MATCH_MAX];
    size_t count = pt_match_choose(&match, WANT, &random, out);
    for (size_t k = 0; k < count; k++) drawn[out[k].place]++;
  }
  for (size_t i = 0; i < LEECHERS; i++) {
    /* 1053 expected, deviation 28 */
    if (i == 11)
      assert_int_equal(drawn[i], 0);
    else
      assert_in_range(drawn[i], 910, 1195);
  }
}

/* Peers live in a row; the joiner is at 0. */
static uint32_t in_a_row(const void *context, bool is_seed, uint32_t place) {
  (void)is_seed;
  return *(const uint32_t *)context + place;
}

static void the_nearest_are_chosen_but_for_a_few(void **state) {
  (void)state;
  uint32_t street = 0, far_seen = 0;
  for (uint64_t seed = 0; seed < 200; seed++) {
    pt_match_choice out[PT_MATCH_MAX];
    pt_match match = {20, 40, false, 7, in_a_row, &street};
    size_t count = choose(match, 16, seed, out);
    assert_int_equal(count, 16);
    assert_int_equal(count_seeds(out, count), 8);
    check_different(&match, out, count);
    unsigned near_seeds = 0, near_leechers = 0;
    for (size_t i = 0; i < count; i++) {
      if (out[i].is_seed)
        near_seeds += out[i].place < 6;
      else
        near_leechers += out[i].place < 7; /* 7 is the joiner itself */
      far_seen += out[i].place >= 15;
    }
    assert_true(near_seeds == 6 && near_leechers >= 6);
  }
  assert_true(far_seen > 200); /* the quarter by lot goes anywhere */
}

static uint32_t all_alike(const void *context, bool is_seed, uint32_t place) {
  (void)context, (void)is_seed, (void)place;
  return UINT32_MAX;
}

static void among_equals_lots_decide(void **state) {
  (void)state;
  enum { LEECHERS = 20, ROUNDS = 4000, WANT = 5 };
  unsigned drawn[LEECHERS] = {0};
  pt_random random;
  pt_random_init(&random, 43);
  pt_match match = {0, LEECHERS, false, 11, all_alike, NULL};
  for (int i = 0; i < ROUNDS; i++) {
    pt_match_choice out[PT_MATCH_MAX];
    size_t count = pt_match_choose(&match, WANT, &random, out);
    for (size_t k = 0; k < count; k++) drawn[out[k].place]++;
  }
  for (size_t i = 0; i < LEECHERS; i++) /* 1053 expected, deviation 28 */
    assert_true(i == 11 ? drawn[i] == 0 : drawn[i] > 910 && drawn[i] < 1195);
}

static void the_same_seed_gives_the_same_answer(void **state) {
  (void)state;
  pt_match_choice a[PT_MATCH_MAX], b[PT_MATCH_MAX];
  pt_match match = {40, 40, false, 3, NULL, NULL};
  size_t count = choose(match, 20, 99, a);
  assert_int_equal(choose(match, 20, 99, b), count);
  for (size_t i = 0; i < count; i++) {
    assert_int_equal(a[i].place, b[i].place);
    assert_int_equal(a[i].is_seed, b[i].is_seed);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(never_the_joiner_nor_anyone_twice),
      cmocka_unit_test(a_leecher_hears_of_seeds_and_leechers_alike),
      cmocka_unit_test(a_seed_hears_of_leechers_only),
      cmocka_unit_test(the_answer_is_bounded),
      cmocka_unit_test(everybody_is_drawn_about_equally_often),
      cmocka_unit_test(the_nearest_are_chosen_but_for_a_few),
      cmocka_unit_test(among_equals_lots_decide),
      cmocka_unit_test(the_same_seed_gives_the_same_answer),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
