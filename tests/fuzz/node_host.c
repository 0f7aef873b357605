#include "node_host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../packed.h"
#include "base/hex.h"
#include "format/fingerprint.h"

static const uint64_t lengths[] = {5000, 40000, 300000, 98304};
static site *sites[2];
static pt_bytes doctored[3]; /* indices that give the first site's key to other files */

void require_(bool holds, const char *what, int line) {
  if (holds) return;
  fprintf(stderr, "line %d: it does not hold that %s\n", line, what);
  abort();
}

/* --- the input ------------------------------------------------------------- */

uint8_t take_u8(host *h) { return h->at < h->end ? *h->at++ : 0; }
uint16_t take_u16(host *h) { return (uint16_t)(take_u8(h) << 8 | take_u8(h)); }
uint32_t take_u32(host *h) { return (uint32_t)take_u16(h) << 16 | take_u16(h); }

pt_bytes take_bytes(host *h, size_t len) {
  size_t left = (size_t)(h->end - h->at);
  pt_bytes bytes = {h->at, len < left ? len : left};
  h->at += bytes.len;
  return bytes;
}

uint32_t some_link(host *h) {
  uint8_t choice = take_u8(h);
  if (!h->link_count || choice == 255) return take_u32(h);
  return h->links[choice % (h->link_count < HOST_LINKS ? h->link_count : HOST_LINKS)];
}

/* --- sites and indices -------------------------------------------------------- */

static pt_bytes doctor(const site *s, uint32_t files, uint32_t piece_length, uint64_t longer) {
  pt_site_index index;
  require(pt_site_index_parse((pt_bytes){(const uint8_t *)s->index, strlen(s->index)}, &index, NULL,
                              0) == PT_OK);
  size_t all = index.asset_count, kept = 0;
  pt_site_asset *assets = calloc(all, sizeof *assets);
  index.swarms[0].length = 0;
  for (size_t i = 0; i < all; i++) {
    if (index.assets[i].file >= files) continue;
    assets[kept] = index.assets[i];
    assets[kept].length += longer;
    index.swarms[0].length += assets[kept++].length;
  }
  index.swarms[0].piece_length = piece_length;
  pt_site_index other = index;
  other.assets = assets;
  other.asset_count = kept;
  char *json = pt_site_index_write(&other);
  require(json != NULL);
  free(assets);
  pt_site_index_free(&index);
  pt_bytes packed = packed_index(json);
  require(packed.len > 0);
  free(json);
  return packed;
}

static void make_sites(void) {
  if (sites[0]) return;
  sites[0] = site_new(1, lengths, 4, 32768);
  sites[1] = site_new(2, lengths, 4, 16384);
  doctored[0] = doctor(sites[0], 2, 32768, 0);
  doctored[1] = doctor(sites[0], 4, 65536, 0);
  doctored[2] = doctor(sites[0], 4, 32768, 40000);
}

static void key_of(const site *s, uint8_t key[PT_ID_SIZE]) {
  pt_hex_decode(s->layers_paths[0] + strlen("/.peertide/layers/"), 2 * PT_ID_SIZE, key, PT_ID_SIZE);
}

static void give_index(host *h, pt_bytes packed) {
  pt_event in = {.kind = PT_IN_INDEX, .data = packed};
  give(h, &in);
}

void host_index(host *h) {
  uint8_t choice = take_u8(h) % 8;
  if (choice == 0) {
    uint32_t version = 1;
    give_index(h, (pt_bytes){(const uint8_t *)&version, sizeof version - take_u8(h) % 4});
    return;
  }
  h->site = sites[choice == 1];
  h->doctored |= choice >= 2 && choice <= 4;
  key_of(h->site, h->site_key);
  give_index(h, choice >= 2 && choice <= 4 ? doctored[choice - 2] : h->site->packed);
}

/* --- what the node asks for ------------------------------------------------------ */

