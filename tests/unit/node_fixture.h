/* A node with a small site for unit tests of core/src/node; the test is its
 * host, its server and its peers. */
#ifndef PT_TESTS_NODE_FIXTURE_H
#define PT_TESTS_NODE_FIXTURE_H

#include <stdio.h>

#include "swarm_fixture.h"

#include "../packed.h"
#include "base/hex.h"
#include "format/fingerprint.h"
#include "node/node_inner.h"

#define NF_OUTS_MAX 8192
#define NF_SWARMS 9u

typedef struct node_fixture {
  pt_node *node;
  uint64_t now_us;
  fixture *sites[NF_SWARMS]; /* only their bytes and hashes are used */
  char *index;
  pt_event outs[NF_OUTS_MAX]; /* outputs not looked at yet; their bytes are copies */
  size_t out_at, out_count;
  pt_signalling message; /* the last one the node sent to the server */
  uint8_t json[PT_SIGNAL_BYTES_MAX], said[PT_SIGNAL_BYTES_MAX];
} node_fixture;

static inline void nf_fingerprint(uint32_t peer, uint8_t out[PT_HASH_SIZE]) {
  unit_fill(out, PT_HASH_SIZE, peer + 1000);
}

static inline void nf_id(uint32_t peer, uint8_t out[PT_ID_SIZE]) {
  uint8_t fingerprint[PT_HASH_SIZE];
  nf_fingerprint(peer, fingerprint);
  pt_peer_id_of(fingerprint, out);
}

static inline void nf_forget(node_fixture *nf) {
  for (; nf->out_at < nf->out_count; nf->out_at++) {
    unit_drop(nf->outs[nf->out_at].text);
    unit_drop(nf->outs[nf->out_at].data);
  }
  nf->out_at = nf->out_count = 0;
}

static inline int nf_give(node_fixture *nf, const pt_event *in) {
  int error = pt_node_input(nf->node, nf->now_us, in);
  pt_event out;
  while (pt_node_poll(nf->node, &out)) {
    assert_true(nf->out_count < NF_OUTS_MAX);
    out.text = unit_copy(out.text.data, out.text.len);
    out.data = unit_copy(out.data.data, out.data.len);
    nf->outs[nf->out_count++] = out;
  }
  const char *wrong = pt_node_invariant(nf->node);
  if (wrong) fail_msg("it does not hold that %s", wrong);
  return error;
}

static inline void nf_kind(node_fixture *nf, enum pt_in kind) {
  pt_event in = {.kind = (uint16_t)kind};
  assert_int_equal(nf_give(nf, &in), PT_OK);
}

static inline void nf_pass(node_fixture *nf, uint64_t us) {
  for (uint64_t end = nf->now_us + us; nf->now_us < end;) {
    uint64_t due = pt_node_deadline(nf->node);
    nf->now_us = due < end ? (due > nf->now_us ? due : nf->now_us + 1) : end;
    nf_kind(nf, PT_IN_TICK);
  }
}

/* Takes outputs until one of this kind; NULL: there is none. Valid until the
 * next input. */
static inline const pt_event *nf_find(node_fixture *nf, enum pt_out kind) {
  for (; nf->out_at < nf->out_count;) {
    pt_event *out = &nf->outs[nf->out_at];
    if (out->kind == kind) {
      static pt_event found;
      static uint8_t text[2048], data[PT_SIGNAL_BYTES_MAX];
      found = *out;
      assert_true(out->text.len <= sizeof text && out->data.len <= sizeof data);
      memcpy(text, out->text.data, out->text.len);
      memcpy(data, out->data.data, out->data.len);
      found.text.data = text;
      found.data.data = data;
      unit_drop(out->text);
      unit_drop(out->data);
      nf->out_at++;
      return &found;
    }
    unit_drop(out->text);
    unit_drop(out->data);
    nf->out_at++;
  }
  nf->out_at = nf->out_count = 0;
  return NULL;
}

static inline uint32_t nf_count(node_fixture *nf, enum pt_out kind) {
  uint32_t count = 0;
  while (nf_find(nf, kind)) count++;
  return count;
}

/* The next message of that action to the server, in nf->message. */
static inline bool nf_said(node_fixture *nf, enum pt_signalling_action action) {
  const pt_event *out;
  while ((out = nf_find(nf, PT_OUT_SERVER_SEND))) {
    /* The server reads the JSON of it: nothing may be lost on the way there. */
    pt_bytes json = json_message(out->data, &nf->message, nf->json);
    pt_bytes back = packed_message(json, &nf->message, nf->said);
    assert_int_equal(back.len, out->data.len);
    assert_memory_equal(back.data, out->data.data, back.len);
    assert_int_equal(pt_signalling_unpack(back, &nf->message), PT_OK);
    if (nf->message.action == action) return true;
  }
  return false;
}

