#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../packed.h"
#include "agenda.h"
#include "base/bits.h"
#include "base/hash.h"
#include "base/random.h"
#include "format/fingerprint.h"
#include "node/node_inner.h"

#define FETCH_CHUNK 65536u
#define FETCHES_MAX 4096
#define CHANNELS_MAX 8192

typedef struct end_point { /* one side of a channel */
  bool open;
  uint32_t visitor, other; /* the other end point */
} end_point;

typedef struct visitor {
  pt_node *node;
  bool alive, mute;
  disk *disk; /* or NULL */
  uint64_t disk_delay_us;
  uint32_t corrupt_nth, blocks_sent;
  uint8_t fingerprint[PT_HASH_SIZE];
  uint64_t uplink_free_us;
  bool server_open, joined;
  uint64_t left;
} visitor;

typedef struct sim_link { /* one RTCPeerConnection between two visitors */
  uint32_t visitor[2], link[2];
  bool known[2], connected;
  uint8_t label[PT_ID_SIZE];
} sim_link;

struct world {
  const site *site, *origin_site;
  world_options options;
  pt_random random;
  uint64_t now_us, order, inputs;
  agenda agenda; /* inputs that will reach visitors */
  visitor visitors[WORLD_VISITORS_MAX];
  uint32_t visitor_count;
  sim_link links[4096];
  uint32_t link_count;
  end_point ends[CHANNELS_MAX];
  uint32_t end_count;
  struct {
    uint32_t visitor, id;
    bool cancelled;
  } fetches[FETCHES_MAX];
  uint32_t fetch_count;
  uint64_t origin_free_us, origin_bytes;
  bool origin_fails, server_fails, server_mute, links_fail;
  const site_file *missing; /* the origin answers 404 for it */
  world_request requests[WORLD_REQUESTS_MAX];
  uint32_t request_count;
  uint32_t bans[WORLD_VISITORS_MAX], wrong_bans;
  uint32_t fallbacks[PT_FALLBACK_RESCUE + 1]; /* fetches, by their reason */
  uint64_t digest;
  pt_signalling message;
  uint8_t text[PT_SIGNAL_BYTES_MAX], arena[PT_SIGNAL_BYTES_MAX];  /* the server's */
  uint8_t packed[PT_SIGNAL_BYTES_MAX], json[PT_SIGNAL_BYTES_MAX]; /* at a visitor's border */
};

static void schedule(world *w, uint64_t at_us, uint32_t to, const pt_event *event) {
  agenda_add(&w->agenda, at_us, to, event);
}

/* --- the origin ----------------------------------------------------------------- */

static void end_get(world *w, uint32_t v, uint32_t id, int code, uint64_t status, uint64_t at_us) {
  pt_event end = {.kind = PT_IN_ORIGIN_END, .id = id, .code = code, .offset = status};
  schedule(w, at_us, v, &end);
}

static void origin_get(world *w, uint32_t v, const pt_event *out) {
  fprintf(stderr, "%8llu get v%u %llu+%llu\n", (unsigned long long)w->now_us / 1000, v,
          (unsigned long long)out->offset / 131072,
          out->length == PT_TO_END ? 0 : (unsigned long long)out->length / 131072);
  uint64_t reach_us = w->now_us + w->options.server_delay_us;
  pt_bytes body = site_get(w->origin_site, out->text);
  if (w->missing && body.data == w->missing->data) body.data = NULL;
  if (w->origin_fails || !body.data) {
    end_get(w, v, out->id, PT_ERR_UNREACHABLE, body.data ? 0 : 404, reach_us * 2 - w->now_us);
    return;
  }
  if (out->length != PT_TO_END) {
    if (out->offset + out->length > body.len) {
      end_get(w, v, out->id, PT_ERR_RANGE, 416, reach_us);
      return;
    }
    body = (pt_bytes){body.data + out->offset, (size_t)out->length};
  }
  uint64_t at_us = w->origin_free_us > reach_us ? w->origin_free_us : reach_us;
  while (body.len) {
    size_t take = body.len < FETCH_CHUNK ? body.len : FETCH_CHUNK;
    at_us += take * 1000000ull / w->options.origin_rate;
    pt_event data = {.kind = PT_IN_ORIGIN_DATA, .id = out->id, .data = {body.data, take}};
    schedule(w, at_us + w->options.server_delay_us, v, &data);
    w->origin_bytes += take;
    body.data += take;
    body.len -= take;
  }
  w->origin_free_us = at_us;
  end_get(w, v, out->id, PT_OK, 200, at_us + w->options.server_delay_us);
}

