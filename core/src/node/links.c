/* Connections to other visitors. Who is named by the server for a swarm is
 * dialled; an offer is answered when the fingerprint in it belongs to the peer
 * id it came from and it was not seen before. When both dial at once, the
 * offer of the higher id stands.
 *
 * With a WebTorrent client ("legacy") it is less: its id proves nothing, its
 * offers and answers have all candidates in them, and a link with it is for one
 * swarm and has one channel. What it gives is checked like everybody's. */
#include <stdlib.h>
#include <string.h>

#include "base/apart.h"
#include "base/hex.h"
#include "format/fingerprint.h"
#include "node/node_inner.h"

#define PT_CONNECT_MAX_US (10u * PT_SECOND_US)
#define PT_LONELY_REJOIN_US (2u * PT_SECOND_US)
#define PT_DECLINED_REJOIN_US (250u * PT_MS_US) /* twice as long each time */
#define PT_DECLINED_MAX 5u
#define PT_CHANNEL_OPEN_US (1u * PT_SECOND_US)
#define PT_IDLE_LINK_US (10u * PT_SECOND_US)    /* a connection without channels */
#define PT_GREETING_MAX_US (10u * PT_SECOND_US) /* a channel without a greeting */

static pt_link *find_link(const pt_node *n, uint32_t id) {
  for (uint32_t i = 0; i < PT_PEERS_MAX; i++)
    if (n->links[i] && n->links[i]->remote.link == id) return n->links[i];
  return NULL;
}

/* A WebTorrent client is another one in each of its swarms. */
static pt_link *find_peer(const pt_node *n, const uint8_t peer[PT_ID_SIZE],
                          const uint8_t legacy[PT_ID_SIZE]) {
  for (uint32_t i = 0; i < PT_PEERS_MAX; i++)
    if (n->links[i] && memcmp(n->links[i]->remote.id, peer, PT_ID_SIZE) == 0 &&
        memcmp(n->links[i]->remote.info_hash, legacy, PT_ID_SIZE) == 0)
      return n->links[i];
  return NULL;
}

static bool is_legacy(const uint8_t info_hash[PT_ID_SIZE]) {
  static const uint8_t none[PT_ID_SIZE];
  return memcmp(info_hash, none, PT_ID_SIZE) != 0;
}

static uint32_t count_links(const pt_node *n) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < PT_PEERS_MAX; i++) count += n->links[i] != NULL;
  return count;
}

/* Something about a link or its peers changed: they are looked after, and the
 * time of the next look is found anew. */
static void attend(pt_node *n) { n->cx.attend = true; }

static bool awaited(const pt_node *n, const pt_link *link) {
  if (!link->remote.up) return link->dialled;
  return link->channels < link->swarm_count && n->cx.now_us < link->opening_us;
}

/* Peers that do not exchange data yet, in all swarms we share with them: the
 * swarms wait for them a little. */
static void count_dials(pt_node *n) {
  uint32_t dials = 0;
  for (uint32_t i = 0; i < PT_PEERS_MAX; i++) dials += n->links[i] && awaited(n, n->links[i]);
  if (dials == n->cx.dials) return;
  n->cx.dials = dials;
  pt_node_dirty(n);
}

static pt_link *new_link(pt_node *n, const uint8_t peer[PT_ID_SIZE],
                         const uint8_t legacy[PT_ID_SIZE], bool dialled) {
  if (count_links(n) >= n->peers_max) return NULL;
  uint32_t slot = 0;
  while (n->links[slot]) slot++;
  pt_link *link = calloc(1, sizeof *link);
  if (!link) return NULL;
  memcpy(link->remote.id, peer, PT_ID_SIZE);
  memcpy(link->remote.info_hash, legacy, PT_ID_SIZE);
  link->remote.legacy = is_legacy(legacy);
  link->remote.link = n->link_next++;
  link->remote.name = pt_context_name(&n->cx, peer);
  link->dialled = dialled;
  link->phase = dialled ? PT_PHASE_DIALLING : PT_PHASE_ANSWERING;
  link->expires_us = n->cx.now_us + PT_CONNECT_MAX_US;
  n->links[slot] = link;
  attend(n);
  return link;
}

