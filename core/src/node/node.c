/* The facade: inputs go to the part they concern, outputs are collected in a
 * fixed order (what is queued, then bytes for requests, then channel sends). */
#include "peertide/peertide.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/apart.h"
#include "format/fingerprint.h"
#include "node/stored.h"

#define PT_MEMORY_DEFAULT (512ull << 20)

pt_node *pt_node_new(const pt_config *config, uint64_t now_us) {
  pt_node *n = calloc(1, sizeof *n);
  if (!n) return NULL;
  n->config = *config;
  n->cx.now_us = now_us;
  pt_random_init(&n->cx.random, config->seed);
  pt_outbox_init(&n->cx.out);
  pt_peer_id_of(config->fingerprint, n->cx.self);
  n->cx.memory_max = config->memory_max ? config->memory_max : PT_MEMORY_DEFAULT;
  n->cx.consent = config->consent;
  n->cx.savings = config->savings != 0;
  pt_context_limit_upload(&n->cx, config->upload_rate_max);
  n->cx.upload_quota = config->upload_quota ? config->upload_quota : UINT64_MAX;
  n->cx.fetch_next = 1;
  n->peers_max = config->peers_max ? config->peers_max : PT_PEERS_DEFAULT;
  if (n->peers_max > PT_PEERS_MAX) n->peers_max = PT_PEERS_MAX;
  n->link_next = 1;
  n->session.open_us = now_us;
  n->session.stats_us = PT_NEVER;
  n->links_us = PT_NEVER;
  n->due_us = PT_NEVER;
  n->drained = true;
  return n;
}

void pt_node_dirty(pt_node *n) {
  for (uint32_t i = 0; i < n->swarm_count; i++) n->swarms[i]->dirty = true;
}

void pt_node_end_stream(pt_node *n, pt_stream *st) {
  pt_table_take(&n->streams, st->id);
  pt_stream_del(st);
}

void pt_node_del(pt_node *n) {
  if (!n) return;
  for (uint32_t i = 0; i < n->swarm_count; i++)
    while (n->swarms[i]->streams) pt_node_end_stream(n, n->swarms[i]->streams);
  pt_links_close_all(n);
  for (uint32_t i = 0; i < n->swarm_count; i++) pt_swarm_del(n->swarms[i]);
  pt_index_free(&n->index);
  pt_table_free(&n->streams);
  pt_table_free(&n->channels);
  pt_outbox_free(&n->cx.out);
  free(n);
}

/* Media types that players take as they go. */
static bool is_played(const char *type) {
  return strncmp(type, "video/", 6) == 0 || strncmp(type, "audio/", 6) == 0;
}

PT_APART static int request(pt_node *n, const pt_event *in) {
  if (pt_table_get(&n->streams, in->id)) return PT_ERR_STATE;
  if (n->streams.count >= PT_REQUESTS_MAX) return PT_ERR_LIMIT;
  pt_event end = {.kind = PT_OUT_REQUEST_END, .id = in->id};
  const pt_site_asset *asset = pt_index_find(&n->index, in->text);
  pt_swarm *s = asset ? pt_assets_swarm(n, n->index.swarms[asset->swarm].key) : NULL;
  uint64_t length = asset ? asset->length : 0;
  if (!s)
    end.code = PT_ERR_UNKNOWN;
  else if (in->offset > length)
    end.code = PT_ERR_RANGE;
  if (end.code != PT_OK) {
    pt_outbox_push(&n->cx.out, &end);
    return PT_OK;
  }
  uint64_t left = length - in->offset;
  uint64_t stop = in->offset + (in->length < left ? in->length : left);
  pt_stream *st =
      pt_stream_new(s, in->id, asset->file, in->offset, stop, in->code == PT_URGENCY_BLOCKING,
                    is_played(asset->type), in->code == PT_URGENCY_PLAYER);
  if (!st) return PT_ERR_NOMEM;
  int error = pt_table_put(&n->streams, in->id, st);
  if (error != PT_OK) pt_stream_del(st);
  return error;
}

static void credit(pt_node *n, const pt_event *in) {
  pt_stream *st = pt_table_get(&n->streams, in->id);
  if (st) pt_stream_credit(st, in->length);
}

static void cancel(pt_node *n, const pt_event *in) {
  pt_stream *st = pt_table_get(&n->streams, in->id);
  if (st) pt_node_end_stream(n, st);
}

