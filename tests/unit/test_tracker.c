/* The WebTorrent dialect: misread, WebTorrent clients find nobody here; an id
 * cut short at a zero byte, and one visitor gets what is another's. */
#include "format/tracker.h"
#include "unit.h"

#include <stdio.h>

/* 20 bytes: with a NUL, a quote, a backslash, a control character, 0x7f, 0xff. */
static const uint8_t odd_id[PT_ID_SIZE] = {0,    '"', '\\', 1,    0x7f, 0xff, 0x80, 'a',  'b', 'c',
                                           0xc3, 0,   '/',  '\n', 8,    31,   32,   0xa0, 'z', 0};
#define ODD                                                                                        \
  "\\u0000\\\"\\\\\\u0001\x7f\xc3\xbf\xc2\x80"                                                     \
  "abc\xc3\x83\\u0000/\\n\\b\\u001f \xc2\xa0z\\u0000"
#define HASH "hhhhhhhhhhhhhhhhhhhh"
#define PEER "pppppppppppppppppppp"
#define OFFER "{\"type\":\"offer\",\"sdp\":\"v=0\\r\\n\"}"
#define ANSWER "{\"type\":\"answer\",\"sdp\":\"v=0\\r\\n\"}"
#define ANNOUNCE "{\"action\":\"announce\",\"info_hash\":\"" HASH "\",\"peer_id\":\"" PEER "\""

static pt_tracker_message message;
static uint8_t text[2 * PT_SIGNAL_BYTES_MAX];

static int decode(const char *json, const char **field) {
  pt_bytes in = unit_copy(json, strlen(json));
  int error = pt_tracker_decode(in, &message, field);
  unit_drop(in);
  return error;
}

/* Keeps `json` for the views. */
static void decode_ok(const char *json) {
  const char *field = NULL;
  int error = pt_tracker_decode((pt_bytes){(const uint8_t *)json, strlen(json)}, &message, &field);
  if (error != PT_OK) fail_msg("error %d, field %s, in %s", error, field ? field : "-", json);
  assert_null(field);
}

static void refused(const char *json, int error, const char *expected) {
  const char *field = NULL;
  int got = decode(json, &field);
  if (got != error) fail_msg("error %d in %s", got, json);
  if (expected == NULL)
    assert_null(field);
  else
    assert_string_equal(field, expected);
}

static void assert_text(pt_bytes bytes, const char *expected) {
  assert_int_equal(bytes.len, strlen(expected));
  assert_memory_equal(bytes.data, expected, bytes.len);
}

/* What is written as it is read. */
static const char *const samples[] = {
    "{\"action\":\"announce\",\"info_hash\":\"" ODD "\",\"peer_id\":\"" ODD
    "\",\"left\":17,\"numwant\":5,\"event\":\"started\",\"offers\":[{\"offer\":" OFFER
    ",\"offer_id\":\"" ODD "\"},{\"offer\":" OFFER ",\"offer_id\":\"" PEER "\"}]}",
    ANNOUNCE ",\"left\":0,\"event\":\"stopped\"}",
    ANNOUNCE ",\"left\":0,\"event\":\"completed\"}",
    ANNOUNCE "}",
    ANNOUNCE ",\"to_peer_id\":\"" ODD "\",\"answer\":" ANSWER ",\"offer_id\":\"" ODD "\"}",
    ANNOUNCE ",\"answer\":" ANSWER ",\"offer_id\":\"" ODD "\"}",
    ANNOUNCE ",\"offer\":" OFFER ",\"offer_id\":\"" ODD "\"}",
    "{\"action\":\"scrape\"}",
    "{\"action\":\"scrape\",\"info_hash\":[\"" HASH "\",\"" ODD "\"]}",
    "{\"action\":\"announce\",\"info_hash\":\"" HASH
    "\",\"interval\":120,\"complete\":3,\"incomplete\":4}",
    "{\"action\":\"scrape\",\"files\":{\"" ODD
    "\":{\"complete\":1,\"incomplete\":2,\"downloaded\":3},\"" HASH
    "\":{\"complete\":0,\"incomplete\":0,\"downloaded\":0}}}",
    "{\"action\":\"announce\",\"failure reason\":\"no \\\"such\\\" swarm\"}",
    "{\"action\":\"announce\",\"info_hash\":\"" ODD "\",\"failure reason\":\"x\"}",
    "{\"action\":\"scrape\",\"failure reason\":\"x\"}",
};