static void emit_link(pt_node *n, const pt_link *link, enum pt_out kind) {
  pt_event event = {.kind = (uint16_t)kind, .link = link->remote.link};
  memcpy(event.peer, link->remote.id, PT_ID_SIZE);
  pt_outbox_push(&n->cx.out, &event);
}

static void close_channel(pt_node *n, uint32_t channel) {
  pt_outbox_say(&n->cx.out, PT_OUT_CHANNEL_CLOSE, channel);
}

void pt_links_drop_peer(pt_node *n, pt_peer *p, bool tell) {
  pt_swarm *s = p->swarm;
  pt_table_take(&n->channels, p->channel);
  for (uint32_t i = 0; i < PT_PEERS_MAX; i++)
    if (n->links[i] && &n->links[i]->remote == p->remote) {
      n->links[i]->channels--;
      n->links[i]->expires_us = n->cx.now_us + PT_IDLE_LINK_US;
    }
  if (tell) close_channel(n, p->channel);
  pt_peer_del(p);
  attend(n);
  uint64_t soon = n->cx.now_us + PT_LONELY_REJOIN_US;
  if (!s->peers && s->want_count && s->rejoin_us > soon) s->rejoin_us = soon;
}

static void close_link(pt_node *n, pt_link *link, bool tell) {
  for (uint32_t i = 0; i < n->swarm_count; i++) {
    for (pt_peer *p = n->swarms[i]->peers, *next; p; p = next) {
      next = p->next;
      if (p->remote == &link->remote) pt_links_drop_peer(n, p, false);
    }
  }
  if (link->remote.up) {
    n->cx.stats.peers_connected--;
    emit_link(n, link, PT_OUT_PEER_DOWN);
  }
  if (tell) emit_link(n, link, PT_OUT_PEER_CLOSE);
  attend(n);
  for (uint32_t i = 0; i < PT_PEERS_MAX; i++)
    if (n->links[i] == link) n->links[i] = NULL;
  free(link);
}

static bool shares(const pt_link *link, const uint8_t swarm[PT_ID_SIZE]) {
  for (uint32_t i = 0; i < link->swarm_count; i++)
    if (memcmp(link->swarms[i], swarm, PT_ID_SIZE) == 0) return true;
  return false;
}

static bool share(pt_link *link, const uint8_t swarm[PT_ID_SIZE]) {
  if (link->swarm_count == PT_LINK_SWARMS_MAX || shares(link, swarm)) return false;
  memcpy(link->swarms[link->swarm_count++], swarm, PT_ID_SIZE);
  return true;
}

/* A channel for it is open or asked for: not to be opened (again) from here. */
static void note_opened(pt_link *link, const uint8_t swarm[PT_ID_SIZE]) {
  share(link, swarm);
  for (uint32_t i = link->opened_count; i < link->swarm_count; i++) {
    if (memcmp(link->swarms[i], swarm, PT_ID_SIZE) != 0) continue;
    memcpy(link->swarms[i], link->swarms[link->opened_count], PT_ID_SIZE);
    memcpy(link->swarms[link->opened_count++], swarm, PT_ID_SIZE);
    return;
  }
}

/* The peer closed that channel: a later meeting may open it again. (The one swarm
 * of a WebTorrent client stays.) */
static void unshare(pt_link *link, const uint8_t swarm[PT_ID_SIZE]) {
  for (uint32_t i = link->remote.legacy; i < link->swarm_count; i++) {
    if (memcmp(link->swarms[i], swarm, PT_ID_SIZE) != 0) continue;
    uint32_t last_opened = i < link->opened_count ? --link->opened_count : i;
    memcpy(link->swarms[i], link->swarms[last_opened], PT_ID_SIZE);
    memcpy(link->swarms[last_opened], link->swarms[--link->swarm_count], PT_ID_SIZE);
    return;
  }
}

void pt_links_forget(pt_node *n, const uint8_t swarm[PT_ID_SIZE]) {
  for (uint32_t i = 0; i < PT_PEERS_MAX; i++)
    if (n->links[i]) unshare(n->links[i], swarm);
}

