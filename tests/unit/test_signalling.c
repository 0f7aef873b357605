/* The signalling messages: misread, visitors don't find one another; believed
 * too easily, one of them or the server falls to another's message. */
#include "format/signalling.h"
#include "unit.h"

#include <stdio.h>

#define ID_A "0101010101010101010101010101010101010101"
#define ID_B "0202020202020202020202020202020202020202"
#define HASH_C "0303030303030303030303030303030303030303030303030303030303030303"

static pt_signalling message;
static uint8_t arena[PT_SIGNAL_BYTES_MAX];
static char text[4 * PT_SIGNAL_BYTES_MAX];

static int decode_bytes(const void *json, size_t len, const char **field) {
  pt_bytes in = unit_copy(json, len);
  int error = pt_signalling_decode(in, &message, arena, len, field);
  unit_drop(in);
  return error;
}

/* For messages whose views are not looked at. */
static int decode(const char *json, const char **field) {
  return decode_bytes(json, strlen(json), field);
}

/* Keeps `json` for the views. */
static void decode_ok(const char *json) {
  const char *field = NULL;
  int error = pt_signalling_decode((pt_bytes){(const uint8_t *)json, strlen(json)}, &message, arena,
                                   strlen(json), &field);
  if (error != PT_OK) fail_msg("error %d, field %s, in %s", error, field ? field : "-", json);
}

static void assert_text(pt_bytes bytes, const char *expected) {
  assert_int_equal(bytes.len, strlen(expected));
  if (bytes.len > 0) assert_memory_equal(bytes.data, expected, bytes.len);
}

static void assert_filled(const uint8_t *bytes, size_t len, uint8_t value) {
  for (size_t i = 0; i < len; i++) assert_int_equal(bytes[i], value);
}

static const char *encode(const pt_signalling *m) {
  pt_writer w = pt_writer_of(text, sizeof text - 1);
  pt_signalling_encode(&w, m);
  assert_false(w.failed);
  text[w.len] = '\0';
  return text;
}

/* One message of each action, as it is written. */
static const char *const samples[] = {
    "{\"action\":\"hello\",\"id\":\"q1\",\"peer\":\"" ID_A "\",\"fingerprint\":\"" HASH_C
    "\",\"token\":\"eyJ.x\",\"anywhere\":1,\"caps\":[],\"resume\":\"r\"}",
    "{\"action\":\"welcome\",\"id\":17,\"ring\":\"0a\",\"salt\":\"s\\u0000\\\"\",\"epoch\":4,"
    "\"iceServers\":[{\"urls\":\"stun:x\"}],\"limits\":{\"message\":65536,\"x\":[1]},"
    "\"settings\":{\"threshold\":0},\"seeds\":[\"" ID_A "\",\"" ID_B
    "\"],\"resume\":\"r\",\"servers\":[\"wss://a/.peertide/ws\",\"wss://b/\"]}",
    "{\"action\":\"join\",\"swarms\":[{\"h\":\"" ID_A
    "\",\"left\":9007199254740992,\"want\":8},{\"h\":\"" ID_B "\",\"left\":0,\"want\":0}]}",
    "{\"action\":\"leave\",\"swarms\":[\"" ID_A "\",\"" ID_B "\"]}",
    "{\"action\":\"peers\",\"h\":\"" ID_A "\",\"peers\":[{\"peer\":\"" ID_B
    "\",\"near\":3},{\"peer\":\"" ID_A "\",\"near\":0,\"legacy\":\"" ID_B "\"}],"
    "\"complete\":5,\"incomplete\":4294967295,\"interval\":120}",
    "{\"action\":\"signal\",\"to\":\"" ID_A "\",\"from\":\"" ID_B
    "\",\"kind\":\"offer\",\"nonce\":\"n1\",\"sdp\":\"v=0\\r\\ns=-\\r\\n\"}",
    "{\"action\":\"signal\",\"to\":\"" ID_A "\",\"legacy\":\"" ID_B
    "\",\"kind\":\"answer\",\"nonce\":\"n1\",\"sdp\":\"v=0\\r\\n\"}",
    "{\"action\":\"signal\",\"from\":\"" ID_A
    "\",\"kind\":\"candidate\",\"nonce\":\"n1\",\"candidate\":{\"candidate\":\"c "
    "1\",\"sdpMid\":\"0\"}}",
    "{\"action\":\"signal\",\"to\":\"" ID_A "\",\"kind\":\"bye\"}",
    "{\"action\":\"undelivered\",\"to\":\"" ID_A "\",\"nonce\":\"n1\",\"reason\":\"gone\"}",
    "{\"action\":\"stats\",\"originBytes\":1,\"peerBytesIn\":2,\"peerBytesOut\":3,\"wasted\":4,"
    "\"from\":{\"" ID_A "\":5,\"" ID_B "\":9007199254740992}}",
    "{\"action\":\"report\",\"peer\":\"" ID_A "\",\"kind\":\"corrupt\",\"swarm\":\"" ID_B
    "\",\"piece\":7}",
    "{\"action\":\"indexed\"}",
    "{\"action\":\"drain\",\"afterMs\":5000,\"servers\":[\"wss://b/\"]}",
    "{\"action\":\"error\",\"id\":\"7\",\"code\":\"bad-token\",\"message\":\"no \\u001b good\"}",
    "{\"action\":\"tomorrow's\",\"id\":0}"};
