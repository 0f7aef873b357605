/* The signalling server: who we are, which swarms we are in, who else is. A
 * server that is gone is tried again, ever more slowly; transfers go on. */
#include <string.h>

#include "base/apart.h"
#include "format/signalling_packed.h"
#include "node/node_inner.h"

#define PT_RETRY_LEAST_US (1u * PT_SECOND_US)
#define PT_RETRY_MOST_US (60u * PT_SECOND_US)
#define PT_STATS_EVERY_US (5u * PT_SECOND_US)
#define PT_REJOIN_DEFAULT_S 60u
#define PT_ANSWER_PATIENCE_US (3u * PT_SECOND_US)
#define PT_ANSWER_MOST_US (20u * PT_SECOND_US)
#define PT_DRAIN_MOST_MS 600000u

bool pt_session_open(const pt_node *n) { return n->session.phase == PT_SESSION_WELCOME; }

pt_signalling *pt_session_compose(pt_node *n, enum pt_signalling_action action) {
  pt_signalling *m = &n->session.message;
  memset(m, 0, sizeof *m);
  m->action = action;
  return m;
}

void pt_session_send(pt_node *n) {
  pt_writer w = pt_writer_of(n->session.packed, sizeof n->session.packed);
  pt_signalling_pack(&w, &n->session.message);
  if (w.failed) return;
  pt_event send = {.kind = PT_OUT_SERVER_SEND, .data = {w.data, w.len}};
  pt_outbox_push(&n->cx.out, &send);
}

void pt_session_opened(pt_node *n) {
  if (n->session.phase != PT_SESSION_OPENING) return;
  n->session.phase = PT_SESSION_GREETING;
  pt_signalling *m = pt_session_compose(n, PT_SIG_HELLO);
  memcpy(m->peer, n->cx.self, PT_ID_SIZE);
  memcpy(m->fingerprint, n->config.fingerprint, PT_HASH_SIZE);
  m->resume = (pt_bytes){(const uint8_t *)n->session.resume, n->session.resume_len};
  m->anywhere = n->config.anywhere;
  pt_session_send(n);
}

static void lost(pt_node *n, uint64_t pause_us) {
  pt_session *se = &n->session;
  se->phase = PT_SESSION_CLOSED;
  se->open_us = n->cx.now_us + pause_us;
  n->cx.server_silent = true;
  for (uint32_t i = 0; i < n->swarm_count; i++) n->swarms[i]->joined = false;
  pt_node_dirty(n);
}

/* It closed, or never answered: the next attempt comes after a pause. */
static void failed(pt_node *n) {
  pt_session *se = &n->session;
  uint64_t pause = (uint64_t)PT_RETRY_LEAST_US << (se->failures < 6 ? se->failures : 6);
  if (pause > PT_RETRY_MOST_US) pause = PT_RETRY_MOST_US;
  se->failures++;
  /* A crowd that lost its server must not come back all at once. */
  lost(n, pause / 2 + pt_random_below(&n->cx.random, (uint32_t)pause));
}

void pt_session_closed(pt_node *n) {
  if (n->session.phase != PT_SESSION_CLOSED) failed(n);
}

static void join(pt_node *n) {
  uint64_t now = n->cx.now_us;
  uint32_t want = pt_links_to_dial(n);
  for (uint32_t at = 0; at < n->swarm_count;) {
    pt_signalling *m = pt_session_compose(n, PT_SIG_JOIN);
    for (; at < n->swarm_count && m->swarm_count < PT_SIGNAL_SWARMS_MAX; at++) {
      pt_swarm *s = n->swarms[at];
      if (s->joined && now < s->rejoin_us) continue;
      pt_sig_swarm *entry = &m->swarms[m->swarm_count++];
      memcpy(entry->key, s->key, PT_ID_SIZE);
      entry->left = s->length - s->have_bytes;
      entry->want = want;
      s->joined = true;
      s->rejoin_us = now + (uint64_t)PT_REJOIN_DEFAULT_S * PT_SECOND_US;
    }
    if (m->swarm_count) pt_session_send(n);
  }
}

