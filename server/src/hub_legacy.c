#include "hub_legacy.h"

#include "base/hex.h"
#include "format/sha256.h"

#include <string.h>

/* The same for the server's life, so that bans last over reconnects. */
static void make_alias(const pt_hub *hub, const uint8_t id[PT_ID_SIZE], uint8_t out[PT_ID_SIZE]) {
  uint8_t bytes[PT_ID_SIZE + PT_HUB_SALT_SIZE], hash[PT_HASH_SIZE];
  memcpy(bytes, hub->salt, PT_HUB_SALT_SIZE);
  memcpy(bytes + PT_HUB_SALT_SIZE, id, PT_ID_SIZE);
  pt_sha256(bytes, sizeof bytes, hash);
  memcpy(out, hash, PT_ID_SIZE);
}

/* NULL when out of memory. */
static const uint8_t *alias_of(pt_tracker *tracker, pt_tracker_peer *peer) {
  if (!peer->named) {
    make_alias(tracker->hub, peer->mine.peer, peer->alias);
    peer->named = pt_id_table_put(&tracker->aliases, peer->alias, peer);
  }
  return peer->named ? peer->alias : NULL;
}

void pt_hub_describe_peer(pt_hub *hub, const pt_membership *m, pt_sig_peer *out) {
  *out = (pt_sig_peer){0};
  const uint8_t *id = m->of->legacy ? alias_of(hub->tracker, m->of->owner) : m->of->peer;
  if (id) memcpy(out->peer, id, PT_ID_SIZE);
  if (m->of->legacy) memcpy(out->legacy, pt_member_info_hash(m), PT_ID_SIZE);
}

/* A signal to a native visitor from a client; its SDP is taken from a
 * description. False when it can't be sent. */
static bool tell_native(pt_tracker *tracker, pt_session *to, const pt_membership *from,
                        enum pt_signal kind, pt_bytes nonce, pt_bytes description) {
  pt_hub *hub = tracker->hub;
  const uint8_t *alias = alias_of(tracker, from->of->owner);
  pt_writer arena = pt_writer_of(hub->arena, sizeof hub->arena);
  hub->in.id = (pt_bytes){0};
  pt_signalling *out = pt_hub_answer(hub, PT_SIG_SIGNAL);
  if (alias == NULL || pt_tracker_sdp(description, &arena, &out->sdp) != PT_OK) return false;
  memcpy(out->to, to->peer, PT_ID_SIZE);
  memcpy(out->from, alias, PT_ID_SIZE);
  memcpy(out->legacy, pt_member_info_hash(from), PT_ID_SIZE);
  out->kind = kind;
  out->nonce = nonce;
  if (!pt_hub_send(hub, to)) return false;
  hub->stats.signals_delivered++;
  return true;
}

bool pt_hub_legacy_offer(pt_tracker *tracker, const pt_membership *from, const pt_membership *to,
                         const pt_tracker_offer *offer) {
  char nonce[2 * PT_ID_SIZE + 1];
  pt_hex_encode(offer->id, PT_ID_SIZE, nonce);
  return tell_native(tracker, to->of->owner, from, PT_SIGNAL_OFFER, pt_text(nonce),
                     offer->description);
}

bool pt_hub_legacy_answer(pt_tracker *tracker, const pt_membership *from) {
  const pt_tracker_message *in = &tracker->in;
  pt_session *to = pt_id_table_get(&tracker->hub->peers, in->to_peer_id);
  if (to == NULL || to->closing || to->banned) return false;
  uint64_t what = pt_tracker_pending(tracker, in->offer_id, from->swarm->key, from->of);
  if (!pt_pending_take(&to->pending, what, tracker->now_s)) return false;
  pt_bytes nonce = {in->offer_id, PT_ID_SIZE};
  while (nonce.len > 0 && nonce.data[nonce.len - 1] == 0) nonce.len--;
  return tell_native(tracker, to, from, PT_SIGNAL_ANSWER, nonce, in->description);
}

