/* The peer wire: a message misread is a transfer lost, a length believed too
 * long a visitor's memory. */
#include "format/wire.h"
#include "unit.h"

static const uint8_t ROOT[PT_HASH_SIZE] = {1, 2, 3, [31] = 0xff};
static const uint8_t DATA[3 * PT_HASH_SIZE] = {9, 8, 7, [95] = 5};

/* One of each kind, with the bytes of the BEPs' text before its data. */
typedef struct sample {
  pt_wire_message m;
  const char *head; /* as it must stand on the wire */
  size_t head_len;
} sample;

#define HEAD(text) .head = (text), .head_len = sizeof(text) - 1
#define ROOT_TEXT "\1\2\3\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xff"

static const sample samples[] = {
    {.m = {.kind = PT_WIRE_KEEPALIVE}, HEAD("\0\0\0\0")},
    {.m = {.kind = PT_WIRE_CHOKE}, HEAD("\0\0\0\1\0")},
    {.m = {.kind = PT_WIRE_UNCHOKE}, HEAD("\0\0\0\1\1")},
    {.m = {.kind = PT_WIRE_INTERESTED}, HEAD("\0\0\0\1\2")},
    {.m = {.kind = PT_WIRE_NOT_INTERESTED}, HEAD("\0\0\0\1\3")},
    {.m = {.kind = PT_WIRE_HAVE, .index = 0x01020304}, HEAD("\0\0\0\5\4\1\2\3\4")},
    {.m = {.kind = PT_WIRE_BITFIELD, .data = {DATA, 2}}, HEAD("\0\0\0\3\5")},
    {.m = {.kind = PT_WIRE_REQUEST, .index = 7, .begin = 0x4000, .length = 0x8000},
     HEAD("\0\0\0\x0d\6\0\0\0\7\0\0\x40\0\0\0\x80\0")},
    {.m = {.kind = PT_WIRE_PIECE, .index = 7, .begin = 0x4000, .data = {DATA, 5}},
     HEAD("\0\0\0\x0e\7\0\0\0\7\0\0\x40\0")},
    {.m = {.kind = PT_WIRE_CANCEL, .index = 7, .begin = 0x4000, .length = 1},
     HEAD("\0\0\0\x0d\x08\0\0\0\7\0\0\x40\0\0\0\0\1")},
    {.m = {.kind = PT_WIRE_PORT, .data = {DATA, 2}}, HEAD("\0\0\0\3\x09")},
    {.m = {.kind = PT_WIRE_SUGGEST, .index = 9}, HEAD("\0\0\0\5\x0d\0\0\0\x09")},
    {.m = {.kind = PT_WIRE_HAVE_ALL}, HEAD("\0\0\0\1\x0e")},
    {.m = {.kind = PT_WIRE_HAVE_NONE}, HEAD("\0\0\0\1\x0f")},
    {.m = {.kind = PT_WIRE_REJECT, .index = 1, .begin = 2, .length = 3},
     HEAD("\0\0\0\x0d\x10\0\0\0\1\0\0\0\2\0\0\0\3")},
    {.m = {.kind = PT_WIRE_ALLOWED_FAST, .index = 9}, HEAD("\0\0\0\5\x11\0\0\0\x09")},
    {.m = {.kind = PT_WIRE_EXTENDED, .extension = 3, .data = {DATA, 4}}, HEAD("\0\0\0\6\x14\3")},
    {.m = {.kind = PT_WIRE_HASH_REQUEST,
           .root = ROOT,
           .base_layer = 2,
           .index = 512,
           .length = 4,
           .proof_layers = 6},
     HEAD("\0\0\0\x31\x15" ROOT_TEXT "\0\0\0\2\0\0\2\0\0\0\0\4\0\0\0\6")},
    {.m = {.kind = PT_WIRE_HASHES,
           .root = ROOT,
           .base_layer = 2,
           .index = 512,
           .length = 2,
           .proof_layers = 6,
           .data = {DATA, sizeof DATA}},
     HEAD("\0\0\0\x91\x16" ROOT_TEXT "\0\0\0\2\0\0\2\0\0\0\0\2\0\0\0\6")},
    {.m = {.kind = PT_WIRE_HASH_REJECT,
           .root = ROOT,
           .base_layer = 2,
           .index = 512,
           .length = 4,
           .proof_layers = 6},
     HEAD("\0\0\0\x31\x17" ROOT_TEXT "\0\0\0\2\0\0\2\0\0\0\0\4\0\0\0\6")},
};
#define SAMPLES (sizeof samples / sizeof samples[0])

