/* A whole node among hostile peers, with a server and an origin that say
 * anything, in any order. The input's bytes choose what happens; what the node
 * does about it is checked: no byte reaches the page that is not the site's, no
 * honest peer is banned, what it sends is well-formed, it does not ask to be
 * woken for nothing, and once the origin answers, every request ends. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node_host.h"

static void tick(host *h) {
  static const uint64_t steps_us[] = {0, 1, 1000, 60000, 400000, 1500000, 11000000, 3600000000};
  uint8_t choice = take_u8(h);
  uint64_t due = pt_node_deadline(h->node);
  pt_event in = {.kind = PT_IN_TICK};
  if (choice & 0x80)
    h->now_us = due == PT_NEVER || due < h->now_us ? h->now_us : due;
  else
    h->now_us += steps_us[choice & 7];
  give(h, &in);
}

static void request(host *h) {
  char path[64];
  uint32_t id = take_u8(h) % HOST_REQUESTS, file = take_u8(h) % (h->site->file_count + 1);
  snprintf(path, sizeof path, "/f%02u.bin", file);
  pt_event in = {.kind = PT_IN_REQUEST,
                 .id = id,
                 .code = take_u8(h) & 1,
                 .offset = take_u16(h) * (take_u8(h) & 3u),
                 .length = take_u8(h) & 1 ? PT_TO_END : take_u16(h) * 8u,
                 .text = {(const uint8_t *)path, strlen(path)}};
  host_request *r = &h->requests[id];
  if (!r->open) *r = (host_request){.open = true, .file = file, .at = in.offset, .site = h->site};
  give(h, &in);
}

static void open_channel(host *h, uint32_t id, uint32_t link, const uint8_t *label, int code) {
  pt_event in = {.kind = PT_IN_CHANNEL_OPENED, .id = id, .link = link, .code = code};
  memcpy(in.swarm, label, PT_ID_SIZE);
  if (!h->channels[id].open) h->channels[id] = (host_channel){.open = true, .link = link};
  give(h, &in);
}

static void credit(host *h) {
  uint32_t id = take_u8(h) % HOST_REQUESTS;
  uint64_t more = take_u8(h) & 1 ? UINT64_MAX : take_u16(h);
  pt_event in = {.kind = PT_IN_REQUEST_CREDIT, .id = id, .length = more};
  host_request *r = &h->requests[id];
  r->credit = more > UINT64_MAX - r->credit ? UINT64_MAX : r->credit + more;
  give(h, &in);
}

static void cancel(host *h) {
  pt_event in = {.kind = PT_IN_REQUEST_CANCEL, .id = take_u8(h) % HOST_REQUESTS};
  h->requests[in.id].open = false;
  give(h, &in);
}

static void origin_data(host *h) {
  uint8_t how = take_u8(h);
  uint32_t len = take_u16(h) * 4u;
  if (how & 0x80) { /* for no fetch of ours, or other bytes than the site's */
    static uint8_t wrong[70000];
    pt_event in = {.kind = PT_IN_ORIGIN_DATA,
                   .id = how & 0x40 ? take_u32(h) : h->fetches[how % HOST_FETCHES].id,
                   .data = {wrong, how & 0x20 ? sizeof wrong : len % sizeof wrong}};
    give(h, &in);
    return;
  }
  serve(h, how % HOST_FETCHES, len);
}

static void origin_end(host *h) {
  static const int codes[] = {PT_OK, PT_ERR_UNREACHABLE, PT_ERR_RANGE, PT_ERR_STATE};
  static const uint64_t statuses[] = {0, 200, 404, 500, 416};
  uint8_t slot = take_u8(h) % HOST_FETCHES;
  end_fetch(h, slot, codes[take_u8(h) % 4], statuses[take_u8(h) % 5]);
}

static void server_state(host *h) {
  pt_event in = {.kind = take_u8(h) & 1 ? PT_IN_SERVER_CLOSED : PT_IN_SERVER_OPENED};
  give(h, &in);
}

static void server_raw(host *h) {
  uint8_t len = take_u8(h);
  pt_bytes raw = take_bytes(h, len);
  pt_event in = {.kind = PT_IN_SERVER_MESSAGE, .data = raw};
  give(h, &in);
}

static pt_bytes sdp_of(host *h, uint32_t peer, char *out, size_t cap) {
  size_t at = (size_t)snprintf(out, cap, "v=0\r\na=fingerprint:sha-256 ");
  for (size_t i = 0; i < PT_HASH_SIZE; i++)
    at +=
        (size_t)snprintf(out + at, cap - at, "%s%02X", i ? ":" : "", h->peers[peer].fingerprint[i]);
  at += (size_t)snprintf(out + at, cap - at, "\r\n");
  return (pt_bytes){(const uint8_t *)out, at};
}

