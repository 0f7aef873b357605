/* Were blocks or their tags mixed up under way, every figure of the simulator
 * would be about something that no visitor ever sent. */
#include "base/limits.h"
#include "format/wire.h"
#include "frames.h"
#include "unit.h"

typedef struct stream {
  uint8_t bytes[1 << 18];
  size_t len;
} stream;

static void put_block(stream *s, uint32_t piece, uint64_t tag) {
  pt_writer w = pt_writer_of(s->bytes + s->len, sizeof s->bytes - s->len);
  uint8_t *block = pt_wire_encode_piece(&w, piece, 0, PT_BLOCK_SIZE);
  assert_non_null(block);
  memset(block, 0xee, PT_BLOCK_SIZE);
  memcpy(block, &tag, sizeof tag);
  s->len += w.len;
}

static void put(stream *s, const pt_wire_message *m) {
  pt_writer w = pt_writer_of(s->bytes + s->len, sizeof s->bytes - s->len);
  pt_wire_encode(&w, m);
  assert_false(w.failed);
  s->len += w.len;
}

static stream *greeting(void) {
  stream *s = calloc(1, sizeof *s);
  assert_non_null(s);
  memset(s->bytes, 0x13, PT_WIRE_HANDSHAKE_SIZE);
  s->len = PT_WIRE_HANDSHAKE_SIZE;
  return s;
}

/* Sends bytes [at, at + len); what comes out must be the same, but for what
 * lies behind the tags of blocks. */
static uint32_t pass(frames *out, frames *in, const uint8_t *bytes, size_t len,
                     frames_faults *faults, uint64_t kinds[FRAMES_KINDS], uint8_t *full) {
  uint8_t *packed = malloc(len + 1);
  frames_sum sum;
  uint32_t short_len = frames_pack(out, bytes, len, packed, kinds, faults, &sum);
  memset(full, 0, PT_CHANNEL_SEND_MAX);
  assert_int_equal(frames_unpack(in, packed, short_len, full), sum.size);
  free(packed);
  return short_len;
}

static void blocks_travel_as_tags(void **state) {
  (void)state;
  stream *s = greeting();
  pt_wire_message have = {.kind = PT_WIRE_HAVE, .index = 7};
  put(s, &have);
  put_block(s, 3, 0x1122334455667788u);
  put_block(s, 4, 0x99aabbccddeeff00u);
  frames out = {0}, in = {0};
  frames_faults none = {0};
  uint64_t kinds[FRAMES_KINDS] = {0};
  uint8_t full[PT_CHANNEL_SEND_MAX];
  uint32_t len = pass(&out, &in, s->bytes, s->len, &none, kinds, full);
  assert_int_equal(len, PT_WIRE_HANDSHAKE_SIZE + 9 + 2 * (13 + 8));
  assert_memory_equal(full, s->bytes, PT_WIRE_HANDSHAKE_SIZE + 9 + 13 + 8);
  size_t second = PT_WIRE_HANDSHAKE_SIZE + 9 + 13 + PT_BLOCK_SIZE;
  assert_memory_equal(full + second, s->bytes + second, 13 + 8);
  assert_int_equal(kinds[PT_WIRE_PIECE], 2);
  assert_int_equal(kinds[PT_WIRE_HAVE], 1);
  free(s);
}

/* Control messages may be cut anywhere between two sends. */
static void messages_may_be_cut_anywhere(void **state) {
  (void)state;
  stream *s = greeting();
  uint8_t bits[300];
  unit_fill(bits, sizeof bits, 5);
  bits[4] = PT_WIRE_PIECE; /* not a message's kind, though it stands where one might */
  pt_wire_message field = {.kind = PT_WIRE_BITFIELD, .data = {bits, sizeof bits}};
  pt_wire_message choke = {.kind = PT_WIRE_CHOKE}, alive = {.kind = PT_WIRE_KEEPALIVE};
  put(s, &field);
  put(s, &alive);
  put(s, &choke);
  for (size_t cut = PT_WIRE_HANDSHAKE_SIZE; cut <= s->len; cut++) {
    frames out = {0}, in = {0};
    frames_faults none = {0};
    uint64_t kinds[FRAMES_KINDS] = {0};
    uint8_t full[PT_CHANNEL_SEND_MAX];
    pass(&out, &in, s->bytes, cut, &none, kinds, full);
    assert_memory_equal(full, s->bytes, cut);
    stream *rest = calloc(1, sizeof *rest);
    rest->len = s->len - cut;
    memcpy(rest->bytes, s->bytes + cut, rest->len);
    put_block(rest, 9, 42);
    pass(&out, &in, rest->bytes, rest->len, &none, kinds, full);
    assert_memory_equal(full, rest->bytes, rest->len - PT_BLOCK_SIZE + 8);
    assert_int_equal(kinds[PT_WIRE_PIECE], 1);
    free(rest);
  }
  free(s);
}

static void faults_do_what_they_are_called(void **state) {
  (void)state;
  stream *s = greeting();
  for (uint32_t i = 0; i < 3; i++) put_block(s, i, i);
  frames out = {0}, in = {0};
  frames_faults faults = {.corrupt_nth = 3};
  uint64_t kinds[FRAMES_KINDS] = {0};
  uint8_t full[PT_CHANNEL_SEND_MAX];
  pass(&out, &in, s->bytes, s->len, &faults, kinds, full);
  size_t step = 13 + PT_BLOCK_SIZE, first = PT_WIRE_HANDSHAKE_SIZE + 13;
  assert_int_equal(full[first], 0);
  assert_int_equal(full[first + step], 1);
  assert_int_equal(full[first + 2 * step], 3); /* 2, with a bit flipped */
  assert_int_equal(faults.corrupted, 1);
  frames quiet = {0}, deaf = {0};
  faults = (frames_faults){.mute = true};
  uint32_t len = pass(&quiet, &deaf, s->bytes, s->len, &faults, kinds, full);
  assert_int_equal(len, PT_WIRE_HANDSHAKE_SIZE);
  free(s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(blocks_travel_as_tags),
      cmocka_unit_test(messages_may_be_cut_anywhere),
      cmocka_unit_test(faults_do_what_they_are_called),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