static void assert_same(const pt_wire_message *a, const pt_wire_message *b) {
  assert_int_equal(a->kind, b->kind);
  assert_int_equal(a->index, b->index);
  assert_int_equal(a->begin, b->begin);
  assert_int_equal(a->length, b->length);
  assert_int_equal(a->base_layer, b->base_layer);
  assert_int_equal(a->proof_layers, b->proof_layers);
  assert_int_equal(a->extension, b->extension);
  assert_int_equal(a->root != NULL, b->root != NULL);
  if (a->root != NULL) assert_memory_equal(a->root, b->root, PT_HASH_SIZE);
  assert_int_equal(a->data.len, b->data.len);
  if (a->data.len > 0) assert_memory_equal(a->data.data, b->data.data, a->data.len);
}

static void every_kind_is_written_as_its_bep_says_and_read_back(void **state) {
  (void)state;
  for (size_t i = 0; i < SAMPLES; i++) {
    uint8_t buffer[256];
    pt_writer w = pt_writer_of(buffer, sizeof buffer);
    pt_wire_encode(&w, &samples[i].m);
    assert_false(w.failed);
    assert_int_equal(w.len, samples[i].head_len + samples[i].m.data.len);
    assert_memory_equal(buffer, samples[i].head, samples[i].head_len);

    /* What follows is another message's and must not be touched. */
    pt_wire_message back;
    size_t used = 0;
    assert_int_equal(pt_wire_decode((pt_bytes){buffer, sizeof buffer}, &back, &used), PT_OK);
    assert_int_equal(used, w.len);
    assert_same(&samples[i].m, &back);
  }
}

static void half_a_message_waits_for_the_rest_and_says_how_much(void **state) {
  (void)state;
  for (size_t i = 0; i < SAMPLES; i++) {
    uint8_t buffer[256];
    pt_writer w = pt_writer_of(buffer, sizeof buffer);
    pt_wire_encode(&w, &samples[i].m);
    for (size_t len = 0; len < w.len; len++) {
      pt_bytes part = unit_copy(buffer, len);
      pt_wire_message m;
      size_t used = 99;
      assert_int_equal(pt_wire_decode(part, &m, &used), PT_ERR_MORE);
      assert_int_equal(used, len < 4 ? 0 : w.len);
      unit_drop(part);
    }
  }
}

static int decode(const void *data, size_t len) {
  pt_bytes in = unit_copy(data, len);
  pt_wire_message m;
  size_t used = 0;
  int error = pt_wire_decode(in, &m, &used);
  unit_drop(in);
  return error;
}

static void a_wrong_length_is_refused_as_soon_as_the_kind_is_known(void **state) {
  (void)state;
  for (size_t i = 1; i < SAMPLES; i++) {
    uint8_t head[5];
    memcpy(head, samples[i].head, 5);
    enum pt_wire_kind kind = samples[i].m.kind;
    bool is_open = kind == PT_WIRE_BITFIELD || kind == PT_WIRE_PIECE || kind == PT_WIRE_EXTENDED;
    if (!is_open) {
      head[3]++;
      assert_int_equal(decode(head, 5), PT_ERR_SYNTAX);
      head[3]--;
    }
    size_t fields = samples[i].head_len - 5;
    if (fields == 0 && kind != PT_WIRE_PORT) continue;
    head[3] = kind == PT_WIRE_PORT ? 2 : (uint8_t)fields; /* one too short */
    assert_int_equal(decode(head, 5), PT_ERR_SYNTAX);
  }
}

