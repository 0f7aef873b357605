/* Sessions: opening, limits, dispatch, closing. */
#include "hub_inner.h"
#include "site.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HELLO_US (10u * 1000000ull) /* from connecting to hello */
#define ERRORS_MAX 20u              /* faults of one connection */

static void set_default(uint32_t *value, uint32_t usual) {
  if (*value == 0 || *value > usual) *value = usual;
}

pt_hub *pt_hub_new(const pt_hub_options *options) {
  pt_hub *hub = calloc(1, sizeof *hub);
  if (hub == NULL) return NULL;
  hub->options = *options;
  set_default(&hub->options.message_max, PT_SIGNAL_BYTES_MAX);
  set_default(&hub->options.swarms_max, PT_MEMBERSHIPS_MAX);
  set_default(&hub->options.offers_max, PT_PENDING_MAX);
  pt_id_table_init(&hub->peers, options->sessions_max, options->seed);
  pt_members_init(&hub->members, PT_ASSETS_MAX, options->seed + 1);
  pt_bans_init(&hub->bans, options->seed + 2);
  pt_resumes_init(&hub->resumes, options->seed + 3);
  pt_random_init(&hub->random, options->seed);
  hub->epoch = (uint64_t)time(NULL);
  if (RAND_bytes(hub->salt, sizeof hub->salt) == 1) return hub;
  pt_hub_del(hub);
  return NULL;
}

void pt_hub_del(pt_hub *hub) {
  if (hub == NULL) return;
  pt_id_table_free(&hub->peers);
  pt_members_free(&hub->members);
  pt_bans_free(&hub->bans);
  pt_resumes_free(&hub->resumes);
  free(hub);
}

void pt_hub_locate(const pt_hub *hub, void *connection, pt_memberships *peer) {
  peer->anywhere = hub->options.place == NULL;
  if (hub->options.place) hub->options.place(connection, &peer->place);
}

pt_session *pt_hub_open(pt_hub *hub, void *connection, uint64_t now_us) {
  if (hub->session_count >= hub->options.sessions_max) return NULL;
  pt_session *session = calloc(1, sizeof *session);
  if (session == NULL) return NULL;
  session->connection = connection;
  session->opened_us = now_us;
  session->next = hub->first;
  if (hub->first) hub->first->previous = session;
  hub->first = session;
  hub->session_count++;
  return session;
}

/* Out of the swarms and the table of peers: nobody is sent to it any more. */
static void detach(pt_hub *hub, pt_session *session, uint64_t now_us) {
  if (session->said_hello && pt_id_table_get(&hub->peers, session->peer) == session) {
    pt_id_table_remove(&hub->peers, session->peer);
    if (now_us && !session->banned)
      pt_resumes_keep(&hub->resumes, session->peer, session->token, &session->mine, now_us);
  }
  pt_members_leave_all(&hub->members, &session->mine);
}

void pt_hub_close(pt_hub *hub, pt_session *session, uint64_t now_us) {
  detach(hub, session, now_us);
  if (session->previous)
    session->previous->next = session->next;
  else
    hub->first = session->next;
  if (session->next) session->next->previous = session->previous;
  hub->session_count--;
  pt_pending_free(&session->pending);
  free(session->resumed);
  free(session);
}

pt_signalling *pt_hub_answer(pt_hub *hub, enum pt_signalling_action action) {
  memset(&hub->out, 0, sizeof hub->out);
  hub->out.action = action;
  hub->out.id = hub->in.id;
  return &hub->out;
}

bool pt_hub_send(pt_hub *hub, pt_session *session) {
  if (session->closing) return false;
  pt_writer w = pt_writer_of(hub->text, sizeof hub->text);
  pt_signalling_encode(&w, &hub->out);
  return !w.failed && hub->options.send(session->connection, w.data, w.len);
}

void pt_hub_send_error(pt_hub *hub, pt_session *session, const char *code, const char *message) {
  pt_signalling *out = pt_hub_answer(hub, PT_SIG_ERROR);
  out->code = pt_text(code);
  out->message = pt_text(message);
  (void)pt_hub_send(hub, session);
}

void pt_hub_end(pt_hub *hub, pt_session *session, unsigned status, const char *code,
                const char *message) {
  if (session->closing) return;
  pt_hub_send_error(hub, session, code, message);
  session->closing = true;
  detach(hub, session, 0);
  hub->options.close(session->connection, status, code);
}

void pt_hub_refuse(pt_hub *hub, pt_session *session, unsigned status, const char *code,
                   const char *message) {
  hub->in.id = (pt_bytes){0};
  pt_hub_end(hub, session, status, code, message);
}

/* A fault that need not end the connection, unless there are many. */
static void fault(pt_hub *hub, pt_session *session, const char *code, const char *message) {
  if (++session->errors > ERRORS_MAX)
    pt_hub_end(hub, session, PT_CLOSE_POLICY, "too-many-errors", "too many wrong messages");
  else
    pt_hub_send_error(hub, session, code, message);
}