#define SAMPLES (sizeof samples / sizeof samples[0])

static void every_action_is_read_and_written_the_same(void **state) {
  (void)state;
  for (size_t i = 0; i < SAMPLES; i++) {
    decode_ok(samples[i]);
    assert_string_equal(encode(&message), samples[i]);
  }
}

static void fields_come_out_where_they_belong(void **state) {
  (void)state;
  decode_ok(samples[0]);
  assert_int_equal(message.action, PT_SIG_HELLO);
  assert_text(message.name, "hello");
  assert_text(message.id, "q1");
  assert_filled(message.peer, PT_ID_SIZE, 1);
  assert_filled(message.fingerprint, PT_HASH_SIZE, 3);
  assert_text(message.token, "eyJ.x");
  assert_int_equal(message.anywhere, 1);
  decode_ok(samples[1]);
  assert_text(message.id, "17");
  assert_int_equal(message.salt.len, 3);
  assert_memory_equal(message.salt.data, "s\0\"", 3);
  assert_int_equal(message.message_max, 65536);
  assert_text(message.limits, "{\"message\":65536,\"x\":[1]}");
  assert_text(message.ice_servers, "[{\"urls\":\"stun:x\"}]");
  assert_int_equal(message.peer_count, 2);
  assert_filled(message.peers[1].peer, PT_ID_SIZE, 2);
  assert_int_equal(message.server_count, 2);
  assert_text(message.servers[1], "wss://b/");
  decode_ok(samples[2]);
  assert_int_equal(message.swarm_count, 2);
  assert_true(message.swarms[0].left == UINT64_C(1) << 53);
  assert_int_equal(message.swarms[0].want, 8);
  decode_ok(samples[4]);
  assert_filled(message.swarm, PT_ID_SIZE, 1);
  assert_filled(message.peers[0].peer, PT_ID_SIZE, 2);
  assert_int_equal(message.peers[0].near, 3);
  assert_true(message.incomplete == UINT32_MAX);
  decode_ok(samples[5]);
  assert_int_equal(message.kind, PT_SIGNAL_OFFER);
  assert_text(message.sdp, "v=0\r\ns=-\r\n");
  assert_filled(message.from, PT_ID_SIZE, 2);
  decode_ok(samples[7]);
  assert_text(message.candidate, "{\"candidate\":\"c 1\",\"sdpMid\":\"0\"}");
  decode_ok(samples[10]);
  assert_int_equal(message.edge_count, 2);
  assert_int_equal(message.edges[0].bytes, 5);
  decode_ok(samples[11]);
  assert_text(message.report_kind, "corrupt");
  assert_int_equal(message.piece, 7);
  decode_ok(samples[SAMPLES - 1]);
  assert_int_equal(message.action, PT_SIG_UNKNOWN);
  assert_text(message.name, "tomorrow's");
}