static void the_longest_message_is_read_and_a_longer_one_refused(void **state) {
  (void)state;
  uint8_t head[5] = {0, 5, 0, 0, PT_WIRE_BITFIELD};
  assert_int_equal(decode(head, 5), PT_ERR_MORE);
  head[3] = 1;
  assert_int_equal(decode(head, 4), PT_ERR_LIMIT);
  const uint8_t longest[4] = {0xff, 0xff, 0xff, 0xff};
  assert_int_equal(decode(longest, 4), PT_ERR_LIMIT);

  uint8_t *block = unit_bytes(PT_WIRE_MESSAGE_MAX, 1);
  uint8_t *out = malloc(PT_WIRE_MESSAGE_MAX + 8);
  pt_wire_message m = {.kind = PT_WIRE_PIECE, .data = {block, PT_WIRE_MESSAGE_MAX - 9}};
  pt_writer w = pt_writer_of(out, PT_WIRE_MESSAGE_MAX + 8);
  pt_wire_encode(&w, &m);
  assert_false(w.failed);
  pt_wire_message back;
  size_t used = 0;
  assert_int_equal(pt_wire_decode((pt_bytes){out, w.len}, &back, &used), PT_OK);
  assert_int_equal(used, PT_WIRE_MESSAGE_MAX + 4);
  m.data.len++;
  w = pt_writer_of(out, PT_WIRE_MESSAGE_MAX + 8);
  pt_wire_encode(&w, &m);
  assert_true(w.failed);
  free(out);
  free(block);
}

static void a_block_written_in_place_is_the_same_message(void **state) {
  (void)state;
  uint8_t bytes[64], same[64];
  pt_wire_message m = {.kind = PT_WIRE_PIECE, .index = 7, .begin = 0x4000, .data = {DATA, 5}};
  pt_writer w = pt_writer_of(bytes, sizeof bytes), in_place = pt_writer_of(same, sizeof same);
  pt_wire_encode(&w, &m);
  uint8_t *block = pt_wire_encode_piece(&in_place, 7, 0x4000, 5);
  assert_non_null(block);
  memcpy(block, DATA, 5);
  assert_int_equal(in_place.len, w.len);
  assert_memory_equal(same, bytes, w.len);
  in_place = pt_writer_of(same, w.len - 1);
  assert_null(pt_wire_encode_piece(&in_place, 7, 0x4000, 5));
  assert_true(in_place.failed);
  assert_int_equal(in_place.len, 0);
}

static void an_unknown_kind_is_skipped_whole(void **state) {
  (void)state;
  const uint8_t bytes[] = {0, 0, 0, 3, 99, 1, 2, 0, 0, 0, 0};
  pt_wire_message m;
  size_t used = 0;
  assert_int_equal(pt_wire_decode((pt_bytes){bytes, sizeof bytes}, &m, &used), PT_OK);
  assert_int_equal(m.kind, PT_WIRE_UNKNOWN);
  assert_int_equal(used, 7);
  assert_int_equal(decode(bytes, 6), PT_ERR_MORE);
}

static void a_full_buffer_gets_no_part_of_a_message(void **state) {
  (void)state;
  for (size_t i = 0; i < SAMPLES; i++) {
    size_t whole = samples[i].head_len + samples[i].m.data.len;
    for (size_t cap = 0; cap < whole; cap++) {
      uint8_t *out = malloc(cap > 0 ? cap : 1);
      pt_writer w = pt_writer_of(out, cap);
      pt_wire_encode(&w, &samples[i].m);
      assert_true(w.failed);
      assert_int_equal(w.len, 0);
      free(out);
    }
  }
}

