/* The tracker's parts among themselves, and what it shares with the hub. */
#ifndef PT_SERVER_TRACKER_INNER_H
#define PT_SERVER_TRACKER_INNER_H

#include "format/tracker.h"
#include "hub_inner.h"
#include "tracker.h"

#define PT_TRACKER_INTERVAL_S 120u
#define PT_TRACKER_PEERS_MAX 64u /* peer ids of one connection */

typedef struct pt_tracker_peer pt_tracker_peer;

struct pt_tracker_session {
  void *connection;
  pt_tracker_session *previous, *next; /* all sessions */
  pt_tracker_peer *peers;
  uint32_t peer_count;
  uint32_t swarm_count; /* of all its peers */
  bool closing;
  unsigned errors;
};

/* A peer id, while it is in at least one swarm. */
struct pt_tracker_peer {
  pt_memberships mine; /* mine.peer is the id */
  pt_tracker_session *session;
  pt_tracker_peer *next; /* of the session */
  pt_pending pending;    /* its offers that were passed on */
  bool named;            /* `alias` is set, and in the table of aliases */
  uint8_t alias[PT_ID_SIZE];
};

struct pt_tracker {
  pt_hub *hub;
  pt_tracker_session *first;
  pt_id_table peers;   /* of pt_tracker_peer, by their ids */
  pt_id_table aliases; /* the same, by the names that native visitors know them by */
  uint64_t secret;     /* of the hashes in pt_pending */
  uint64_t swept_us;
  pt_tracker_stats stats;
  /* One message at a time: */
  uint32_t now_s;
  pt_tracker_message in;
  pt_tracker_message out;
  uint8_t text[PT_HUB_OUT_SIZE];
};

/* Clears tracker->out for a message about an info-hash (may be NULL). */
pt_tracker_message *pt_tracker_begin(pt_tracker *tracker, enum pt_tracker_kind kind,
                                     const uint8_t *info_hash);
/* Encodes tracker->out and queues it. False when that failed. */
bool pt_tracker_send(pt_tracker *tracker, pt_tracker_session *session);
/* Answers tracker->in with a failure. */
void pt_tracker_fail(pt_tracker *tracker, pt_tracker_session *session, const char *reason);

pt_tracker_peer *pt_tracker_find_peer(const pt_tracker *tracker, const uint8_t id[PT_ID_SIZE]);
/* Lets go of a peer that is in no swarm. */
void pt_tracker_drop_unused(pt_tracker *tracker, pt_tracker_peer *peer);
/* Takes a peer out of a swarm; gone is the peer with its last one. */
void pt_tracker_leave(pt_tracker *tracker, pt_membership *membership);
/* The swarm of an info-hash, v1 or v2; false when the site has none. */
bool pt_tracker_resolve(const pt_tracker *tracker, const uint8_t info_hash[PT_ID_SIZE],
                        uint8_t key[PT_ID_SIZE], bool *by_v1);
/* What pt_pending remembers of an offer. */
uint64_t pt_tracker_pending(const pt_tracker *tracker, const uint8_t offer_id[PT_ID_SIZE],
                            const uint8_t key[PT_ID_SIZE], const pt_memberships *receiver);

/* tracker_messages.c: what the message in tracker->in means. */
void pt_tracker_on_announce(pt_tracker *tracker, pt_tracker_session *session);
void pt_tracker_on_answer(pt_tracker *tracker, pt_tracker_session *session);
void pt_tracker_on_scrape(pt_tracker *tracker, pt_tracker_session *session);

#endif