static void open_channels(pt_node *n, pt_link *link) {
  if (link->phase != PT_PHASE_CONNECTED) return;
  attend(n);
  if (link->opened_count < link->swarm_count) link->opening_us = n->cx.now_us + PT_CHANNEL_OPEN_US;
  for (; link->opened_count < link->swarm_count; link->opened_count++) {
    pt_event open = {.kind = PT_OUT_CHANNEL_OPEN, .link = link->remote.link};
    memcpy(open.swarm, link->swarms[link->opened_count], PT_ID_SIZE);
    pt_outbox_push(&n->cx.out, &open);
  }
}

static uint16_t flags_of(const pt_link *link) { return link->remote.legacy ? PT_FLAG_LEGACY : 0; }

static void dial(pt_node *n, const pt_sig_peer *peer, const uint8_t swarm[PT_ID_SIZE]) {
  pt_link *link = new_link(n, peer->peer, peer->legacy, true);
  if (!link) return;
  uint8_t nonce[8];
  uint64_t lot = pt_random_u64(&n->cx.random);
  memcpy(nonce, &lot, sizeof nonce);
  pt_hex_encode(nonce, sizeof nonce, link->nonce);
  share(link, swarm);
  link->opened_count = 1;
  pt_event event = {.kind = PT_OUT_PEER_DIAL, .flags = flags_of(link), .link = link->remote.link};
  memcpy(event.peer, peer->peer, PT_ID_SIZE);
  memcpy(event.swarm, swarm, PT_ID_SIZE);
  pt_outbox_push(&n->cx.out, &event);
}

/* A visitor who knows so many does not look for more. */
static uint32_t enough_links(const pt_node *n) { return n->peers_max * 2 / 3; }

/* In a crowd everybody is dialled as often as they dial: were all places taken
 * by our own dials, nobody's would be answered. Who comes late is dialled by few. */
uint32_t pt_links_to_dial(const pt_node *n) {
  uint32_t most = n->declined ? enough_links(n) : (n->peers_max * 2 + 4) / 5, dialled = 0;
  for (uint32_t i = 0; i < PT_PEERS_MAX; i++) dialled += n->links[i] && n->links[i]->dialled;
  return dialled < most ? most - dialled : 0;
}

void pt_links_meet(pt_node *n, const pt_sig_peer *peer, const uint8_t swarm[PT_ID_SIZE]) {
  if (memcmp(peer->peer, n->cx.self, PT_ID_SIZE) == 0 || pt_context_banned(&n->cx, peer->peer))
    return;
  pt_link *link = find_peer(n, peer->peer, peer->legacy);
  if (!link) {
    if (pt_links_to_dial(n)) dial(n, peer, swarm);
  } else if (!link->remote.legacy && share(link, swarm)) {
    attend(n);
    open_channels(n, link);
  }
}

static bool seen_before(pt_node *n, const pt_signalling *m) {
  pt_session *se = &n->session;
  for (uint32_t i = 0; i < PT_REPLAY_MAX; i++)
    if (strlen(se->seen[i].nonce) == m->nonce.len &&
        memcmp(se->seen[i].nonce, m->nonce.data, m->nonce.len) == 0 &&
        memcmp(se->seen[i].peer, m->from, PT_ID_SIZE) == 0)
      return true;
  pt_seen *seen = &se->seen[se->seen_next++ % PT_REPLAY_MAX];
  memcpy(seen->peer, m->from, PT_ID_SIZE);
  memcpy(seen->nonce, m->nonce.data, m->nonce.len);
  seen->nonce[m->nonce.len] = '\0';
  return false;
}

/* The certificate named in the SDP must be the one the peer id stands for. */
static bool sdp_is_of(pt_node *n, const pt_signalling *m) {
  uint8_t fingerprint[PT_HASH_SIZE], id[PT_ID_SIZE];
  if (pt_sdp_fingerprint(m->sdp, fingerprint) == PT_OK) {
    pt_peer_id_of(fingerprint, id);
    if (memcmp(id, m->from, PT_ID_SIZE) == 0) return true;
  }
  pt_outbox_fault(&n->cx.out, PT_ERR_HASH, "sent a fingerprint that is not its own", m->from, NULL);
  return false;
}