static void every_cut_of_a_message_is_refused(void **state) {
  (void)state;
  for (size_t i = 0; i < SAMPLES; i++)
    for (size_t len = 0; len < strlen(samples[i]); len++)
      assert_int_equal(decode_bytes(samples[i], len, NULL), PT_ERR_SYNTAX);
}

static void a_full_buffer_is_told(void **state) {
  (void)state;
  for (size_t i = 0; i < SAMPLES; i++) {
    decode_ok(samples[i]);
    for (size_t cap = 0; cap < strlen(samples[i]); cap++) {
      char *out = malloc(cap > 0 ? cap : 1);
      pt_writer w = pt_writer_of(out, cap);
      pt_signalling_encode(&w, &message);
      assert_true(w.failed);
      free(out);
    }
  }
}

static void additions_of_later_versions_are_ignored(void **state) {
  (void)state;
  decode_ok("{\"new\":{\"a\":[1,{}]},\"action\":\"drain\",\"afterMs\":1,\"swarms\":5,\"more\":[]}");
  assert_int_equal(message.after_ms, 1);
  decode_ok("{\"action\":\"join\",\"swarms\":[{\"x\":[],\"h\":\"" ID_A "\",\"y\":{}}]}");
  assert_int_equal(message.swarm_count, 1);
  decode_ok("{\"action\":\"hello\",\"peer\":\"" ID_A "\",\"fingerprint\":\"" HASH_C
            "\",\"caps\":{\"any\":1},\"token\":null,\"resume\":null,\"id\":null}");
  assert_int_equal(message.token.len, 0);
  decode_ok("{\"action\":\"drain\",\"afterMs\":1,\"afterMs\":2}"); /* the last one counts */
  assert_int_equal(message.after_ms, 2);
  decode_ok("{\"act\\u0069on\":\"l\\u0065ave\",\"swarms\":[\"" ID_A "\"]}");
  assert_int_equal(message.action, PT_SIG_LEAVE);
}

static void a_request_id_is_repeated_as_it_came(void **state) {
  (void)state;
  const char *const ids[] = {
      "0",    "7",        "123456789012345", "\"a\"",   "\"7\"",        "\"007\"",
      "\"\"", "\"\\\"\"", "\"\\\"x\\\"\"",   "\"1e3\"", "\"\xc3\xa9\"", "\"-1\""};
  for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
    char json[200];
    size_t len = (size_t)snprintf(json, sizeof json, "{\"action\":\"indexed\",\"id\":%s}", ids[i]);
    assert_true(len < sizeof json);
    decode_ok(json);
    pt_signalling answer = {.action = PT_SIG_INDEXED, .id = message.id};
    assert_string_equal(encode(&answer), json);
  }
}

typedef struct fault {
  const char *json;
  const char *field;
} fault;