static void origin_data(pt_node *n, const pt_event *in) {
  for (uint32_t i = 0; i < n->swarm_count; i++)
    if (pt_origin_data(n->swarms[i], in->id, in->data)) return;
}

static void origin_end(pt_node *n, const pt_event *in) {
  for (uint32_t i = 0; i < n->swarm_count; i++)
    if (pt_origin_end(n->swarms[i], in->id, in->code, in->offset)) break;
  /* A place among the fetches at once, or a pause, concerns all swarms. */
  pt_node_dirty(n);
}

static void channel_message(pt_node *n, const pt_event *in) {
  pt_peer *p = pt_table_get(&n->channels, in->id);
  if (p) pt_peer_receive(p, in->data);
}

static void channel_drained(pt_node *n, const pt_event *in) {
  pt_peer *p = pt_table_get(&n->channels, in->id);
  if (p) pt_peer_drained(p);
}

PT_APART static int policy(pt_node *n, const pt_event *in) {
  if (in->code < PT_CONSENT_GRANTED || in->code > PT_CONSENT_DENIED) return PT_ERR_ARG;
  n->cx.consent = in->code;
  pt_context_limit_upload(&n->cx, in->offset);
  n->cx.upload_quota = in->length;
  n->threshold = in->id;
  if (in->code == PT_CONSENT_DENIED) pt_links_close_all(n);
  for (uint32_t i = 0; i < n->swarm_count; i++) {
    if (n->swarms[i]->peers) pt_swarm_rechoke(n->swarms[i]);
    for (pt_peer *p = n->swarms[i]->peers; p; p = p->next) pt_peer_talks(p);
  }
  pt_node_dirty(n);
  return PT_OK;
}

/* Who waited for the upload limit may have its turn now. */
static void talk_again(pt_node *n) {
  for (uint32_t i = 0; i < n->swarm_count; i++)
    for (pt_peer *p = n->swarms[i]->peers; p; p = p->next)
      if (pt_peer_upload_at(p) <= n->cx.now_us) pt_peer_talks(p);
}

/* Everything that follows from what happened: closing, planning, telling. */
static void settle(pt_node *n) {
  if (n->cx.upload_rate_max) talk_again(n);
  pt_links_settle(n);
  for (uint32_t i = 0; i < n->swarm_count; i++) pt_swarm_plan(n->swarms[i]);
  pt_session_settle(n);
  pt_stored_settle(n);
  pt_store_trim(&n->cx);
}

static int take(pt_node *n, const pt_event *in) {
  switch ((enum pt_in)in->kind) {
  case PT_IN_TICK:
    return PT_OK;
  case PT_IN_INDEX:
    return pt_assets_install(n, in->data);
  case PT_IN_REQUEST:
    return request(n, in);
  case PT_IN_REQUEST_CREDIT:
    credit(n, in);
    return PT_OK;
  case PT_IN_REQUEST_CANCEL:
    cancel(n, in);
    return PT_OK;
  case PT_IN_ORIGIN_DATA:
    origin_data(n, in);
    return PT_OK;
  case PT_IN_ORIGIN_END:
    origin_end(n, in);
    return PT_OK;
  case PT_IN_SERVER_OPENED:
    pt_session_opened(n);
    return PT_OK;
  case PT_IN_SERVER_MESSAGE:
    pt_session_message(n, in->data);
    return PT_OK;
  case PT_IN_SERVER_CLOSED:
    pt_session_closed(n);
    return PT_OK;
  case PT_IN_PEER_SIGNAL:
    return pt_links_local_signal(n, in);
  case PT_IN_PEER_STATE:
    return pt_links_state(n, in);
  case PT_IN_CHANNEL_OPENED:
    return pt_links_channel_opened(n, in);
  case PT_IN_CHANNEL_MESSAGE:
    channel_message(n, in);
    return PT_OK;
  case PT_IN_CHANNEL_DRAINED:
    channel_drained(n, in);
    return PT_OK;
  case PT_IN_CHANNEL_CLOSED:
    pt_links_channel_closed(n, in->id);
    return PT_OK;
  case PT_IN_POLICY:
    return policy(n, in);
  case PT_IN_STORE_LIMIT:
  case PT_IN_STORED_LAYER:
  case PT_IN_STORED:
  case PT_IN_STORE_DATA:
    return pt_stored_input(n, in);
  }
  return PT_ERR_ARG;
}