/* --- the signalling server ---------------------------------------------------------- */

static void server_say(world *w, uint32_t to) {
  pt_writer writer = pt_writer_of(w->text, sizeof w->text);
  pt_signalling_encode(&writer, &w->message);
  static pt_signalling heard;
  pt_event in = {.kind = PT_IN_SERVER_MESSAGE,
                 .data = packed_message((pt_bytes){writer.data, writer.len}, &heard, w->packed)};
  schedule(w, w->now_us + 2 * w->options.server_delay_us, to, &in);
}

static uint32_t visitor_with(const world *w, const uint8_t id[PT_ID_SIZE]) {
  for (uint32_t i = 0; i < w->visitor_count; i++)
    if (w->visitors[i].alive && memcmp(pt_node_id(w->visitors[i].node), id, PT_ID_SIZE) == 0)
      return i;
  return UINT32_MAX;
}

static void server_join(world *w, uint32_t v, uint64_t left, const uint8_t key[PT_ID_SIZE]) {
  pt_signalling *m = &w->message;
  memset(m, 0, sizeof *m);
  m->action = PT_SIG_PEERS;
  memcpy(m->swarm, key, PT_ID_SIZE);
  m->interval = 30;
  w->visitors[v].joined = true;
  w->visitors[v].left = left;
  uint32_t first = pt_random_below(&w->random, w->visitor_count);
  for (uint32_t k = 0; k < w->visitor_count; k++) {
    uint32_t i = (first + k) % w->visitor_count;
    const visitor *other = &w->visitors[i];
    if (!other->alive || !other->joined) continue;
    if (other->left == 0)
      m->complete++;
    else
      m->incomplete++;
    if (i != v && m->peer_count < 24)
      memcpy(m->peers[m->peer_count++].peer, pt_node_id(other->node), PT_ID_SIZE);
  }
  server_say(w, v);
}

static void server_take(world *w, uint32_t v, pt_bytes packed) {
  static pt_signalling in;
  if (w->server_fails || w->server_mute) return;
  pt_bytes text = json_message(packed, &in, w->json);
  if (pt_signalling_decode(text, &in, w->arena, sizeof w->arena, NULL) != PT_OK) {
    fprintf(stderr, "a node sent a malformed message: %.*s\n", (int)text.len,
            (const char *)text.data);
    abort();
  }
  if (in.action == PT_SIG_HELLO) {
    memset(&w->message, 0, sizeof w->message);
    w->message.action = PT_SIG_WELCOME;
    server_say(w, v);
  } else if (in.action == PT_SIG_JOIN) {
    for (size_t i = 0; i < in.swarm_count; i++)
      server_join(w, v, in.swarms[i].left, in.swarms[i].key);
  } else if (in.action == PT_SIG_SIGNAL) {
    uint32_t to = visitor_with(w, in.to);
    w->message = in;
    if (to == UINT32_MAX) {
      memset(&w->message, 0, sizeof w->message);
      w->message.action = PT_SIG_UNDELIVERED;
      memcpy(w->message.to, in.to, PT_ID_SIZE);
      to = v;
    }
    server_say(w, to);
  }
}

/* --- links and channels ---------------------------------------------------------------- */

static void make_sdp(world *w, uint32_t v, char *sdp, size_t cap) {
  size_t at = (size_t)snprintf(sdp, cap, "v=0\r\ns=-\r\nt=0 0\r\na=fingerprint:sha-256 ");
  for (size_t i = 0; i < PT_HASH_SIZE; i++)
    at +=
        (size_t)snprintf(sdp + at, cap - at, "%s%02X", i ? ":" : "", w->visitors[v].fingerprint[i]);
  snprintf(sdp + at, cap - at, "\r\n");
}

static void local_signal(world *w, uint32_t v, uint32_t link, int kind) {
  char sdp[512];
  make_sdp(w, v, sdp, sizeof sdp);
  pt_event in = {.kind = PT_IN_PEER_SIGNAL,
                 .link = link,
                 .code = kind,
                 .data = {(const uint8_t *)sdp, strlen(sdp)}};
  schedule(w, w->now_us + 1000, v, &in);
}

