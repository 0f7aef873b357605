/* The hub's parts among themselves. */
#ifndef PT_SERVER_HUB_INNER_H
#define PT_SERVER_HUB_INNER_H

#include "bans.h"
#include "format/signalling.h"
#include "hub.h"
#include "members.h"
#include "pending.h"
#include "resume.h"

#define PT_HUB_SALT_SIZE 16u
#define PT_HUB_OUT_SIZE (2u * PT_SIGNAL_BYTES_MAX) /* escaping may lengthen what we relay */

struct pt_session {
  void *connection;
  pt_session *previous, *next; /* all sessions */
  uint64_t opened_us;
  bool said_hello, banned, closing;
  uint8_t peer[PT_ID_SIZE];
  uint8_t token[PT_RESUME_TOKEN_SIZE];
  pt_memberships mine;
  pt_pending pending;   /* offers to WebTorrent clients */
  size_t resumed_count; /* swarms that it may join though the index lacks them */
  uint8_t (*resumed)[PT_ID_SIZE];
  unsigned errors;
};

struct pt_hub {
  pt_hub_options options;
  struct pt_tracker *tracker; /* NULL: none (hub_legacy.c) */
  const struct pt_site *site; /* NULL: no index yet */
  pt_session *first;
  size_t session_count; /* the tracker's included */
  pt_id_table peers;    /* sessions that said hello, by peer id */
  pt_members members;
  pt_bans bans;
  pt_resumes resumes;
  pt_random random;
  uint8_t salt[PT_HUB_SALT_SIZE];
  uint64_t epoch; /* seconds, when the salt was made */
  pt_hub_stats stats;
  /* One message at a time: */
  pt_signalling in;
  pt_signalling out;
  uint8_t arena[PT_SIGNAL_BYTES_MAX];
  uint8_t text[PT_HUB_OUT_SIZE];
};

static inline pt_bytes pt_text(const char *text) {
  size_t len = 0;
  while (text[len]) len++;
  return (pt_bytes){(const uint8_t *)text, len};
}

/* Clears hub->out for an answer to hub->in (same request id). */
pt_signalling *pt_hub_answer(pt_hub *hub, enum pt_signalling_action action);
/* Encodes hub->out and queues it. False when that failed. */
bool pt_hub_send(pt_hub *hub, pt_session *session);
void pt_hub_send_error(pt_hub *hub, pt_session *session, const char *code, const char *message);
/* Sends an error, closes the connection and takes the peer out of everything. */
void pt_hub_end(pt_hub *hub, pt_session *session, unsigned status, const char *code,
                const char *message);

/* Notes where a peer is, or that it does not matter. */
void pt_hub_locate(const pt_hub *hub, void *connection, pt_memberships *peer);

/* May the connection join or announce once more? */
static inline bool pt_hub_may_join(const pt_hub *hub, void *connection) {
  return hub->options.may_join == NULL || hub->options.may_join(connection);
}

/* What each message means (hub_messages.c). hub->in holds it. */
void pt_hub_on_hello(pt_hub *hub, pt_session *session, uint64_t now_us);
void pt_hub_on_join(pt_hub *hub, pt_session *session);
void pt_hub_on_leave(pt_hub *hub, pt_session *session);
void pt_hub_on_signal(pt_hub *hub, pt_session *session);
void pt_hub_on_stats(pt_hub *hub);
void pt_hub_on_report(pt_hub *hub, pt_session *session, uint64_t now_us);

bool pt_hub_swarm_allowed(const pt_hub *hub, const pt_session *session,
                          const uint8_t key[PT_ID_SIZE]);

#endif
