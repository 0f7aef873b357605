#include "format/json_write.h"
#include "format/signalling.h"
#include "format/signalling_fields.h"

#include <string.h>

static void write_name(pt_writer *w, const char *name) {
  pt_write_text(w, ",\"");
  pt_write_text(w, name);
  pt_write_text(w, "\":");
}

static void write_separator(pt_writer *w, size_t i) {
  if (i > 0) pt_write_u8(w, ',');
}

static bool is_zero(const uint8_t *bytes, size_t len) {
  for (size_t i = 0; i < len; i++)
    if (bytes[i] != 0) return false;
  return true;
}

static void write_peers(pt_writer *w, const pt_signalling *m) {
  pt_write_u8(w, '[');
  for (size_t i = 0; i < m->peer_count; i++) {
    write_separator(w, i);
    pt_write_text(w, "{\"peer\":");
    pt_json_write_hex(w, m->peers[i].peer, PT_ID_SIZE);
    pt_write_text(w, ",\"near\":");
    pt_write_u64_decimal(w, m->peers[i].near);
    if (!is_zero(m->peers[i].legacy, PT_ID_SIZE)) {
      write_name(w, "legacy");
      pt_json_write_hex(w, m->peers[i].legacy, PT_ID_SIZE);
    }
    pt_write_u8(w, '}');
  }
  pt_write_u8(w, ']');
}

static void write_seeds(pt_writer *w, const pt_signalling *m) {
  pt_write_u8(w, '[');
  for (size_t i = 0; i < m->peer_count; i++) {
    write_separator(w, i);
    pt_json_write_hex(w, m->peers[i].peer, PT_ID_SIZE);
  }
  pt_write_u8(w, ']');
}

static void write_servers(pt_writer *w, const pt_signalling *m) {
  pt_write_u8(w, '[');
  for (size_t i = 0; i < m->server_count; i++) {
    write_separator(w, i);
    pt_json_write_string(w, m->servers[i].data, m->servers[i].len);
  }
  pt_write_u8(w, ']');
}

static void write_joined(pt_writer *w, const pt_signalling *m) {
  pt_write_u8(w, '[');
  for (size_t i = 0; i < m->swarm_count; i++) {
    write_separator(w, i);
    pt_write_text(w, "{\"h\":");
    pt_json_write_hex(w, m->swarms[i].key, PT_ID_SIZE);
    pt_write_text(w, ",\"left\":");
    pt_write_u64_decimal(w, m->swarms[i].left);
    pt_write_text(w, ",\"want\":");
    pt_write_u64_decimal(w, m->swarms[i].want);
    pt_write_u8(w, '}');
  }
  pt_write_u8(w, ']');
}

static void write_left(pt_writer *w, const pt_signalling *m) {
  pt_write_u8(w, '[');
  for (size_t i = 0; i < m->swarm_count; i++) {
    write_separator(w, i);
    pt_json_write_hex(w, m->swarms[i].key, PT_ID_SIZE);
  }
  pt_write_u8(w, ']');
}

static void write_edges(pt_writer *w, const pt_signalling *m) {
  pt_write_u8(w, '{');
  for (size_t i = 0; i < m->edge_count; i++) {
    write_separator(w, i);
    pt_json_write_hex(w, m->edges[i].peer, PT_ID_SIZE);
    pt_write_u8(w, ':');
    pt_write_u64_decimal(w, m->edges[i].bytes);
  }
  pt_write_u8(w, '}');
}

static void write_limits(pt_writer *w, const pt_signalling *m) {
  if (m->limits.len > 0) {
    pt_write_bytes(w, m->limits.data, m->limits.len);
    return;
  }
  pt_write_text(w, "{\"message\":");
  pt_write_u64_decimal(w, m->message_max);
  pt_write_u8(w, '}');
}

static void write_kind(pt_writer *w, enum pt_signal kind) {
  const char *word = pt_sig_kind_word(kind);
  if (word == NULL)
    w->failed = true;
  else
    pt_json_write_string(w, word, strlen(word));
}

/* Optional texts, ids and raw values are left out when empty; numbers and
 * lists are always written. */
