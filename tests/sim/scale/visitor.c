#include "visitor.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../packed.h"
#include "base/hash.h"
#include "node/node_inner.h"

#define GONE_US 15000000u /* until others notice that somebody vanished */
#define RETURN_US 60e6    /* mean time until a visitor comes again */
#define OPEN_DELAYS 5u    /* TCP, TLS and the WebSocket's handshake: three round trips */
#define SECOND_US 1000000u
#define CLOSE_TAB_US 1u

/* --- outputs of the node ------------------------------------------------------------------- */

static void server_send(world *w, engine_worker *k, visitor *v, message *m, uint32_t delays) {
  m->a = v->server_connection;
  engine_send(k, v->number, w->server_actor,
              engine_now_us(k) + (uint64_t)delays * w->people[v->number].server_delay_us, m);
}

static void server_text(world *w, engine_worker *k, visitor *v, pt_bytes packed) {
  pt_signalling said;
  uint8_t json[PT_SIGNAL_BYTES_MAX];
  pt_bytes text = json_message(packed, &said, json);
  if (text.len == 0) world_broken(w, engine_now_us(k), v->number, "a node sent nonsense");
  message *m = engine_message(k, M_SERVER_TEXT, (uint32_t)text.len);
  memcpy(m->data, text.data, text.len);
  server_send(w, k, v, m, 1);
}

static void origin_get(world *w, engine_worker *k, visitor *v, const pt_event *out) {
  message *m = engine_message(k, M_GET, 0);
  m->a = out->id;
  m->b = tagsite_find(w->site, out->text);
  m->c = out->offset;
  m->d = out->length;
  engine_send(k, v->number, w->origin_actor,
              engine_now_us(k) + w->people[v->number].origin_delay_us, m);
}

static void origin_cancel(world *w, engine_worker *k, visitor *v, uint32_t fetch) {
  message *m = engine_message(k, M_CANCEL, 0);
  m->a = fetch;
  engine_send(k, v->number, w->origin_actor,
              engine_now_us(k) + w->people[v->number].origin_delay_us, m);
}

static void note_ban(const world *w, visitor *v, const pt_event *out) {
  uint32_t who = world_find(w, out->peer);
  v->bans++;
  v->wrong_bans += who == UINT32_MAX || !w->people[who].corrupt;
}

static void add_to_digest(visitor *v, uint64_t now_us, const pt_event *out) {
  uint64_t facts[6] = {out->kind | (uint64_t)(uint32_t)out->code << 32,
                       out->id | (uint64_t)out->link << 32,
                       out->offset,
                       out->length,
                       now_us,
                       0};
  memcpy(&facts[5], out->peer, sizeof facts[5]);
  v->digest = pt_hash64(facts, sizeof facts, v->digest);
}

static void tell(uint64_t now_us, const char *which, const pt_event *e) {
  const char *text = e->text.len ? (const char *)e->text.data : "";
  fprintf(stderr, "%12.6f %s %2u id %u link %u code %d at %llu length %llu data %zu %.*s\n",
          (double)now_us / 1e6, which, e->kind, e->id, e->link, e->code,
          (unsigned long long)e->offset, (unsigned long long)e->length, e->data.len,
          (int)e->text.len, text);
}

static void obey(world *w, engine_worker *k, visitor *v, const pt_event *out) {
  if (w->watched == v->number) tell(engine_now_us(k), "does ", out);
  add_to_digest(v, engine_now_us(k), out);
  switch ((enum pt_out)out->kind) {
  case PT_OUT_REQUEST_DATA:
    page_data(w, k, v, out);
    break;
  case PT_OUT_REQUEST_END:
    page_end(w, k, v, out);
    break;
  case PT_OUT_ORIGIN_GET:
    origin_get(w, k, v, out);
    break;
  case PT_OUT_ORIGIN_CANCEL:
    origin_cancel(w, k, v, out->id);
    break;
  case PT_OUT_SERVER_OPEN:
    v->server_connection++;
    server_send(w, k, v, engine_message(k, M_SERVER_OPEN, 0), OPEN_DELAYS);
    break;
  case PT_OUT_SERVER_SEND:
    server_text(w, k, v, out->data);
    break;
  case PT_OUT_SERVER_CLOSE:
    server_send(w, k, v, engine_message(k, M_SERVER_CLOSE, 0), 1);
    break;
  case PT_OUT_PEER_DIAL:
    wires_dial(w, k, v, out);
    break;
  case PT_OUT_PEER_SIGNAL:
    wires_signal(w, k, v, out);
    break;
  case PT_OUT_PEER_CLOSE:
    wires_close_link(w, k, v, out->link);
    break;
  case PT_OUT_CHANNEL_OPEN:
    wires_open_channel(w, k, v, out);
    break;
  case PT_OUT_CHANNEL_SEND:
    wires_send(w, k, v, out);
    break;
  case PT_OUT_CHANNEL_CLOSE:
    wires_close_channel(w, k, v, out->id);
    break;
  case PT_OUT_BAN:
    note_ban(w, v, out);
    break;
  case PT_OUT_FALLBACK:
    v->fallbacks[out->code & 7]++;
    break;
  default:
    break; /* what only a page would show */
  }
}