static void pass_on(pt_node *n, const pt_link *link, const pt_signalling *m, pt_bytes data) {
  pt_event event = {.kind = PT_OUT_PEER_SIGNAL,
                    .flags = flags_of(link),
                    .link = link->remote.link,
                    .code = (int32_t)m->kind,
                    .data = data};
  memcpy(event.peer, link->remote.id, PT_ID_SIZE);
  pt_outbox_push(&n->cx.out, &event);
}

static pt_signalling *address(pt_node *n, const uint8_t peer[PT_ID_SIZE], enum pt_signal kind) {
  pt_signalling *m = pt_session_compose(n, PT_SIG_SIGNAL);
  memcpy(m->to, peer, PT_ID_SIZE);
  memcpy(m->from, n->cx.self, PT_ID_SIZE);
  m->kind = kind;
  return m;
}

/* No place is free: the caller need not wait until its dial is overdue. */
static void decline(pt_node *n, const pt_signalling *offer) {
  uint8_t peer[PT_ID_SIZE];
  char nonce[PT_NONCE_LEN_MAX];
  memcpy(peer, offer->from, PT_ID_SIZE);
  memcpy(nonce, offer->nonce.data, offer->nonce.len);
  pt_bytes copy = {(const uint8_t *)nonce, offer->nonce.len};
  address(n, peer, PT_SIGNAL_BYE)->nonce = copy; /* in whose place the offer was */
  pt_session_send(n);
}

/* Clients send more offers than they need: one connection is enough. */
static void take_legacy_offer(pt_node *n, const pt_signalling *m) {
  const pt_swarm *s = pt_assets_named(n, m->legacy);
  if (!s || find_peer(n, m->from, m->legacy)) return;
  pt_link *link = new_link(n, m->from, m->legacy, false);
  if (!link) return;
  memcpy(link->nonce, m->nonce.data, m->nonce.len);
  share(link, s->key);
  link->opened_count = 1; /* the channel is theirs to open */
  pass_on(n, link, m, m->sdp);
}

static void take_offer(pt_node *n, const pt_signalling *m) {
  if (n->cx.consent == PT_CONSENT_DENIED || m->nonce.len > PT_NONCE_LEN_MAX) return;
  if (seen_before(n, m)) return;
  if (is_legacy(m->legacy)) {
    take_legacy_offer(n, m);
    return;
  }
  if (!sdp_is_of(n, m)) return;
  pt_link *link = find_peer(n, m->from, m->legacy);
  if (link && link->phase == PT_PHASE_DIALLING && memcmp(n->cx.self, m->from, PT_ID_SIZE) > 0)
    return;             /* ours stands */
  pt_link shared = {0}; /* what was to be shared with it still is */
  if (link) {
    shared.swarm_count = link->swarm_count;
    memcpy(shared.swarms, link->swarms, sizeof shared.swarms);
    close_link(n, link, true);
  }
  link = new_link(n, m->from, m->legacy, false);
  if (!link) {
    decline(n, m);
    return;
  }
  memcpy(link->nonce, m->nonce.data, m->nonce.len);
  link->swarm_count = shared.swarm_count;
  memcpy(link->swarms, shared.swarms, sizeof shared.swarms);
  pass_on(n, link, m, m->sdp);
}

/* Who comes late to a crowd dials many whose places are taken, and who is behind
 * a NAT many that can't be reached: it asks for others before long, a few times. */
static void ask_for_others(pt_node *n) {
  if (count_links(n) >= enough_links(n)) return;
  n->declined = true;
  for (uint32_t i = 0; i < n->swarm_count; i++) {
    pt_swarm *s = n->swarms[i];
    uint64_t soon = n->cx.now_us + ((uint64_t)PT_DECLINED_REJOIN_US << s->declined);
    if (!s->want_count || s->declined == PT_DECLINED_MAX || s->rejoin_us <= soon) continue;
    s->rejoin_us = soon;
    s->declined++;
  }
}

static void hang_up(pt_node *n, pt_link *link) {
  bool in_vain = link->phase == PT_PHASE_DIALLING;
  close_link(n, link, true);
  if (in_vain) ask_for_others(n);
}