static void request_data(host *h, const pt_event *out) {
  require(out->id < HOST_REQUESTS);
  host_request *r = &h->requests[out->id];
  require(r->open && out->offset == r->at);
  require(out->data.len > 0 && out->data.len <= r->credit);
  const site_file *f = &r->site->files[r->file];
  require(out->offset + out->data.len <= f->length);
  require(memcmp(f->data + out->offset, out->data.data, out->data.len) == 0);
  r->at += out->data.len;
  if (r->credit != UINT64_MAX) r->credit -= out->data.len;
}

static void origin_get(host *h, const pt_event *out) {
  for (uint32_t i = 0; i < HOST_FETCHES; i++)
    require(!h->fetches[i].open || h->fetches[i].id != out->id);
  pt_bytes body = site_get(h->site, out->text);
  if (out->length != PT_TO_END) {
    size_t from = out->offset < body.len ? (size_t)out->offset : body.len;
    body = (pt_bytes){body.data ? body.data + from : NULL, body.len - from};
    if (out->length < body.len) body.len = (size_t)out->length;
  } else {
    require(out->offset == 0);
  }
  for (uint32_t i = 0; i < HOST_FETCHES; i++) {
    if (h->fetches[i].open) continue;
    h->fetches[i] = (host_fetch){.open = true, .id = out->id, .body = body};
    return;
  }
  require_(false, "the host expects as many fetches at once", __LINE__);
}

static void note_offer(host *h, pt_bytes packed) {
  static pt_signalling m;
  static uint8_t json[PT_SIGNAL_BYTES_MAX];
  require(json_message(packed, &m, json).len > 0);
  if (m.action != PT_SIG_SIGNAL) return;
  host_peer *p = peer_with(h, m.to);
  if (!p || m.nonce.len > PT_NONCE_LEN_MAX) return;
  memcpy(p->nonce, m.nonce.data, m.nonce.len);
  p->nonce[m.nonce.len] = '\0';
}

/* What the node sends must be messages of the protocol, and the site's bytes. */
static size_t check_message(const host *h, host_channel *c, pt_bytes in) {
  pt_wire_handshake hello;
  pt_wire_message m;
  size_t used;
  if (!c->greeted) {
    if (in.len < PT_WIRE_HANDSHAKE_SIZE) return 0;
    require(pt_wire_handshake_decode(in, &hello) == PT_OK);
    require(memcmp(hello.peer_id, pt_node_id(h->node), PT_ID_SIZE) == 0);
    c->greeted = true;
    return PT_WIRE_HANDSHAKE_SIZE;
  }
  int error = pt_wire_decode(in, &m, &used);
  if (error == PT_ERR_MORE) return 0;
  require(error == PT_OK && m.kind != PT_WIRE_UNKNOWN);
  if (m.kind != PT_WIRE_PIECE || h->doctored) return used;
  uint32_t length = h->site == sites[0] ? 32768 : 16384, first = 0;
  for (uint32_t i = 0; i < h->site->file_count; i++) {
    const site_file *f = &h->site->files[i];
    uint32_t count = (uint32_t)((f->length + length - 1) / length);
    if (m.index >= first && m.index - first < count) {
      uint64_t at = (uint64_t)(m.index - first) * length + m.begin;
      require(at + m.data.len <= f->length && memcmp(f->data + at, m.data.data, m.data.len) == 0);
      return used;
    }
    first += count;
  }
  require_(false, "the piece it sends is one of the site's", __LINE__);
  return used;
}

static void channel_send(host *h, const pt_event *out) {
  require(out->id < HOST_CHANNELS && out->data.len > 0 && out->data.len <= PT_CHANNEL_SEND_MAX);
  host_channel *c = &h->channels[out->id];
  require(c->open);
  c->sent = realloc(c->sent, c->sent_len + out->data.len);
  memcpy(c->sent + c->sent_len, out->data.data, out->data.len);
  c->sent_len += out->data.len;
  size_t used = 0, step;
  while ((step = check_message(h, c, (pt_bytes){c->sent + used, c->sent_len - used}))) used += step;
  memmove(c->sent, c->sent + used, c->sent_len - used);
  c->sent_len -= used;
}