/* --- inputs --------------------------------------------------------------------------------- */

static uint32_t links_known(const visitor *v) {
  pt_peer_stats stats;
  uint32_t count = 0;
  while (pt_node_peer_stats(v->node, count, &stats)) count++;
  return count;
}

/* Every so many inputs: is the node sound, and within its budgets? */
static void check(const world *w, uint64_t now_us, visitor *v) {
  if (w->s.check_every <= 0 || ++v->inputs < (uint32_t)w->s.check_every) return;
  v->inputs = 0;
  const char *wrong = pt_node_invariant(v->node);
  if (wrong) world_broken(w, now_us, v->number, "it does not hold that %s", wrong);
  if (links_known(v) != v->wires.link_count)
    world_broken(w, now_us, v->number, "host and node do not agree on their links (%u, %u)",
                 v->wires.link_count, links_known(v));
  pt_stats stats;
  pt_node_stats(v->node, &stats);
  uint64_t most = w->s.node.memory_max > 0 ? (uint64_t)w->s.node.memory_max : 512ull << 20;
  if (stats.stored_bytes > most + (most / 4))
    world_broken(w, now_us, v->number, "a node keeps %llu bytes of %llu",
                 (unsigned long long)stats.stored_bytes, (unsigned long long)most);
}

static void arm(const world *w, engine_worker *k, visitor *v) {
  uint64_t now_us = engine_now_us(k), due_us = pt_node_deadline(v->node);
  if (due_us == PT_NEVER) return;
  if (due_us < now_us + 1) due_us = now_us + 1;
  if (w->people[v->number].hidden) due_us = (due_us + SECOND_US - 1) / SECOND_US * SECOND_US;
  if (due_us >= v->timer_us) return;
  v->timer_us = due_us;
  engine_send(k, v->number, v->number, due_us, engine_message(k, M_TIMER, 0));
}

void visitor_input(world *w, engine_worker *k, visitor *v, const pt_event *in) {
  if (!v->node) return;
  assert(!v->polling);
  uint64_t now_us = engine_now_us(k);
  if (w->watched == v->number) tell(now_us, "hears", in);
  int error = pt_node_input(v->node, now_us, in);
  if (error != PT_OK)
    world_broken(w, now_us, v->number, "input %u was refused: %s", in->kind, pt_error_text(error));
  v->input_count++;
  v->polling = true;
  for (pt_event out; pt_node_poll(v->node, &out);) obey(w, k, v, &out);
  v->polling = false;
  check(w, now_us, v);
  arm(w, k, v);
}

static void timer(world *w, engine_worker *k, visitor *v, const message *m) {
  if (m->at_us != v->timer_us) return; /* an earlier one came in between */
  v->timer_us = PT_NEVER;
  if (!v->node) return;
  uint64_t due_us = pt_node_deadline(v->node);
  pt_event tick = {.kind = PT_IN_TICK};
  if (due_us <= m->at_us)
    visitor_input(w, k, v, &tick);
  else
    arm(w, k, v);
}

