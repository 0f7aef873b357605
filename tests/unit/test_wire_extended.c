/* Extension handshakes and metadata: what lets a peer of another make, or one
 * without the torrent, take part. */
#include "format/wire.h"
#include "unit.h"

static int decode_extensions(const char *text, size_t len, pt_wire_extensions *out) {
  pt_bytes in = unit_copy(text, len);
  int error = pt_wire_extensions_decode(in, out);
  unit_drop(in);
  return error;
}

static void the_extension_handshake_survives_the_round_trip(void **state) {
  (void)state;
  const char client[] = "Peertide 0.1.0";
  const pt_wire_extensions e = {.ut_metadata = 2,
                                .lt_donthave = 7,
                                .pt_want = 9,
                                .metadata_size = 31235,
                                .reqq = 512,
                                .client = {(const uint8_t *)client, sizeof client - 1}};
  uint8_t out[256];
  pt_writer w = pt_writer_of(out, sizeof out);
  pt_wire_extensions_encode(&w, &e);
  assert_false(w.failed);
  const char expected[] = "d1:md11:lt_donthavei7e7:pt_wanti9e11:ut_metadatai2ee"
                          "13:metadata_sizei31235e4:reqqi512e1:v14:Peertide 0.1.0e";
  assert_int_equal(w.len, sizeof expected - 1);
  assert_memory_equal(out, expected, w.len);
  pt_wire_extensions back;
  assert_int_equal(pt_wire_extensions_decode((pt_bytes){out, w.len}, &back), PT_OK);
  assert_int_equal(back.ut_metadata, 2);
  assert_int_equal(back.lt_donthave, 7);
  assert_int_equal(back.pt_want, 9);
  assert_int_equal(back.metadata_size, 31235);
  assert_int_equal(back.reqq, 512);
  assert_int_equal(back.client.len, sizeof client - 1);
  assert_memory_equal(back.client.data, client, sizeof client - 1);
  for (size_t len = 0; len < w.len; len++)
    assert_int_equal(decode_extensions((const char *)out, len, &back), PT_ERR_SYNTAX);
  for (size_t cap = 0; cap < w.len; cap++) {
    uint8_t small[256];
    pt_writer full = pt_writer_of(small, cap);
    pt_wire_extensions_encode(&full, &e);
    assert_true(full.failed);
  }
}

static void what_a_peer_does_not_offer_is_zero(void **state) {
  (void)state;
  pt_wire_extensions e;
  assert_int_equal(decode_extensions("de", 2, &e), PT_OK);
  assert_int_equal(e.ut_metadata | e.lt_donthave | e.pt_want, 0);
  assert_int_equal(e.metadata_size, 0);
  assert_int_equal(e.client.len, 0);
  pt_wire_extensions none = {0};
  uint8_t out[16];
  pt_writer w = pt_writer_of(out, sizeof out);
  pt_wire_extensions_encode(&w, &none);
  assert_int_equal(w.len, 7);
  assert_memory_equal(out, "d1:mdee", 7);
}

static void a_handshake_of_webtorrent_is_understood(void **state) {
  (void)state;
  const char text[] = "d1:ei0e1:md11:lt_donthavei2e11:ut_metadatai1e6:ut_pexi3ee"
                      "13:metadata_sizei0e1:pi6881e4:reqqi250ee";
  pt_wire_extensions e;
  assert_int_equal(decode_extensions(text, sizeof text - 1, &e), PT_OK);
  assert_int_equal(e.ut_metadata, 1);
  assert_int_equal(e.lt_donthave, 2);
  assert_int_equal(e.reqq, 250);
}

static void malformed_handshakes_are_refused(void **state) {
  (void)state;
  const struct {
    const char *text;
    int error;
  } wrong[] = {{"", PT_ERR_SYNTAX},
               {"i1e", PT_ERR_SYNTAX},
               {"le", PT_ERR_SYNTAX},
               {"dex", PT_ERR_SYNTAX},
               {"d1:mi1ee", PT_ERR_RANGE},
               {"d1:md11:ut_metadatai256eee", PT_ERR_RANGE},
               {"d1:md11:ut_metadatai-1eee", PT_ERR_RANGE},
               {"d1:md11:lt_donthave1:1ee", PT_ERR_RANGE},
               {"d13:metadata_sizei4294967296ee", PT_ERR_RANGE},
               {"d4:reqqi-5ee", PT_ERR_RANGE}};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    pt_wire_extensions e;
    assert_int_equal(decode_extensions(wrong[i].text, strlen(wrong[i].text), &e), wrong[i].error);
  }
}

