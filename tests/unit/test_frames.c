/* Frames that wait to be sent: a visitor would see messages cut, lost or out of
 * order if these were wrong. */
#include "frames.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

/* Reads the message at the front of `left`; 0 when it is no whole frame. */
static size_t read_frame(const uint8_t *at, size_t left, size_t *head) {
  if (left < 2 || at[0] != 0x81) return 0;
  uint64_t len = at[1];
  *head = 2;
  size_t more = len == 126 ? 2 : len == 127 ? 8 : 0;
  if (more) len = 0;
  for (size_t i = 0; i < more; i++) len = len << 8 | at[2 + i];
  *head += more;
  return *head + (size_t)len <= left ? *head + (size_t)len : 0;
}

static void test_lengths_have_the_heads_of_the_standard(void **state) {
  (void)state;
  static const size_t lengths[] = {0, 1, 125, 126, 127, 65535, 65536, 100000};
  for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
    pt_frames frames = {0};
    uint8_t *text = malloc(lengths[i] + 1);
    assert_non_null(text);
    memset(text, 'x', lengths[i]);
    assert_true(pt_frames_add(&frames, text, lengths[i]));
    size_t head = 0, expected = lengths[i] < 126 ? 2 : lengths[i] < 65536 ? 4 : 10;
    assert_int_equal(read_frame(pt_frames_next(&frames), pt_frames_left(&frames), &head),
                     pt_frames_left(&frames));
    assert_int_equal(head, expected);
    assert_memory_equal(pt_frames_next(&frames) + head, text, lengths[i]);
    pt_frames_sent(&frames, pt_frames_left(&frames));
    assert_null(frames.data); /* nothing is kept */
    free(text);
  }
}

/* Whatever parts the socket takes, all messages arrive once and in order. */
static void test_parts_sent_lose_nothing(void **state) {
  (void)state;
  pt_frames frames = {0};
  uint8_t seen[200000];
  size_t seen_len = 0;
  unsigned number = 0;
  for (size_t round = 0; round < 400; round++) {
    char text[300];
    size_t len = (size_t)snprintf(text, sizeof text, "%u:%*s", number++, (int)(round % 250), "");
    assert_true(pt_frames_add(&frames, text, len));
    size_t part = (round * 37) % 500;
    if (part > pt_frames_left(&frames)) part = pt_frames_left(&frames);
    memcpy(seen + seen_len, pt_frames_next(&frames), part);
    seen_len += part;
    pt_frames_sent(&frames, part);
  }
  size_t rest = pt_frames_left(&frames);
  if (rest) memcpy(seen + seen_len, pt_frames_next(&frames), rest);
  seen_len += rest;
  pt_frames_free(&frames);
  unsigned expected = 0;
  for (size_t at = 0, head = 0; at < seen_len; expected++) {
    size_t whole = read_frame(seen + at, seen_len - at, &head);
    assert_true(whole > 0);
    assert_int_equal((unsigned)strtoul((const char *)seen + at + head, NULL, 10), expected);
    at += whole;
  }
  assert_int_equal(expected, number);
}

static void test_a_ping_is_a_frame_among_others(void **state) {
  (void)state;
  pt_frames frames = {0};
  assert_true(pt_frames_add(&frames, "ab", 2) && pt_frames_add_ping(&frames));
  assert_int_equal(pt_frames_left(&frames), 7);
  assert_memory_equal(pt_frames_next(&frames),
                      "\x81\x02"
                      "ab\x89\x01p",
                      7);
  pt_frames_free(&frames);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_lengths_have_the_heads_of_the_standard),
      cmocka_unit_test(test_a_ping_is_a_frame_among_others),
      cmocka_unit_test(test_parts_sent_lose_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
