/* What travels inside extended messages: the extension handshake (BEP 10) and
 * the exchange of metadata (BEP 9). */
#include "format/bencode.h"
#include "format/wire.h"

#include <string.h>

/* The integer under `key`, which must be within 0..max. Absent: `*out` stays
 * and the answer is PT_OK. */
static int get_uint(const pt_bencode *dict, const char *key, uint32_t max, uint32_t *out) {
  pt_bencode v;
  if (!pt_bencode_get(dict, key, &v)) return PT_OK;
  if (v.type != PT_BENCODE_INTEGER || v.integer < 0 || v.integer > (int64_t)max)
    return PT_ERR_RANGE;
  *out = (uint32_t)v.integer;
  return PT_OK;
}

static int get_extension_id(const pt_bencode *names, const char *name, uint8_t *out) {
  uint32_t id = 0;
  int error = get_uint(names, name, UINT8_MAX, &id);
  *out = (uint8_t)id;
  return error;
}

int pt_wire_extensions_decode(pt_bytes payload, pt_wire_extensions *out) {
  memset(out, 0, sizeof *out);
  pt_bencode root, v;
  int error = pt_bencode_parse(payload, &root);
  if (error != PT_OK) return error;
  if (root.type != PT_BENCODE_DICT) return PT_ERR_SYNTAX;
  if (pt_bencode_get(&root, "m", &v)) {
    if (v.type != PT_BENCODE_DICT) return PT_ERR_RANGE;
    if ((error = get_extension_id(&v, "ut_metadata", &out->ut_metadata)) != PT_OK ||
        (error = get_extension_id(&v, "lt_donthave", &out->lt_donthave)) != PT_OK ||
        (error = get_extension_id(&v, "pt_want", &out->pt_want)) != PT_OK)
      return error;
  }
  if ((error = get_uint(&root, "metadata_size", UINT32_MAX, &out->metadata_size)) != PT_OK ||
      (error = get_uint(&root, "reqq", UINT32_MAX, &out->reqq)) != PT_OK)
    return error;
  if (pt_bencode_get(&root, "v", &v) && v.type == PT_BENCODE_STRING) out->client = v.string;
  return PT_OK;
}

void pt_wire_extensions_encode(pt_writer *w, const pt_wire_extensions *e) {
  pt_write_text(w, "d1:md");
  if (e->lt_donthave != 0) {
    pt_bencode_write_text(w, "lt_donthave");
    pt_bencode_write_integer(w, e->lt_donthave);
  }
  if (e->pt_want != 0) {
    pt_bencode_write_text(w, "pt_want");
    pt_bencode_write_integer(w, e->pt_want);
  }
  if (e->ut_metadata != 0) {
    pt_bencode_write_text(w, "ut_metadata");
    pt_bencode_write_integer(w, e->ut_metadata);
  }
  pt_write_u8(w, 'e');
  if (e->metadata_size != 0) {
    pt_bencode_write_text(w, "metadata_size");
    pt_bencode_write_integer(w, e->metadata_size);
  }
  if (e->reqq != 0) {
    pt_bencode_write_text(w, "reqq");
    pt_bencode_write_integer(w, e->reqq);
  }
  if (e->client.len != 0) {
    pt_bencode_write_text(w, "v");
    pt_bencode_write_string(w, e->client.data, e->client.len);
  }
  pt_write_u8(w, 'e');
}

/* The bytes that metadata piece `piece` of `total_size` bytes has, or 0. */
static size_t metadata_piece_len(uint32_t piece, uint32_t total_size) {
  uint64_t at = (uint64_t)piece * PT_BLOCK_SIZE;
  if (at >= total_size) return 0;
  uint64_t left = total_size - at;
  return left < PT_BLOCK_SIZE ? (size_t)left : PT_BLOCK_SIZE;
}

int pt_wire_metadata_decode(pt_bytes payload, pt_wire_metadata *out) {
  memset(out, 0, sizeof *out);
  pt_bencode root, v;
  size_t used = 0;
  int error = pt_bencode_prefix(payload, &root, &used);
  if (error != PT_OK) return error;
  if (root.type != PT_BENCODE_DICT) return PT_ERR_SYNTAX;
  if (!pt_bencode_get(&root, "msg_type", &v) || v.type != PT_BENCODE_INTEGER) return PT_ERR_RANGE;
  if (v.integer < PT_METADATA_REQUEST || v.integer > PT_METADATA_REJECT) return PT_ERR_UNSUPPORTED;
  out->kind = (enum pt_metadata_kind)v.integer;
  if (!pt_bencode_get(&root, "piece", &v)) return PT_ERR_RANGE;
  if ((error = get_uint(&root, "piece", UINT32_MAX, &out->piece)) != PT_OK) return error;
  if (out->kind != PT_METADATA_DATA) return PT_OK;
  if ((error = get_uint(&root, "total_size", UINT32_MAX, &out->total_size)) != PT_OK) return error;
  if (out->total_size > PT_TORRENT_BYTES_MAX) return PT_ERR_LIMIT;
  out->data = (pt_bytes){payload.data + used, payload.len - used};
  if (out->data.len == 0 || out->data.len != metadata_piece_len(out->piece, out->total_size))
    return PT_ERR_RANGE;
  return PT_OK;
}

void pt_wire_metadata_encode(pt_writer *w, const pt_wire_metadata *m) {
  pt_write_u8(w, 'd');
  pt_bencode_write_text(w, "msg_type");
  pt_bencode_write_integer(w, m->kind);
  pt_bencode_write_text(w, "piece");
  pt_bencode_write_integer(w, m->piece);
  if (m->kind == PT_METADATA_DATA) {
    pt_bencode_write_text(w, "total_size");
    pt_bencode_write_integer(w, m->total_size);
  }
  pt_write_u8(w, 'e');
  if (m->kind == PT_METADATA_DATA && m->data.len > 0) pt_write_bytes(w, m->data.data, m->data.len);
}
