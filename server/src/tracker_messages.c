/* What each message of a WebTorrent client means. */
#include "hub_legacy.h"

#include <stdlib.h>
#include <string.h>

/* ---- announce ---- */

/* The peer that the message speaks for, made when `make`. NULL: told why, or
 * there is none. */
static pt_tracker_peer *speaker(pt_tracker *tracker, pt_tracker_session *session, bool make) {
  const uint8_t *id = tracker->in.peer_id;
  pt_tracker_peer *peer = pt_tracker_find_peer(tracker, id);
  if (peer && peer->session != session) {
    tracker->stats.hijacks++;
    pt_tracker_fail(tracker, session, "this peer_id is in use on another connection");
    return NULL;
  }
  if (peer || !make) return peer;
  if (session->peer_count == PT_TRACKER_PEERS_MAX) {
    pt_tracker_fail(tracker, session, "too many peer ids on one connection");
    return NULL;
  }
  peer = calloc(1, sizeof *peer);
  if (peer == NULL || !pt_id_table_put(&tracker->peers, id, peer)) {
    free(peer);
    pt_tracker_fail(tracker, session, "the server is full");
    return NULL;
  }
  pt_memberships_init(&peer->mine, id, true, peer);
  pt_hub_locate(tracker->hub, session->connection, &peer->mine);
  peer->session = session;
  peer->next = session->peers;
  session->peers = peer;
  session->peer_count++;
  return peer;
}

static void reply(pt_tracker *tracker, pt_tracker_session *session, const pt_member_swarm *swarm) {
  pt_tracker_message *out = pt_tracker_begin(tracker, PT_TRACKER_REPLY, tracker->in.info_hash);
  out->interval = PT_TRACKER_INTERVAL_S;
  out->complete = swarm ? swarm->seeds.count : 0;
  out->incomplete = swarm ? swarm->leechers.count : 0;
  (void)pt_tracker_send(tracker, session);
}

/* In a large crowd hardly anything of a member that is drawn is in the
 * processor's cache, and each pointer waits for the one before. All are followed
 * at once, one step after the other. */
static void fetch_ahead(const pt_membership *const *chosen, size_t count,
                        void (*expect)(const void *connection)) {
  for (size_t i = 0; i < count; i++) __builtin_prefetch(chosen[i]);
  for (size_t i = 0; i < count; i++) __builtin_prefetch(chosen[i]->of);
  for (size_t i = 0; i < count; i++) {
    const pt_memberships *of = chosen[i]->of;
    __builtin_prefetch(of->legacy ? (const void *)((pt_tracker_peer *)of->owner)->session
                                  : of->owner);
  }
  for (size_t i = 0; i < count; i++) {
    const pt_memberships *of = chosen[i]->of;
    if (of->legacy) __builtin_prefetch(((pt_tracker_peer *)of->owner)->session->connection, 1);
  }
  for (size_t i = 0; i < count && expect; i++) {
    const pt_memberships *of = chosen[i]->of;
    if (of->legacy) expect(((pt_tracker_peer *)of->owner)->session->connection);
  }
}

/* Offers go to members drawn at random, one each. */
static void distribute(pt_tracker *tracker, pt_tracker_peer *peer, const pt_membership *m) {
  const pt_tracker_message *in = &tracker->in;
  const pt_membership *chosen[PT_MEMBERS_CHOSEN_MAX];
  size_t want = in->offer_count;
  if (in->has_numwant && in->numwant < want) want = in->numwant;
  if (want == 0) return;
  size_t count = pt_members_choose(m, (uint32_t)want, &tracker->hub->random, chosen);
  fetch_ahead(chosen, count, tracker->hub->options.expect);
  for (size_t i = 0; i < count; i++) {
    const pt_membership *to = chosen[i];
    const pt_tracker_offer *offer = &in->offers[i];
    bool sent;
    if (to->of->legacy) {
      pt_tracker_message *out =
          pt_tracker_begin(tracker, PT_TRACKER_OFFER, pt_member_info_hash(to));
      memcpy(out->peer_id, in->peer_id, PT_ID_SIZE);
      memcpy(out->offer_id, offer->id, PT_ID_SIZE);
      out->description = offer->description;
      sent = pt_tracker_send(tracker, ((pt_tracker_peer *)to->of->owner)->session);
    } else {
      sent = pt_hub_legacy_offer(tracker, m, to, offer);
    }
    if (!sent) continue;
    tracker->stats.offers_forwarded++;
    uint64_t what = pt_tracker_pending(tracker, offer->id, m->swarm->key, to->of);
    (void)pt_pending_add(&peer->pending, what, tracker->now_s, tracker->hub->options.offers_max,
                         &tracker->hub->stats.offers_dropped);
  }
}

static void stop(pt_tracker *tracker, pt_tracker_session *session, const uint8_t key[PT_ID_SIZE]) {
  pt_tracker_peer *peer = speaker(tracker, session, false);
  if (peer == NULL && pt_tracker_find_peer(tracker, tracker->in.peer_id)) return; /* not its own */
  pt_membership *m = peer ? pt_members_find(&peer->mine, key) : NULL;
  if (m) pt_tracker_leave(tracker, m);
  reply(tracker, session, pt_id_table_get(&tracker->hub->members.swarms, key));
}

static uint64_t left_of(const pt_tracker_message *in) {
  if (in->has_left) return in->left;
  return in->event == PT_TRACKER_COMPLETED ? 0 : UINT64_MAX;
}