/* What the origin sent, when the downlink has brought it in. */
static void body(world *w, engine_worker *k, visitor *v, message *m) {
  if (!(m->flags & 1)) {
    uint64_t now_us = engine_now_us(k);
    uint64_t whole_us = wires_down_us(w, v, now_us, m->kind == M_BODY ? (uint32_t)m->d : 0);
    if (whole_us > now_us) {
      m->flags |= 1;
      engine_again(k, m, whole_us);
      return;
    }
  }
  if (page_is_plain(m->a)) {
    m->kind == M_BODY ? page_body(w, k, v, m) : page_body_end(w, k, v, m);
    return;
  }
  pt_event in = {.kind = PT_IN_ORIGIN_DATA, .id = m->a};
  if (m->kind == M_BODY_END) {
    in = (pt_event){.kind = PT_IN_ORIGIN_END,
                    .id = m->a,
                    .code = m->flags & 2 ? PT_ERR_UNREACHABLE : PT_OK,
                    .offset = m->b};
  } else if (m->b < w->site->file_count) {
    uint8_t *full = w->scratch[engine_worker_number(k)].full;
    tagsite_fill(w->site, m->b, m->c, (uint32_t)m->d, full);
    in.data = (pt_bytes){full, (size_t)m->d};
  } else {
    in.data = (pt_bytes){w->site->swarms[m->b - w->site->file_count].layers + m->c, (size_t)m->d};
  }
  visitor_input(w, k, v, &in);
}

static void from_server(world *w, engine_worker *k, visitor *v, const message *m) {
  if (m->a != v->server_connection) return; /* of an earlier connection */
  pt_signalling heard;
  uint8_t packed[PT_SIGNAL_BYTES_MAX];
  pt_event in = {.kind = PT_IN_SERVER_MESSAGE};
  if (m->kind == M_SERVER_TEXT)
    in.data = packed_message((pt_bytes){m->data, m->len}, &heard, packed);
  if (m->kind == M_SERVER_OPENED) in.kind = PT_IN_SERVER_OPENED;
  if (m->kind == M_SERVER_CLOSED) in.kind = PT_IN_SERVER_CLOSED;
  visitor_input(w, k, v, &in);
}

/* --- coming and going ----------------------------------------------------------------------- */

static void settle_in(world *w, engine_worker *k, visitor *v) {
  const person *p = &w->people[v->number];
  pt_config config = {.seed = lots_mix(w->s.seed, 0x6e6f6465u + (uint64_t)v->number),
                      .memory_max = (uint64_t)w->s.node.memory_max,
                      .upload_rate_max = (uint64_t)w->s.node.upload_rate,
                      .peers_max = (uint32_t)w->s.node.peers_max,
                      .savings = w->s.node.savings > 0};
  memcpy(config.fingerprint, p->fingerprint, PT_HASH_SIZE);
  v->node = pt_node_new(&config, engine_now_us(k));
  if (!v->node) abort();
  pt_event in = {.kind = PT_IN_INDEX, .data = w->site->packed};
  visitor_input(w, k, v, &in);
}

static void arrive(world *w, engine_worker *k, visitor *v) {
  v->stage = VISITOR_HERE;
  v->visits++;
  pt_event tick = {.kind = PT_IN_TICK};
  if (v->node)
    visitor_input(w, k, v, &tick);
  else if (!w->s.http)
    settle_in(w, k, v);
  page_begin(w, k, v);
  uint64_t vanish_us = w->people[v->number].vanish_us;
  if (vanish_us != PT_NEVER && v->visits == 1)
    engine_send(k, v->number, v->number, engine_now_us(k) + vanish_us,
                engine_message(k, M_VANISH, 0));
}

/* The node lives on as what is stored in the browser: it hears that all
 * connections closed, and then nothing until the visitor returns. */
static void go_away(world *w, engine_worker *k, visitor *v) {
  pt_event closed = {.kind = PT_IN_SERVER_CLOSED};
  if (!v->node) return;
  visitor_input(w, k, v, &closed);
  pt_peer_stats stats;
  while (pt_node_peer_stats(v->node, 0, &stats)) {
    pt_event in = {.kind = PT_IN_PEER_STATE, .link = stats.link, .code = PT_LINK_CLOSED};
    visitor_input(w, k, v, &in);
  }
}

