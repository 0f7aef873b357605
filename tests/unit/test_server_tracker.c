/* The tracker without sockets: what is hard to bring about from outside. */
#include "base/limits.h"
#include "format/tracker.h"
#include "site.h"
#include "tracker_inner.h"
#include "unit.h"

#include <stdio.h>

#define SECOND_US 1000000ull

/* What was sent to a connection last, and how much. */
typedef struct wire {
  char last[4096];
  unsigned count;
  bool closed, full;
} wire;

static bool take(void *connection, const void *text, size_t len) {
  wire *w = connection;
  if (w->full) return false;
  snprintf(w->last, sizeof w->last, "%.*s", (int)len, (const char *)text);
  w->count++;
  return true;
}

static void hang_up(void *connection, unsigned status, const char *reason) {
  (void)status, (void)reason;
  ((wire *)connection)->closed = true;
}

typedef struct fixture {
  pt_hub *hub;
  pt_tracker *tracker;
  wire wires[4];
  pt_tracker_session *sessions[4];
} fixture;

static void open_all(fixture *f, size_t connections) {
  *f = (fixture){0};
  pt_hub_options options = {
      .send = take, .close = hang_up, .sessions_max = connections, .any_swarm = true};
  f->hub = pt_hub_new(&options);
  assert_non_null(f->hub);
  f->tracker = pt_tracker_new(f->hub);
  assert_non_null(f->tracker);
  for (size_t i = 0; i < connections; i++) {
    f->sessions[i] = pt_tracker_open(f->tracker, &f->wires[i]);
    assert_non_null(f->sessions[i]);
  }
}

static void close_all(fixture *f) {
  for (size_t i = 0; i < 4; i++)
    if (f->sessions[i]) pt_tracker_close(f->tracker, f->sessions[i]);
  assert_int_equal(f->hub->members.swarms.count, 0);
  assert_int_equal(f->tracker->peers.count, 0);
  pt_tracker_del(f->tracker);
  pt_hub_del(f->hub);
}

/* Info-hashes, peer and offer ids are a letter twenty times. */
static void id_of(char letter, char out[PT_ID_SIZE + 1]) {
  memset(out, letter, PT_ID_SIZE);
  out[PT_ID_SIZE] = 0;
}

static void announce(fixture *f, size_t who, char hash, const char *more, uint64_t now_us) {
  char text[1024], info_hash[PT_ID_SIZE + 1], peer_id[PT_ID_SIZE + 1];
  id_of(hash, info_hash);
  id_of((char)('0' + who), peer_id);
  int len =
      snprintf(text, sizeof text,
               "{\"action\":\"announce\",\"info_hash\":\"%s\",\"peer_id\":\"%s\",\"left\":1%s}",
               info_hash, peer_id, more);
  pt_tracker_receive(f->tracker, f->sessions[who], text, (size_t)len, now_us);
}

static uint32_t members(const fixture *f, char letter) {
  uint8_t key[PT_ID_SIZE];
  memset(key, letter, sizeof key);
  const pt_member_swarm *swarm = pt_id_table_get(&f->hub->members.swarms, key);
  return swarm ? swarm->seeds.count + swarm->leechers.count : 0;
}

#define OFFER                                                                                      \
  ",\"offers\":[{\"offer\":{\"type\":\"offer\",\"sdp\":\"v\"},\"offer_id\":\"oooooooooooooooooooo" \
  "\"}]"

/* Who came while the first index was made is not lost: its swarm gets its
 * right name, and whoever came for another's torrent is told. */
static void the_first_index_sorts_who_was_early(void **state) {
  (void)state;
  fixture f;
  open_all(&f, 3);
  announce(&f, 0, 'v', "", 0); /* by v1 hash */
  announce(&f, 0, 'x', "", 0); /* not the site's */
  announce(&f, 1, 'k', "", 0); /* by v2 hash */
  announce(&f, 2, 'v', "", 0);
  announce(&f, 2, 'k', "", 0); /* by both, as libtorrent does */
  assert_int_equal(members(&f, 'v'), 2);
  static uint8_t keys[1][PT_ID_SIZE];
  static pt_site_hybrid hybrid;
  memset(keys[0], 'k', PT_ID_SIZE);
  memset(hybrid.key, 'k', PT_ID_SIZE);
  memset(hybrid.v1, 'v', PT_ID_SIZE);
  pt_site site = {.swarm_count = 1, .swarms = keys, .hybrid_count = 1, .hybrids = &hybrid};
  pt_hub_site(f.hub, &site);
  pt_tracker_site(f.tracker);
  assert_int_equal(members(&f, 'v'), 0);
  assert_int_equal(members(&f, 'x'), 0);
  assert_int_equal(members(&f, 'k'), 3);
  assert_non_null(strstr(f.wires[0].last, "no such torrent"));
  assert_non_null(strstr(f.wires[0].last, "xxxx"));
  for (size_t i = 0; i < 3; i++) assert_int_equal(f.sessions[i]->swarm_count, 1);
  /* And each is spoken to by the hash that it knows. */
  announce(&f, 1, 'k', OFFER, 0);
  announce(&f, 1, 'k', OFFER OFFER, 0);
  announce(&f, 0, 'v', "", 0);
  assert_non_null(strstr(f.wires[0].last, "\"info_hash\":\"vvvv"));
  close_all(&f);
}

