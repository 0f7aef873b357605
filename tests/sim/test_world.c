/* The whole node among others: what visitors gain from each other, and what
 * they must never lose by each other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "world.h"

#define SECOND 1000000ull
#define VIDEO 3u /* number of the large file */
#define VIDEO_BYTES (8u << 20)

static const world_options home = {.seed = 7,
                                   .link_delay_us = 10000,
                                   .server_delay_us = 20000,
                                   .uplink_rate = 4000000,
                                   .origin_rate = 20000000};

static const uint64_t lengths[] = {9000, 50000, 700000, VIDEO_BYTES};

static site *the_site;

static int make_site(void **state) {
  (void)state;
  the_site = site_new(1, lengths, 4, 65536);
  return the_site == NULL;
}

static int drop_site(void **state) {
  (void)state;
  site_del(the_site);
  return 0;
}

static void assert_right(const world_request *r) {
  assert_true(r->done);
  assert_int_equal(r->result, PT_OK);
  assert_false(r->wrong);
  assert_int_equal(r->received, r->end - r->at);
}

/* A visitor that has the video whole. */
static uint32_t seed_of(world *w) {
  uint32_t v = world_arrive(w);
  world_request *r = world_ask(w, v, VIDEO, 0, 0);
  assert_true(world_run(w, 60 * SECOND, world_all_done, NULL));
  assert_right(r);
  return v;
}

static void finish(world *w) { assert_true(world_run(w, 120 * SECOND, world_all_done, NULL)); }

static void test_first_visitor_gets_all_from_the_origin_once(void **state) {
  (void)state;
  world *w = world_new(the_site, home);
  uint32_t a = world_arrive(w);
  world_request *all[4];
  uint64_t bytes = 0;
  for (uint32_t f = 0; f < 4; f++) {
    all[f] = world_ask(w, a, f, 0, 0);
    bytes += lengths[f];
  }
  finish(w);
  for (uint32_t f = 0; f < 4; f++) assert_right(all[f]);
  /* The torrent with its hashes comes on top, nothing twice. */
  assert_in_range(world_origin_bytes(w), bytes, bytes + bytes / 100);
  world_del(w);
}

static void test_second_visitor_is_served_by_the_first(void **state) {
  (void)state;
  world *w = world_new(the_site, home);
  seed_of(w);
  uint64_t before = world_origin_bytes(w);
  world_request *r = world_ask(w, world_arrive(w), VIDEO, 0, 0);
  finish(w);
  assert_right(r);
  assert_true(world_origin_bytes(w) - before <= VIDEO_BYTES / 20);
  world_del(w);
}

static void test_who_came_last_serves_after_the_first_left(void **state) {
  (void)state;
  world *w = world_new(the_site, home);
  uint32_t a = seed_of(w);
  world_ask(w, world_arrive(w), VIDEO, 0, 0);
  finish(w);
  world_kill(w, a);
  uint64_t before = world_origin_bytes(w);
  world_request *r = world_ask(w, world_arrive(w), VIDEO, 0, 0);
  finish(w);
  assert_right(r);
  assert_true(world_origin_bytes(w) - before <= VIDEO_BYTES / 20);
  world_del(w);
}

static void test_a_seek_gets_its_range_from_peers(void **state) {
  (void)state;
  world *w = world_new(the_site, home);
  seed_of(w);
  world_request *r = world_ask(w, world_arrive(w), VIDEO, 5000001, 7654321);
  finish(w);
  assert_right(r);
  assert_true(r->from_peers > r->from_origin * 9);
  world_del(w);
}

static void test_a_cold_crowd_takes_at_most_two_copies(void **state) {
  (void)state;
  world *w = world_new(the_site, home);
  world_request *all[6];
  for (int i = 0; i < 6; i++) all[i] = world_ask(w, world_arrive(w), VIDEO, 0, 0);
  finish(w);
  for (int i = 0; i < 6; i++) assert_right(all[i]);
  assert_true(world_origin_bytes(w) <= 2u * VIDEO_BYTES);
  world_del(w);
}