static void welcome(pt_node *n, const pt_signalling *m) {
  pt_session *se = &n->session;
  if (se->phase != PT_SESSION_GREETING) return;
  se->phase = PT_SESSION_WELCOME;
  se->failures = 0;
  if (m->resume.len && m->resume.len <= sizeof se->resume) {
    memcpy(se->resume, m->resume.data, m->resume.len);
    se->resume_len = m->resume.len;
  }
  n->cx.server_silent = false;
  pt_outbox_say(&n->cx.out, PT_OUT_SERVER_WELCOME, 0);
}

static void take_peers(pt_node *n, const pt_signalling *m) {
  pt_swarm *s = pt_assets_known(n, m->swarm);
  if (!s) return;
  s->counted = true;
  s->complete = m->complete;
  s->incomplete = m->incomplete;
  if (m->interval) s->rejoin_us = n->cx.now_us + (uint64_t)m->interval * PT_SECOND_US;
  /* The server counts us, too. */
  bool enough = (uint64_t)m->complete + m->incomplete > n->threshold;
  for (size_t i = 0; enough && i < m->peer_count; i++) pt_links_meet(n, &m->peers[i], m->swarm);
  s->dirty = true;
}

static void take_error(pt_node *n, const pt_signalling *m) {
  pt_event event = {.kind = PT_OUT_FAULT, .code = PT_ERR_STATE, .text = m->message};
  if (!event.text.len) event.text = m->code;
  pt_outbox_push(&n->cx.out, &event);
}

static void close_server(pt_node *n) { pt_outbox_say(&n->cx.out, PT_OUT_SERVER_CLOSE, 0); }

PT_APART void pt_session_message(pt_node *n, pt_bytes packed) {
  pt_session *se = &n->session;
  pt_signalling *m = &se->message;
  if (se->phase < PT_SESSION_GREETING) return; /* of a channel that we closed */
  int error = pt_signalling_unpack(packed, m);
  if (error != PT_OK) {
    pt_outbox_fault(&n->cx.out, error, "the server sent a malformed message", NULL, NULL);
    return;
  }
  switch (m->action) {
  case PT_SIG_WELCOME:
    welcome(n, m);
    break;
  case PT_SIG_PEERS:
    take_peers(n, m);
    break;
  case PT_SIG_SIGNAL:
    pt_links_remote_signal(n, m);
    break;
  case PT_SIG_UNDELIVERED:
    pt_links_undelivered(n, m->to);
    break;
  case PT_SIG_INDEXED:
    pt_outbox_say(&n->cx.out, PT_OUT_INDEX_STALE, 0);
    break;
  case PT_SIG_DRAIN:
    close_server(n);
    lost(n, (m->after_ms < PT_DRAIN_MOST_MS ? m->after_ms : PT_DRAIN_MOST_MS) * PT_MS_US);
    break;
  case PT_SIG_ERROR:
    take_error(n, m);
    break;
  default:
    break; /* what only servers hear, or a later version says */
  }
}

static void report_bans(pt_node *n) {
  for (uint32_t i = 0; i < n->cx.report_count; i++) {
    pt_signalling *m = pt_session_compose(n, PT_SIG_REPORT);
    memcpy(m->peer, n->cx.reports[i].peer, PT_ID_SIZE);
    memcpy(m->swarm, n->cx.reports[i].swarm, PT_ID_SIZE);
    m->report_kind = (pt_bytes){(const uint8_t *)"corrupt", 7};
    m->piece = n->cx.reports[i].piece;
    pt_session_send(n);
  }
  n->cx.report_count = 0;
}

static bool stats_changed(const pt_node *n) {
  const pt_stats *now = &n->cx.stats, *told = &n->session.told;
  return now->origin_bytes != told->origin_bytes || now->peer_bytes_in != told->peer_bytes_in ||
         now->peer_bytes_out != told->peer_bytes_out || now->wasted_bytes != told->wasted_bytes;
}