void close_channel(host_channel *c) {
  free(c->sent);
  *c = (host_channel){0};
}

/* With FUZZ_VERBOSE in the environment: what happened, to understand a find. */
static void tell(const host *h, const char *direction, const pt_event *e) {
  static int verbose = -1;
  if (verbose < 0) verbose = getenv("FUZZ_VERBOSE") != NULL;
  if (!verbose) return;
  fprintf(stderr, "%10llu %s %2u id %u link %u code %d at %llu+%llu %.*s (%zu bytes)\n",
          (unsigned long long)h->now_us, direction, e->kind, e->id, e->link, e->code,
          (unsigned long long)e->offset, (unsigned long long)e->length, (int)e->text.len,
          e->text.data ? (const char *)e->text.data : "", e->data.len);
}

static void obey(host *h, const pt_event *out) {
  tell(h, "  out", out);
  host_peer *p;
  switch ((enum pt_out)out->kind) {
  case PT_OUT_REQUEST_DATA:
    request_data(h, out);
    break;
  case PT_OUT_REQUEST_END:
    require(out->id < HOST_REQUESTS && h->requests[out->id].open);
    h->requests[out->id].open = false;
    break;
  case PT_OUT_ORIGIN_GET:
    origin_get(h, out);
    break;
  case PT_OUT_ORIGIN_CANCEL:
    for (uint32_t i = 0; i < HOST_FETCHES; i++)
      if (h->fetches[i].id == out->id) h->fetches[i].open = false;
    break;
  case PT_OUT_SERVER_SEND:
    note_offer(h, out->data);
    break;
  case PT_OUT_PEER_DIAL:
    h->links[h->link_count++ % HOST_LINKS] = out->link;
    break;
  case PT_OUT_PEER_SIGNAL:
    if (out->code == PT_SIGNAL_OFFER) h->links[h->link_count++ % HOST_LINKS] = out->link;
    break;
  case PT_OUT_PEER_CLOSE:
    for (uint32_t i = 0; i < HOST_CHANNELS; i++)
      if (h->channels[i].open && h->channels[i].link == out->link) close_channel(&h->channels[i]);
    break;
  case PT_OUT_CHANNEL_SEND:
    channel_send(h, out);
    break;
  case PT_OUT_CHANNEL_CLOSE:
    if (out->id < HOST_CHANNELS) close_channel(&h->channels[out->id]);
    break;
  case PT_OUT_STORE_WRITE:
    disk_write(h, out);
    break;
  case PT_OUT_STORE_READ:
    disk_read(h, out);
    break;
  case PT_OUT_BAN:
    p = peer_with(h, out->peer);
    require(h->doctored || (p && p->liar));
    break;
  default:
    break;
  }
}

static void drain(host *h) {
  pt_event out;
  for (uint32_t i = 0; pt_node_poll(h->node, &out); i++) {
    require(i < 100000);
    obey(h, &out);
  }
  const char *wrong = pt_node_invariant(h->node);
  require_(!wrong, wrong, 0);
}

void give(host *h, const pt_event *in) {
  tell(h, "in", in);
  int error = pt_node_input(h->node, h->now_us, in);
  require(error == PT_OK || error == PT_ERR_ARG || error == PT_ERR_STATE || error == PT_ERR_LIMIT);
  drain(h);
  /* Woken at once it must get on: a deadline that stays past burns a processor. */
  for (uint32_t i = 0; pt_node_deadline(h->node) <= h->now_us; i++) {
    require(i < 4);
    pt_event idle = {.kind = PT_IN_TICK};
    require(pt_node_input(h->node, h->now_us, &idle) == PT_OK);
    drain(h);
  }
}

