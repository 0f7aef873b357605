#include "base/hex.h"
#include "format/json_tokens.h"
#include "format/signalling.h"
#include "format/signalling_fields.h"

#include <string.h>

typedef struct decoder {
  pt_json json;
  pt_writer arena;
  pt_signalling *m;
} decoder;

static int read_text(decoder *d, size_t value, size_t len_max, pt_bytes *out) {
  int error = pt_json_text(&d->json, value, &d->arena, out);
  if (error != PT_OK) return error;
  return out->len > len_max ? PT_ERR_LIMIT : PT_OK;
}

static int read_raw(decoder *d, size_t value, enum pt_json_type type, size_t len_max,
                    pt_bytes *out) {
  if (pt_json_type_of(&d->json, value) != type) return PT_ERR_RANGE;
  *out = pt_json_raw(&d->json, value);
  return out->len > len_max ? PT_ERR_LIMIT : PT_OK;
}

static int read_hex(decoder *d, size_t value, uint8_t *out, size_t len) {
  pt_bytes text;
  int error = pt_json_text(&d->json, value, &d->arena, &text);
  if (error != PT_OK) return error;
  return pt_hex_decode((const char *)text.data, text.len, out, len) ? PT_OK : PT_ERR_RANGE;
}

static int read_u32(decoder *d, size_t value, uint32_t *out) {
  uint64_t v = 0;
  int error = pt_json_uint(&d->json, value, UINT32_MAX, &v);
  if (error == PT_OK) *out = (uint32_t)v;
  return error;
}

/* A member of an object inside a list. Absent and null: `out` stays. */
static size_t optional_member(decoder *d, size_t object, const char *name) {
  size_t value = pt_json_get(&d->json, object, name);
  return value != 0 && pt_json_type_of(&d->json, value) != PT_JSON_NULL ? value : 0;
}

/* ---- lists: one function per kind of element ---- */

static int read_peer(decoder *d, size_t value) {
  pt_sig_peer *p = &d->m->peers[d->m->peer_count];
  size_t id = pt_json_get(&d->json, value, "peer");
  size_t near = optional_member(d, value, "near");
  size_t legacy = optional_member(d, value, "legacy");
  int error = id != 0 ? read_hex(d, id, p->peer, PT_ID_SIZE) : PT_ERR_RANGE;
  if (error == PT_OK && near != 0) error = read_u32(d, near, &p->near);
  if (error == PT_OK && legacy != 0) error = read_hex(d, legacy, p->legacy, PT_ID_SIZE);
  if (error == PT_OK) d->m->peer_count++;
  return error;
}

static int read_seed(decoder *d, size_t value) {
  int error = read_hex(d, value, d->m->peers[d->m->peer_count].peer, PT_ID_SIZE);
  if (error == PT_OK) d->m->peer_count++;
  return error;
}

static int read_server(decoder *d, size_t value) {
  int error = read_text(d, value, PT_URL_LEN_MAX, &d->m->servers[d->m->server_count]);
  if (error == PT_OK) d->m->server_count++;
  return error;
}

static int read_joined(decoder *d, size_t value) {
  pt_sig_swarm *s = &d->m->swarms[d->m->swarm_count];
  size_t key = pt_json_get(&d->json, value, "h");
  size_t left = optional_member(d, value, "left");
  size_t want = optional_member(d, value, "want");
  int error = key != 0 ? read_hex(d, key, s->key, PT_ID_SIZE) : PT_ERR_RANGE;
  if (error == PT_OK && left != 0)
    error = pt_json_uint(&d->json, left, PT_JSON_INTEGER_MAX, &s->left);
  if (error == PT_OK && want != 0) error = read_u32(d, want, &s->want);
  if (error == PT_OK) d->m->swarm_count++;
  return error;
}