static void go(world *w, engine_worker *k, visitor *v, uint64_t noticed_us) {
  message *m = engine_message(k, M_SERVER_CLOSE, 0);
  m->a = UINT32_MAX; /* whichever connection there is */
  uint64_t delay_us = w->people[v->number].server_delay_us;
  engine_send(k, v->number, w->server_actor,
              engine_now_us(k) + (noticed_us > delay_us ? noticed_us : delay_us), m);
  origin_cancel(w, k, v, UINT32_MAX); /* all of them */
  wires_close_all(w, k, v, noticed_us);
  v->stage = VISITOR_GONE;
  if (!v->node) return;
  pt_node_stats(v->node, &v->last);
  pt_node_del(v->node);
  v->node = NULL;
}

static void leave(world *w, engine_worker *k, visitor *v) {
  page_leave(w, k, v);
  if (w->closing || lots_unit(&v->random) >= w->s.leave.returns) {
    go(w, k, v, 0);
    return;
  }
  go_away(w, k, v);
  message *m = engine_message(k, M_SERVER_CLOSE, 0);
  m->a = UINT32_MAX;
  engine_send(k, v->number, w->server_actor,
              engine_now_us(k) + w->people[v->number].server_delay_us, m);
  v->stage = VISITOR_AWAY;
  w->scratch[engine_worker_number(k)].returns++;
  engine_send(k, v->number, v->number, engine_now_us(k) + 1 + lots_wait_us(&v->random, RETURN_US),
              engine_message(k, M_ARRIVE, 0));
}

void visitor_done(world *w, engine_worker *k, visitor *v) {
  w->scratch[engine_worker_number(k)].pages_done++;
  if (w->s.leave.after.low < 0) return;
  uint64_t low_us = (uint64_t)(w->s.leave.after.low * 1e6);
  uint64_t high_us = (uint64_t)(w->s.leave.after.high * 1e6);
  engine_send(k, v->number, v->number,
              engine_now_us(k) + CLOSE_TAB_US +
                  lots_between(pt_random_u64(&v->random), low_us, high_us),
              engine_message(k, M_LEAVE, 0));
}

static void vanish(world *w, engine_worker *k, visitor *v) {
  bool unfinished = v->page.open;
  page_leave(w, k, v);
  if (unfinished) w->scratch[engine_worker_number(k)].pages_done++;
  go(w, k, v, GONE_US);
}

void visitor_stats(const visitor *v, pt_stats *out) {
  *out = v->last;
  if (v->node) pt_node_stats(v->node, out);
}

void visitor_free(world *w, visitor *v) {
  (void)w;
  if (v->node) pt_node_del(v->node);
  wires_free(&v->wires);
  page_free(&v->page);
}

static void begin_faults(const world *w, visitor *v, uint64_t now_us) {
  const person *p = &w->people[v->number];
  if (p->mute && now_us >= (uint64_t)(w->s.faults.mute_after_s * 1e6)) v->wires.faults.mute = true;
  if (p->corrupt && now_us >= (uint64_t)(w->s.faults.corrupt_after_s * 1e6))
    v->wires.faults.corrupt_nth = (uint32_t)w->s.faults.corrupt_nth;
}

void visitor_handle(world *w, engine_worker *k, visitor *v, message *m) {
  if (m->kind == M_ARRIVE) {
    if (v->stage != VISITOR_GONE) arrive(w, k, v);
    return;
  }
  if (v->stage != VISITOR_HERE) {
    if (m->kind == M_LEAVE && v->stage == VISITOR_AWAY) go(w, k, v, 0);
    if (m->kind == M_TIMER && m->at_us == v->timer_us) v->timer_us = PT_NEVER;
    /* Who connects to somebody who left is told so, but for those who vanished. */
    if (m->kind == M_LINK_UP && w->people[v->number].vanish_us == PT_NEVER) wires_take(w, k, v, m);
    return;
  }
  begin_faults(w, v, engine_now_us(k));
  if (wires_take(w, k, v, m)) return;
  switch (m->kind) {
  case M_LEAVE:
    leave(w, k, v);
    break;
  case M_VANISH:
    vanish(w, k, v);
    break;
  case M_TIMER:
    timer(w, k, v, m);
    break;
  case M_PAGE:
    page_timer(w, k, v, m);
    break;
  case M_BODY:
  case M_BODY_END:
    body(w, k, v, m);
    break;
  case M_SERVER_OPENED:
  case M_SERVER_TEXT:
  case M_SERVER_CLOSED:
    from_server(w, k, v, m);
    break;
  default:
    break;
  }
}