static void a_field_that_is_wrong_or_absent_is_named(void **state) {
  (void)state;
  static const fault faults[] = {
      {"{}", "action"},
      {"{\"action\":7}", "action"},
      {"{\"action\":null}", "action"},
      {"{\"action\":\"indexed\",\"id\":-1}", "id"},
      {"{\"action\":\"indexed\",\"id\":1.5}", "id"},
      {"{\"action\":\"indexed\",\"id\":9007199254740993}", "id"},
      {"{\"action\":\"indexed\",\"id\":{}}", "id"},
      {"{\"action\":\"indexed\",\"id\":true}", "id"},
      {"{\"action\":\"hello\",\"fingerprint\":\"" HASH_C "\"}", "peer"},
      {"{\"action\":\"hello\",\"peer\":\"" ID_A "\"}", "fingerprint"},
      {"{\"action\":\"hello\",\"peer\":\"" ID_A "\",\"fingerprint\":\"" ID_A "\"}", "fingerprint"},
      {"{\"action\":\"hello\",\"peer\":\"" ID_A "0\"}", "peer"},
      {"{\"action\":\"hello\",\"peer\":\"x101010101010101010101010101010101010101\"}", "peer"},
      {"{\"action\":\"hello\",\"peer\":1}", "peer"},
      {"{\"action\":\"hello\",\"peer\":null}", "peer"},
      {"{\"action\":\"hello\",\"peer\":\"" ID_A "\",\"fingerprint\":\"" HASH_C "\",\"token\":1}",
       "token"},
      {"{\"action\":\"welcome\",\"iceServers\":{}}", "iceServers"},
      {"{\"action\":\"welcome\",\"limits\":[]}", "limits"},
      {"{\"action\":\"welcome\",\"limits\":{\"message\":-1}}", "limits"},
      {"{\"action\":\"welcome\",\"settings\":\"\"}", "settings"},
      {"{\"action\":\"welcome\",\"epoch\":9007199254740993}", "epoch"},
      {"{\"action\":\"welcome\",\"epoch\":1.0}", "epoch"},
      {"{\"action\":\"welcome\",\"seeds\":[{}]}", "seeds"},
      {"{\"action\":\"welcome\",\"servers\":[1]}", "servers"},
      {"{\"action\":\"join\"}", "swarms"},
      {"{\"action\":\"join\",\"swarms\":{}}", "swarms"},
      {"{\"action\":\"join\",\"swarms\":[\"" ID_A "\"]}", "swarms"},
      {"{\"action\":\"join\",\"swarms\":[{\"left\":1}]}", "swarms"},
      {"{\"action\":\"join\",\"swarms\":[{\"h\":\"" ID_A "\",\"left\":-1}]}", "swarms"},
      {"{\"action\":\"join\",\"swarms\":[{\"h\":\"" ID_A "\",\"want\":4294967296}]}", "swarms"},
      {"{\"action\":\"leave\",\"swarms\":[{\"h\":\"" ID_A "\"}]}", "swarms"},
      {"{\"action\":\"peers\",\"peers\":[]}", "h"},
      {"{\"action\":\"peers\",\"h\":\"" ID_A "\"}", "peers"},
      {"{\"action\":\"peers\",\"h\":\"" ID_A "\",\"peers\":[[]]}", "peers"},
      {"{\"action\":\"peers\",\"h\":\"" ID_A "\",\"peers\":[{\"near\":1}]}", "peers"},
      {"{\"action\":\"peers\",\"h\":\"" ID_A "\",\"peers\":[],\"complete\":-1}", "complete"},
      {"{\"action\":\"signal\",\"kind\":\"bye\"}", "to"},
      {"{\"action\":\"signal\",\"to\":\"" ID_A "\"}", "kind"},
      {"{\"action\":\"signal\",\"to\":\"" ID_A "\",\"kind\":\"hello\"}", "kind"},
      {"{\"action\":\"signal\",\"to\":\"" ID_A "\",\"kind\":\"offer\",\"sdp\":\"v\"}", "nonce"},
      {"{\"action\":\"signal\",\"to\":\"" ID_A "\",\"kind\":\"offer\",\"nonce\":\"n\"}", "sdp"},
      {"{\"action\":\"signal\",\"to\":\"" ID_A
       "\",\"kind\":\"answer\",\"nonce\":\"n\",\"sdp\":\"\"}",
       "sdp"},
      {"{\"action\":\"signal\",\"to\":\"" ID_A "\",\"kind\":\"candidate\",\"nonce\":\"n\"}",
       "candidate"},
      {"{\"action\":\"signal\",\"to\":\"" ID_A
       "\",\"kind\":\"candidate\",\"nonce\":\"n\",\"candidate\":\"c\"}",
       "candidate"},
      {"{\"action\":\"undelivered\"}", "to"},
      {"{\"action\":\"stats\",\"from\":[]}", "from"},
      {"{\"action\":\"stats\",\"from\":{\"x\":1}}", "from"},
      {"{\"action\":\"stats\",\"from\":{\"" ID_A "\":-1}}", "from"},
      {"{\"action\":\"stats\",\"wasted\":\"1\"}", "wasted"},
      {"{\"action\":\"report\",\"peer\":\"" ID_A "\"}", "kind"},
      {"{\"action\":\"report\",\"kind\":\"corrupt\"}", "peer"},
      {"{\"action\":\"drain\"}", "afterMs"},
      {"{\"action\":\"error\",\"message\":\"m\"}", "code"}};
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
    const char *field = NULL;
    int error = decode(faults[i].json, &field);
    if (error != PT_ERR_RANGE || field == NULL || strcmp(field, faults[i].field) != 0)
      fail_msg("%d %s: %s", error, field ? field : "-", faults[i].json);
    assert_int_equal(decode(faults[i].json, NULL), PT_ERR_RANGE);
  }
}

