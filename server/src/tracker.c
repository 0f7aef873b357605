/* Connections of WebTorrent clients: opening, limits, dispatch, closing. */
#include "tracker_inner.h"

#include "base/hash.h"
#include "site.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ERRORS_MAX 20u /* malformed messages of one connection */
#define SWEEP_US (30u * 1000000ull)
#define SILENT_S (3u * PT_TRACKER_INTERVAL_S) /* who has not announced for so long is gone */

pt_tracker *pt_tracker_new(pt_hub *hub) {
  pt_tracker *tracker = calloc(1, sizeof *tracker);
  if (tracker == NULL) return NULL;
  uint64_t seeds[2];
  if (RAND_bytes((unsigned char *)&tracker->secret, sizeof tracker->secret) != 1 ||
      RAND_bytes((unsigned char *)seeds, sizeof seeds) != 1) {
    free(tracker);
    return NULL;
  }
  size_t peers_max = hub->options.sessions_max * (size_t)PT_TRACKER_PEERS_MAX;
  pt_id_table_init(&tracker->peers, peers_max, seeds[0]);
  pt_id_table_init(&tracker->aliases, peers_max, seeds[1]);
  tracker->hub = hub;
  hub->tracker = tracker;
  return tracker;
}

void pt_tracker_del(pt_tracker *tracker) {
  if (tracker == NULL) return;
  tracker->hub->tracker = NULL;
  pt_id_table_free(&tracker->peers);
  pt_id_table_free(&tracker->aliases);
  free(tracker);
}

pt_tracker_session *pt_tracker_open(pt_tracker *tracker, void *connection) {
  pt_hub *hub = tracker->hub;
  if (hub->session_count >= hub->options.sessions_max) return NULL;
  pt_tracker_session *session = calloc(1, sizeof *session);
  if (session == NULL) return NULL;
  session->connection = connection;
  session->next = tracker->first;
  if (tracker->first) tracker->first->previous = session;
  tracker->first = session;
  tracker->stats.connections++;
  hub->session_count++;
  return session;
}

/* ---- peers ---- */

pt_tracker_peer *pt_tracker_find_peer(const pt_tracker *tracker, const uint8_t id[PT_ID_SIZE]) {
  return pt_id_table_get(&tracker->peers, id);
}

static void drop_peer(pt_tracker *tracker, pt_tracker_peer *peer) {
  pt_tracker_peer **at = &peer->session->peers;
  while (*at != peer) at = &(*at)->next;
  *at = peer->next;
  peer->session->peer_count--;
  pt_id_table_remove(&tracker->peers, peer->mine.peer);
  if (peer->named) pt_id_table_remove(&tracker->aliases, peer->alias);
  pt_pending_free(&peer->pending);
  free(peer);
}

void pt_tracker_drop_unused(pt_tracker *tracker, pt_tracker_peer *peer) {
  if (peer->mine.count == 0) drop_peer(tracker, peer);
}

void pt_tracker_leave(pt_tracker *tracker, pt_membership *membership) {
  pt_tracker_peer *peer = membership->of->owner;
  pt_members_leave(&tracker->hub->members, membership);
  peer->session->swarm_count--;
  pt_tracker_drop_unused(tracker, peer);
}

static void leave_all(pt_tracker *tracker, pt_tracker_session *session) {
  while (session->peers) {
    pt_tracker_peer *peer = session->peers;
    pt_members_leave_all(&tracker->hub->members, &peer->mine);
    drop_peer(tracker, peer);
  }
  session->swarm_count = 0;
}

void pt_tracker_close(pt_tracker *tracker, pt_tracker_session *session) {
  leave_all(tracker, session);
  if (session->previous)
    session->previous->next = session->next;
  else
    tracker->first = session->next;
  if (session->next) session->next->previous = session->previous;
  tracker->stats.connections--;
  tracker->hub->session_count--;
  free(session);
}

/* ---- swarms ---- */

bool pt_tracker_resolve(const pt_tracker *tracker, const uint8_t info_hash[PT_ID_SIZE],
                        uint8_t key[PT_ID_SIZE], bool *by_v1) {
  const pt_hub *hub = tracker->hub;
  if (hub->site) return pt_site_find_swarm(hub->site, info_hash, key, by_v1);
  *by_v1 = false;
  memcpy(key, info_hash, PT_ID_SIZE);
  return hub->options.any_swarm;
}

/* Before the first index a swarm was whatever hash a client gave. */
static void check_membership(pt_tracker *tracker, pt_membership *m) {
  uint8_t hash[PT_ID_SIZE], key[PT_ID_SIZE];
  bool by_v1 = false;
  pt_tracker_peer *peer = m->of->owner;
  memcpy(hash, m->swarm->key, PT_ID_SIZE);
  if (pt_site_has_swarm(tracker->hub->site, hash)) return;
  if (!pt_tracker_resolve(tracker, hash, key, &by_v1)) {
    pt_tracker_begin(tracker, PT_TRACKER_FAILURE, pt_member_info_hash(m))->reason =
        pt_text("this tracker has no such torrent");
    tracker->stats.failures++;
    (void)pt_tracker_send(tracker, peer->session);
    pt_tracker_leave(tracker, m);
    return;
  }
  uint32_t before = peer->mine.count;
  pt_membership *known =
      pt_members_join(&tracker->hub->members, &peer->mine, key, m->is_seed ? 0 : 1);
  if (known) {
    known->by_v1 = by_v1;
    known->seen_s = m->seen_s;
    memcpy(known->swarm->v1, hash, PT_ID_SIZE);
    peer->session->swarm_count += peer->mine.count - before;
  }
  pt_tracker_leave(tracker, m);
}