static void every_message_reads_as_it_is_written(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
    decode_ok(samples[i]);
    pt_writer w = pt_writer_of(text, sizeof text);
    pt_tracker_encode(&w, &message);
    assert_false(w.failed);
    if (w.len != strlen(samples[i]) || memcmp(text, samples[i], w.len) != 0)
      fail_msg("%s\nbecame\n%.*s", samples[i], (int)w.len, text);
    pt_writer tight = pt_writer_of(text, strlen(samples[i]) - 1);
    pt_tracker_encode(&tight, &message);
    assert_true(tight.failed);
  }
}

static void ids_are_counted_in_characters_and_may_hold_any_byte(void **state) {
  (void)state;
  decode_ok(samples[0]);
  assert_int_equal(message.kind, PT_TRACKER_ANNOUNCE);
  assert_memory_equal(message.info_hash, odd_id, PT_ID_SIZE);
  assert_memory_equal(message.peer_id, odd_id, PT_ID_SIZE);
  assert_memory_equal(message.offers[0].id, odd_id, PT_ID_SIZE);
  assert_int_equal(message.offer_count, 2);
  assert_text(message.offers[1].description, OFFER);
  refused("{\"action\":\"announce\",\"info_hash\":\"" HASH "h\",\"peer_id\":\"" PEER "\"}",
          PT_ERR_RANGE, "info_hash"); /* 21 */
  refused("{\"action\":\"announce\",\"info_hash\":\"hhhh\",\"peer_id\":\"" PEER "\"}", PT_ERR_RANGE,
          "info_hash");
  refused(
      "{\"action\":\"announce\",\"info_hash\":\"hhhhhhhhhhhhhhhhhhh\xc4\x80\",\"peer_id\":\"" PEER
      "\"}",
      PT_ERR_RANGE, "info_hash");
}

static void clients_differ_and_are_understood(void **state) {
  (void)state;
  decode_ok(ANNOUNCE ",\"left\":null,\"numwant\":null,\"event\":null,\"offers\":null}");
  assert_false(message.has_left);
  assert_false(message.has_numwant);
  decode_ok(ANNOUNCE ",\"left\":\"12\",\"numwant\":-1,\"event\":7,\"trackerid\":[{}]}");
  assert_false(message.has_left);
  assert_false(message.has_numwant);
  assert_int_equal(message.event, PT_TRACKER_UPDATE);
  decode_ok(ANNOUNCE ",\"event\":\"paused\"}");
  assert_int_equal(message.event, PT_TRACKER_UPDATE);
  decode_ok(ANNOUNCE ",\"left\":0,\"event\":\"compl\\u0065ted\"}");
  assert_int_equal(message.event, PT_TRACKER_COMPLETED);
  assert_true(message.has_left);
  /* Of offers only the usable ones count. */
  decode_ok(ANNOUNCE ",\"offers\":[{},7,null,{\"offer\":" ANSWER ",\"offer_id\":\"" PEER
                     "\"},{\"offer\":" OFFER "},{\"offer_id\":\"" PEER "\"},{\"offer\":" OFFER
                     ",\"offer_id\":\"" PEER "\"}]}");
  assert_int_equal(message.offer_count, 1);
  decode_ok("{\"action\":\"scrape\",\"info_hash\":\"" HASH "\"}");
  assert_int_equal(message.scraped_count, 1);
}

static void what_is_missing_or_wrong_is_named(void **state) {
  (void)state;
  refused("", PT_ERR_SYNTAX, NULL);
  refused("[]", PT_ERR_SYNTAX, NULL);
  refused("{\"action\":\"announce\"", PT_ERR_SYNTAX, NULL);
  refused("{}", PT_ERR_RANGE, "action");
  refused("{\"action\":\"hello\"}", PT_ERR_RANGE, "action");
  refused("{\"action\":1}", PT_ERR_RANGE, "action");
  refused("{\"action\":\"announce\"}", PT_ERR_RANGE, "info_hash");
  refused("{\"action\":\"announce\",\"info_hash\":[\"" HASH "\"]}", PT_ERR_RANGE, "info_hash");
  refused("{\"action\":\"announce\",\"info_hash\":\"" HASH "\"}", PT_ERR_RANGE, "peer_id");
  assert_true(message.has_info_hash); /* the failure can name it */
  refused(ANNOUNCE ",\"offers\":{}}", PT_ERR_RANGE, "offers");
  refused(ANNOUNCE ",\"answer\":" ANSWER "}", PT_ERR_RANGE, "offer_id");
  refused(ANNOUNCE ",\"answer\":" OFFER ",\"offer_id\":\"" PEER "\"}", PT_ERR_RANGE, "answer");
  refused(ANNOUNCE ",\"answer\":{\"type\":\"answer\"},\"offer_id\":\"" PEER "\"}", PT_ERR_RANGE,
          "answer");
  refused(ANNOUNCE ",\"answer\":" ANSWER ",\"offer_id\":\"" PEER "\",\"to_peer_id\":\"p\"}",
          PT_ERR_RANGE, "to_peer_id");
  refused("{\"action\":\"scrape\",\"info_hash\":[\"" HASH "\",\"h\"]}", PT_ERR_RANGE, "info_hash");
  assert_true(message.of_scrape);
  refused("{\"action\":\"scrape\",\"files\":{\"" HASH "\":{}}}", PT_ERR_RANGE, "files");
}