void pt_links_remote_signal(pt_node *n, const pt_signalling *m) {
  if (pt_context_banned(&n->cx, m->from)) return;
  if (m->kind == PT_SIGNAL_OFFER) {
    take_offer(n, m);
    return;
  }
  pt_link *link = find_peer(n, m->from, m->legacy);
  if (!link) return;
  bool same =
      strlen(link->nonce) == m->nonce.len && memcmp(link->nonce, m->nonce.data, m->nonce.len) == 0;
  if (m->kind == PT_SIGNAL_BYE) {
    if (same || !m->nonce.len) hang_up(n, link);
  } else if (m->kind == PT_SIGNAL_ANSWER) {
    if (!same || link->phase != PT_PHASE_DIALLING) return;
    if (!link->remote.legacy && !sdp_is_of(n, m)) return;
    n->cx.dial_news_us = n->cx.now_us;
    pass_on(n, link, m, m->sdp);
  } else if (m->kind == PT_SIGNAL_CANDIDATE && same) {
    pass_on(n, link, m, m->candidate);
  }
}

void pt_links_undelivered(pt_node *n, const uint8_t peer[PT_ID_SIZE]) {
  for (uint32_t i = 0; i < PT_PEERS_MAX; i++) {
    pt_link *link = n->links[i];
    if (link && memcmp(link->remote.id, peer, PT_ID_SIZE) == 0 && link->phase != PT_PHASE_CONNECTED)
      close_link(n, link, true);
  }
}

PT_APART int pt_links_local_signal(pt_node *n, const pt_event *in) {
  if (in->code < PT_SIGNAL_OFFER || in->code > PT_SIGNAL_BYE) return PT_ERR_ARG;
  pt_link *link = find_link(n, in->link);
  if (!link || !pt_session_open(n)) return PT_OK;
  if (link->remote.legacy && in->code > PT_SIGNAL_ANSWER) return PT_OK; /* it knows no such */
  if (link->dialled) n->cx.dial_news_us = n->cx.now_us;
  pt_signalling *m = address(n, link->remote.id, (enum pt_signal)in->code);
  memcpy(m->legacy, link->remote.info_hash, PT_ID_SIZE);
  m->nonce = (pt_bytes){(const uint8_t *)link->nonce, strlen(link->nonce)};
  if (in->code == PT_SIGNAL_CANDIDATE)
    m->candidate = in->data;
  else
    m->sdp = in->data;
  pt_session_send(n);
  return PT_OK;
}

PT_APART int pt_links_state(pt_node *n, const pt_event *in) {
  if (in->code < PT_LINK_CONNECTED || in->code > PT_LINK_CLOSED) return PT_ERR_ARG;
  pt_link *link = find_link(n, in->link);
  if (!link) return PT_OK;
  if (in->code != PT_LINK_CONNECTED) {
    hang_up(n, link);
    return PT_OK;
  }
  if (link->phase != PT_PHASE_CONNECTED) link->expires_us = n->cx.now_us + PT_IDLE_LINK_US;
  n->cx.dial_news_us = n->cx.now_us;
  link->phase = PT_PHASE_CONNECTED;
  /* Who answered waits for the caller's channel, which may be the very one. */
  if (link->dialled || link->channels) open_channels(n, link);
  return PT_OK;
}

static pt_peer *peer_of(const pt_swarm *s, const pt_link *link) {
  for (pt_peer *p = s->peers; p; p = p->next)
    if (p->remote == &link->remote) return p;
  return NULL;
}