static void what_is_no_message_is_refused(void **state) {
  (void)state;
  const char *const wrong[] = {"",
                               "null",
                               "[]",
                               "\"hello\"",
                               "[{\"action\":\"indexed\"}]",
                               "{\"action\":\"indexed\"} x",
                               "{\"action\":\"indexed\"}{}",
                               "{\"action\" \"indexed\"}",
                               "{\"action\":\"\\ud800\"}",
                               "{\"action\":\"indexed\",\"unknown\":\"\xff\"}",
                               "{\"action\":\"signal\",\"candidate\":{\"c\":\"\xff\"}}"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    assert_int_equal(decode(wrong[i], NULL), PT_ERR_SYNTAX);
}

/* `head`, then `count` times `item`, then `tail`; with commas between the items
 * unless they are in a string. */
static const char *repeat(const char *head, const char *item, size_t count, const char *tail) {
  pt_writer w = pt_writer_of(text, sizeof text - 1);
  bool in_string = head[strlen(head) - 1] == '"';
  pt_write_text(&w, head);
  for (size_t i = 0; i < count; i++) {
    if (i > 0 && !in_string) pt_write_u8(&w, ',');
    pt_write_text(&w, item);
  }
  pt_write_text(&w, tail);
  assert_false(w.failed);
  text[w.len] = '\0';
  return text;
}

/* The limit is kept: `count` is taken, one more is not. */
static void assert_limit(const char *head, const char *item, size_t count, const char *tail) {
  int error = decode(repeat(head, item, count, tail), NULL);
  if (error != PT_OK) fail_msg("%zu: error %d in %s", count, error, head);
  assert_int_equal(decode(repeat(head, item, count + 1, tail), NULL), PT_ERR_LIMIT);
}

static void every_limit_is_kept(void **state) {
  (void)state;
  const char *quoted = "\"" ID_A "\"";
  assert_limit("{\"action\":\"leave\",\"swarms\":[", quoted, PT_SIGNAL_SWARMS_MAX, "]}");
  assert_limit("{\"action\":\"join\",\"swarms\":[", "{\"h\":\"" ID_A "\"}", PT_SIGNAL_SWARMS_MAX,
               "]}");
  assert_limit("{\"action\":\"welcome\",\"seeds\":[", quoted, PT_SIGNAL_PEERS_MAX, "]}");
  assert_limit("{\"action\":\"peers\",\"h\":\"" ID_A "\",\"peers\":[", "{\"peer\":\"" ID_A "\"}",
               PT_SIGNAL_PEERS_MAX, "]}");
  assert_limit("{\"action\":\"stats\",\"from\":{", "\"" ID_A "\":1", PT_SIGNAL_PEERS_MAX, "}}");
  assert_limit("{\"action\":\"drain\",\"afterMs\":1,\"servers\":[", "\"u\"", PT_SIGNAL_SERVERS_MAX,
               "]}");
  assert_limit("{\"action\":\"drain\",\"afterMs\":1,\"servers\":[\"", "u", PT_URL_LEN_MAX, "\"]}");
  assert_limit("{\"action\":\"indexed\",\"id\":\"", "i", PT_SIGNAL_ID_LEN_MAX, "\"}");
  assert_limit("{\"action\":\"error\",\"code\":\"", "c", PT_SIGNAL_TEXT_LEN_MAX, "\"}");
  assert_limit("{\"action\":\"hello\",\"peer\":\"" ID_A "\",\"fingerprint\":\"" HASH_C
               "\",\"token\":\"",
               "t", PT_TOKEN_LEN_MAX, "\"}");
  assert_limit("{\"action\":\"undelivered\",\"to\":\"" ID_A "\",\"nonce\":\"", "n",
               PT_NONCE_LEN_MAX, "\"}");
  assert_limit("{\"action\":\"signal\",\"to\":\"" ID_A
               "\",\"kind\":\"offer\",\"nonce\":\"n\",\"sdp\":\"",
               "s", PT_SDP_LEN_MAX, "\"}");
  assert_limit("{\"action\":\"signal\",\"to\":\"" ID_A
               "\",\"kind\":\"candidate\",\"nonce\":\"n\",\"candidate\":{\"c\":\"",
               "c", PT_CANDIDATE_LEN_MAX - 8, "\"}}");
  /* {"action":…,"x":[…]} has five tokens beside the elements. */
  assert_limit("{\"action\":\"indexed\",\"x\":[", "11", PT_SIGNAL_TOKENS_MAX - 5, "]}");
  assert_limit("{\"action\":\"indexed\",\"x\":\"", "x", PT_SIGNAL_BYTES_MAX - 27, "\"}");
}

static void an_arena_that_is_too_small_is_told(void **state) {
  (void)state;
  const char json[] = "{\"action\":\"error\",\"code\":\"a\\nb\"}";
  pt_bytes in = {(const uint8_t *)json, sizeof json - 1};
  assert_int_equal(pt_signalling_decode(in, &message, arena, 2, NULL), PT_ERR_FULL);
  assert_int_equal(pt_signalling_decode(in, &message, arena, 3, NULL), PT_OK);
  assert_text(message.code, "a\nb");
}

static void a_message_of_nothing_but_escapes_fits_its_arena(void **state) {
  (void)state;
  const char *json = repeat("{\"\\u0061ction\":\"\\u0065rror\",\"code\":\"", "\\u0041", 1024,
                            "\",\"id\":\"\\u0069\",\"message\":\"\\ud83c\\udf0a\"}");
  decode_ok(json);
  assert_int_equal(message.code.len, 1024);
  assert_text(message.message, "\xf0\x9f\x8c\x8a");
}

static void messages_that_make_no_sense_are_not_written(void **state) {
  (void)state;
  pt_signalling wrong[] = {{.action = (enum pt_signalling_action)0},
                           {.action = (enum pt_signalling_action)99},
                           {.action = PT_SIG_SIGNAL, .to = {1}}};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    pt_writer w = pt_writer_of(text, sizeof text);
    pt_signalling_encode(&w, &wrong[i]);
    assert_true(w.failed);
  }
}

static void limits_are_written_from_the_number_alone(void **state) {
  (void)state;
  pt_signalling m = {.action = PT_SIG_WELCOME, .message_max = 4096};
  assert_string_equal(encode(&m),
                      "{\"action\":\"welcome\",\"epoch\":0,\"limits\":{\"message\":4096},"
                      "\"seeds\":[],\"servers\":[]}");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_action_is_read_and_written_the_same),
      cmocka_unit_test(fields_come_out_where_they_belong),
      cmocka_unit_test(every_cut_of_a_message_is_refused),
      cmocka_unit_test(a_full_buffer_is_told),
      cmocka_unit_test(additions_of_later_versions_are_ignored),
      cmocka_unit_test(a_request_id_is_repeated_as_it_came),
      cmocka_unit_test(a_field_that_is_wrong_or_absent_is_named),
      cmocka_unit_test(what_is_no_message_is_refused),
      cmocka_unit_test(every_limit_is_kept),
      cmocka_unit_test(an_arena_that_is_too_small_is_told),
      cmocka_unit_test(a_message_of_nothing_but_escapes_fits_its_arena),
      cmocka_unit_test(messages_that_make_no_sense_are_not_written),
      cmocka_unit_test(limits_are_written_from_the_number_alone),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