static void test_a_liar_is_named_and_nothing_wrong_arrives(void **state) {
  (void)state;
  for (uint32_t nth = 1; nth <= 33; nth += 16) {
    world *w = world_new(the_site, home);
    uint32_t liar = seed_of(w);
    world_ask(w, world_arrive(w), VIDEO, 0, 0);
    finish(w);
    world_corrupt(w, liar, nth);
    world_request *r = world_ask(w, world_arrive(w), VIDEO, 0, 0);
    finish(w);
    assert_right(r);
    assert_true(world_bans(w, liar) >= 1);
    assert_int_equal(world_wrong_bans(w), 0);
    world_del(w);
  }
}

static void test_only_liars_are_banned_when_all_serve_all(void **state) {
  (void)state;
  world *w = world_new(the_site, home);
  uint32_t liar = world_arrive(w);
  world_request *all[6] = {world_ask(w, liar, VIDEO, 0, 0)};
  world_corrupt(w, liar, 5);
  for (int i = 1; i < 6; i++) all[i] = world_ask(w, world_arrive(w), VIDEO, 0, 0);
  finish(w);
  for (int i = 0; i < 6; i++) assert_right(all[i]);
  assert_true(world_bans(w, liar) >= 1);
  assert_int_equal(world_wrong_bans(w), 0);
  world_del(w);
}

static void test_a_peer_that_dies_is_replaced(void **state) {
  (void)state;
  world *w = world_new(the_site, home);
  uint32_t a = seed_of(w);
  world_request *r = world_ask(w, world_arrive(w), VIDEO, 0, 0);
  world_run(w, SECOND, NULL, NULL);
  assert_false(r->done);
  world_kill(w, a);
  finish(w);
  assert_right(r);
  world_del(w);
}

static void test_a_peer_that_goes_silent_costs_seconds_at_most(void **state) {
  (void)state;
  world *w = world_new(the_site, home);
  uint32_t a = seed_of(w);
  world_request *r = world_ask(w, world_arrive(w), VIDEO, 0, 0);
  world_run(w, SECOND, NULL, NULL);
  world_mute(w, a);
  uint64_t muted_us = world_now(w);
  finish(w);
  assert_right(r);
  assert_true(r->done_us - muted_us < 4 * SECOND);
  world_del(w);
}

static void test_transfers_outlive_server_and_origin(void **state) {
  (void)state;
  world *w = world_new(the_site, home);
  seed_of(w);
  world_request *r = world_ask(w, world_arrive(w), VIDEO, 0, 0);
  world_run(w, SECOND, NULL, NULL);
  assert_false(r->done);
  world_server_fails(w, true);
  world_origin_fails(w, true);
  finish(w);
  assert_right(r);
  world_del(w);
}

static void test_without_links_everything_comes_from_the_origin(void **state) {
  (void)state;
  world *w = world_new(the_site, home);
  seed_of(w);
  world_links_fail(w, true);
  world_request *r = world_ask(w, world_arrive(w), VIDEO, 0, 0);
  finish(w);
  assert_right(r);
  assert_int_equal(r->from_peers, 0);
  world_del(w);
}

static void test_without_anybody_the_page_is_told_to_go_itself(void **state) {
  (void)state;
  world *w = world_new(the_site, home);
  uint32_t a = world_arrive(w);
  world_origin_fails(w, true);
  world_request *r = world_ask(w, a, VIDEO, 0, 0);
  finish(w);
  assert_int_equal(r->result, PT_ERR_UNREACHABLE);
  assert_int_equal(r->received, 0);
  world_del(w);
}

static void test_a_file_that_is_gone_holds_up_no_other(void **state) {
  (void)state;
  world *w = world_new(the_site, home);
  world_origin_lacks(w, 1);
  uint32_t a = world_arrive(w);
  world_request *gone = world_ask(w, a, 1, 0, 0);
  world_request *small = world_ask(w, a, 0, 0, 0), *video = world_ask(w, a, VIDEO, 0, 0);
  finish(w);
  assert_right(small);
  assert_right(video);
  assert_int_equal(gone->result, PT_ERR_STALE); /* the page's own request gets the 404 */
  /* Plain HTTP takes 0.44 s for the video: nothing paused meanwhile. */
  assert_in_range(gone->done_us - gone->asked_us, 0, 2 * SECOND);
  assert_in_range(video->done_us - video->asked_us, 0, 3 * SECOND);
  world_del(w);
}