PT_APART int pt_links_channel_opened(pt_node *n, const pt_event *in) {
  if (pt_table_get(&n->channels, in->id)) return PT_ERR_STATE;
  pt_link *link = find_link(n, in->link);
  /* Peers open channels too: how many is for us to bound. */
  bool room = link && link->channels < PT_LINK_SWARMS_MAX && n->channels.count < PT_CHANNELS_MAX;
  const uint8_t *key = link && link->remote.legacy ? link->swarms[0] : in->swarm;
  bool created_here = in->code == 1;
  pt_swarm *s = room ? pt_assets_known(n, key) : NULL; /* what we share is for us to say */
  if (!s) {
    close_channel(n, in->id);
    return PT_OK;
  }
  link->phase = PT_PHASE_CONNECTED;
  n->cx.dial_news_us = n->cx.now_us;
  link->expires_us = n->cx.now_us + PT_IDLE_LINK_US;
  pt_peer *old = peer_of(s, link);
  if (old) { /* both opened one: the higher id's stays */
    bool keep_ours = memcmp(n->cx.self, link->remote.id, PT_ID_SIZE) > 0;
    if (link->remote.legacy || old->created_here == created_here || created_here != keep_ours) {
      close_channel(n, in->id);
      return PT_OK;
    }
    pt_links_drop_peer(n, old, true);
  }
  note_opened(link, key);
  open_channels(n, link);
  pt_peer *p = pt_peer_new(s, &link->remote, in->id, created_here);
  if (!p || pt_table_put(&n->channels, in->id, p) != PT_OK) {
    if (p) pt_peer_del(p);
    close_channel(n, in->id);
    return PT_OK;
  }
  link->channels++;
  return PT_OK;
}

void pt_links_channel_closed(pt_node *n, uint32_t channel) {
  pt_peer *p = pt_table_get(&n->channels, channel);
  if (!p) return;
  pt_link *link = find_link(n, p->remote->link);
  uint8_t swarm[PT_ID_SIZE];
  memcpy(swarm, p->swarm->key, PT_ID_SIZE);
  pt_links_drop_peer(n, p, false);
  if (!link) return;
  unshare(link, swarm);
  if (link->channels == 0) close_link(n, link, true);
}

/* A peer that never says what it has only takes up room, and hope. */
static bool silent(const pt_node *n, const pt_peer *p) {
  return !p->bits_known && n->cx.now_us >= p->since_us + PT_GREETING_MAX_US;
}

PT_APART static void settle_peers(pt_node *n, pt_swarm *s) {
  for (pt_peer *p = s->peers, *next; p; p = next) {
    next = p->next;
    if (!p->broken && silent(n, p)) {
      if (p->greeted && !p->fast)
        p->bits_known = s->dirty = true; /* BEP 3: it has none */
      else
        pt_peer_fault(p, PT_ERR_STATE, "does not say what it has");
    }
    if (p->broken) pt_links_drop_peer(n, p, true);
  }
}

/* It must be connected by then, and later have a channel. */
static bool overdue(const pt_node *n, const pt_link *link) {
  return link->channels == 0 && n->cx.now_us >= link->expires_us;
}

static uint64_t earlier(uint64_t a, uint64_t b) { return a < b ? a : b; }

/* When the first link or peer will be late. */
static uint64_t next_look_us(const pt_node *n) {
  uint64_t at = PT_NEVER;
  for (uint32_t i = 0; i < PT_PEERS_MAX; i++) {
    const pt_link *link = n->links[i];
    if (!link) continue;
    if (link->channels == 0) at = earlier(at, link->expires_us);
    if (link->remote.up && awaited(n, link)) at = earlier(at, link->opening_us);
  }
  for (uint32_t i = 0; i < n->swarm_count; i++)
    for (const pt_peer *p = n->swarms[i]->peers; p; p = p->next)
      if (!p->bits_known) at = earlier(at, p->since_us + PT_GREETING_MAX_US);
  return at;
}

void pt_links_settle(pt_node *n) {
  if (!n->cx.attend && n->cx.now_us < n->links_us) return;
  n->cx.attend = false;
  for (uint32_t i = 0; i < n->swarm_count; i++) settle_peers(n, n->swarms[i]);
  for (uint32_t i = 0; i < PT_PEERS_MAX; i++) {
    pt_link *link = n->links[i];
    if (!link) continue;
    if (n->cx.banned_new && pt_context_banned(&n->cx, link->remote.id))
      link->remote.condemned = true;
    if (overdue(n, link) || link->remote.condemned) hang_up(n, link);
  }
  n->cx.banned_new = false;
  count_dials(n);
  n->links_us = next_look_us(n);
}

void pt_links_close_all(pt_node *n) {
  for (uint32_t i = 0; i < PT_PEERS_MAX; i++)
    if (n->links[i]) close_link(n, n->links[i], true);
}

uint64_t pt_links_deadline(const pt_node *n) { return n->cx.attend ? n->cx.now_us : n->links_us; }
