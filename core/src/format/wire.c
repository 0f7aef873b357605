#include "format/wire.h"

#include <string.h>

/* A message is a 32-bit length, then that many bytes: kind, fields, data.
 *
 *   0        4      5
 *   +--------+------+------------------------+---------------+
 *   | length | kind | fields (by its shape)  | data, if any  |
 *   +--------+------+------------------------+---------------+
 */
#define PREFIX_SIZE 4u
#define HASH_FIELDS_SIZE (PT_HASH_SIZE + 16u)

/* What stands between a message's kind and its data. */
enum shape {
  SHAPE_NONE = 0, /* not a kind we know */
  SHAPE_EMPTY,
  SHAPE_INDEX,    /* index */
  SHAPE_BLOCK,    /* index, begin, length */
  SHAPE_PIECE,    /* index, begin; data */
  SHAPE_EXTENDED, /* extension id; data */
  SHAPE_HASH,     /* pieces root, base layer, index, length, proof layers (; data) */
  SHAPE_DATA      /* nothing; data */
};

/* How long each kind is. `unit` is what the data's length is a multiple of,
 * 0: there is no data. */
typedef struct layout {
  enum shape shape;
  uint8_t fields; /* bytes */
  uint8_t unit;   /* bytes */
} layout;

static layout layout_of(enum pt_wire_kind kind) {
  switch (kind) {
  case PT_WIRE_CHOKE:
  case PT_WIRE_UNCHOKE:
  case PT_WIRE_INTERESTED:
  case PT_WIRE_NOT_INTERESTED:
  case PT_WIRE_HAVE_ALL:
  case PT_WIRE_HAVE_NONE:
    return (layout){SHAPE_EMPTY, 0, 0};
  case PT_WIRE_HAVE:
  case PT_WIRE_SUGGEST:
  case PT_WIRE_ALLOWED_FAST:
    return (layout){SHAPE_INDEX, 4, 0};
  case PT_WIRE_REQUEST:
  case PT_WIRE_CANCEL:
  case PT_WIRE_REJECT:
    return (layout){SHAPE_BLOCK, 12, 0};
  case PT_WIRE_PIECE:
    return (layout){SHAPE_PIECE, 8, 1};
  case PT_WIRE_BITFIELD:
    return (layout){SHAPE_DATA, 0, 1};
  case PT_WIRE_PORT:
    return (layout){SHAPE_DATA, 0, 2};
  case PT_WIRE_EXTENDED:
    return (layout){SHAPE_EXTENDED, 1, 1};
  case PT_WIRE_HASH_REQUEST:
  case PT_WIRE_HASH_REJECT:
    return (layout){SHAPE_HASH, HASH_FIELDS_SIZE, 0};
  case PT_WIRE_HASHES:
    return (layout){SHAPE_HASH, HASH_FIELDS_SIZE, PT_HASH_SIZE};
  case PT_WIRE_KEEPALIVE:
  case PT_WIRE_UNKNOWN:
    break;
  }
  return (layout){SHAPE_NONE, 0, 0};
}

/* May a message of this kind carry that many bytes of data? */
static bool data_len_allowed(enum pt_wire_kind kind, layout l, size_t data_len) {
  if (kind == PT_WIRE_PORT) return data_len == l.unit;
  return l.unit == 0 ? data_len == 0 : data_len % l.unit == 0;
}

static void read_fields(pt_reader *r, enum shape shape, pt_wire_message *m) {
  switch (shape) {
  case SHAPE_INDEX:
    pt_read_u32(r, &m->index);
    break;
  case SHAPE_BLOCK:
  case SHAPE_PIECE:
    pt_read_u32(r, &m->index);
    pt_read_u32(r, &m->begin);
    if (shape == SHAPE_BLOCK) pt_read_u32(r, &m->length);
    break;
  case SHAPE_EXTENDED:
    pt_read_u8(r, &m->extension);
    break;
  case SHAPE_HASH:
    m->root = pt_read_bytes(r, PT_HASH_SIZE);
    pt_read_u32(r, &m->base_layer);
    pt_read_u32(r, &m->index);
    pt_read_u32(r, &m->length);
    pt_read_u32(r, &m->proof_layers);
    break;
  case SHAPE_NONE:
  case SHAPE_EMPTY:
  case SHAPE_DATA:
    break;
  }
}

int pt_wire_decode(pt_bytes in, pt_wire_message *out, size_t *used) {
  memset(out, 0, sizeof *out);
  *used = 0;
  pt_reader r = pt_reader_of(in.data, in.len);
  uint32_t len = 0;
  if (!pt_read_u32(&r, &len)) return PT_ERR_MORE;
  if (len > PT_WIRE_MESSAGE_MAX) return PT_ERR_LIMIT;
  if (len == 0) {
    out->kind = PT_WIRE_KEEPALIVE;
    *used = PREFIX_SIZE;
    return PT_OK;
  }
  *used = PREFIX_SIZE + len;
  uint8_t kind = 0;
  if (!pt_read_u8(&r, &kind)) return PT_ERR_MORE;
  layout l = layout_of((enum pt_wire_kind)kind);
  /* A wrong length is told at once: nobody waits for bytes that can't help. */
  if (l.shape != SHAPE_NONE &&
      (len - 1 < l.fields || !data_len_allowed((enum pt_wire_kind)kind, l, len - 1 - l.fields))) {
    *used = 0;
    return PT_ERR_SYNTAX;
  }
  if (pt_reader_left(&r) < len - 1) return PT_ERR_MORE;
  out->kind = l.shape == SHAPE_NONE ? PT_WIRE_UNKNOWN : (enum pt_wire_kind)kind;
  read_fields(&r, l.shape, out);
  out->data.len = len - 1 - l.fields;
  out->data.data = pt_read_bytes(&r, out->data.len);
  return PT_OK;
}