static void messages_that_make_no_sense_are_not_written(void **state) {
  (void)state;
  const pt_wire_message wrong[] = {{.kind = PT_WIRE_UNKNOWN},
                                   {.kind = (enum pt_wire_kind)99},
                                   {.kind = PT_WIRE_HASH_REQUEST},
                                   {.kind = PT_WIRE_HASHES, .root = ROOT, .data = {DATA, 33}},
                                   {.kind = PT_WIRE_PORT, .data = {DATA, 3}}};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    uint8_t out[256];
    pt_writer w = pt_writer_of(out, sizeof out);
    pt_wire_encode(&w, &wrong[i]);
    assert_true(w.failed);
  }
}

static void the_handshake_survives_and_half_of_it_waits(void **state) {
  (void)state;
  pt_wire_handshake h = {.info_hash = "swarm key of 20 byte", .peer_id = "-PT0001-peer id 20 b"};
  pt_wire_reserved(h.reserved, true);
  uint8_t out[PT_WIRE_HANDSHAKE_SIZE + 1];
  pt_writer w = pt_writer_of(out, sizeof out);
  pt_wire_handshake_encode(&w, &h);
  assert_false(w.failed);
  assert_int_equal(w.len, PT_WIRE_HANDSHAKE_SIZE);
  assert_memory_equal(out,
                      "\x13"
                      "BitTorrent protocol\0\0\0\0\0\x10\0\x14swarm key of 20 byte-PT0001-",
                      56);
  pt_wire_handshake back;
  assert_int_equal(pt_wire_handshake_decode((pt_bytes){out, w.len}, &back), PT_OK);
  assert_memory_equal(&h, &back, sizeof h);
  for (size_t len = 0; len < PT_WIRE_HANDSHAKE_SIZE; len++) {
    pt_bytes part = unit_copy(out, len);
    assert_int_equal(pt_wire_handshake_decode(part, &back), PT_ERR_MORE);
    unit_drop(part);
  }
  for (size_t i = 0; i < 20; i++) { /* anything else is refused at its first wrong byte */
    pt_bytes part = unit_copy(out, i + 1);
    ((uint8_t *)(uintptr_t)part.data)[i] ^= 0x20;
    assert_int_equal(pt_wire_handshake_decode(part, &back), PT_ERR_SYNTAX);
    unit_drop(part);
  }
  w = pt_writer_of(out, PT_WIRE_HANDSHAKE_SIZE - 1);
  pt_wire_handshake_encode(&w, &h);
  assert_true(w.failed);
  assert_int_equal(w.len, 0);
}

static void what_a_peer_supports_is_read_from_its_reserved_bits(void **state) {
  (void)state;
  uint8_t ours[8], none[8] = {0};
  pt_wire_reserved(ours, true);
  assert_true(pt_wire_has_fast(ours) && pt_wire_has_extensions(ours) && pt_wire_has_v2(ours));
  assert_false(pt_wire_has_fast(none) || pt_wire_has_extensions(none) || pt_wire_has_v2(none));
  const uint8_t fast[8] = {[7] = 0x04}, extensions[8] = {[5] = 0x10}, v2[8] = {[7] = 0x10};
  assert_true(pt_wire_has_fast(fast) && !pt_wire_has_v2(fast) && !pt_wire_has_extensions(fast));
  assert_true(pt_wire_has_extensions(extensions) && !pt_wire_has_v2(extensions));
  assert_true(pt_wire_has_v2(v2) && !pt_wire_has_fast(v2));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_kind_is_written_as_its_bep_says_and_read_back),
      cmocka_unit_test(half_a_message_waits_for_the_rest_and_says_how_much),
      cmocka_unit_test(a_wrong_length_is_refused_as_soon_as_the_kind_is_known),
      cmocka_unit_test(the_longest_message_is_read_and_a_longer_one_refused),
      cmocka_unit_test(an_unknown_kind_is_skipped_whole),
      cmocka_unit_test(a_full_buffer_gets_no_part_of_a_message),
      cmocka_unit_test(a_block_written_in_place_is_the_same_message),
      cmocka_unit_test(messages_that_make_no_sense_are_not_written),
      cmocka_unit_test(the_handshake_survives_and_half_of_it_waits),
      cmocka_unit_test(what_a_peer_supports_is_read_from_its_reserved_bits),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