static void test_a_file_that_is_gone_comes_from_who_has_it(void **state) {
  (void)state;
  world *w = world_new(the_site, home);
  seed_of(w);
  world_origin_lacks(w, VIDEO);
  world_request *r = world_ask(w, world_arrive(w), VIDEO, 0, 0);
  finish(w);
  assert_right(r);
  world_del(w);
}

static void test_another_version_at_the_origin_is_never_delivered(void **state) {
  (void)state;
  site *other = site_new(2, lengths, 4, 65536);
  world *w = world_new(the_site, home);
  world_origin_site(w, other);
  world_request *r = world_ask(w, world_arrive(w), 1, 0, 0);
  finish(w);
  assert_int_equal(r->result, PT_ERR_STALE);
  assert_int_equal(r->received, 0);
  assert_false(r->wrong);
  world_del(w);
  site_del(other);
}

static void test_who_only_downloads_gives_nothing(void **state) {
  (void)state;
  world *w = world_new(the_site, home);
  uint32_t a = seed_of(w);
  world_consent(w, a, PT_CONSENT_DOWNLOAD_ONLY);
  world_request *r = world_ask(w, world_arrive(w), VIDEO, 0, 0);
  finish(w);
  assert_right(r);
  assert_int_equal(r->from_peers, 0);
  pt_stats stats;
  pt_node_stats(world_node(w, a), &stats);
  assert_int_equal(stats.peer_bytes_out, 0);
  world_del(w);
}

/* A player takes little at a time and jumps about: what it left behind must not
 * pile up, and little may be loaded in vain. */
static void test_a_player_that_seeks_leaks_nothing(void **state) {
  (void)state;
  world *w = world_new(the_site, home);
  seed_of(w);
  uint32_t v = world_arrive(w);
  uint64_t played = 0;
  for (uint64_t seek = 0; seek < 60; seek++) {
    uint64_t at = seek * 2654435761u % (VIDEO_BYTES - 400000);
    world_request *r = world_ask_slowly(w, v, VIDEO, at, 0);
    for (int i = 0; i < 6; i++) {
      world_credit(w, r, 30000);
      world_run(w, 50000, NULL, NULL);
    }
    assert_false(r->wrong);
    played += r->received;
    world_cancel(w, r);
  }
  world_run(w, SECOND, NULL, NULL);
  pt_stats stats;
  pt_node_stats(world_node(w, v), &stats);
  assert_true(played > 60 * 100000);
  assert_true(stats.stored_bytes <= VIDEO_BYTES); /* no more than the file itself */
  assert_true(stats.peer_bytes_in + stats.origin_bytes <= 2 * VIDEO_BYTES);
  assert_true(stats.wasted_bytes <= VIDEO_BYTES / 2);
  assert_true(stats.origin_bytes <= VIDEO_BYTES / 4);
  world_request *r = world_ask(w, v, VIDEO, 0, 0); /* and it still works */
  finish(w);
  assert_right(r);
  world_del(w);
}

static void test_visitors_that_come_one_after_another_take_little_from_the_origin(void **state) {
  (void)state;
  world *w = world_new(the_site, home);
  world_request *all[20];
  for (int i = 0; i < 20; i++) {
    all[i] = world_ask(w, world_arrive(w), VIDEO, 0, 0);
    world_run(w, SECOND / 5, NULL, NULL);
  }
  finish(w);
  for (int i = 0; i < 20; i++) assert_right(all[i]);
  assert_true(world_origin_bytes(w) <= 3u * VIDEO_BYTES);
  world_del(w);
}

static void test_a_file_larger_than_a_visitors_memory_arrives(void **state) {
  (void)state;
  world_options small = home;
  small.memory_max = VIDEO_BYTES / 4;
  world *w = world_new(the_site, small);
  for (int i = 0; i < 3; i++) {
    uint32_t v = world_arrive(w);
    world_request *r = world_ask(w, v, VIDEO, 0, 0);
    finish(w);
    assert_right(r);
    pt_stats stats;
    pt_node_stats(world_node(w, v), &stats);
    assert_true(stats.stored_bytes <= small.memory_max);
  }
  world_del(w);
}

static void test_a_server_that_is_down_from_the_start_costs_nothing(void **state) {
  (void)state;
  world *w = world_new(the_site, home);
  world_server_fails(w, true);
  world_request *r = world_ask(w, world_arrive(w), VIDEO, 0, 0);
  finish(w);
  assert_right(r);
  assert_true(r->first_us - r->asked_us < SECOND / 4);
  world_del(w);
}