/* A page that was closed without a word must not be given out for ever. */
static void who_does_not_announce_again_is_let_go(void **state) {
  (void)state;
  fixture f;
  open_all(&f, 2);
  announce(&f, 0, 'a', "", 0);
  announce(&f, 0, 'b', "", 0);
  announce(&f, 1, 'a', "", 0);
  uint64_t interval_us = PT_TRACKER_INTERVAL_S * SECOND_US;
  for (uint64_t s = 1; s <= 2 * PT_TRACKER_INTERVAL_S; s++)
    pt_tracker_tick(f.tracker, s * SECOND_US);
  announce(&f, 0, 'a', "", 2 * interval_us);
  for (uint64_t s = 1; s <= 2 * PT_TRACKER_INTERVAL_S; s++)
    pt_tracker_tick(f.tracker, 2 * interval_us + s * SECOND_US);
  assert_int_equal(members(&f, 'a'), 1);
  assert_int_equal(members(&f, 'b'), 0);
  assert_int_equal(f.tracker->peers.count, 1);
  close_all(&f);
}

static void connections_and_messages_are_bounded(void **state) {
  (void)state;
  fixture f;
  open_all(&f, 2);
  assert_null(pt_tracker_open(f.tracker, &f.wires[2]));
  assert_null(pt_hub_open(f.hub, &f.wires[2], 0)); /* they share the bound */
  announce(&f, 0, 'a', "", 0);
  assert_int_equal(members(&f, 'a'), 1);
  pt_tracker_refuse(f.tracker, f.sessions[0], PT_CLOSE_POLICY, "more messages than allowed");
  assert_true(f.wires[0].closed);
  assert_non_null(strstr(f.wires[0].last, "more messages than allowed"));
  assert_int_equal(members(&f, 'a'), 0);
  unsigned count = f.wires[0].count;
  announce(&f, 0, 'a', "", 100 * SECOND_US); /* what was still under way */
  assert_int_equal(f.wires[0].count, count);
  close_all(&f);
}

static unsigned joins_allowed;
static bool may_join(void *connection) {
  (void)connection;
  return joins_allowed > 0 && joins_allowed-- > 0;
}

/* A limit on announces is told, and what was joined before stays. */
static void announces_beyond_the_limit_are_refused(void **state) {
  (void)state;
  fixture f;
  open_all(&f, 2);
  f.hub->options.may_join = may_join;
  joins_allowed = 1;
  announce(&f, 0, 'a', "", 0);
  announce(&f, 0, 'b', "", 0);
  assert_non_null(strstr(f.wires[0].last, "more announces than allowed"));
  assert_int_equal(members(&f, 'a'), 1);
  assert_int_equal(members(&f, 'b'), 0);
  assert_false(f.wires[0].closed);
  close_all(&f);
}

static void fewer_swarms_where_it_is_asked_for(void **state) {
  (void)state;
  fixture f;
  open_all(&f, 1);
  f.hub->options.swarms_max = 2;
  for (char c = 'a'; c <= 'c'; c++) announce(&f, 0, c, "", 0);
  assert_non_null(strstr(f.wires[0].last, "too many torrents"));
  assert_int_equal(f.hub->members.swarms.count, 2);
  assert_int_equal(f.hub->stats.swarms_refused, 1);
  announce(&f, 0, 'a', "", 0); /* those it is in stay open to it */
  assert_int_equal(f.hub->stats.swarms_refused, 1);
  close_all(&f);
}

