#include "format/signalling_packed.h"

#include "format/json_tokens.h"
#include "format/signalling_fields.h"

#include <assert.h>
#include <string.h>

#define AT(member) ((uint16_t)offsetof(pt_signalling, member))
#define SIZE(member) ((uint16_t)sizeof(((pt_signalling *)0)->member))
#define ITEM(member) ((uint16_t)sizeof(((pt_signalling *)0)->member[0]))

/* Fields that stand side by side in pt_signalling, as they are. */
#define SPAN(first, last) AT(first), (uint16_t)(AT(last) + SIZE(last) - AT(first)), 0
#define ONE(member) AT(member), SIZE(member), 0
#define TEXT(member, len_max) AT(member), 0, len_max
#define LIST(member, count) AT(member), ITEM(member), AT(count)

typedef struct packed_field {
  uint16_t actions; /* PT_SIG_BIT of those that have it */
  uint16_t at;      /* in pt_signalling */
  uint16_t size;    /* bytes (a list: of each item); 0: a text */
  uint16_t more;    /* of a text its longest, of a list where its count is */
} packed_field;

#define BIT(action) PT_SIG_BIT(PT_SIG_##action)

/* In the order in which they are packed. */
static const packed_field fields[] = {
    {BIT(HELLO), SPAN(peer, anywhere)},
    {BIT(HELLO) | BIT(WELCOME), TEXT(resume, PT_SIGNAL_TEXT_LEN_MAX)},
    {BIT(JOIN) | BIT(LEAVE), LIST(swarms, swarm_count)},
    {BIT(PEERS), SPAN(swarm, interval)},
    {BIT(PEERS), LIST(peers, peer_count)},
    {BIT(UNDELIVERED), ONE(to)},
    {BIT(SIGNAL), SPAN(to, kind)},
    {BIT(SIGNAL), TEXT(nonce, PT_NONCE_LEN_MAX)},
    {BIT(SIGNAL), TEXT(sdp, PT_SDP_LEN_MAX)},
    {BIT(SIGNAL), TEXT(candidate, PT_CANDIDATE_LEN_MAX)},
    {BIT(STATS), SPAN(origin_bytes, wasted)},
    {BIT(STATS), LIST(edges, edge_count)},
    {BIT(REPORT), ONE(peer)},
    {BIT(REPORT), ONE(swarm)},
    {BIT(REPORT), ONE(piece)},
    {BIT(REPORT), TEXT(report_kind, PT_SIGNAL_TEXT_LEN_MAX)},
    {BIT(DRAIN), ONE(after_ms)},
    {BIT(ERROR), TEXT(code, PT_SIGNAL_TEXT_LEN_MAX)},
    {BIT(ERROR), TEXT(message, PT_SIGNAL_TEXT_LEN_MAX)},
};

static_assert(sizeof(pt_sig_swarm) == 8 + 4 + PT_ID_SIZE, "items have no hidden padding");
static_assert(sizeof(pt_sig_peer) == 2 * PT_ID_SIZE + 4, "items have no hidden padding");
static_assert(sizeof(pt_sig_edge) == 8 + PT_ID_SIZE + 4, "items have no hidden padding");
static_assert(AT(anywhere) == AT(peer) + PT_ID_SIZE + PT_HASH_SIZE, "spans have no holes");
static_assert(AT(interval) == AT(swarm) + PT_ID_SIZE + 8, "spans have no holes");
static_assert(AT(kind) == AT(to) + 3 * PT_ID_SIZE && SIZE(kind) == 4, "spans have no holes");
static_assert(AT(wasted) == AT(origin_bytes) + 24, "spans have no holes");
static_assert(PT_SIGNAL_PEERS_MAX == PT_SIGNAL_SWARMS_MAX, "all lists have the same bound");

/* One walk for both directions: bytes that go out of the message, or into it. */
typedef struct packing {
  uint8_t *at, *end; /* of the packed bytes; only read when unpacking */
  bool unpacks;
  int error;
} packing;

static bool has_room(packing *p, size_t size) {
  if (p->error == PT_OK && size > (size_t)(p->end - p->at)) p->error = PT_ERR_SYNTAX;
  return p->error == PT_OK;
}