static bool is_empty(const pt_signalling *m, const pt_sig_field *f, const void *at) {
  switch ((enum pt_sig_type)f->type) {
  case PT_SIG_TYPE_ID:
    return is_zero(at, PT_ID_SIZE);
  case PT_SIG_TYPE_HASH:
    return is_zero(at, PT_HASH_SIZE);
  case PT_SIG_TYPE_TEXT:
  case PT_SIG_TYPE_ARRAY:
  case PT_SIG_TYPE_OBJECT:
    return ((const pt_bytes *)at)->len == 0;
  case PT_SIG_TYPE_LIMITS:
    return m->limits.len == 0 && m->message_max == 0;
  default:
    return false;
  }
}

/* Lists and objects that only servers send. */
static void write_server_value(pt_writer *w, const pt_signalling *m, enum pt_sig_type type) {
  switch (type) {
  case PT_SIG_TYPE_LIMITS:
    write_limits(w, m);
    break;
  case PT_SIG_TYPE_PEERS:
    write_peers(w, m);
    break;
  case PT_SIG_TYPE_SEEDS:
    write_seeds(w, m);
    break;
  case PT_SIG_TYPE_SERVERS:
    write_servers(w, m);
    break;
  default:
    w->failed = true;
  }
}

static void write_value(pt_writer *w, const pt_signalling *m, const pt_sig_field *f,
                        const void *at) {
  const pt_bytes *bytes = at;
  switch ((enum pt_sig_type)f->type) {
  case PT_SIG_TYPE_ID:
    pt_json_write_hex(w, at, PT_ID_SIZE);
    break;
  case PT_SIG_TYPE_HASH:
    pt_json_write_hex(w, at, PT_HASH_SIZE);
    break;
  case PT_SIG_TYPE_TEXT:
    pt_json_write_string(w, bytes->data, bytes->len);
    break;
  case PT_SIG_TYPE_U32:
    pt_write_u64_decimal(w, *(const uint32_t *)at);
    break;
  case PT_SIG_TYPE_U64:
    pt_write_u64_decimal(w, *(const uint64_t *)at);
    break;
  case PT_SIG_TYPE_ARRAY:
  case PT_SIG_TYPE_OBJECT:
    pt_write_bytes(w, bytes->data, bytes->len);
    break;
  case PT_SIG_TYPE_JOINED:
    write_joined(w, m);
    break;
  case PT_SIG_TYPE_LEFT:
    write_left(w, m);
    break;
  case PT_SIG_TYPE_EDGES:
    write_edges(w, m);
    break;
  case PT_SIG_TYPE_KIND:
    write_kind(w, m->kind);
    break;
  case PT_SIG_TYPE_CAPS:
    pt_write_text(w, "[]");
    break;
  default:
    write_server_value(w, m, (enum pt_sig_type)f->type);
    break;
  }
}

static void write_request_id(pt_writer *w, pt_bytes id) {
  if (id.len == 0) return;
  write_name(w, "id");
  bool is_quoted = id.len >= 2 && id.data[0] == '"' && id.data[id.len - 1] == '"';
  if (is_quoted || pt_sig_id_is_number(id))
    pt_write_bytes(w, id.data, id.len);
  else
    pt_json_write_string(w, id.data, id.len);
}

void pt_signalling_encode(pt_writer *w, const pt_signalling *m) {
  const char *word = pt_sig_action_word(m->action);
  if (word == NULL && m->action != PT_SIG_UNKNOWN) {
    w->failed = true;
    return;
  }
  pt_write_text(w, "{\"action\":");
  if (word != NULL)
    pt_json_write_string(w, word, strlen(word));
  else
    pt_json_write_string(w, m->name.data, m->name.len);
  write_request_id(w, m->id);
  unsigned bit = PT_SIG_BIT(m->action);
  for (size_t i = 0; i < pt_sig_field_count; i++) {
    const pt_sig_field *f = &pt_sig_fields[i];
    if ((f->actions & bit) == 0) continue;
    const void *at = (const uint8_t *)m + f->offset;
    if ((f->needed & bit) == 0 && is_empty(m, f, at)) continue;
    write_name(w, f->name);
    write_value(w, m, f, at);
  }
  pt_write_u8(w, '}');
}