static void a_connection_has_a_bounded_number_of_torrents(void **state) {
  (void)state;
  fixture f;
  open_all(&f, 1);
  char text[256], hash[PT_ID_SIZE + 1] = "", peer[PT_ID_SIZE + 1];
  for (unsigned i = 0; i <= PT_MEMBERSHIPS_MAX; i++) {
    snprintf(hash, sizeof hash, "%020u", i);
    snprintf(peer, sizeof peer, "%020u", i % 3);
    int len = snprintf(
        text, sizeof text,
        "{\"action\":\"announce\",\"info_hash\":\"%s\",\"peer_id\":\"%s\",\"left\":0}", hash, peer);
    pt_tracker_receive(f.tracker, f.sessions[0], text, (size_t)len, 0);
  }
  assert_int_equal(f.hub->members.swarms.count, PT_MEMBERSHIPS_MAX);
  assert_non_null(strstr(f.wires[0].last, "too many torrents"));
  close_all(&f);
}

/* An offer that did not reach its receiver can't be answered by it. */
static void what_was_not_sent_is_not_awaited(void **state) {
  (void)state;
  fixture f;
  open_all(&f, 2);
  announce(&f, 0, 'a', "", 0);
  f.wires[0].full = true;
  announce(&f, 1, 'a', OFFER, 0);
  assert_int_equal(f.tracker->stats.offers_forwarded, 0);
  f.wires[0].full = false;
  announce(&f, 1, 'a', OFFER, 0);
  assert_non_null(strstr(f.wires[0].last, "\"offer\""));
  assert_int_equal(f.tracker->stats.offers_forwarded, 1);
  static const char answer[] =
      ",\"to_peer_id\":\"11111111111111111111\",\"offer_id\":\"oooooooooooooooooooo\","
      "\"answer\":{\"type\":\"answer\",\"sdp\":\"v\"}";
  announce(&f, 0, 'a', answer, (PT_PENDING_S + 1) * SECOND_US);
  assert_int_equal(f.tracker->stats.answers_dropped, 1); /* too late */
  announce(&f, 1, 'a', OFFER, (PT_PENDING_S + 1) * SECOND_US);
  announce(&f, 0, 'a', answer, 2 * PT_PENDING_S * SECOND_US);
  assert_int_equal(f.tracker->stats.answers_forwarded, 1);
  assert_non_null(strstr(f.wires[1].last, "\"answer\""));
  close_all(&f);
}

static void pending_offers_are_few_and_expire(void **state) {
  (void)state;
  pt_pending pending = {0};
  assert_false(pt_pending_take(&pending, 1, 0));
  uint64_t dropped = 0;
  for (uint64_t i = 0; i < PT_PENDING_MAX + 10; i++)
    assert_true(pt_pending_add(&pending, i, 5, PT_PENDING_MAX, &dropped));
  assert_int_equal(dropped, 10);
  assert_int_equal(pending.count, PT_PENDING_MAX);
  assert_false(pt_pending_take(&pending, 9, 5)); /* gave way */
  assert_true(pt_pending_take(&pending, 40, 5));
  assert_false(pt_pending_take(&pending, 40, 5));
  assert_true(pt_pending_take(&pending, 10, 5));
  assert_true(pt_pending_take(&pending, PT_PENDING_MAX + 9, 5));
  assert_int_equal(pending.count, PT_PENDING_MAX - 3);
  assert_true(pt_pending_add(&pending, 1000, 6, PT_PENDING_MAX, &dropped));
  assert_true(pt_pending_take(&pending, 20, 5 + PT_PENDING_S));
  assert_false(pt_pending_take(&pending, 21, 6 + PT_PENDING_S));
  assert_true(pt_pending_take(&pending, 1000, 6 + PT_PENDING_S));
  assert_int_equal(pending.count, 0);
  for (uint64_t i = 0; i < 5; i++) assert_true(pt_pending_add(&pending, i, 500, 3, &dropped));
  assert_int_equal(pending.count, 3);
  assert_int_equal(dropped, 12);
  pt_pending_free(&pending);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_first_index_sorts_who_was_early),
      cmocka_unit_test(who_does_not_announce_again_is_let_go),
      cmocka_unit_test(connections_and_messages_are_bounded),
      cmocka_unit_test(announces_beyond_the_limit_are_refused),
      cmocka_unit_test(fewer_swarms_where_it_is_asked_for),
      cmocka_unit_test(a_connection_has_a_bounded_number_of_torrents),
      cmocka_unit_test(what_was_not_sent_is_not_awaited),
      cmocka_unit_test(pending_offers_are_few_and_expire),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