static void bounds_are_kept(void **state) {
  (void)state;
  static char json[2 * PT_SIGNAL_BYTES_MAX];
  size_t len = (size_t)sprintf(json, ANNOUNCE ",\"offers\":[");
  for (unsigned i = 0; i < PT_TRACKER_OFFERS_MAX + 5; i++)
    len += (size_t)sprintf(json + len, "%s{\"offer\":" OFFER ",\"offer_id\":\"" PEER "\"}",
                           i ? "," : "");
  sprintf(json + len, "]}");
  decode_ok(json);
  assert_int_equal(message.offer_count, PT_TRACKER_OFFERS_MAX);

  len = (size_t)sprintf(json, "{\"action\":\"scrape\",\"info_hash\":[");
  for (unsigned i = 0; i <= PT_TRACKER_SCRAPE_MAX; i++)
    len += (size_t)sprintf(json + len, "%s\"" HASH "\"", i ? "," : "");
  sprintf(json + len, "]}");
  refused(json, PT_ERR_LIMIT, "info_hash");

  /* An SDP of PT_SDP_LEN_MAX bytes with its frame is too long for an offer. */
  len = (size_t)sprintf(json, ANNOUNCE ",\"offer_id\":\"" PEER
                                       "\",\"answer\":{\"type\":\"answer\",\"sdp\":\"");
  memset(json + len, 'x', PT_SDP_LEN_MAX);
  sprintf(json + len + PT_SDP_LEN_MAX, "\"}}");
  refused(json, PT_ERR_RANGE, "answer");

  memset(json, ' ', PT_SIGNAL_BYTES_MAX + 1);
  json[PT_SIGNAL_BYTES_MAX + 1] = 0;
  refused(json, PT_ERR_LIMIT, NULL);
  memset(json, '[', PT_TRACKER_TOKENS_MAX + 1);
  json[PT_TRACKER_TOKENS_MAX + 1] = 0;
  refused(json, PT_ERR_LIMIT, NULL);
}

static void a_description_gives_its_sdp_and_comes_of_one(void **state) {
  (void)state;
  static const char sdp[] = "v=0\r\na=\"\\ \xc3\xbc\r\n";
  pt_writer w = pt_writer_of(text, sizeof text);
  pt_tracker_describe(&w, false, (pt_bytes){(const uint8_t *)sdp, strlen(sdp)});
  assert_false(w.failed);
  assert_int_equal(strncmp((char *)text, "{\"type\":\"answer\",\"sdp\":\"v=0\\r\\n", 31), 0);
  static uint8_t room[256];
  pt_writer arena = pt_writer_of(room, sizeof room);
  pt_bytes back;
  assert_int_equal(pt_tracker_sdp((pt_bytes){text, w.len}, &arena, &back), PT_OK);
  assert_text(back, sdp);
  arena = pt_writer_of(room, 4);
  assert_int_equal(pt_tracker_sdp((pt_bytes){text, w.len}, &arena, &back), PT_ERR_FULL);
  assert_int_equal(pt_tracker_sdp((pt_bytes){(const uint8_t *)"{}", 2}, &arena, &back),
                   PT_ERR_RANGE);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_message_reads_as_it_is_written),
      cmocka_unit_test(ids_are_counted_in_characters_and_may_hold_any_byte),
      cmocka_unit_test(clients_differ_and_are_understood),
      cmocka_unit_test(what_is_missing_or_wrong_is_named),
      cmocka_unit_test(bounds_are_kept),
      cmocka_unit_test(a_description_gives_its_sdp_and_comes_of_one),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
