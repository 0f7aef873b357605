#include "server.h"

#include <stdlib.h>
#include <string.h>

#include "bans.h"
#include "format/signalling.h"
#include "lots.h"
#include "members.h"
#include "origin.h"
#include "people.h"

#define INTERVAL_S 120u /* as the real one says */

typedef struct session {
  bool open, greeted, banned;
  uint32_t connection; /* the visitor's number of it */
  pt_memberships *mine;
} session;

struct server {
  session *sessions; /* by person */
  pt_members members;
  pt_bans bans;
  pt_random random;
  server_sums sums;
  pt_signalling in, out;
  uint8_t arena[PT_SIGNAL_BYTES_MAX], text[PT_SIGNAL_BYTES_MAX];
};

server *server_new(world *w) {
  server *s = calloc(1, sizeof *s);
  if (!s) abort();
  s->sessions = calloc(w->people_count, sizeof *s->sessions);
  if (!s->sessions) abort();
  uint64_t seed = lots_mix(w->s.seed, 0x73657276);
  pt_members_init(&s->members, 1u << 20, seed);
  pt_bans_init(&s->bans, seed);
  pt_random_init(&s->random, seed);
  return s;
}

static void drop(server *s, session *x) {
  if (x->mine) pt_members_leave_all(&s->members, x->mine);
  free(x->mine);
  *x = (session){0};
}

void server_del(world *w, server *s) {
  for (uint32_t i = 0; i < w->people_count; i++) drop(s, &s->sessions[i]);
  pt_members_free(&s->members);
  pt_bans_free(&s->bans);
  free(s->sessions);
  free(s);
}

static void answer(world *w, engine_worker *k, uint32_t to, message *m, uint32_t connection) {
  m->a = connection;
  engine_send(k, w->server_actor, to, engine_now_us(k) + w->people[to].server_delay_us, m);
}

/* Says s->out. */
static void say(world *w, engine_worker *k, server *s, uint32_t to) {
  pt_writer text = pt_writer_of(s->text, sizeof s->text);
  pt_signalling_encode(&text, &s->out);
  if (text.failed) world_broken(w, engine_now_us(k), to, "the server can't say something");
  message *m = engine_message(k, M_SERVER_TEXT, (uint32_t)text.len);
  memcpy(m->data, text.data, text.len);
  s->sums.messages_out++;
  answer(w, k, to, m, s->sessions[to].connection);
}

static pt_signalling *fresh(server *s, enum pt_signalling_action action) {
  memset(&s->out, 0, sizeof s->out);
  s->out.action = action;
  s->out.id = s->in.id;
  return &s->out;
}

/* --- messages, as the real server takes them -------------------------------------------------- */

static void on_hello(world *w, engine_worker *k, server *s, uint32_t from) {
  session *x = &s->sessions[from];
  if (x->greeted) return;
  x->greeted = true;
  x->banned = pt_bans_has(&s->bans, w->people[from].id);
  x->mine = calloc(1, sizeof *x->mine);
  if (!x->mine) abort();
  pt_memberships_init(x->mine, w->people[from].id, false, x);
  pt_signalling *out = fresh(s, PT_SIG_WELCOME);
  out->resume = (pt_bytes){(const uint8_t *)"0123456789abcdef0123456789abcdef", 32};
  out->message_max = PT_SIGNAL_BYTES_MAX;
  say(w, k, s, from);
}

static pt_signalling *count_swarm(server *s, const pt_member_swarm *swarm) {
  pt_signalling *out = fresh(s, PT_SIG_PEERS);
  memcpy(out->swarm, swarm->key, PT_ID_SIZE);
  out->complete = swarm->seeds.count;
  out->incomplete = swarm->leechers.count;
  out->interval = INTERVAL_S;
  return out;
}

static void tell_crowd(world *w, engine_worker *k, server *s, pt_member_swarm *swarm) {
  if (!pt_members_grown(swarm)) return;
  for (uint32_t i = 0; i < swarm->leechers.count; i++) {
    const session *x = swarm->leechers.items[i].member->of->owner;
    count_swarm(s, swarm)->id = (pt_bytes){0}; /* nobody asked */
    say(w, k, s, (uint32_t)(x - s->sessions));
  }
}

static void on_join(world *w, engine_worker *k, server *s, uint32_t from) {
  session *x = &s->sessions[from];
  if (x->banned) return;
  for (size_t i = 0; i < s->in.swarm_count; i++) {
    const pt_sig_swarm *wanted = &s->in.swarms[i];
    pt_membership *m = pt_members_join(&s->members, x->mine, wanted->key, wanted->left);
    if (!m) continue;
    pt_signalling *out = count_swarm(s, m->swarm);
    const pt_membership *chosen[PT_MEMBERS_CHOSEN_MAX];
    out->peer_count = pt_members_choose(m, wanted->want, &s->random, chosen);
    for (size_t j = 0; j < out->peer_count; j++)
      memcpy(out->peers[j].peer, chosen[j]->of->peer, PT_ID_SIZE);
    say(w, k, s, from);
    tell_crowd(w, k, s, m->swarm);
  }
}