static void server_message(host *h) {
  static pt_signalling m;
  char sdp[256], nonce[PT_NONCE_LEN_MAX + 2];
  memset(&m, 0, sizeof m);
  m.action = (enum pt_signalling_action)(take_u8(h) % (PT_SIG_ERROR + 1));
  uint8_t peer = take_u8(h), how = take_u8(h);
  memcpy(m.swarm, h->site_key, PT_ID_SIZE);
  memcpy(m.from, h->peers[peer % HOST_PEERS].id, PT_ID_SIZE);
  memcpy(m.to, m.from, PT_ID_SIZE);
  m.complete = how & 3;
  m.interval = how & 4 ? UINT32_MAX : how >> 5;
  m.after_ms = how & 8 ? 1ull << 53 : how;
  m.message = m.code = m.candidate = (pt_bytes){(const uint8_t *)"{}", 2};
  for (; m.peer_count < peer % 12u; m.peer_count++)
    memcpy(m.peers[m.peer_count].peer, h->peers[(how + m.peer_count) % HOST_PEERS].id, PT_ID_SIZE);
  if (peer & 0x40) memcpy(m.legacy, h->site_key, PT_ID_SIZE); /* a WebTorrent client's */
  for (size_t i = 0; i < m.peer_count; i += 2)
    if (peer & 0x80) memcpy(m.peers[i].legacy, h->site_key, PT_ID_SIZE);
  if (how & 0x40) memcpy(m.peers[0].peer, pt_node_id(h->node), PT_ID_SIZE);
  m.kind = (enum pt_signal)(PT_SIGNAL_OFFER + how % 4);
  m.sdp = sdp_of(h, (how & 0x80 ? peer + 1u : peer) % HOST_PEERS, sdp, sizeof sdp);
  const host_peer *p = &h->peers[peer % HOST_PEERS];
  snprintf(nonce, sizeof nonce, "%u", how >> 4);
  const char *text = how & 0x10 && p->nonce[0] ? p->nonce : nonce;
  m.nonce = (pt_bytes){(const uint8_t *)text, strlen(text)};
  server_say(h, &m);
}

/* All that it takes until a peer has a channel, so that inputs need not find
 * each step by themselves. */
static void peer_comes(host *h) {
  static pt_signalling m;
  uint8_t peer = take_u8(h) % HOST_PEERS, id = take_u8(h) & 0x0f;
  pt_event in = {.kind = PT_IN_SERVER_OPENED};
  give(h, &in);
  memset(&m, 0, sizeof m);
  m.action = PT_SIG_WELCOME;
  server_say(h, &m);
  m.action = PT_SIG_PEERS;
  m.peer_count = 1;
  m.complete = 1;
  memcpy(m.swarm, h->site_key, PT_ID_SIZE);
  memcpy(m.peers[0].peer, h->peers[peer].id, PT_ID_SIZE);
  server_say(h, &m);
  for (uint32_t i = 0; i < PT_PEERS_MAX; i++) {
    const pt_link *link = h->node->links[i];
    if (!link || memcmp(link->remote.id, h->peers[peer].id, PT_ID_SIZE) != 0) continue;
    open_channel(h, id, link->remote.link, h->site_key, peer & 1);
    return;
  }
}

static void link_state(host *h) {
  pt_event in = {.kind = PT_IN_PEER_STATE, .link = some_link(h), .code = take_u8(h) % 5 ? 1 : 2};
  give(h, &in);
}

static void local_signal(host *h) {
  char sdp[256];
  pt_event in = {.kind = PT_IN_PEER_SIGNAL, .link = some_link(h), .code = take_u8(h) % 6};
  in.data = in.code == PT_SIGNAL_CANDIDATE ? (pt_bytes){(const uint8_t *)"{}", 2}
                                           : sdp_of(h, 0, sdp, sizeof sdp);
  give(h, &in);
}

static void channel_opened(host *h) {
  uint32_t link = some_link(h);
  uint8_t how = take_u8(h), label[PT_ID_SIZE];
  memcpy(label, h->site_key, PT_ID_SIZE);
  if ((how & 0x70) == 0x70) label[0] ^= 1;
  open_channel(h, how & 0x0f, link, label, how >> 7);
}

static void channel_closed(host *h) {
  pt_event in = {.kind = PT_IN_CHANNEL_CLOSED, .id = take_u8(h) & 0x0f};
  close_channel(&h->channels[in.id]);
  give(h, &in);
}

static void channel_drained(host *h) {
  pt_event in = {.kind = PT_IN_CHANNEL_DRAINED, .id = take_u8(h) & 0x0f};
  give(h, &in);
}

static void policy(host *h) {
  static const uint64_t numbers[] = {0, 1, 20000, 100000, 1u << 20, UINT64_MAX};
  pt_event in = {.kind = PT_IN_POLICY,
                 .code = take_u8(h) % 8 ? take_u8(h) & 1 : PT_CONSENT_DENIED,
                 .offset = numbers[take_u8(h) % 6],
                 .length = numbers[take_u8(h) % 6]};
  give(h, &in);
}

static const struct {
  void (*run)(host *h);
  uint8_t weight;
} actions[] = {
    {tick, 4},           {request, 3},         {credit, 3},       {cancel, 1},
    {origin_data, 6},    {origin_end, 3},      {server_state, 2}, {server_raw, 1},
    {server_message, 5}, {link_state, 3},      {local_signal, 1}, {channel_opened, 3},
    {channel_closed, 1}, {channel_drained, 2}, {policy, 1},       {host_index, 1},
    {peer_comes, 4},     {peer_greets, 4},     {peer_answers, 8}, {peer_tells_hashes, 3},
    {peer_says, 6},      {peer_raw, 1},        {disk_limit, 2},   {disk_tells, 3},
    {disk_answers, 4},
};

static void act(host *h) {
  uint32_t total = 0;
  for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) total += actions[i].weight;
  uint32_t choice = take_u8(h) % total;
  size_t i = 0;
  for (; choice >= actions[i].weight; i++) choice -= actions[i].weight;
  actions[i].run(h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  host *h = host_new(data, size);
  for (uint32_t i = 0; i < 600 && h->at < h->end; i++) act(h);
  finish(h);
  host_del(h);
  return 0;
}