static void test_a_server_that_says_nothing_costs_one_wait(void **state) {
  (void)state;
  world *w = world_new(the_site, home);
  world_server_mutes(w);
  uint32_t v = world_arrive(w);
  world_request *r = world_ask(w, v, VIDEO, 0, 0);
  finish(w);
  assert_right(r);
  assert_true(r->first_us - r->asked_us < 2 * SECOND);
  for (uint32_t f = 0; f < 3; f++) {
    world_run(w, 5 * SECOND, NULL, NULL);
    r = world_ask(w, v, f, 0, 0);
    finish(w);
    assert_right(r);
    assert_true(r->first_us - r->asked_us < SECOND / 4);
  }
  world_del(w);
}

/* --- disks ---------------------------------------------------------------- */

static uint64_t from_disk(const world *w, const world_request *all[4]) {
  (void)w;
  uint64_t bytes = 0;
  for (uint32_t f = 0; f < 4; f++) {
    assert_right(all[f]);
    bytes += all[f]->from_disk;
  }
  return bytes;
}

static uint64_t site_bytes(void) { return lengths[0] + lengths[1] + lengths[2] + lengths[3]; }

static void ask_all(world *w, uint32_t v, const world_request *all[4]) {
  for (uint32_t f = 0; f < 4; f++) all[f] = world_ask(w, v, f, 0, 0);
}

/* A visitor takes all and goes; its disk stays. */
static void fill(world *w, disk *d) {
  const world_request *all[4];
  uint32_t v = world_arrive(w);
  world_give_disk(w, v, d, UINT64_MAX, 500);
  ask_all(w, v, all);
  finish(w);
  assert_int_equal(from_disk(w, all), 0);
  assert_int_equal(disk_bytes(d), site_bytes());
  world_kill(w, v);
}

static void test_who_returns_has_all_and_serves_it_without_an_origin(void **state) {
  (void)state;
  world *w = world_new(the_site, home);
  disk *d = disk_new(UINT64_MAX);
  fill(w, d);
  world_origin_fails(w, true);
  uint32_t back = world_arrive(w), fresh = world_arrive(w);
  world_give_disk(w, back, d, UINT64_MAX, 2000);
  const world_request *of_back[4], *of_fresh[4];
  ask_all(w, fresh, of_fresh);
  finish(w);
  assert_int_equal(from_disk(w, of_fresh), 0);
  ask_all(w, back, of_back);
  finish(w);
  for (uint32_t f = 0; f < 4; f++) assert_int_equal(of_back[f]->from_disk, lengths[f]);
  world_del(w);
  disk_del(d);
}

static void test_flipped_bits_on_disk_reach_nobody(void **state) {
  (void)state;
  world *w = world_new(the_site, home);
  disk *d = disk_new(UINT64_MAX);
  fill(w, d);
  disk_flip(d, 3);
  uint64_t before = world_origin_bytes(w);
  uint32_t back = world_arrive(w), fresh = world_arrive(w);
  world_give_disk(w, back, d, UINT64_MAX, 2000);
  const world_request *of_back[4], *of_fresh[4];
  ask_all(w, fresh, of_fresh);
  ask_all(w, back, of_back);
  finish(w);
  from_disk(w, of_fresh);
  assert_in_range(from_disk(w, of_back), site_bytes() / 2, site_bytes() * 3 / 4);
  assert_int_equal(world_wrong_bans(w), 0);
  assert_true(world_origin_bytes(w) - before < site_bytes() / 2);
  assert_int_equal(disk_bytes(d), site_bytes()); /* what was wrong is there anew */
  world_del(w);
  disk_del(d);
}

static void test_a_full_disk_costs_nothing(void **state) {
  (void)state;
  world_options small = home;
  small.memory_max = VIDEO_BYTES / 2;
  world *w = world_new(the_site, small);
  disk *d = disk_new(VIDEO_BYTES / 4);
  uint32_t v = world_arrive(w);
  world_give_disk(w, v, d, UINT64_MAX, 500);
  for (int round = 0; round < 2; round++) {
    const world_request *all[4];
    ask_all(w, v, all);
    finish(w);
    from_disk(w, all);
  }
  world_del(w);
  disk_del(d);
}

