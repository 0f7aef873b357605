/* The meeting point of visitors: signalling without sockets. Connections open,
 * say things and close; the hub answers through the functions it was given.
 *
 * Error codes it sends: bad-message, unknown-action, hello-first, hello-twice,
 * hello-late, bad-peer-id, peer-in-use, replaced, unknown-swarm, too-many-swarms,
 * banned, rate-limited, too-many-errors. */
#ifndef PT_SERVER_HUB_H
#define PT_SERVER_HUB_H

#include "peertide/peertide.h"
#include "place.h"

#define PT_CLOSE_POLICY 1008u /* RFC 6455 status codes */
#define PT_CLOSE_TOO_BIG 1009u

typedef struct pt_hub pt_hub;
typedef struct pt_session pt_session; /* one connection, as the hub sees it */
struct pt_site;

typedef struct pt_hub_options {
  /* Queues one message for a connection. False when its queue is full or it is
   * closing: it will be closed, with pt_hub_close() later, not from within. */
  bool (*send)(void *connection, const void *text, size_t len);
  /* A message for it is about to be queued: what that takes is fetched into the
   * processor's cache, without waiting for it. NULL: it is not. */
  void (*expect)(const void *connection);
  /* Closes a connection once its queue is sent; pt_hub_close() comes later. */
  void (*close)(void *connection, unsigned status, const char *reason);
  /* The iceServers of a welcome: a malloc()ed JSON array, or NULL. */
  char *(*ice_servers)(void *context, const uint8_t peer[PT_ID_SIZE]);
  void *context;
  /* Where a connection comes from; NULL: visitors are named without regard to
   * places. */
  void (*place)(void *connection, pt_place *out);
  /* May a connection join a swarm (or announce) once more? NULL: always. */
  bool (*may_join)(void *connection);
  const char *settings; /* JSON object for clients; lives as long as the hub */
  uint64_t seed;        /* of choices among peers, not of secrets */
  size_t sessions_max;
  uint32_t message_max; /* bytes, for the welcome; 0: PT_SIGNAL_BYTES_MAX */
  uint32_t swarms_max;  /* of one connection; 0: PT_SWARMS_MAX */
  uint32_t offers_max;  /* to or from WebTorrent clients, unanswered; 0: PT_PENDING_MAX */
  bool any_swarm;       /* accept all swarms until pt_hub_site() is called */
} pt_hub_options;

typedef struct pt_hub_stats {
  uint64_t messages_in, signals_delivered, signals_undelivered;
  size_t connected; /* peers that said hello */
  size_t joined;    /* of these, in at least one swarm */
  uint64_t swarms_refused, offers_dropped;
  uint64_t origin_bytes, peer_bytes_in, peer_bytes_out, wasted; /* as reported by clients */
} pt_hub_stats;

/* NULL when out of memory or of randomness. */
pt_hub *pt_hub_new(const pt_hub_options *options);
/* All sessions must be closed before. */
void pt_hub_del(pt_hub *hub);

/* A connection opened. NULL: too many, or no memory: close it. */
pt_session *pt_hub_open(pt_hub *hub, void *connection, uint64_t now_us);
/* It sent a message. */
void pt_hub_message(pt_hub *hub, pt_session *session, const void *text, size_t len,
                    uint64_t now_us);
/* It closed: the peer is gone at once from all swarms. Frees the session. */
void pt_hub_close(pt_hub *hub, pt_session *session, uint64_t now_us);
/* Reports a fault of the connection itself (code and message as for clients)
 * and closes it. */
void pt_hub_refuse(pt_hub *hub, pt_session *session, unsigned status, const char *code,
                   const char *message);

/* Once a second: lets go of what has expired. */
void pt_hub_tick(pt_hub *hub, uint64_t now_us);

/* The site's index changed: its swarms may be joined from now on, and all
 * clients are told. The site must live until the next call. */
void pt_hub_site(pt_hub *hub, const struct pt_site *site);

void pt_hub_get_stats(const pt_hub *hub, pt_hub_stats *out);
/* Iterates over swarms with peers: set *at = 0, call until false. */
bool pt_hub_next_swarm(const pt_hub *hub, size_t *at, uint8_t key[PT_ID_SIZE], uint32_t *complete,
                       uint32_t *incomplete);
/* The same over banned peers. */
bool pt_hub_next_ban(const pt_hub *hub, size_t *at, uint8_t peer[PT_ID_SIZE], uint32_t *reports);

#endif