static void pass(packing *p, void *field, size_t size) {
  if (!has_room(p, size)) return;
  if (p->unpacks)
    memcpy(field, p->at, size);
  else
    memcpy(p->at, field, size);
  p->at += size;
}

/* A length or a count. */
static void pass_number(packing *p, size_t *number, size_t most) {
  uint32_t packed = (uint32_t)*number;
  pass(p, &packed, sizeof packed);
  if (p->unpacks) *number = packed;
  if (p->error == PT_OK && *number > most) p->error = PT_ERR_LIMIT;
}

static void pass_text(packing *p, pt_bytes *text, size_t len_max) {
  pass_number(p, &text->len, len_max);
  if (!has_room(p, text->len)) return;
  if (p->unpacks)
    text->data = p->at;
  else if (text->len > 0)
    memcpy(p->at, text->data, text->len);
  p->at += text->len;
}

static void pass_fields(packing *p, pt_signalling *m) {
  uint8_t *base = (uint8_t *)m;
  for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
    const packed_field *f = &fields[i];
    if ((f->actions & PT_SIG_BIT(m->action)) == 0) continue;
    size_t size = f->size;
    if (size == 0) {
      pass_text(p, (pt_bytes *)(void *)(base + f->at), f->more);
      continue;
    }
    if (f->more != 0) {
      size_t *count = (size_t *)(void *)(base + f->more);
      pass_number(p, count, PT_SIGNAL_PEERS_MAX);
      size *= *count;
    }
    if (p->error == PT_OK) pass(p, base + f->at, size);
  }
}

static bool is_exact(uint64_t number) { return number <= PT_JSON_INTEGER_MAX; }

/* Numbers that only servers hear: a build for visitors alone never reads them. */
#ifdef PT_VISITORS_ONLY
#define SERVER false
#else
#define SERVER true
#endif

static bool server_numbers_are_exact(const pt_signalling *m) {
  bool exact = is_exact(m->origin_bytes) && is_exact(m->peer_bytes_in) &&
               is_exact(m->peer_bytes_out) && is_exact(m->wasted);
  for (size_t i = 0; i < m->swarm_count; i++) exact &= is_exact(m->swarms[i].left);
  for (size_t i = 0; i < m->edge_count; i++) exact &= is_exact(m->edges[i].bytes);
  return exact;
}

int pt_signalling_unpack(pt_bytes packed, pt_signalling *out) {
  memset(out, 0, sizeof *out);
  uint32_t action;
  if (packed.len > PT_SIGNAL_BYTES_MAX) return PT_ERR_LIMIT;
  if (packed.len < sizeof action) return PT_ERR_SYNTAX;
  uint8_t *at = (uint8_t *)(uintptr_t)packed.data;
  packing p = {.at = at, .end = at + packed.len, .unpacks = true};
  pass(&p, &action, sizeof action);
  if (action < PT_SIG_HELLO || action > PT_SIG_UNKNOWN) return PT_ERR_RANGE;
  out->action = (enum pt_signalling_action)action;
  pass_fields(&p, out);
  if (p.error != PT_OK) return p.error;
  if (p.at != p.end) return PT_ERR_SYNTAX;
  if (!is_exact(out->after_ms)) return PT_ERR_RANGE;
  if (SERVER && !server_numbers_are_exact(out)) return PT_ERR_RANGE;
  const char *field;
  return action == PT_SIG_SIGNAL ? pt_sig_check_signal(out, &field) : PT_OK;
}

void pt_signalling_pack(pt_writer *w, const pt_signalling *m) {
  packing p = {.at = w->data + w->len, .end = w->data + w->cap};
  uint32_t action = m->action;
  w->failed |= action < PT_SIG_HELLO || action > PT_SIG_UNKNOWN;
  if (w->failed) return;
  pass(&p, &action, sizeof action);
  pass_fields(&p, (pt_signalling *)(uintptr_t)m);
  w->failed = p.error != PT_OK;
  if (!w->failed) w->len = (size_t)(p.at - w->data);
}