static void tell_stats(pt_node *n) {
  pt_stats *now = &n->cx.stats, *told = &n->session.told;
  pt_signalling *m = pt_session_compose(n, PT_SIG_STATS);
  m->origin_bytes = now->origin_bytes - told->origin_bytes;
  m->peer_bytes_in = now->peer_bytes_in - told->peer_bytes_in;
  m->peer_bytes_out = now->peer_bytes_out - told->peer_bytes_out;
  m->wasted = now->wasted_bytes - told->wasted_bytes;
  for (uint32_t i = 0; i < PT_PEERS_MAX && m->edge_count < PT_SIGNAL_PEERS_MAX; i++) {
    if (!n->links[i]) continue;
    pt_remote *r = &n->links[i]->remote;
    if (r->bytes_in == r->reported_in) continue;
    pt_sig_edge *edge = &m->edges[m->edge_count++];
    memcpy(edge->peer, r->id, PT_ID_SIZE);
    edge->bytes = r->bytes_in - r->reported_in;
    r->reported_in = r->bytes_in;
  }
  *told = *now;
  pt_session_send(n);
}

/* A swarm that has few peers asks again; one that has enough does not. */
static bool join_due(const pt_node *n, uint64_t *at) {
  *at = PT_NEVER;
  for (uint32_t i = 0; i < n->swarm_count; i++) {
    const pt_swarm *s = n->swarms[i];
    uint64_t due = s->joined ? s->rejoin_us : 0;
    if (due < *at) *at = due;
  }
  return *at <= n->cx.now_us;
}

static void open_server(pt_node *n) {
  pt_session *se = &n->session;
  se->phase = PT_SESSION_OPENING;
  se->silent_us = n->cx.now_us + PT_ANSWER_PATIENCE_US;
  se->late_us = n->cx.now_us + PT_ANSWER_MOST_US;
  pt_outbox_say(&n->cx.out, PT_OUT_SERVER_OPEN, se->attempt++);
}

/* A server that accepts and says nothing must not keep anybody waiting. */
static void await_welcome(pt_node *n) {
  pt_session *se = &n->session;
  if (n->cx.now_us >= se->silent_us && !n->cx.server_silent) {
    n->cx.server_silent = true;
    pt_node_dirty(n);
  }
  if (n->cx.now_us < se->late_us) return;
  close_server(n);
  failed(n);
}

PT_APART void pt_session_settle(pt_node *n) {
  pt_session *se = &n->session;
  if (n->cx.consent == PT_CONSENT_DENIED) {
    if (se->phase == PT_SESSION_CLOSED) return;
    close_server(n);
    lost(n, 0);
    return;
  }
  if (se->phase == PT_SESSION_CLOSED && n->cx.now_us >= se->open_us) open_server(n);
  if (se->phase == PT_SESSION_OPENING || se->phase == PT_SESSION_GREETING) await_welcome(n);
  if (se->phase < PT_SESSION_GREETING) return;
  uint64_t at;
  if (join_due(n, &at)) join(n); /* right behind our hello: the answer is a round trip sooner */
  if (se->phase != PT_SESSION_WELCOME) return;
  if (n->cx.report_count) report_bans(n);
  if (stats_changed(n) && se->stats_us == PT_NEVER) se->stats_us = n->cx.now_us + PT_STATS_EVERY_US;
  if (n->cx.now_us < se->stats_us) return;
  tell_stats(n);
  se->stats_us = PT_NEVER;
}

uint64_t pt_session_deadline(const pt_node *n) {
  const pt_session *se = &n->session;
  if (n->cx.consent == PT_CONSENT_DENIED) return PT_NEVER;
  if (se->phase == PT_SESSION_CLOSED) return se->open_us;
  if (se->phase == PT_SESSION_OPENING || se->phase == PT_SESSION_GREETING)
    return n->cx.server_silent ? se->late_us : se->silent_us;
  if (se->phase != PT_SESSION_WELCOME) return PT_NEVER;
  uint64_t at;
  join_due(n, &at);
  return at < se->stats_us ? at : se->stats_us;
}