static int read_left(decoder *d, size_t value) {
  int error = read_hex(d, value, d->m->swarms[d->m->swarm_count].key, PT_ID_SIZE);
  if (error == PT_OK) d->m->swarm_count++;
  return error;
}

static int read_list(decoder *d, size_t list, size_t count_max,
                     int (*read_element)(decoder *, size_t)) {
  if (pt_json_type_of(&d->json, list) != PT_JSON_ARRAY) return PT_ERR_RANGE;
  if (pt_json_count(&d->json, list) > count_max) return PT_ERR_LIMIT;
  for (size_t v = pt_json_first(&d->json, list); v != 0; v = pt_json_next(&d->json, list, v)) {
    int error = read_element(d, v);
    if (error != PT_OK) return error;
  }
  return PT_OK;
}

static int read_edges(decoder *d, size_t object) {
  if (pt_json_type_of(&d->json, object) != PT_JSON_OBJECT) return PT_ERR_RANGE;
  if (pt_json_count(&d->json, object) > PT_SIGNAL_PEERS_MAX) return PT_ERR_LIMIT;
  for (size_t key = pt_json_first(&d->json, object); key != 0;
       key = pt_json_next(&d->json, object, key)) {
    pt_sig_edge *edge = &d->m->edges[d->m->edge_count];
    int error = read_hex(d, key, edge->peer, PT_ID_SIZE);
    if (error == PT_OK) error = pt_json_uint(&d->json, key + 1, PT_JSON_INTEGER_MAX, &edge->bytes);
    if (error != PT_OK) return error;
    d->m->edge_count++;
  }
  return PT_OK;
}

/* ---- single fields ---- */

static int read_limits(decoder *d, size_t value) {
  int error = read_raw(d, value, PT_JSON_OBJECT, PT_SIGNAL_BYTES_MAX, &d->m->limits);
  size_t message = error == PT_OK ? optional_member(d, value, "message") : 0;
  return message != 0 ? read_u32(d, message, &d->m->message_max) : error;
}

static int read_kind(decoder *d, size_t value) {
  for (enum pt_signal kind = PT_SIGNAL_OFFER; kind <= PT_SIGNAL_BYE; kind++)
    if (pt_json_text_is(&d->json, value, pt_sig_kind_word(kind))) {
      d->m->kind = kind;
      return PT_OK;
    }
  return PT_ERR_RANGE;
}

static int read_field(decoder *d, const pt_sig_field *f, size_t value) {
  void *at = (uint8_t *)d->m + f->offset;
  switch ((enum pt_sig_type)f->type) {
  case PT_SIG_TYPE_ID:
    return read_hex(d, value, at, PT_ID_SIZE);
  case PT_SIG_TYPE_HASH:
    return read_hex(d, value, at, PT_HASH_SIZE);
  case PT_SIG_TYPE_TEXT:
    return read_text(d, value, f->len_max, at);
  case PT_SIG_TYPE_U32:
    return read_u32(d, value, at);
  case PT_SIG_TYPE_U64:
    return pt_json_uint(&d->json, value, PT_JSON_INTEGER_MAX, at);
  case PT_SIG_TYPE_ARRAY:
    return read_raw(d, value, PT_JSON_ARRAY, f->len_max, at);
  case PT_SIG_TYPE_OBJECT:
    return read_raw(d, value, PT_JSON_OBJECT, f->len_max, at);
  case PT_SIG_TYPE_LIMITS:
    return read_limits(d, value);
  case PT_SIG_TYPE_PEERS:
    return read_list(d, value, PT_SIGNAL_PEERS_MAX, read_peer);
  case PT_SIG_TYPE_SEEDS:
    return read_list(d, value, PT_SIGNAL_PEERS_MAX, read_seed);
  case PT_SIG_TYPE_SERVERS:
    return read_list(d, value, PT_SIGNAL_SERVERS_MAX, read_server);
  case PT_SIG_TYPE_JOINED:
    return read_list(d, value, PT_SIGNAL_SWARMS_MAX, read_joined);
  case PT_SIG_TYPE_LEFT:
    return read_list(d, value, PT_SIGNAL_SWARMS_MAX, read_left);
  case PT_SIG_TYPE_EDGES:
    return read_edges(d, value);
  case PT_SIG_TYPE_KIND:
    return read_kind(d, value);
  case PT_SIG_TYPE_CAPS:
    return PT_OK;
  }
  return PT_ERR_RANGE;
}