static void metadata_messages_survive_the_round_trip(void **state) {
  (void)state;
  uint8_t *block = unit_bytes(PT_BLOCK_SIZE, 3);
  const pt_wire_metadata samples[] = {
      {.kind = PT_METADATA_REQUEST, .piece = 3},
      {.kind = PT_METADATA_REJECT, .piece = 0},
      {.kind = PT_METADATA_DATA, .piece = 0, .total_size = 20000, .data = {block, PT_BLOCK_SIZE}},
      {.kind = PT_METADATA_DATA, .piece = 1, .total_size = 20000, .data = {block, 3616}},
      {.kind = PT_METADATA_DATA,
       .piece = 1023,
       .total_size = PT_TORRENT_BYTES_MAX,
       .data = {block, PT_BLOCK_SIZE}}};
  uint8_t *out = malloc(2 * PT_BLOCK_SIZE);
  for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
    pt_writer w = pt_writer_of(out, 2 * PT_BLOCK_SIZE);
    pt_wire_metadata_encode(&w, &samples[i]);
    assert_false(w.failed);
    pt_wire_metadata back;
    assert_int_equal(pt_wire_metadata_decode((pt_bytes){out, w.len}, &back), PT_OK);
    assert_int_equal(back.kind, samples[i].kind);
    assert_int_equal(back.piece, samples[i].piece);
    assert_int_equal(back.total_size, samples[i].total_size);
    assert_int_equal(back.data.len, samples[i].data.len);
    if (back.data.len > 0) assert_memory_equal(back.data.data, block, back.data.len);
    for (size_t len = 0; len < w.len; len += len < 64 ? 1 : 509) {
      pt_bytes part = unit_copy(out, len);
      assert_int_not_equal(pt_wire_metadata_decode(part, &back), PT_OK);
      unit_drop(part);
    }
  }
  assert_memory_equal(out, "d8:msg_typei1e5:piecei1023e10:total_sizei16777216ee", 51);
  free(out);
  free(block);
}

static void malformed_metadata_is_refused(void **state) {
  (void)state;
  const struct {
    const char *text;
    int error;
  } wrong[] = {{"", PT_ERR_SYNTAX},
               {"i0e", PT_ERR_SYNTAX},
               {"de", PT_ERR_RANGE},
               {"d8:msg_type1:0e", PT_ERR_RANGE},
               {"d8:msg_typei0ee", PT_ERR_RANGE},
               {"d8:msg_typei3e5:piecei0ee", PT_ERR_UNSUPPORTED},
               {"d8:msg_typei-1e5:piecei0ee", PT_ERR_UNSUPPORTED},
               {"d8:msg_typei0e5:piecei-1ee", PT_ERR_RANGE},
               {"d8:msg_typei0e5:piecei4294967296ee", PT_ERR_RANGE},
               {"d8:msg_typei1e5:piecei0ee", PT_ERR_RANGE},                   /* no data */
               {"d8:msg_typei1e5:piecei0eexx", PT_ERR_RANGE},                 /* no size */
               {"d8:msg_typei1e5:piecei0e10:total_sizei3eexx", PT_ERR_RANGE}, /* too short */
               {"d8:msg_typei1e5:piecei0e10:total_sizei1eexx", PT_ERR_RANGE}, /* too long */
               {"d8:msg_typei1e5:piecei9e10:total_sizei2eexx", PT_ERR_RANGE}, /* past the end */
               {"d8:msg_typei1e5:piecei0e10:total_sizei16777217eexx", PT_ERR_LIMIT}};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    pt_bytes in = unit_copy(wrong[i].text, strlen(wrong[i].text));
    pt_wire_metadata m;
    assert_int_equal(pt_wire_metadata_decode(in, &m), wrong[i].error);
    unit_drop(in);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_extension_handshake_survives_the_round_trip),
      cmocka_unit_test(what_a_peer_does_not_offer_is_zero),
      cmocka_unit_test(a_handshake_of_webtorrent_is_understood),
      cmocka_unit_test(malformed_handshakes_are_refused),
      cmocka_unit_test(metadata_messages_survive_the_round_trip),
      cmocka_unit_test(malformed_metadata_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