/* Makes the peer a member of the swarm; NULL after telling why not. */
static pt_membership *enter(pt_tracker *tracker, pt_tracker_session *session, pt_tracker_peer *peer,
                            const uint8_t key[PT_ID_SIZE], bool by_v1) {
  const pt_tracker_message *in = &tracker->in;
  pt_membership *m = pt_members_find(&peer->mine, key);
  bool was_seed = m && m->is_seed;
  if (m == NULL && session->swarm_count >= tracker->hub->options.swarms_max) {
    tracker->hub->stats.swarms_refused++;
    pt_tracker_fail(tracker, session, "too many torrents on one connection");
    return NULL;
  }
  uint32_t before = peer->mine.count;
  m = pt_members_join(&tracker->hub->members, &peer->mine, key, left_of(in));
  if (m == NULL) {
    pt_tracker_fail(tracker, session, "the server is full");
    return NULL;
  }
  session->swarm_count += peer->mine.count - before;
  m->seen_s = tracker->now_s;
  m->by_v1 = by_v1;
  if (by_v1) memcpy(m->swarm->v1, in->info_hash, PT_ID_SIZE);
  if (in->event == PT_TRACKER_COMPLETED && !was_seed) m->swarm->downloaded++;
  return m;
}

void pt_tracker_on_announce(pt_tracker *tracker, pt_tracker_session *session) {
  const pt_tracker_message *in = &tracker->in;
  uint8_t key[PT_ID_SIZE];
  bool by_v1;
  if (!pt_tracker_resolve(tracker, in->info_hash, key, &by_v1)) {
    pt_tracker_fail(tracker, session, "this tracker has no such torrent");
    return;
  }
  if (in->event == PT_TRACKER_STOPPED) {
    stop(tracker, session, key);
    return;
  }
  if (pt_hub_legacy_banned(tracker, in->peer_id)) {
    pt_tracker_fail(tracker, session, "other peers reported this one");
    return;
  }
  if (!pt_hub_may_join(tracker->hub, session->connection)) {
    pt_tracker_fail(tracker, session, "more announces than allowed");
    return;
  }
  pt_tracker_peer *peer = speaker(tracker, session, true);
  if (peer == NULL) return;
  pt_membership *m = enter(tracker, session, peer, key, by_v1);
  if (m == NULL) {
    pt_tracker_drop_unused(tracker, peer);
    return;
  }
  reply(tracker, session, m->swarm);
  distribute(tracker, peer, m);
}

/* ---- answer ---- */

static bool pass_on(pt_tracker *tracker, const pt_membership *from) {
  const pt_tracker_message *in = &tracker->in;
  pt_tracker_peer *to = pt_tracker_find_peer(tracker, in->to_peer_id);
  const pt_membership *theirs = to ? pt_members_find(&to->mine, from->swarm->key) : NULL;
  uint64_t what = pt_tracker_pending(tracker, in->offer_id, from->swarm->key, from->of);
  if (theirs == NULL || !pt_pending_take(&to->pending, what, tracker->now_s))
    return pt_hub_legacy_answer(tracker, from);
  pt_tracker_message *out =
      pt_tracker_begin(tracker, PT_TRACKER_ANSWER, pt_member_info_hash(theirs));
  memcpy(out->peer_id, in->peer_id, PT_ID_SIZE);
  memcpy(out->offer_id, in->offer_id, PT_ID_SIZE);
  out->description = in->description;
  return pt_tracker_send(tracker, to->session);
}

void pt_tracker_on_answer(pt_tracker *tracker, pt_tracker_session *session) {
  const pt_tracker_message *in = &tracker->in;
  uint8_t key[PT_ID_SIZE];
  bool by_v1;
  uint64_t hijacks = tracker->stats.hijacks;
  pt_tracker_peer *peer = speaker(tracker, session, false);
  if (tracker->stats.hijacks != hijacks) return;
  pt_membership *m = peer && pt_tracker_resolve(tracker, in->info_hash, key, &by_v1)
                         ? pt_members_find(&peer->mine, key)
                         : NULL;
  if (m && in->has_to && pass_on(tracker, m))
    tracker->stats.answers_forwarded++;
  else
    tracker->stats.answers_dropped++;
}

/* ---- scrape ---- */

static void count(pt_tracker *tracker, const uint8_t info_hash[PT_ID_SIZE],
                  const pt_member_swarm *swarm) {
  pt_tracker_count *out = &tracker->out.scraped[tracker->out.scraped_count++];
  *out = (pt_tracker_count){0};
  memcpy(out->info_hash, info_hash, PT_ID_SIZE);
  if (swarm == NULL) return;
  out->complete = swarm->seeds.count;
  out->incomplete = swarm->leechers.count;
  out->downloaded = swarm->downloaded;
}

void pt_tracker_on_scrape(pt_tracker *tracker, pt_tracker_session *session) {
  const pt_tracker_message *in = &tracker->in;
  const pt_id_table *swarms = &tracker->hub->members.swarms;
  pt_tracker_begin(tracker, PT_TRACKER_SCRAPED, NULL);
  for (size_t i = 0; i < in->scraped_count; i++) {
    uint8_t key[PT_ID_SIZE];
    bool by_v1;
    const uint8_t *hash = in->scraped[i].info_hash;
    count(tracker, hash,
          pt_tracker_resolve(tracker, hash, key, &by_v1) ? pt_id_table_get(swarms, key) : NULL);
  }
  const pt_id_entry *entry;
  size_t at = 0;
  while (in->scraped_count == 0 && tracker->out.scraped_count < PT_TRACKER_SCRAPE_MAX &&
         (entry = pt_id_table_next(swarms, &at)) != NULL)
    count(tracker, entry->id, entry->value);
  (void)pt_tracker_send(tracker, session);
}
