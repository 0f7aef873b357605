/* What each message of a client means. */
#include "base/hex.h"
#include "format/fingerprint.h"
#include "format/sha256.h"
#include "hub_legacy.h"
#include "log.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INTERVAL_S 120u /* how often a client should join again */
#define RING_ID_SIZE 6u /* 48 bits */

/* ---- hello ---- */

/* Takes over what the peer may resume; false when out of memory. */
static bool remember_swarms(pt_session *session, const uint8_t (*keys)[PT_ID_SIZE], size_t count) {
  if (count == 0) return true;
  session->resumed = malloc(count * PT_ID_SIZE);
  if (session->resumed == NULL) return false;
  memcpy(session->resumed, keys, count * PT_ID_SIZE);
  session->resumed_count = count;
  return true;
}

static void resume_from(pt_session *session, const pt_memberships *mine) {
  uint8_t keys[PT_MEMBERSHIPS_MAX][PT_ID_SIZE];
  for (size_t i = 0; i < mine->count; i++) memcpy(keys[i], mine->items[i]->swarm->key, PT_ID_SIZE);
  (void)remember_swarms(session, (const uint8_t(*)[PT_ID_SIZE])keys, mine->count);
}

/* False when the id belongs to somebody else's live connection. */
static bool claim_peer_id(pt_hub *hub, pt_session *session) {
  const pt_signalling *in = &hub->in;
  pt_session *old = pt_id_table_get(&hub->peers, in->peer);
  if (old) {
    if (!pt_resume_token_is(old->token, in->resume)) return false;
    resume_from(session, &old->mine);
    pt_bytes id = hub->in.id;
    hub->in.id = (pt_bytes){0};
    pt_hub_end(hub, old, PT_CLOSE_POLICY, "replaced", "the peer connected anew");
    hub->in.id = id;
    return true;
  }
  const pt_resume *resume = pt_resumes_find(&hub->resumes, in->peer, in->resume);
  if (resume)
    (void)remember_swarms(session, (const uint8_t(*)[PT_ID_SIZE])resume->swarms,
                          resume->swarm_count);
  return true;
}

/* ring id = 48 bits of SHA-256(peer id, salt). */
static void ring_id(const pt_hub *hub, const uint8_t peer[PT_ID_SIZE],
                    char out[2 * RING_ID_SIZE + 1]) {
  uint8_t bytes[PT_ID_SIZE + PT_HUB_SALT_SIZE], hash[PT_HASH_SIZE];
  memcpy(bytes, peer, PT_ID_SIZE);
  memcpy(bytes + PT_ID_SIZE, hub->salt, PT_HUB_SALT_SIZE);
  pt_sha256(bytes, sizeof bytes, hash);
  pt_hex_encode(hash, RING_ID_SIZE, out);
}

static void send_welcome(pt_hub *hub, pt_session *session) {
  char salt[2 * PT_HUB_SALT_SIZE + 1], token[2 * PT_RESUME_TOKEN_SIZE + 1];
  char ring[2 * RING_ID_SIZE + 1], limits[160];
  pt_hex_encode(hub->salt, PT_HUB_SALT_SIZE, salt);
  pt_hex_encode(session->token, PT_RESUME_TOKEN_SIZE, token);
  ring_id(hub, session->peer, ring);
  snprintf(limits, sizeof limits, "{\"message\":%u,\"swarms\":%u,\"peers\":%u}",
           hub->options.message_max, hub->options.swarms_max, PT_SIGNAL_PEERS_MAX);
  char *ice = hub->options.ice_servers
                  ? hub->options.ice_servers(hub->options.context, session->peer)
                  : NULL;
  pt_signalling *out = pt_hub_answer(hub, PT_SIG_WELCOME);
  out->ring = pt_text(ring);
  out->salt = pt_text(salt);
  out->epoch = hub->epoch;
  out->ice_servers = pt_text(ice ? ice : "[]");
  out->limits = pt_text(limits);
  out->settings = pt_text(hub->options.settings ? hub->options.settings : "{}");
  out->resume = pt_text(token);
  (void)pt_hub_send(hub, session);
  free(ice);
}