static void dispatch(pt_hub *hub, pt_session *session, uint64_t now_us) {
  enum pt_signalling_action action = hub->in.action;
  if (!session->said_hello && action != PT_SIG_HELLO && action != PT_SIG_UNKNOWN) {
    fault(hub, session, "hello-first", "say hello first");
    return;
  }
  switch (action) {
  case PT_SIG_HELLO:
    pt_hub_on_hello(hub, session, now_us);
    break;
  case PT_SIG_JOIN:
    pt_hub_on_join(hub, session);
    break;
  case PT_SIG_LEAVE:
    pt_hub_on_leave(hub, session);
    break;
  case PT_SIG_SIGNAL:
    pt_hub_on_signal(hub, session);
    break;
  case PT_SIG_STATS:
    pt_hub_on_stats(hub);
    break;
  case PT_SIG_REPORT:
    pt_hub_on_report(hub, session, now_us);
    break;
  default:
    fault(hub, session, "unknown-action", "this server does not know that action");
    break;
  }
}

void pt_hub_message(pt_hub *hub, pt_session *session, const void *text, size_t len,
                    uint64_t now_us) {
  if (session->closing) return;
  hub->stats.messages_in++;
  hub->in.id = (pt_bytes){0};
  const char *field = NULL;
  int error =
      pt_signalling_decode((pt_bytes){text, len}, &hub->in, hub->arena, sizeof hub->arena, &field);
  if (error == PT_OK) {
    dispatch(hub, session, now_us);
    return;
  }
  char message[160];
  snprintf(message, sizeof message, "%s%s%s", field ? field : "", field ? ": " : "",
           pt_error_text(error));
  fault(hub, session, "bad-message", message);
}

void pt_hub_tick(pt_hub *hub, uint64_t now_us) {
  pt_bans_expire(&hub->bans, now_us);
  pt_resumes_expire(&hub->resumes, now_us);
  for (pt_session *s = hub->first; s; s = s->next) {
    if (!s->said_hello && !s->closing && now_us - s->opened_us > HELLO_US)
      pt_hub_refuse(hub, s, PT_CLOSE_POLICY, "hello-late", "no hello in time");
  }
}

bool pt_hub_swarm_allowed(const pt_hub *hub, const pt_session *session,
                          const uint8_t key[PT_ID_SIZE]) {
  if (hub->site == NULL) return hub->options.any_swarm;
  if (pt_site_has_swarm(hub->site, key)) return true;
  for (size_t i = 0; i < session->resumed_count; i++) {
    if (memcmp(session->resumed[i], key, PT_ID_SIZE) == 0) return true;
  }
  return false;
}

/* Before the first index any swarm could be joined: now we know better. */
static void drop_unknown(pt_hub *hub, pt_session *session) {
  for (size_t i = session->mine.count; i-- > 0;) {
    pt_membership *m = session->mine.items[i];
    if (pt_hub_swarm_allowed(hub, session, m->swarm->key)) continue;
    pt_members_leave(&hub->members, m);
    pt_hub_send_error(hub, session, "unknown-swarm", "a joined swarm is not in the index");
  }
}

void pt_hub_site(pt_hub *hub, const struct pt_site *site) {
  bool is_first = hub->site == NULL;
  hub->site = site;
  hub->in.id = (pt_bytes){0};
  for (pt_session *s = hub->first; s; s = s->next) {
    if (!s->said_hello || s->closing) continue;
    if (is_first) drop_unknown(hub, s);
    pt_hub_answer(hub, PT_SIG_INDEXED);
    (void)pt_hub_send(hub, s);
  }
}

void pt_hub_get_stats(const pt_hub *hub, pt_hub_stats *out) {
  *out = hub->stats;
  out->connected = hub->peers.count;
  out->joined = 0;
  for (const pt_session *s = hub->first; s; s = s->next) out->joined += s->mine.count > 0;
}

bool pt_hub_next_swarm(const pt_hub *hub, size_t *at, uint8_t key[PT_ID_SIZE], uint32_t *complete,
                       uint32_t *incomplete) {
  const pt_id_entry *entry = pt_id_table_next(&hub->members.swarms, at);
  if (entry == NULL) return false;
  const pt_member_swarm *swarm = entry->value;
  memcpy(key, swarm->key, PT_ID_SIZE);
  *complete = swarm->seeds.count;
  *incomplete = swarm->leechers.count;
  return true;
}

bool pt_hub_next_ban(const pt_hub *hub, size_t *at, uint8_t peer[PT_ID_SIZE], uint32_t *reports) {
  const pt_id_entry *entry;
  while ((entry = pt_id_table_next(&hub->bans.table, at)) != NULL) {
    const pt_ban *ban = entry->value;
    if (ban->reporter_count < PT_BAN_REPORTERS) continue;
    memcpy(peer, ban->peer, PT_ID_SIZE);
    *reports = ban->reports;
    return true;
  }
  return false;
}