static inline void nf_hear(node_fixture *nf, const pt_signalling *m) {
  uint8_t *json = malloc(PT_SIGNAL_BYTES_MAX), *packed = malloc(PT_SIGNAL_BYTES_MAX);
  pt_signalling *heard = malloc(sizeof *heard);
  pt_writer w = pt_writer_of(json, PT_SIGNAL_BYTES_MAX);
  pt_signalling_encode(&w, m);
  assert_false(w.failed);
  pt_event in = {.kind = PT_IN_SERVER_MESSAGE,
                 .data = packed_message((pt_bytes){json, w.len}, heard, packed)};
  assert_true(in.data.len > 0);
  assert_int_equal(nf_give(nf, &in), PT_OK);
  free(json);
  free(packed);
  free(heard);
}

static inline pt_signalling *nf_message(enum pt_signalling_action action) {
  static pt_signalling m;
  memset(&m, 0, sizeof m);
  m.action = action;
  return &m;
}

/* The index of `count` swarms with one file each. */
static inline char *nf_index_of(fixture *const *sites, uint32_t count) {
  pt_site_asset assets[NF_SWARMS];
  pt_site_swarm swarms[NF_SWARMS];
  char paths[NF_SWARMS][24], type[] = "image/png";
  memset(assets, 0, sizeof assets);
  memset(swarms, 0, sizeof swarms);
  for (uint32_t i = 0; i < count; i++) {
    const pt_swarm *s = sites[i]->s;
    pt_metainfo m;
    assert_int_equal(pt_metainfo_parse((pt_bytes){sites[i]->torrent, sites[i]->torrent_len}, &m),
                     PT_OK);
    memcpy(swarms[i].v2, m.v2, PT_HASH_SIZE);
    memcpy(swarms[i].key, m.v2, PT_ID_SIZE);
    pt_metainfo_free(&m);
    swarms[i].piece_length = s->piece_length;
    swarms[i].length = s->length;
    snprintf(paths[i], sizeof paths[i], "/s%u.bin", i);
    assets[i] = (pt_site_asset){.path = paths[i], .type = type, .length = s->length, .swarm = i};
    memcpy(assets[i].root, s->files[0].root, PT_HASH_SIZE);
  }
  pt_site_index index = {.created = "2026-11-20T10:00:00Z",
                         .asset_count = count,
                         .swarm_count = count,
                         .assets = assets,
                         .swarms = swarms};
  char *json = pt_site_index_write(&index);
  assert_non_null(json);
  return json;
}

static inline void nf_give_index(node_fixture *nf, const char *json) {
  pt_event in = {.kind = PT_IN_INDEX, .data = packed_index(json)};
  assert_int_equal(nf_give(nf, &in), PT_OK);
  free((void *)(uintptr_t)in.data.data);
}

/* Each swarm has a file longer than that. */
static inline node_fixture *nf_new_longer(pt_config config, uint64_t than) {
  node_fixture *nf = calloc(1, sizeof *nf);
  nf->now_us = PT_SECOND_US;
  for (uint32_t i = 0; i < NF_SWARMS; i++) {
    uint64_t length = than + (2 + i) * 2 * PT_BLOCK_SIZE;
    nf->sites[i] = fx_new(2 * PT_BLOCK_SIZE, &length, 1);
  }
  if (!config.fingerprint[0]) nf_fingerprint(0, config.fingerprint);
  nf->node = pt_node_new(&config, nf->now_us);
  assert_non_null(nf->node);
  nf->index = nf_index_of(nf->sites, NF_SWARMS);
  nf_give_index(nf, nf->index);
  return nf;
}

static inline node_fixture *nf_new(pt_config config) { return nf_new_longer(config, 0); }

static inline void nf_del(node_fixture *nf) {
  nf_forget(nf);
  pt_node_del(nf->node);
  for (uint32_t i = 0; i < NF_SWARMS; i++) fx_del(nf->sites[i]);
  free(nf->index);
  free(nf);
}

static inline const uint8_t *nf_key(const node_fixture *nf, uint32_t swarm) {
  return nf->sites[swarm]->s->key;
}

/* The server opens, greets and names nobody. */
static inline void nf_welcome(node_fixture *nf) {
  nf_kind(nf, PT_IN_SERVER_OPENED);
  nf_hear(nf, nf_message(PT_SIG_WELCOME));
}

static inline void nf_named(node_fixture *nf, uint32_t peer, uint32_t swarm) {
  pt_signalling *m = nf_message(PT_SIG_PEERS);
  memcpy(m->swarm, nf_key(nf, swarm), PT_ID_SIZE);
  nf_id(peer, m->peers[m->peer_count++].peer);
  m->complete = 1;
  m->incomplete = 1; /* ourselves */
  m->interval = 60;
  nf_hear(nf, m);
}