void pt_hub_on_hello(pt_hub *hub, pt_session *session, uint64_t now_us) {
  (void)now_us;
  const pt_signalling *in = &hub->in;
  uint8_t id[PT_ID_SIZE];
  if (session->said_hello) {
    pt_hub_send_error(hub, session, "hello-twice", "one peer per connection");
    return;
  }
  pt_peer_id_of(in->fingerprint, id);
  if (memcmp(id, in->peer, PT_ID_SIZE) != 0) {
    pt_hub_end(hub, session, PT_CLOSE_POLICY, "bad-peer-id",
               "the peer id is not that of the fingerprint");
    return;
  }
  if (!claim_peer_id(hub, session)) {
    pt_hub_end(hub, session, PT_CLOSE_POLICY, "peer-in-use", "that peer is connected already");
    return;
  }
  if (RAND_bytes(session->token, sizeof session->token) != 1 ||
      !pt_id_table_put(&hub->peers, id, session)) {
    pt_hub_end(hub, session, PT_CLOSE_POLICY, "rate-limited", "the server is full");
    return;
  }
  memcpy(session->peer, id, PT_ID_SIZE);
  pt_memberships_init(&session->mine, id, false, session);
  pt_hub_locate(hub, session->connection, &session->mine);
  session->mine.anywhere |= in->anywhere != 0;
  session->said_hello = true;
  session->banned = pt_bans_has(&hub->bans, id);
  send_welcome(hub, session);
}

/* ---- join, leave ---- */

static void refuse_swarm(pt_hub *hub, pt_session *session, const char *code,
                         const uint8_t key[PT_ID_SIZE]) {
  char hex[2 * PT_ID_SIZE + 1];
  pt_hex_encode(key, PT_ID_SIZE, hex);
  pt_hub_send_error(hub, session, code, hex);
}

/* As the message says it: 0 is unknown. */
static uint32_t nearness(const pt_membership *from, const pt_membership *to) {
  if (from->of->anywhere) return 0;
  uint32_t distance = pt_place_distance(&from->of->place, &to->of->place);
  return distance == PT_PLACE_FAR ? 0 : distance + 1;
}

static pt_signalling *count_swarm(pt_hub *hub, const pt_member_swarm *swarm) {
  pt_signalling *out = pt_hub_answer(hub, PT_SIG_PEERS);
  memcpy(out->swarm, swarm->key, PT_ID_SIZE);
  out->complete = swarm->seeds.count;
  out->incomplete = swarm->leechers.count;
  out->interval = INTERVAL_S;
  return out;
}

/* All who still want something hear how many they are now. */
static void tell_crowd(pt_hub *hub, pt_member_swarm *swarm) {
  if (!pt_members_grown(swarm)) return;
  for (uint32_t i = 0; i < swarm->leechers.count; i++) {
    const pt_memberships *of = swarm->leechers.items[i].member->of;
    pt_session *session = of->legacy ? NULL : of->owner;
    if (!session || session->closing) continue;
    count_swarm(hub, swarm)->id = (pt_bytes){0}; /* nobody asked */
    (void)pt_hub_send(hub, session);
  }
}