/* "id" is repeated in the answer just as it came, so number and string must
 * stay apart: a string that could be taken for a number keeps its quotes. */
static int read_request_id(decoder *d, size_t value) {
  pt_signalling *m = d->m;
  pt_bytes raw = pt_json_raw(&d->json, value);
  m->id = raw;
  if (pt_json_type_of(&d->json, value) == PT_JSON_STRING) {
    int error = pt_json_text(&d->json, value, &d->arena, &m->id);
    if (error != PT_OK) return error;
    if (m->id.len == 0 || m->id.data[0] == '"' || pt_sig_id_is_number(m->id)) m->id = raw;
  } else if (!pt_sig_id_is_number(raw)) {
    return PT_ERR_RANGE;
  }
  return m->id.len > PT_SIGNAL_ID_LEN_MAX ? PT_ERR_LIMIT : PT_OK;
}

static int read_action(decoder *d) {
  size_t value = pt_json_get(&d->json, 0, "action");
  if (value == 0) return PT_ERR_RANGE;
  int error = read_text(d, value, PT_SIGNAL_TEXT_LEN_MAX, &d->m->name);
  if (error != PT_OK) return error;
  enum pt_signalling_action action = PT_SIG_HELLO;
  while (action < PT_SIG_UNKNOWN && !pt_json_text_is(&d->json, value, pt_sig_action_word(action)))
    action++;
  d->m->action = action;
  return PT_OK;
}

static int read_fields(decoder *d, const char **field) {
  unsigned bit = PT_SIG_BIT(d->m->action);
  for (size_t i = 0; i < pt_sig_field_count; i++) {
    const pt_sig_field *f = &pt_sig_fields[i];
    if ((f->actions & bit) == 0) continue;
    size_t value = optional_member(d, 0, f->name);
    if (value == 0 && (f->needed & bit) == 0) continue;
    int error = value != 0 ? read_field(d, f, value) : PT_ERR_RANGE;
    if (error != PT_OK) {
      *field = f->name;
      return error;
    }
  }
  return PT_OK;
}

int pt_signalling_decode(pt_bytes json, pt_signalling *out, uint8_t *arena, size_t arena_cap,
                         const char **field) {
  const char *unused = NULL;
  if (field == NULL) field = &unused;
  *field = NULL;
  memset(out, 0, sizeof *out);
  if (json.len > PT_SIGNAL_BYTES_MAX) return PT_ERR_LIMIT;
  pt_json_token tokens[PT_SIGNAL_TOKENS_MAX]; /* 80 KiB, of which only what is used is touched */
  decoder d = {.arena = pt_writer_of(arena, arena_cap), .m = out};
  int error = pt_json_parse(json, tokens, PT_SIGNAL_TOKENS_MAX, &d.json);
  if (error != PT_OK) return error;
  if (pt_json_type_of(&d.json, 0) != PT_JSON_OBJECT) return PT_ERR_SYNTAX;
  if ((error = read_action(&d)) != PT_OK) {
    *field = "action";
    return error;
  }
  size_t id = optional_member(&d, 0, "id");
  if (id != 0 && (error = read_request_id(&d, id)) != PT_OK) {
    *field = "id";
    return error;
  }
  if (out->action == PT_SIG_UNKNOWN) return PT_OK;
  error = read_fields(&d, field);
  if (error == PT_OK && out->action == PT_SIG_SIGNAL) error = pt_sig_check_signal(out, field);
  return error;
}