static void on_leave(server *s, uint32_t from) {
  session *x = &s->sessions[from];
  for (size_t i = 0; i < s->in.swarm_count; i++) {
    pt_membership *m = pt_members_find(x->mine, s->in.swarms[i].key);
    if (m) pt_members_leave(&s->members, m);
  }
}

static void on_signal(world *w, engine_worker *k, server *s, uint32_t from) {
  uint32_t to = world_find(w, s->in.to);
  const session *x = to == UINT32_MAX ? NULL : &s->sessions[to];
  if (x && x->open && x->greeted && !x->banned && !s->sessions[from].banned) {
    s->out = s->in;
    s->out.id = (pt_bytes){0};
    memcpy(s->out.from, w->people[from].id, PT_ID_SIZE);
    s->sums.signals++;
    say(w, k, s, to);
    return;
  }
  pt_signalling *out = fresh(s, PT_SIG_UNDELIVERED);
  memcpy(out->to, s->in.to, PT_ID_SIZE);
  out->nonce = s->in.nonce;
  s->sums.undelivered++;
  say(w, k, s, from);
}

static void on_report(world *w, server *s, uint32_t from, uint64_t now_us) {
  session *x = &s->sessions[from];
  s->sums.reports++;
  if (x->banned || x->mine->count == 0 || memcmp(s->in.peer, w->people[from].id, PT_ID_SIZE) == 0)
    return;
  if (!pt_bans_report(&s->bans, s->in.peer, w->people[from].id, now_us)) return;
  uint32_t who = world_find(w, s->in.peer);
  s->sums.bans++;
  s->sums.wrong_bans += who == UINT32_MAX || !w->people[who].corrupt;
  if (who == UINT32_MAX || !s->sessions[who].mine) return;
  s->sessions[who].banned = true;
  pt_members_leave_all(&s->members, s->sessions[who].mine);
}

static void on_text(world *w, engine_worker *k, server *s, const message *m) {
  uint32_t from = m->from;
  const char *field = "";
  session *x = &s->sessions[from];
  if (!x->open || m->a != x->connection) return;
  s->sums.messages_in++;
  if (pt_signalling_decode((pt_bytes){m->data, m->len}, &s->in, s->arena, sizeof s->arena,
                           &field) != PT_OK)
    world_broken(w, engine_now_us(k), from, "a node sent a malformed message (%s)", field);
  if (s->in.action == PT_SIG_HELLO) on_hello(w, k, s, from);
  if (!x->greeted) return;
  if (s->in.action == PT_SIG_JOIN) on_join(w, k, s, from);
  if (s->in.action == PT_SIG_LEAVE) on_leave(s, from);
  if (s->in.action == PT_SIG_SIGNAL) on_signal(w, k, s, from);
  if (s->in.action == PT_SIG_REPORT) on_report(w, s, from, engine_now_us(k));
}

/* --- connections ----------------------------------------------------------------------------- */

static void on_open(world *w, engine_worker *k, server *s, const message *m) {
  bool dead = spans_hold(&w->s.server.dead, engine_now_us(k));
  session *x = &s->sessions[m->from];
  drop(s, x);
  x->open = !dead;
  x->connection = m->a;
  answer(w, k, m->from, engine_message(k, dead ? M_SERVER_CLOSED : M_SERVER_OPENED, 0), m->a);
}

/* It dies, and forgets everybody. */
static void on_outage(world *w, engine_worker *k, server *s) {
  world_watch_outage(k, w->server_actor, &w->s.server.dead, engine_now_us(k));
  if (!spans_hold(&w->s.server.dead, engine_now_us(k))) return;
  for (uint32_t i = 0; i < w->people_count; i++) {
    session *x = &s->sessions[i];
    if (!x->open) continue;
    answer(w, k, i, engine_message(k, M_SERVER_CLOSED, 0), x->connection);
    drop(s, x);
  }
}

void server_handle(world *w, engine_worker *k, message *m) {
  server *s = w->server;
  session *x = m->from < w->people_count ? &s->sessions[m->from] : NULL;
  if (m->kind == M_SERVER_OPEN) on_open(w, k, s, m);
  if (m->kind == M_SERVER_TEXT) on_text(w, k, s, m);
  if (m->kind == M_SERVER_CLOSE && x && (m->a == UINT32_MAX || m->a == x->connection)) drop(s, x);
  if (m->kind == M_OUTAGE) on_outage(w, k, s);
}

const server_sums *server_counts(const server *s) { return &s->sums; }
