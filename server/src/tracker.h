/* The meeting point for WebTorrent clients: the same swarms as the hub's, in
 * the tracker dialect that they speak (core/src/format/tracker.h).
 *
 * Peer ids are the clients' own choice. An id belongs to the connection that
 * announced it, until that closes: nobody takes it over by naming it. A
 * connection may have several. */
#ifndef PT_SERVER_TRACKER_H
#define PT_SERVER_TRACKER_H

#include "hub.h"

typedef struct pt_tracker pt_tracker;
typedef struct pt_tracker_session pt_tracker_session; /* one connection */

typedef struct pt_tracker_stats {
  uint64_t messages_in, announces, scrapes;
  uint64_t offers_forwarded, answers_forwarded;
  uint64_t answers_dropped; /* to no offer that was forwarded */
  uint64_t hijacks;         /* messages in the name of another connection's peer id */
  uint64_t failures;        /* told to clients, hijacks included */
  size_t connections;
  size_t peers; /* ids in at least one swarm */
} pt_tracker_stats;

/* A tracker beside the hub, with the same swarms, site, send() and close().
 * NULL when out of memory or of randomness. */
pt_tracker *pt_tracker_new(pt_hub *hub);
/* All sessions must be closed before; to be deleted before the hub. */
void pt_tracker_del(pt_tracker *tracker);

/* As of the hub (hub.h). */
pt_tracker_session *pt_tracker_open(pt_tracker *tracker, void *connection);
void pt_tracker_receive(pt_tracker *tracker, pt_tracker_session *session, const void *text,
                        size_t len, uint64_t now_us);
void pt_tracker_close(pt_tracker *tracker, pt_tracker_session *session);
/* Tells a fault of the connection itself and closes it. */
void pt_tracker_refuse(pt_tracker *tracker, pt_tracker_session *session, unsigned status,
                       const char *reason);
/* Once a second: lets go of peers that have not announced for a long time. */
void pt_tracker_tick(pt_tracker *tracker, uint64_t now_us);
/* After each pt_hub_site(): what was joined unchecked before the first index
 * is looked at again. */
void pt_tracker_site(pt_tracker *tracker);

void pt_tracker_get_stats(const pt_tracker *tracker, pt_tracker_stats *out);

#endif