/* An SDP with that peer's fingerprint. */
static inline pt_bytes nf_sdp(uint32_t peer) {
  static char sdp[256];
  uint8_t fingerprint[PT_HASH_SIZE];
  nf_fingerprint(peer, fingerprint);
  size_t at = (size_t)snprintf(sdp, sizeof sdp, "v=0\r\na=fingerprint:sha-256 ");
  for (size_t i = 0; i < PT_HASH_SIZE; i++)
    at += (size_t)snprintf(sdp + at, sizeof sdp - at, "%s%02X", i ? ":" : "", fingerprint[i]);
  at += (size_t)snprintf(sdp + at, sizeof sdp - at, "\r\n");
  return (pt_bytes){(const uint8_t *)sdp, at};
}

static inline void nf_signal(node_fixture *nf, uint32_t from, enum pt_signal kind,
                             const char *nonce, uint32_t sdp_of) {
  pt_signalling *m = nf_message(PT_SIG_SIGNAL);
  nf_id(from, m->from);
  m->kind = kind;
  m->nonce = (pt_bytes){(const uint8_t *)nonce, strlen(nonce)};
  if (kind == PT_SIGNAL_CANDIDATE) m->candidate = (pt_bytes){(const uint8_t *)"{}", 2};
  if (kind == PT_SIGNAL_OFFER || kind == PT_SIGNAL_ANSWER) m->sdp = nf_sdp(sdp_of);
  nf_hear(nf, m);
}

static inline void nf_link_state(node_fixture *nf, uint32_t link, enum pt_link_state state) {
  pt_event in = {.kind = PT_IN_PEER_STATE, .link = link, .code = (int32_t)state};
  assert_int_equal(nf_give(nf, &in), PT_OK);
}

static inline int nf_channel(node_fixture *nf, uint32_t id, uint32_t link, uint32_t swarm,
                             bool ours) {
  pt_event in = {.kind = PT_IN_CHANNEL_OPENED, .id = id, .link = link, .code = ours};
  memcpy(in.swarm, nf_key(nf, swarm), PT_ID_SIZE);
  return nf_give(nf, &in);
}

/* The peer is dialled and its link comes up; returns the link's number. */
static inline uint32_t nf_connect(node_fixture *nf, uint32_t peer, uint32_t swarm) {
  nf_named(nf, peer, swarm);
  const pt_event *dial = nf_find(nf, PT_OUT_PEER_DIAL);
  assert_non_null(dial);
  uint32_t link = dial->link;
  nf_link_state(nf, link, PT_LINK_CONNECTED);
  return link;
}

/* The peer dials us, and its link comes up. */
static inline uint32_t nf_accept(node_fixture *nf, uint32_t peer) {
  nf_signal(nf, peer, PT_SIGNAL_OFFER, "n", peer);
  const pt_event *offer = nf_find(nf, PT_OUT_PEER_SIGNAL);
  assert_non_null(offer);
  uint32_t link = offer->link;
  nf_link_state(nf, link, PT_LINK_CONNECTED);
  return link;
}

static inline void nf_wire(node_fixture *nf, uint32_t channel, const pt_wire_message *m) {
  uint8_t *bytes = malloc(m->data.len + 128);
  pt_writer w = pt_writer_of(bytes, m->data.len + 128);
  pt_wire_encode(&w, m);
  pt_event in = {.kind = PT_IN_CHANNEL_MESSAGE, .id = channel, .data = {bytes, w.len}};
  assert_int_equal(nf_give(nf, &in), PT_OK);
  free(bytes);
}

static inline void nf_greet(node_fixture *nf, uint32_t channel, uint32_t peer, uint32_t swarm) {
  uint8_t bytes[PT_WIRE_HANDSHAKE_SIZE];
  pt_wire_handshake h = {0};
  pt_wire_reserved(h.reserved, true);
  memcpy(h.info_hash, nf_key(nf, swarm), PT_ID_SIZE);
  nf_id(peer, h.peer_id);
  pt_writer w = pt_writer_of(bytes, sizeof bytes);
  pt_wire_handshake_encode(&w, &h);
  pt_event in = {.kind = PT_IN_CHANNEL_MESSAGE, .id = channel, .data = {bytes, w.len}};
  assert_int_equal(nf_give(nf, &in), PT_OK);
}

static inline int nf_request(node_fixture *nf, uint32_t id, const char *path) {
  pt_event in = {.kind = PT_IN_REQUEST,
                 .id = id,
                 .length = PT_TO_END,
                 .text = {(const uint8_t *)path, strlen(path)}};
  return nf_give(nf, &in);
}

static inline uint32_t nf_links(const node_fixture *nf) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < PT_PEERS_MAX; i++) count += nf->node->links[i] != NULL;
  return count;
}

#endif