#define PT_LATE_US (250u * PT_MS_US)
#define PT_GRACE_US (500u * PT_MS_US)
#define PT_GRACE_EVERY_US (3u * PT_SECOND_US)

/* A host that got no processor, or whose tab was hidden, calls late, and what
 * peers sent meanwhile still waits to be given in: it comes first. */
static void excuse_others(pt_node *n, uint64_t now_us) {
  bool late = n->due_us != PT_NEVER && now_us > n->due_us + PT_LATE_US;
  if (late && now_us > n->cx.grace_us + PT_GRACE_EVERY_US) n->cx.grace_us = now_us + PT_GRACE_US;
}

int pt_node_input(pt_node *n, uint64_t now_us, const pt_event *input) {
  assert(n->drained && "poll all outputs before the next input");
  assert(now_us >= n->cx.now_us && "time never goes backwards");
  n->cx.now_us = now_us;
  excuse_others(n, now_us);
  int result = take(n, input);
  if (result != PT_OK) return result;
  settle(n);
  n->drained = false;
  return PT_OK;
}

static bool poll_streams(pt_node *n, pt_event *out) {
  for (uint32_t i = 0; i < n->swarm_count; i++) {
    pt_swarm *s = n->swarms[i];
    if (!s->deliverable) continue;
    for (pt_stream *st = s->streams; st; st = st->next) {
      if (!pt_stream_poll(st, out)) continue;
      if (out->kind == PT_OUT_REQUEST_END) pt_node_end_stream(n, st);
      return true;
    }
    s->deliverable = false;
  }
  return false;
}

/* The swarms take turns: their channels to one peer share its queue. */
static bool poll_channels(pt_node *n, pt_event *out) {
  for (uint32_t i = 0; i < n->swarm_count; i++) {
    uint32_t turn = (n->send_turn + i) % n->swarm_count;
    for (pt_peer *p; (p = n->swarms[turn]->talkers) != NULL; pt_peer_hushes(p)) {
      size_t len = pt_peer_send(p, n->sending);
      if (!len) continue;
      n->send_turn = turn + 1;
      *out = (pt_event){.kind = PT_OUT_CHANNEL_SEND, .id = p->channel, .data = {n->sending, len}};
      return true;
    }
  }
  return false;
}

bool pt_node_poll(pt_node *n, pt_event *output) {
  for (;;) {
    if (pt_outbox_pop(&n->cx.out, output)) return true;
    if (pt_disk_poll(&n->cx, output)) return true;
    if (poll_streams(n, output) || poll_channels(n, output)) return true;
    bool restless = n->cx.attend || n->cx.out.count > 0;
    for (uint32_t i = 0; i < n->swarm_count; i++) restless |= pt_swarm_restless(n->swarms[i]);
    if (!restless) break;
    settle(n);
  }
  n->drained = true;
  n->due_us = pt_node_deadline(n);
  return false;
}

uint64_t pt_node_deadline(const pt_node *n) {
  uint64_t at = pt_session_deadline(n);
  uint64_t links = pt_links_deadline(n);
  if (links < at) at = links;
  uint64_t disk = pt_disk_deadline(&n->cx);
  if (disk < at) at = disk;
  for (uint32_t i = 0; i < n->swarm_count; i++) {
    uint64_t swarm = pt_swarm_deadline(n->swarms[i]);
    if (swarm < at) at = swarm;
    if (n->cx.upload_rate_max == 0) continue;
    for (const pt_peer *p = n->swarms[i]->peers; p; p = p->next) {
      uint64_t upload = pt_peer_upload_at(p);
      if (upload < at) at = upload;
    }
  }
  return at;
}

const uint8_t *pt_node_id(const pt_node *n) { return n->cx.self; }

void pt_node_stats(const pt_node *n, pt_stats *stats) { *stats = n->cx.stats; }

bool pt_node_peer_stats(const pt_node *n, uint32_t slot, pt_peer_stats *stats) {
  for (uint32_t i = 0; i < PT_PEERS_MAX; i++) {
    if (!n->links[i] || slot-- > 0) continue;
    const pt_remote *r = &n->links[i]->remote;
    *stats = (pt_peer_stats){.link = r->link,
                             .bytes_in = r->bytes_in,
                             .bytes_out = r->bytes_out,
                             .rtt_us = r->rtt_us,
                             .connected = r->up};
    memcpy(stats->peer, r->id, PT_ID_SIZE);
    return true;
  }
  return false;
}