static void write_fields(pt_writer *w, enum shape shape, const pt_wire_message *m) {
  switch (shape) {
  case SHAPE_INDEX:
    pt_write_u32(w, m->index);
    break;
  case SHAPE_BLOCK:
  case SHAPE_PIECE:
    pt_write_u32(w, m->index);
    pt_write_u32(w, m->begin);
    if (shape == SHAPE_BLOCK) pt_write_u32(w, m->length);
    break;
  case SHAPE_EXTENDED:
    pt_write_u8(w, m->extension);
    break;
  case SHAPE_HASH:
    pt_write_bytes(w, m->root, PT_HASH_SIZE);
    pt_write_u32(w, m->base_layer);
    pt_write_u32(w, m->index);
    pt_write_u32(w, m->length);
    pt_write_u32(w, m->proof_layers);
    break;
  case SHAPE_NONE:
  case SHAPE_EMPTY:
  case SHAPE_DATA:
    break;
  }
}

void pt_wire_encode(pt_writer *w, const pt_wire_message *m) {
  if (m->kind == PT_WIRE_KEEPALIVE) {
    pt_write_u32(w, 0);
    return;
  }
  layout l = layout_of(m->kind);
  size_t data_len = l.unit == 0 ? 0 : m->data.len;
  size_t len = 1 + l.fields + data_len;
  /* All or nothing: half a message would garble everything behind it. */
  if (l.shape == SHAPE_NONE || !data_len_allowed(m->kind, l, data_len) ||
      (l.shape == SHAPE_HASH && m->root == NULL) || len > PT_WIRE_MESSAGE_MAX ||
      w->cap - w->len < PREFIX_SIZE + len) {
    w->failed = true;
    return;
  }
  pt_write_u32(w, (uint32_t)len);
  pt_write_u8(w, (uint8_t)m->kind);
  write_fields(w, l.shape, m);
  if (data_len > 0) pt_write_bytes(w, m->data.data, data_len);
}

uint8_t *pt_wire_encode_piece(pt_writer *w, uint32_t index, uint32_t begin, uint32_t length) {
  const size_t fields = layout_of(PT_WIRE_PIECE).fields;
  size_t len = 1 + fields + length;
  if (len > PT_WIRE_MESSAGE_MAX || w->cap - w->len < PREFIX_SIZE + len) {
    w->failed = true;
    return NULL;
  }
  pt_write_u32(w, (uint32_t)len);
  pt_write_u8(w, PT_WIRE_PIECE);
  pt_write_u32(w, index);
  pt_write_u32(w, begin);
  w->len += length;
  return w->data + w->len - length;
}

/* The handshake: 19, "BitTorrent protocol", reserved, info-hash, peer id. */
static const char HANDSHAKE_START[] = "\x13"
                                      "BitTorrent protocol";
#define HANDSHAKE_START_SIZE (sizeof HANDSHAKE_START - 1)

int pt_wire_handshake_decode(pt_bytes in, pt_wire_handshake *out) {
  size_t start_len = in.len < HANDSHAKE_START_SIZE ? in.len : HANDSHAKE_START_SIZE;
  if (start_len > 0 && memcmp(in.data, HANDSHAKE_START, start_len) != 0) return PT_ERR_SYNTAX;
  if (in.len < PT_WIRE_HANDSHAKE_SIZE) return PT_ERR_MORE;
  const uint8_t *at = in.data + HANDSHAKE_START_SIZE;
  memcpy(out->reserved, at, sizeof out->reserved);
  memcpy(out->info_hash, at + 8, PT_ID_SIZE);
  memcpy(out->peer_id, at + 8 + PT_ID_SIZE, PT_ID_SIZE);
  return PT_OK;
}

void pt_wire_handshake_encode(pt_writer *w, const pt_wire_handshake *h) {
  if (w->cap - w->len < PT_WIRE_HANDSHAKE_SIZE) {
    w->failed = true;
    return;
  }
  pt_write_bytes(w, HANDSHAKE_START, HANDSHAKE_START_SIZE);
  pt_write_bytes(w, h->reserved, sizeof h->reserved);
  pt_write_bytes(w, h->info_hash, PT_ID_SIZE);
  pt_write_bytes(w, h->peer_id, PT_ID_SIZE);
}

/* Reserved bits, as (byte, bit): BEP 10 counts bits from the right, 20 being
 * byte 5's 0x10; BEP 6 is 0x04 and BEP 52 is 0x10 of the last byte. */
#define EXTENSIONS_BYTE 5
#define EXTENSIONS_BIT 0x10u
#define FAST_BYTE 7
#define FAST_BIT 0x04u
#define V2_BYTE 7
#define V2_BIT 0x10u

void pt_wire_reserved(uint8_t reserved[8], bool v2) {
  memset(reserved, 0, 8);
  reserved[EXTENSIONS_BYTE] = EXTENSIONS_BIT;
  reserved[FAST_BYTE] = FAST_BIT;
  if (v2) reserved[V2_BYTE] |= V2_BIT;
}

bool pt_wire_has_extensions(const uint8_t reserved[8]) {
  return (reserved[EXTENSIONS_BYTE] & EXTENSIONS_BIT) != 0;
}

bool pt_wire_has_fast(const uint8_t reserved[8]) { return (reserved[FAST_BYTE] & FAST_BIT) != 0; }

bool pt_wire_has_v2(const uint8_t reserved[8]) { return (reserved[V2_BYTE] & V2_BIT) != 0; }