static sim_link *link_of(world *w, uint32_t v, uint32_t link, int *side) {
  for (uint32_t i = w->link_count; i-- > 0;)
    for (int s = 0; s < 2; s++)
      if (w->links[i].known[s] && w->links[i].visitor[s] == v && w->links[i].link[s] == link) {
        *side = s;
        return &w->links[i];
      }
  return NULL;
}

static void open_channel(world *w, const sim_link *l, int creator,
                         const uint8_t label[PT_ID_SIZE]) {
  if (w->end_count + 2 > CHANNELS_MAX) abort();
  uint32_t first = w->end_count;
  w->end_count += 2;
  for (uint32_t i = 0; i < 2; i++) {
    int side = i ? 1 - creator : creator;
    w->ends[first + i] = (end_point){true, l->visitor[side], first + 1 - i};
    pt_event in = {
        .kind = PT_IN_CHANNEL_OPENED, .id = first + i + 1, .link = l->link[side], .code = i == 0};
    memcpy(in.swarm, label, PT_ID_SIZE);
    schedule(w, w->now_us + w->options.link_delay_us * (1 + i), l->visitor[side], &in);
  }
}

static void peer_dial(world *w, uint32_t v, const pt_event *out) {
  uint32_t to = visitor_with(w, out->peer);
  if (w->link_count == 4096) abort();
  sim_link *l = &w->links[w->link_count++];
  *l = (sim_link){.visitor = {v, to}, .link = {out->link, 0}, .known = {true, false}};
  memcpy(l->label, out->swarm, PT_ID_SIZE);
  local_signal(w, v, out->link, PT_SIGNAL_OFFER);
}

static void peer_signal(world *w, uint32_t v, const pt_event *out) {
  int side;
  if (out->code == PT_SIGNAL_OFFER) {
    uint32_t from = visitor_with(w, out->peer);
    for (uint32_t i = w->link_count; i-- > 0;) {
      sim_link *l = &w->links[i];
      if (l->visitor[0] != from || l->visitor[1] != v || l->known[1]) continue;
      l->known[1] = true;
      l->link[1] = out->link;
      local_signal(w, v, out->link, PT_SIGNAL_ANSWER);
      return;
    }
  } else if (out->code == PT_SIGNAL_ANSWER) {
    sim_link *l = link_of(w, v, out->link, &side);
    if (!l || l->connected || w->links_fail) return;
    l->connected = true;
    for (int i = 0; i < 2; i++) {
      pt_event in = {.kind = PT_IN_PEER_STATE, .link = l->link[i], .code = PT_LINK_CONNECTED};
      schedule(w, w->now_us + 2 * w->options.link_delay_us, l->visitor[i], &in);
    }
    uint64_t now_us = w->now_us;
    w->now_us += 2 * w->options.link_delay_us;
    open_channel(w, l, 0, l->label);
    w->now_us = now_us;
  }
}

static void close_end(world *w, uint32_t end, uint64_t delay_us) {
  if (!w->ends[end].open) return;
  w->ends[end].open = false;
  uint32_t other = w->ends[end].other;
  pt_event in = {.kind = PT_IN_CHANNEL_CLOSED, .id = other + 1};
  schedule(w, w->now_us + delay_us, w->ends[other].visitor, &in);
}

static void flip_blocks(visitor *v, uint8_t *bytes, size_t len) {
  for (size_t at = 0; at + 13 <= len;) {
    size_t size = (size_t)bytes[at] << 24 | (size_t)bytes[at + 1] << 16 |
                  (size_t)bytes[at + 2] << 8 | bytes[at + 3];
    if (bytes[at] == 19)
      size = 64; /* the handshake */
    else if (bytes[at + 4] == 7 && v->blocks_sent++ % v->corrupt_nth == 0)
      bytes[at + 13 + 7] ^= 1;
    at += 4 + size;
  }
}