/* The client's membership that a native visitor's signal is about. */
static pt_membership *meant(const pt_hub *hub, const pt_tracker_peer *peer) {
  for (uint32_t i = 0; i < peer->mine.count; i++) {
    if (memcmp(pt_member_info_hash(peer->mine.items[i]), hub->in.legacy, PT_ID_SIZE) == 0)
      return peer->mine.items[i];
  }
  return NULL;
}

/* The nonce as an offer id, and back: text without NULs fits in front of them. */
static bool offer_id_of_nonce(pt_bytes nonce, uint8_t out[PT_ID_SIZE]) {
  if (nonce.len == 0 || nonce.len > PT_ID_SIZE) return false;
  memset(out, 0, PT_ID_SIZE);
  memcpy(out, nonce.data, nonce.len);
  return memchr(nonce.data, 0, nonce.len) == NULL;
}

static bool describe(pt_tracker *tracker, bool is_offer, pt_tracker_message *out) {
  pt_hub *hub = tracker->hub;
  pt_writer w = pt_writer_of(hub->text, sizeof hub->text); /* the hub sends nothing now */
  pt_tracker_describe(&w, is_offer, hub->in.sdp);
  out->description = (pt_bytes){w.data, w.len};
  return !w.failed;
}

const char *pt_hub_legacy_signal(pt_hub *hub, pt_session *session) {
  pt_tracker *tracker = hub->tracker;
  const pt_signalling *in = &hub->in;
  pt_tracker_peer *peer = tracker ? pt_id_table_get(&tracker->aliases, in->to) : NULL;
  if (peer == NULL) return "not-connected";
  if (in->kind != PT_SIGNAL_OFFER && in->kind != PT_SIGNAL_ANSWER)
    return NULL; /* it knows no such */
  pt_membership *m = meant(hub, peer);
  if (m == NULL) return "not-connected";
  bool is_offer = in->kind == PT_SIGNAL_OFFER;
  pt_tracker_message *out = pt_tracker_begin(
      tracker, is_offer ? PT_TRACKER_OFFER : PT_TRACKER_ANSWER, pt_member_info_hash(m));
  memcpy(out->peer_id, session->peer, PT_ID_SIZE);
  bool fits = is_offer ? offer_id_of_nonce(in->nonce, out->offer_id)
                       : pt_hex_decode((const char *)in->nonce.data, in->nonce.len, out->offer_id,
                                       PT_ID_SIZE);
  if (!fits) return "not-a-webtorrent-nonce";
  /* An answer to an offer that was not passed on to this visitor is nobody's. */
  if (!is_offer &&
      !pt_pending_take(&peer->pending,
                       pt_tracker_pending(tracker, out->offer_id, m->swarm->key, &session->mine),
                       tracker->now_s))
    return "no-such-offer";
  if (!describe(tracker, is_offer, out) || !pt_tracker_send(tracker, peer->session))
    return "not-reachable";
  if (is_offer &&
      !pt_pending_add(&session->pending,
                      pt_tracker_pending(tracker, out->offer_id, m->swarm->key, &peer->mine),
                      tracker->now_s, hub->options.offers_max, &hub->stats.offers_dropped))
    return "not-reachable";
  return NULL;
}

void pt_hub_legacy_ban(pt_hub *hub, const uint8_t alias[PT_ID_SIZE]) {
  pt_tracker_peer *peer = hub->tracker ? pt_id_table_get(&hub->tracker->aliases, alias) : NULL;
  for (uint32_t left = peer ? peer->mine.count : 0; left > 0; left--)
    pt_tracker_leave(hub->tracker, peer->mine.items[left - 1]);
}

bool pt_hub_legacy_banned(pt_tracker *tracker, const uint8_t peer_id[PT_ID_SIZE]) {
  uint8_t alias[PT_ID_SIZE];
  if (tracker->hub->bans.table.count == 0) return false;
  make_alias(tracker->hub, peer_id, alias);
  return pt_bans_has(&tracker->hub->bans, alias);
}