static void test_what_memory_can_not_hold_is_served_from_disk(void **state) {
  (void)state;
  world_options small = home;
  small.memory_max = VIDEO_BYTES / 4;
  world *w = world_new(the_site, small);
  disk *d = disk_new(UINT64_MAX);
  uint32_t v = world_arrive(w);
  world_give_disk(w, v, d, UINT64_MAX, 5000);
  const world_request *all[4];
  ask_all(w, v, all);
  finish(w);
  from_disk(w, all);
  world_origin_fails(w, true);
  world_request *r = world_ask(w, world_arrive(w), VIDEO, 0, 0);
  finish(w);
  assert_right(r);
  assert_int_equal(r->from_peers, VIDEO_BYTES);
  pt_stats stats;
  pt_node_stats(world_node(w, v), &stats);
  assert_true(stats.stored_bytes <= small.memory_max);
  world_del(w);
  disk_del(d);
}

static void test_a_slow_disk_is_waited_for_and_a_dead_one_is_not(void **state) {
  (void)state;
  for (int dead = 0; dead < 2; dead++) {
    world *w = world_new(the_site, home);
    disk *d = disk_new(UINT64_MAX);
    fill(w, d);
    uint32_t back = world_arrive(w);
    world_give_disk(w, back, d, UINT64_MAX, dead ? 3600 * SECOND : SECOND / 2);
    const world_request *all[4];
    ask_all(w, back, all);
    finish(w);
    assert_int_equal(from_disk(w, all), dead ? 0 : site_bytes());
    world_del(w);
    disk_del(d);
  }
}

static void test_the_same_seed_gives_the_same_outputs(void **state) {
  (void)state;
  uint64_t digests[2];
  for (int i = 0; i < 2; i++) {
    world *w = world_new(the_site, home);
    for (int v = 0; v < 3; v++) world_ask(w, world_arrive(w), VIDEO, 0, 0);
    finish(w);
    digests[i] = world_digest(w);
    world_del(w);
  }
  assert_int_equal(digests[0], digests[1]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_first_visitor_gets_all_from_the_origin_once),
      cmocka_unit_test(test_second_visitor_is_served_by_the_first),
      cmocka_unit_test(test_who_came_last_serves_after_the_first_left),
      cmocka_unit_test(test_a_seek_gets_its_range_from_peers),
      cmocka_unit_test(test_a_cold_crowd_takes_at_most_two_copies),
      cmocka_unit_test(test_a_liar_is_named_and_nothing_wrong_arrives),
      cmocka_unit_test(test_only_liars_are_banned_when_all_serve_all),
      cmocka_unit_test(test_a_peer_that_dies_is_replaced),
      cmocka_unit_test(test_a_peer_that_goes_silent_costs_seconds_at_most),
      cmocka_unit_test(test_transfers_outlive_server_and_origin),
      cmocka_unit_test(test_without_links_everything_comes_from_the_origin),
      cmocka_unit_test(test_without_anybody_the_page_is_told_to_go_itself),
      cmocka_unit_test(test_a_file_that_is_gone_holds_up_no_other),
      cmocka_unit_test(test_a_file_that_is_gone_comes_from_who_has_it),
      cmocka_unit_test(test_another_version_at_the_origin_is_never_delivered),
      cmocka_unit_test(test_who_only_downloads_gives_nothing),
      cmocka_unit_test(test_a_player_that_seeks_leaks_nothing),
      cmocka_unit_test(test_visitors_that_come_one_after_another_take_little_from_the_origin),
      cmocka_unit_test(test_a_file_larger_than_a_visitors_memory_arrives),
      cmocka_unit_test(test_a_server_that_is_down_from_the_start_costs_nothing),
      cmocka_unit_test(test_a_server_that_says_nothing_costs_one_wait),
      cmocka_unit_test(test_who_returns_has_all_and_serves_it_without_an_origin),
      cmocka_unit_test(test_flipped_bits_on_disk_reach_nobody),
      cmocka_unit_test(test_a_full_disk_costs_nothing),
      cmocka_unit_test(test_what_memory_can_not_hold_is_served_from_disk),
      cmocka_unit_test(test_a_slow_disk_is_waited_for_and_a_dead_one_is_not),
      cmocka_unit_test(test_the_same_seed_gives_the_same_outputs),
  };
  return cmocka_run_group_tests(tests, make_site, drop_site);
}