static void channel_send(world *w, uint32_t v, const pt_event *out) {
  uint32_t end = out->id - 1;
  if (!w->ends[end].open) return;
  visitor *from = &w->visitors[v];
  uint64_t begin = from->uplink_free_us > w->now_us ? from->uplink_free_us : w->now_us;
  uint64_t sent_us = begin + out->data.len * 1000000ull / w->options.uplink_rate;
  from->uplink_free_us = sent_us;
  pt_event drained = {.kind = PT_IN_CHANNEL_DRAINED, .id = out->id};
  schedule(w, sent_us, v, &drained);
  if (from->mute) return;
  pt_event in = {.kind = PT_IN_CHANNEL_MESSAGE, .id = w->ends[end].other + 1};
  uint8_t *copy = malloc(out->data.len);
  memcpy(copy, out->data.data, out->data.len);
  if (from->corrupt_nth) flip_blocks(from, copy, out->data.len);
  in.data = (pt_bytes){copy, out->data.len};
  schedule(w, sent_us + w->options.link_delay_us, w->ends[w->ends[end].other].visitor, &in);
  free(copy);
}

/* --- what nodes ask for -------------------------------------------------------------------- */

static world_request *request_of(world *w, uint32_t v, uint32_t id) {
  for (uint32_t i = 0; i < w->request_count; i++)
    if (w->requests[i].visitor == v && w->requests[i].id == id) return &w->requests[i];
  return NULL;
}

static void request_data(world *w, uint32_t v, const pt_event *out) {
  world_request *r = request_of(w, v, out->id);
  const site_file *f = &w->site->files[r->file];
  if (r->received == 0) r->first_us = w->now_us;
  if (out->offset != r->at + r->received || out->offset + out->data.len > f->length ||
      memcmp(f->data + out->offset, out->data.data, out->data.len) != 0)
    r->wrong = true;
  r->received += out->data.len;
  if (out->code == PT_SOURCE_ORIGIN)
    r->from_origin += out->data.len;
  else if (out->code == PT_SOURCE_STORE)
    r->from_disk += out->data.len;
  else
    r->from_peers += out->data.len;
}

static void request_end(world *w, uint32_t v, const pt_event *out) {
  world_request *r = request_of(w, v, out->id);
  r->done = true;
  r->done_us = w->now_us;
  r->result = out->code;
}

static void note_ban(world *w, const pt_event *out) {
  for (uint32_t i = 0; i < w->visitor_count; i++) {
    if (memcmp(pt_node_id(w->visitors[i].node), out->peer, PT_ID_SIZE) != 0) continue;
    w->bans[i]++;
    if (!w->visitors[i].corrupt_nth) w->wrong_bans++;
  }
}

static void add_to_digest(world *w, uint32_t v, const pt_event *e) {
  uint64_t d = w->digest;
  uint64_t head[6] = {v, e->kind, (uint32_t)e->code, e->id, e->link, w->now_us};
  uint64_t place[2] = {e->offset, e->length};
  d = pt_hash64(head, sizeof head, d);
  d = pt_hash64(place, sizeof place, d);
  d = pt_hash64(e->peer, PT_ID_SIZE, d);
  d = pt_hash64(e->swarm, PT_ID_SIZE, d);
  if (e->text.len) d = pt_hash64(e->text.data, e->text.len, d);
  if (e->data.len) d = pt_hash64(e->data.data, e->data.len, d);
  w->digest = d;
}

static void use_disk(world *w, uint32_t v, const pt_event *out) {
  const visitor *me = &w->visitors[v];
  pt_event in;
  if (!me->disk) abort(); /* nobody said that there is one */
  if (disk_obey(me->disk, out, &in)) schedule(w, w->now_us + me->disk_delay_us, v, &in);
}