void pt_hub_on_join(pt_hub *hub, pt_session *session) {
  if (session->banned) {
    pt_hub_send_error(hub, session, "banned", "other peers reported this one");
    return;
  }
  for (size_t i = 0; i < hub->in.swarm_count && !session->closing; i++) {
    const pt_sig_swarm *wanted = &hub->in.swarms[i];
    if (!pt_hub_swarm_allowed(hub, session, wanted->key)) {
      refuse_swarm(hub, session, "unknown-swarm", wanted->key);
      continue;
    }
    if (!pt_hub_may_join(hub, session->connection)) {
      refuse_swarm(hub, session, "rate-limited", wanted->key);
      continue;
    }
    bool is_full = session->mine.count >= hub->options.swarms_max &&
                   pt_members_find(&session->mine, wanted->key) == NULL;
    pt_membership *m =
        is_full ? NULL : pt_members_join(&hub->members, &session->mine, wanted->key, wanted->left);
    if (m == NULL) {
      hub->stats.swarms_refused++;
      refuse_swarm(hub, session, "too-many-swarms", wanted->key);
      continue;
    }
    pt_signalling *out = count_swarm(hub, m->swarm);
    const pt_membership *chosen[PT_MEMBERS_CHOSEN_MAX];
    out->peer_count = pt_members_choose(m, wanted->want, &hub->random, chosen);
    for (size_t k = 0; k < out->peer_count; k++) {
      pt_hub_describe_peer(hub, chosen[k], &out->peers[k]);
      out->peers[k].near = nearness(m, chosen[k]);
    }
    (void)pt_hub_send(hub, session);
    tell_crowd(hub, m->swarm);
  }
}

void pt_hub_on_leave(pt_hub *hub, pt_session *session) {
  for (size_t i = 0; i < hub->in.swarm_count; i++) {
    pt_membership *m = pt_members_find(&session->mine, hub->in.swarms[i].key);
    if (m) pt_members_leave(&hub->members, m);
  }
}

/* ---- signal ---- */

/* Relays the message; NULL, or why it could not be. */
static const char *relay(pt_hub *hub, pt_session *session) {
  if (session->banned) return "banned";
  pt_session *to = pt_id_table_get(&hub->peers, hub->in.to);
  if (to == NULL) return pt_hub_legacy_signal(hub, session);
  if (to->closing) return "not-connected";
  if (to->banned) return "banned";
  hub->out = hub->in;
  hub->out.id = (pt_bytes){0};
  memcpy(hub->out.from, session->peer, PT_ID_SIZE); /* never what the client says: */
  memset(hub->out.legacy, 0, PT_ID_SIZE);           /* nor that its id is bound to nothing */
  return pt_hub_send(hub, to) ? NULL : "not-reachable";
}

void pt_hub_on_signal(pt_hub *hub, pt_session *session) {
  const char *reason = relay(hub, session);
  if (reason == NULL) {
    hub->stats.signals_delivered++;
    return;
  }
  hub->stats.signals_undelivered++;
  pt_signalling *out = pt_hub_answer(hub, PT_SIG_UNDELIVERED);
  memcpy(out->to, hub->in.to, PT_ID_SIZE);
  out->nonce = hub->in.nonce;
  out->reason = pt_text(reason);
  (void)pt_hub_send(hub, session);
}

/* ---- stats, report ---- */

static void add(uint64_t *sum, uint64_t more) {
  *sum = more > UINT64_MAX - *sum ? UINT64_MAX : *sum + more;
}

void pt_hub_on_stats(pt_hub *hub) {
  add(&hub->stats.origin_bytes, hub->in.origin_bytes);
  add(&hub->stats.peer_bytes_in, hub->in.peer_bytes_in);
  add(&hub->stats.peer_bytes_out, hub->in.peer_bytes_out);
  add(&hub->stats.wasted, hub->in.wasted);
}

void pt_hub_on_report(pt_hub *hub, pt_session *session, uint64_t now_us) {
  const uint8_t *peer = hub->in.peer;
  /* The banned may not accuse, nor may those who share nothing. */
  if (session->banned || session->mine.count == 0 || memcmp(peer, session->peer, PT_ID_SIZE) == 0)
    return;
  if (!pt_bans_report(&hub->bans, peer, session->peer, now_us)) return;
  char hex[2 * PT_ID_SIZE + 1];
  pt_hex_encode(peer, PT_ID_SIZE, hex);
  pt_log(PT_LOG_WARN, "peer %s is banned: reported by several others", hex);
  pt_session *banned = pt_id_table_get(&hub->peers, peer);
  if (banned == NULL) {
    pt_hub_legacy_ban(hub, peer);
    return;
  }
  banned->banned = true;
  pt_members_leave_all(&hub->members, &banned->mine);
}