void serve(host *h, uint32_t slot, size_t len) {
  host_fetch *f = &h->fetches[slot];
  if (!f->open) return;
  pt_bytes next = {f->body.data, len < f->body.len ? len : f->body.len};
  if (next.len) f->body = (pt_bytes){f->body.data + next.len, f->body.len - next.len};
  pt_event in = {.kind = PT_IN_ORIGIN_DATA, .id = f->id, .data = next};
  give(h, &in);
}

void end_fetch(host *h, uint32_t slot, int code, uint64_t status) {
  pt_event in = {
      .kind = PT_IN_ORIGIN_END, .id = h->fetches[slot].id, .code = code, .offset = status};
  h->fetches[slot].open = false;
  give(h, &in);
}

void server_say(host *h, const pt_signalling *m) {
  static uint8_t text[PT_SIGNAL_BYTES_MAX], packed[PT_SIGNAL_BYTES_MAX];
  static pt_signalling heard;
  pt_writer w = pt_writer_of(text, sizeof text);
  pt_signalling_encode(&w, m);
  if (w.failed) return;
  pt_event in = {.kind = PT_IN_SERVER_MESSAGE,
                 .data = packed_message((pt_bytes){text, w.len}, &heard, packed)};
  give(h, &in);
}

/* --- beginning and end ---------------------------------------------------------------- */

host *host_new(const uint8_t *data, size_t size) {
  make_sites();
  host *h = calloc(1, sizeof *h);
  h->at = data;
  h->end = data + size;
  h->sites = sites;
  h->site = sites[0];
  key_of(h->site, h->site_key);
  for (uint32_t i = 0; i < HOST_PEERS; i++) {
    memset(h->peers[i].fingerprint, (int)i * 31 + 1, PT_HASH_SIZE);
    pt_peer_id_of(h->peers[i].fingerprint, h->peers[i].id);
  }
  uint8_t how = take_u8(h);
  pt_config config = {.seed = how,
                      .memory_max = how & 1 ? 100000 : 0,
                      .upload_rate_max = how & 2 ? 30000 : 0,
                      .upload_quota = how & 4 ? 200000 : 0,
                      .peers_max = how & 8 ? 3 : 0};
  memset(config.fingerprint, how & 0x10 ? 0x55 : 0xaa, PT_HASH_SIZE);
  h->node = pt_node_new(&config, h->now_us);
  require(h->node != NULL);
  if (!(how & 0x80)) give_index(h, h->site->packed);
  return h;
}

static uint32_t open_requests(const host *h) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < HOST_REQUESTS; i++) count += h->requests[i].open;
  return count;
}

void finish(host *h) {
  for (uint32_t i = 0; i < HOST_REQUESTS; i++) {
    pt_event in = {.kind = PT_IN_REQUEST_CREDIT, .id = i, .length = UINT64_MAX};
    h->requests[i].credit = UINT64_MAX;
    give(h, &in);
  }
  uint64_t stop_us = h->now_us + 600ull * PT_SECOND_US;
  while (open_requests(h)) {
    bool served = false;
    for (uint32_t i = 0; i < HOST_FETCHES; i++) {
      if (!h->fetches[i].open) continue;
      served = true;
      serve(h, i, SIZE_MAX);
      if (h->fetches[i].open) end_fetch(h, i, PT_OK, 200);
    }
    for (uint32_t i = 0; i < HOST_READS; i++) {
      if (!h->reads[i].open) continue;
      served = true;
      disk_answer(h, i, 0);
    }
    if (served) continue;
    uint64_t due = pt_node_deadline(h->node);
    require(due < stop_us); /* the page would wait for ever */
    h->now_us = due > h->now_us ? due : h->now_us;
    pt_event in = {.kind = PT_IN_TICK};
    give(h, &in);
  }
}

void host_del(host *h) {
  pt_node_del(h->node);
  for (uint32_t i = 0; i < HOST_CHANNELS; i++) free(h->channels[i].sent);
  free(h);
}