static void obey(world *w, uint32_t v, const pt_event *out) {
  int side;
  add_to_digest(w, v, out);
  switch ((enum pt_out)out->kind) {
  case PT_OUT_REQUEST_DATA:
    request_data(w, v, out);
    break;
  case PT_OUT_REQUEST_END:
    request_end(w, v, out);
    break;
  case PT_OUT_ORIGIN_GET:
    origin_get(w, v, out);
    break;
  case PT_OUT_SERVER_OPEN: {
    pt_event in = {.kind = w->server_fails ? PT_IN_SERVER_CLOSED : PT_IN_SERVER_OPENED};
    schedule(w, w->now_us + 2 * w->options.server_delay_us, v, &in);
    break;
  }
  case PT_OUT_SERVER_SEND:
    server_take(w, v, out->data);
    break;
  case PT_OUT_PEER_DIAL:
    peer_dial(w, v, out);
    break;
  case PT_OUT_PEER_SIGNAL:
    peer_signal(w, v, out);
    break;
  case PT_OUT_CHANNEL_OPEN: {
    sim_link *l = link_of(w, v, out->link, &side);
    if (l && l->connected) open_channel(w, l, side, out->swarm);
    break;
  }
  case PT_OUT_CHANNEL_SEND:
    channel_send(w, v, out);
    break;
  case PT_OUT_CHANNEL_CLOSE:
    close_end(w, out->id - 1, w->options.link_delay_us);
    break;
  case PT_OUT_PEER_CLOSE: {
    sim_link *l = link_of(w, v, out->link, &side);
    if (!l) break;
    l->known[side] = false;
    for (uint32_t i = 0; i < w->end_count; i++)
      if (w->ends[i].open && w->ends[i].visitor == v &&
          w->ends[w->ends[i].other].visitor == l->visitor[1 - side])
        close_end(w, i, w->options.link_delay_us);
    break;
  }
  case PT_OUT_STORE_WRITE:
  case PT_OUT_STORE_LAYER:
  case PT_OUT_STORE_READ:
  case PT_OUT_STORE_DROP:
    use_disk(w, v, out);
    break;
  case PT_OUT_FALLBACK:
    w->fallbacks[out->code]++;
    break;
  case PT_OUT_BAN:
    note_ban(w, out);
    break;
  case PT_OUT_FAULT:
    if (getenv("SIM_VERBOSE"))
      fprintf(stderr, "%10llu visitor %u: fault %d %.*s\n", (unsigned long long)w->now_us, v,
              out->code, (int)out->text.len, (const char *)out->text.data);
    break;
  default:
    break;
  }
}

static void give(world *w, uint32_t v, const pt_event *in) {
  visitor *to = &w->visitors[v];
  if (!to->alive) return;
  int error = pt_node_input(to->node, w->now_us, in);
  if (error != PT_OK) {
    fprintf(stderr, "input %u refused: %s\n", in->kind, pt_error_text(error));
    abort();
  }
  pt_event out;
  while (pt_node_poll(to->node, &out)) obey(w, v, &out);
  const char *wrong = w->inputs++ % 16 == 0 ? pt_node_invariant(to->node) : NULL;
  if (!wrong) return;
  fprintf(stderr, "after input %u of visitor %u it does not hold that %s\n", in->kind, v, wrong);
  abort();
}

/* --- the interface ------------------------------------------------------------------------------
 */

world *world_new(const site *s, world_options options) {
  world *w = calloc(1, sizeof *w);
  w->site = w->origin_site = s;
  w->options = options;
  pt_random_init(&w->random, options.seed);
  return w;
}

void world_del(world *w) {
  for (uint32_t i = 0; i < w->visitor_count; i++) pt_node_del(w->visitors[i].node);
  agenda_free(&w->agenda);
  free(w);
}

uint32_t world_arrive(world *w) {
  uint32_t v = w->visitor_count++;
  visitor *me = &w->visitors[v];
  *me = (visitor){.alive = true};
  pt_config config = {.seed = pt_random_u64(&w->random), .memory_max = w->options.memory_max};
  for (size_t i = 0; i < PT_HASH_SIZE; i++) me->fingerprint[i] = (uint8_t)pt_random_u64(&w->random);
  memcpy(config.fingerprint, me->fingerprint, PT_HASH_SIZE);
  me->node = pt_node_new(&config, w->now_us);
  pt_event in = {.kind = PT_IN_INDEX, .data = w->site->packed};
  give(w, v, &in);
  return v;
}

void world_kill(world *w, uint32_t v) {
  w->visitors[v].alive = false;
  for (uint32_t i = 0; i < w->end_count; i++)
    if (w->ends[i].visitor == v) close_end(w, i, 200000);
}

void world_give_disk(world *w, uint32_t v, disk *d, uint64_t disk_max, uint64_t delay_us) {
  w->visitors[v].disk = d;
  w->visitors[v].disk_delay_us = delay_us;
  pt_event in = {.kind = PT_IN_STORE_LIMIT, .offset = w->options.memory_max, .length = disk_max};
  give(w, v, &in);
  disk *before = disk_copy(d); /* it changes while it is told */
  for (size_t i = 0; disk_tell(before, i, &in); i++) give(w, v, &in);
  disk_del(before);
}

