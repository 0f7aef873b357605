/* The peer wire, as a stream from a peer. What is read must be written back as
 * it came; the first byte says which of the decoders gets the rest. */
#include "format/wire.h"

#include <stdlib.h>
#include <string.h>

static uint8_t out[PT_WIRE_MESSAGE_MAX + 4];

static void require(bool holds) {
  if (!holds) abort();
}

static void fuzz_messages(pt_bytes in) {
  for (;;) {
    pt_wire_message m;
    size_t used = 0;
    int error = pt_wire_decode(in, &m, &used);
    if (error == PT_ERR_MORE) require(used == 0 || used > in.len);
    if (error != PT_OK) return;
    require(used >= 4 && used <= in.len);
    if (m.kind != PT_WIRE_UNKNOWN) {
      pt_writer w = pt_writer_of(out, sizeof out);
      pt_wire_encode(&w, &m);
      require(!w.failed && w.len == used && memcmp(out, in.data, used) == 0);
    }
    in.data += used;
    in.len -= used;
  }
}

static void fuzz_handshake(pt_bytes in) {
  pt_wire_handshake h;
  if (pt_wire_handshake_decode(in, &h) != PT_OK) return;
  pt_writer w = pt_writer_of(out, sizeof out);
  pt_wire_handshake_encode(&w, &h);
  require(!w.failed && memcmp(out, in.data, PT_WIRE_HANDSHAKE_SIZE) == 0);
}

static void fuzz_extensions(pt_bytes in) {
  pt_wire_extensions e, back;
  if (pt_wire_extensions_decode(in, &e) != PT_OK) return;
  pt_writer w = pt_writer_of(out, sizeof out);
  pt_wire_extensions_encode(&w, &e);
  require(!w.failed && pt_wire_extensions_decode((pt_bytes){out, w.len}, &back) == PT_OK);
  require(back.ut_metadata == e.ut_metadata && back.lt_donthave == e.lt_donthave);
  require(back.pt_want == e.pt_want);
  require(back.metadata_size == e.metadata_size && back.reqq == e.reqq);
  require(back.client.len == e.client.len);
  require(e.client.len == 0 || memcmp(back.client.data, e.client.data, e.client.len) == 0);
}

static void fuzz_metadata(pt_bytes in) {
  pt_wire_metadata m, back;
  if (pt_wire_metadata_decode(in, &m) != PT_OK) return;
  require(m.data.len <= PT_BLOCK_SIZE);
  pt_writer w = pt_writer_of(out, sizeof out);
  pt_wire_metadata_encode(&w, &m);
  require(!w.failed && pt_wire_metadata_decode((pt_bytes){out, w.len}, &back) == PT_OK);
  require(back.kind == m.kind && back.piece == m.piece && back.total_size == m.total_size);
  require(back.data.len == m.data.len);
  require(m.data.len == 0 || memcmp(back.data.data, m.data.data, m.data.len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0) return 0;
  pt_bytes in = {data + 1, size - 1};
  switch (data[0]) {
  case 'h':
    fuzz_handshake(in);
    break;
  case 'e':
    fuzz_extensions(in);
    break;
  case 'd':
    fuzz_metadata(in);
    break;
  default:
    fuzz_messages(in);
    break;
  }
  return 0;
}