void pt_tracker_site(pt_tracker *tracker) {
  for (pt_tracker_session *s = tracker->first; s; s = s->next) {
    for (pt_tracker_peer *p = s->peers, *next; p; p = next) {
      next = p->next;
      /* What is added meanwhile comes behind, and is the site's; the peer is
       * gone with its last swarm, which is item 0. */
      for (uint32_t i = p->mine.count; i-- > 0;) check_membership(tracker, p->mine.items[i]);
    }
  }
}

/* ---- messages ---- */

uint64_t pt_tracker_pending(const pt_tracker *tracker, const uint8_t offer_id[PT_ID_SIZE],
                            const uint8_t key[PT_ID_SIZE], const pt_memberships *receiver) {
  uint8_t bytes[3 * PT_ID_SIZE + 1];
  memcpy(bytes, offer_id, PT_ID_SIZE);
  memcpy(bytes + PT_ID_SIZE, key, PT_ID_SIZE);
  memcpy(bytes + 2 * PT_ID_SIZE, receiver->peer, PT_ID_SIZE);
  bytes[3 * PT_ID_SIZE] = receiver->legacy;
  return pt_hash64(bytes, sizeof bytes, tracker->secret);
}

pt_tracker_message *pt_tracker_begin(pt_tracker *tracker, enum pt_tracker_kind kind,
                                     const uint8_t *info_hash) {
  pt_tracker_message *out = &tracker->out;
  out->kind = kind;
  out->has_to = out->of_scrape = false;
  out->has_info_hash = info_hash != NULL;
  if (info_hash) memcpy(out->info_hash, info_hash, PT_ID_SIZE);
  out->scraped_count = 0;
  return out;
}

bool pt_tracker_send(pt_tracker *tracker, pt_tracker_session *session) {
  if (session->closing) return false;
  pt_writer w = pt_writer_of(tracker->text, sizeof tracker->text);
  pt_tracker_encode(&w, &tracker->out);
  return !w.failed && tracker->hub->options.send(session->connection, w.data, w.len);
}

void pt_tracker_fail(pt_tracker *tracker, pt_tracker_session *session, const char *reason) {
  const pt_tracker_message *in = &tracker->in;
  tracker->stats.failures++;
  pt_tracker_message *out =
      pt_tracker_begin(tracker, PT_TRACKER_FAILURE, in->has_info_hash ? in->info_hash : NULL);
  out->of_scrape = in->of_scrape;
  out->reason = pt_text(reason);
  (void)pt_tracker_send(tracker, session);
}

void pt_tracker_refuse(pt_tracker *tracker, pt_tracker_session *session, unsigned status,
                       const char *reason) {
  if (session->closing) return;
  tracker->in.has_info_hash = tracker->in.of_scrape = false;
  pt_tracker_fail(tracker, session, reason);
  session->closing = true;
  leave_all(tracker, session);
  tracker->hub->options.close(session->connection, status, reason);
}

static void malformed(pt_tracker *tracker, pt_tracker_session *session, int error,
                      const char *field) {
  char reason[160];
  snprintf(reason, sizeof reason, "%s%s%s", field ? field : "", field ? ": " : "",
           pt_error_text(error));
  if (++session->errors > ERRORS_MAX)
    pt_tracker_refuse(tracker, session, PT_CLOSE_POLICY, "too many wrong messages");
  else
    pt_tracker_fail(tracker, session, reason);
}

static void dispatch(pt_tracker *tracker, pt_tracker_session *session) {
  switch (tracker->in.kind) {
  case PT_TRACKER_ANNOUNCE:
    tracker->stats.announces++;
    pt_tracker_on_announce(tracker, session);
    break;
  case PT_TRACKER_ANSWER:
    pt_tracker_on_answer(tracker, session);
    break;
  case PT_TRACKER_SCRAPE:
    tracker->stats.scrapes++;
    pt_tracker_on_scrape(tracker, session);
    break;
  default: /* what only servers say */
    malformed(tracker, session, PT_ERR_UNSUPPORTED, "action");
    break;
  }
}

void pt_tracker_receive(pt_tracker *tracker, pt_tracker_session *session, const void *text,
                        size_t len, uint64_t now_us) {
  if (session->closing) return;
  tracker->stats.messages_in++;
  tracker->now_s = (uint32_t)(now_us / 1000000u);
  const char *field = NULL;
  int error = pt_tracker_decode((pt_bytes){text, len}, &tracker->in, &field);
  if (error != PT_OK)
    malformed(tracker, session, error, field);
  else
    dispatch(tracker, session);
}

/* ---- once a second ---- */

static void sweep(pt_tracker *tracker, pt_tracker_peer *peer) {
  for (uint32_t i = peer->mine.count; i-- > 0;) {
    /* (The peer is gone with its last swarm, which is item 0.) */
    if (tracker->now_s - peer->mine.items[i]->seen_s > SILENT_S)
      pt_tracker_leave(tracker, peer->mine.items[i]);
  }
}

void pt_tracker_tick(pt_tracker *tracker, uint64_t now_us) {
  tracker->now_s = (uint32_t)(now_us / 1000000u);
  if (now_us - tracker->swept_us < SWEEP_US) return;
  tracker->swept_us = now_us;
  for (pt_tracker_session *s = tracker->first; s; s = s->next) {
    for (pt_tracker_peer *p = s->peers, *next; p; p = next) {
      next = p->next;
      sweep(tracker, p);
    }
  }
}

void pt_tracker_get_stats(const pt_tracker *tracker, pt_tracker_stats *out) {
  *out = tracker->stats;
  out->peers = tracker->peers.count;
}