void world_corrupt(world *w, uint32_t v, uint32_t nth) { w->visitors[v].corrupt_nth = nth; }
void world_mute(world *w, uint32_t v) { w->visitors[v].mute = true; }
void world_consent(world *w, uint32_t v, int consent) {
  pt_event in = {.kind = PT_IN_POLICY, .code = consent, .length = UINT64_MAX};
  give(w, v, &in);
}
void world_origin_fails(world *w, bool fails) { w->origin_fails = fails; }
void world_origin_lacks(world *w, uint32_t file) { w->missing = &w->site->files[file]; }
void world_origin_site(world *w, const site *s) { w->origin_site = s; }
void world_server_mutes(world *w) { w->server_mute = true; }
void world_links_fail(world *w, bool fail) { w->links_fail = fail; }

void world_server_fails(world *w, bool fails) {
  w->server_fails = fails;
  pt_event in = {.kind = PT_IN_SERVER_CLOSED};
  for (uint32_t i = 0; fails && i < w->visitor_count; i++) give(w, i, &in);
}

world_request *world_ask_slowly(world *w, uint32_t v, uint32_t file, uint64_t at, uint64_t end) {
  const site_file *f = &w->site->files[file];
  if (w->request_count == WORLD_REQUESTS_MAX) abort();
  world_request *r = &w->requests[w->request_count++];
  *r = (world_request){.visitor = v,
                       .id = w->request_count,
                       .file = file,
                       .at = at,
                       .end = end ? end : f->length,
                       .asked_us = w->now_us};
  pt_event in = {.kind = PT_IN_REQUEST,
                 .id = r->id,
                 .offset = at,
                 .length = r->end - at,
                 .text = {(const uint8_t *)f->path, strlen(f->path)}};
  give(w, v, &in);
  return r;
}

world_request *world_ask(world *w, uint32_t v, uint32_t file, uint64_t at, uint64_t end) {
  world_request *r = world_ask_slowly(w, v, file, at, end);
  world_credit(w, r, UINT64_MAX);
  return r;
}

void world_credit(world *w, const world_request *r, uint64_t bytes) {
  pt_event in = {.kind = PT_IN_REQUEST_CREDIT, .id = r->id, .length = bytes};
  give(w, r->visitor, &in);
}

void world_cancel(world *w, world_request *r) {
  pt_event in = {.kind = PT_IN_REQUEST_CANCEL, .id = r->id};
  r->done = true;
  give(w, r->visitor, &in);
}

bool world_run(world *w, uint64_t for_us, bool (*until)(world *, void *), void *arg) {
  uint64_t stop_us = w->now_us + for_us;
  for (;;) {
    if (until && until(w, arg)) return true;
    uint64_t next_us = agenda_next_us(&w->agenda);
    uint32_t tick = UINT32_MAX;
    for (uint32_t i = 0; i < w->visitor_count; i++) {
      if (!w->visitors[i].alive) continue;
      uint64_t due = pt_node_deadline(w->visitors[i].node);
      if (due >= next_us) continue;
      next_us = due > w->now_us ? due : w->now_us;
      tick = i;
    }
    if (next_us > stop_us) {
      w->now_us = stop_us;
      return false;
    }
    if (tick != UINT32_MAX) {
      w->now_us = next_us;
      pt_event in = {.kind = PT_IN_TICK};
      give(w, tick, &in);
      continue;
    }
    happening h = agenda_take(&w->agenda);
    w->now_us = h.at_us;
    bool mine = h.event.kind != PT_IN_CHANNEL_MESSAGE || w->ends[h.event.id - 1].open;
    if (mine) give(w, h.visitor, &h.event);
    free(h.payload);
  }
}

bool world_all_done(world *w, void *unused) {
  (void)unused;
  for (uint32_t i = 0; i < w->request_count; i++)
    if (!w->requests[i].done && w->visitors[w->requests[i].visitor].alive) return false;
  return true;
}

uint64_t world_now(const world *w) { return w->now_us; }
uint64_t world_origin_bytes(const world *w) { return w->origin_bytes; }
uint32_t world_fallbacks(const world *w, enum pt_fallback why) { return w->fallbacks[why]; }
uint32_t world_bans(const world *w, uint32_t v) { return w->bans[v]; }
uint32_t world_wrong_bans(const world *w) { return w->wrong_bans; }
pt_node *world_node(world *w, uint32_t v) { return w->visitors[v].node; }
uint64_t world_digest(const world *w) { return w->digest; }
