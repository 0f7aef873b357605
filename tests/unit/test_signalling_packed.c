/* What a node hears and says, packed: a field out of its place, and a visitor
 * calls the wrong one, or believes bytes that were never sent. */
#include "format/signalling_packed.h"
#include "unit.h"

static pt_signalling message;

static pt_signalling *compose(enum pt_signalling_action action) {
  memset(&message, 0, sizeof message);
  message.action = action;
  return &message;
}

static pt_bytes bytes_of(const char *text) {
  return (pt_bytes){(const uint8_t *)text, strlen(text)};
}

/* The message packed, in memory of its own length. */
static pt_bytes pack(const pt_signalling *m) {
  static uint8_t packed[PT_SIGNAL_BYTES_MAX];
  pt_writer w = pt_writer_of(packed, sizeof packed);
  pt_signalling_pack(&w, m);
  assert_false(w.failed);
  return unit_copy(packed, w.len);
}

static bool packs(const pt_signalling *m) {
  static uint8_t packed[PT_SIGNAL_BYTES_MAX];
  pt_writer w = pt_writer_of(packed, sizeof packed);
  pt_signalling_pack(&w, m);
  return !w.failed;
}

static void fill_ids(pt_signalling *m) {
  unit_fill(m->peer, PT_ID_SIZE, 1);
  unit_fill(m->fingerprint, PT_HASH_SIZE, 2);
  unit_fill(m->swarm, PT_ID_SIZE, 3);
  unit_fill(m->to, PT_ID_SIZE, 4);
  unit_fill(m->from, PT_ID_SIZE, 5);
  unit_fill(m->legacy, PT_ID_SIZE, 6);
}

/* One of every action, with all that is packed of it. */
static pt_signalling *sample(enum pt_signalling_action action) {
  static char longest[PT_SDP_LEN_MAX];
  pt_signalling *m = compose(action);
  fill_ids(m);
  m->anywhere = 1;
  m->resume = bytes_of("ticket");
  m->swarm_count = PT_SIGNAL_SWARMS_MAX;
  m->peer_count = PT_SIGNAL_PEERS_MAX;
  m->edge_count = PT_SIGNAL_PEERS_MAX;
  for (uint32_t i = 0; i < PT_SIGNAL_PEERS_MAX; i++) {
    m->swarms[i].left = (1ull << 53) - i;
    m->swarms[i].want = i;
    unit_fill(m->swarms[i].key, PT_ID_SIZE, i);
    unit_fill(m->peers[i].peer, PT_ID_SIZE, i);
    unit_fill(m->peers[i].legacy, PT_ID_SIZE, i + 1);
    m->peers[i].near = UINT32_MAX - i;
    unit_fill(m->edges[i].peer, PT_ID_SIZE, i);
    m->edges[i].bytes = (1ull << 53) - i;
  }
  m->complete = 7;
  m->incomplete = UINT32_MAX;
  m->interval = 9;
  m->kind = PT_SIGNAL_ANSWER;
  m->nonce = bytes_of("0123456789012345678901234567890123456789");
  memset(longest, 'v', sizeof longest);
  m->sdp = (pt_bytes){(const uint8_t *)longest, sizeof longest};
  m->candidate = (pt_bytes){(const uint8_t *)longest, PT_CANDIDATE_LEN_MAX};
  m->origin_bytes = 1ull << 53;
  m->peer_bytes_in = 2;
  m->peer_bytes_out = 3;
  m->wasted = 4;
  m->report_kind = bytes_of("corrupt");
  m->piece = 77;
  m->after_ms = 1ull << 53;
  m->code = bytes_of("bad-token");
  m->message = bytes_of("it is no good");
  return m;
}

static void every_action_comes_back_as_it_went(void **state) {
  (void)state;
  static pt_signalling back;
  size_t lengths[PT_SIG_UNKNOWN + 1] = {
      [PT_SIG_HELLO] = 4 + 20 + 32 + 4 + 4 + 6,
      [PT_SIG_WELCOME] = 4 + 4 + 6,
      [PT_SIG_JOIN] = 4 + 4 + 64 * 32,
      [PT_SIG_LEAVE] = 4 + 4 + 64 * 32,
      [PT_SIG_PEERS] = 4 + 20 + 12 + 4 + 64 * 44,
      [PT_SIG_SIGNAL] = 4 + 60 + 4 + 4 + 40 + 4 + PT_SDP_LEN_MAX + 4 + PT_CANDIDATE_LEN_MAX,
      [PT_SIG_UNDELIVERED] = 4 + 20,
      [PT_SIG_STATS] = 4 + 32 + 4 + 64 * 32,
      [PT_SIG_REPORT] = 4 + 40 + 4 + 4 + 7,
      [PT_SIG_INDEXED] = 4,
      [PT_SIG_DRAIN] = 4 + 8,
      [PT_SIG_ERROR] = 4 + 4 + 9 + 4 + 13,
      [PT_SIG_UNKNOWN] = 4,
  };
  for (enum pt_signalling_action action = PT_SIG_HELLO; action <= PT_SIG_UNKNOWN; action++) {
    pt_bytes packed = pack(sample(action));
    assert_int_equal(packed.len, lengths[action]);
    assert_int_equal(packed.data[0], action);
    assert_int_equal(pt_signalling_unpack(packed, &back), PT_OK);
    pt_bytes again = pack(&back);
    assert_int_equal(again.len, packed.len);
    assert_memory_equal(again.data, packed.data, packed.len);
    unit_drop(again);
    unit_drop(packed);
  }
}

static void fields_come_out_where_they_belong(void **state) {
  (void)state;
  static pt_signalling back;
  pt_bytes packed = pack(sample(PT_SIG_PEERS));
  assert_int_equal(pt_signalling_unpack(packed, &back), PT_OK);
  assert_memory_equal(back.swarm, message.swarm, PT_ID_SIZE);
  assert_int_equal(back.complete, 7);
  assert_true(back.incomplete == UINT32_MAX);
  assert_int_equal(back.interval, 9);
  assert_int_equal(back.peer_count, PT_SIGNAL_PEERS_MAX);
  for (uint32_t i = 0; i < PT_SIGNAL_PEERS_MAX; i++) {
    assert_memory_equal(back.peers[i].peer, message.peers[i].peer, PT_ID_SIZE);
    assert_memory_equal(back.peers[i].legacy, message.peers[i].legacy, PT_ID_SIZE);
    assert_true(back.peers[i].near == UINT32_MAX - i);
  }
  unit_drop(packed);
  packed = pack(sample(PT_SIG_SIGNAL));
  assert_int_equal(pt_signalling_unpack(packed, &back), PT_OK);
  assert_memory_equal(back.to, message.to, PT_ID_SIZE);
  assert_memory_equal(back.from, message.from, PT_ID_SIZE);
  assert_memory_equal(back.legacy, message.legacy, PT_ID_SIZE);
  assert_int_equal(back.kind, PT_SIGNAL_ANSWER);
  assert_int_equal(back.nonce.len, PT_NONCE_LEN_MAX);
  assert_int_equal(back.sdp.len, PT_SDP_LEN_MAX);
  assert_int_equal(back.candidate.len, PT_CANDIDATE_LEN_MAX);
  unit_drop(packed);
}

static void every_cut_and_everything_behind_the_end_is_refused(void **state) {
  (void)state;
  static pt_signalling back;
  for (enum pt_signalling_action action = PT_SIG_HELLO; action <= PT_SIG_UNKNOWN; action++) {
    pt_bytes packed = pack(sample(action));
    for (size_t len = 0; len < packed.len; len += 1 + len / 512) {
      pt_bytes cut = unit_copy(packed.data, len);
      assert_int_equal(pt_signalling_unpack(cut, &back), PT_ERR_SYNTAX);
      unit_drop(cut);
    }
    uint8_t *longer = calloc(1, packed.len + 1);
    memcpy(longer, packed.data, packed.len);
    assert_int_equal(pt_signalling_unpack((pt_bytes){longer, packed.len + 1}, &back),
                     PT_ERR_SYNTAX);
    free(longer);
    unit_drop(packed);
  }
}

static int unpack_words(const uint32_t *words, size_t count) {
  static pt_signalling back;
  return pt_signalling_unpack((pt_bytes){(const uint8_t *)words, count * sizeof *words}, &back);
}

static void no_action_but_these_is_known(void **state) {
  (void)state;
  static const uint32_t actions[] = {0, PT_SIG_UNKNOWN + 1, 256, UINT32_MAX};
  for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
    assert_int_equal(unpack_words(&actions[i], 1), PT_ERR_RANGE);
  assert_false(packs(compose((enum pt_signalling_action)0)));
  assert_false(packs(compose((enum pt_signalling_action)(PT_SIG_UNKNOWN + 1))));
}

static void texts_and_lists_have_their_bounds(void **state) {
  (void)state;
  static char text[PT_SDP_LEN_MAX + 1];
  static pt_signalling back;
  struct {
    enum pt_signalling_action action;
    pt_bytes *text;
    size_t len_max;
  } texts[] = {
      {PT_SIG_HELLO, &message.resume, PT_SIGNAL_TEXT_LEN_MAX},
      {PT_SIG_WELCOME, &message.resume, PT_SIGNAL_TEXT_LEN_MAX},
      {PT_SIG_SIGNAL, &message.nonce, PT_NONCE_LEN_MAX},
      {PT_SIG_SIGNAL, &message.sdp, PT_SDP_LEN_MAX},
      {PT_SIG_SIGNAL, &message.candidate, PT_CANDIDATE_LEN_MAX},
      {PT_SIG_REPORT, &message.report_kind, PT_SIGNAL_TEXT_LEN_MAX},
      {PT_SIG_ERROR, &message.code, PT_SIGNAL_TEXT_LEN_MAX},
      {PT_SIG_ERROR, &message.message, PT_SIGNAL_TEXT_LEN_MAX},
  };
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    sample(texts[i].action);
    *texts[i].text = (pt_bytes){(const uint8_t *)text, texts[i].len_max};
    assert_true(packs(&message));
    texts[i].text->len++;
    assert_false(packs(&message));
  }
  sample(PT_SIG_PEERS)->peer_count++;
  assert_false(packs(&message));
  sample(PT_SIG_JOIN)->swarm_count++;
  assert_false(packs(&message));
  sample(PT_SIG_STATS)->edge_count++;
  assert_false(packs(&message));
  static uint32_t many[20 + 65 * 11] = {PT_SIG_PEERS, 0, 0, 0, 0, 0, 0, 0, 0, 65};
  assert_int_equal(unpack_words(many, 10 + 65 * 11 - 1), PT_ERR_LIMIT);
  const uint32_t huge[] = {PT_SIG_WELCOME, UINT32_MAX};
  assert_int_equal(unpack_words(huge, 2), PT_ERR_LIMIT);
  static uint8_t too_much[PT_SIGNAL_BYTES_MAX + 1];
  assert_int_equal(pt_signalling_unpack((pt_bytes){too_much, sizeof too_much}, &back),
                   PT_ERR_LIMIT);
}

static void assert_refused(void) {
  static pt_signalling back;
  pt_bytes packed = pack(&message);
  assert_int_equal(pt_signalling_unpack(packed, &back), PT_ERR_RANGE);
  unit_drop(packed);
}

static void numbers_that_json_could_not_say_are_refused(void **state) {
  (void)state;
  sample(PT_SIG_DRAIN)->after_ms++;
  assert_refused();
  sample(PT_SIG_JOIN)->swarms[63].left = UINT64_MAX;
  assert_refused();
  sample(PT_SIG_STATS)->edges[63].bytes = UINT64_MAX;
  assert_refused();
  sample(PT_SIG_STATS)->origin_bytes++;
  assert_refused();
  sample(PT_SIG_STATS)->wasted = UINT64_MAX;
  assert_refused();
}

static void a_signal_needs_what_its_kind_needs(void **state) {
  (void)state;
  sample(PT_SIG_SIGNAL)->kind = (enum pt_signal)0;
  assert_refused();
  sample(PT_SIG_SIGNAL)->kind = (enum pt_signal)(PT_SIGNAL_BYE + 1);
  assert_refused();
  memset(sample(PT_SIG_SIGNAL)->to, 0, 2 * PT_ID_SIZE); /* and from */
  assert_refused();
  for (enum pt_signal kind = PT_SIGNAL_OFFER; kind <= PT_SIGNAL_CANDIDATE; kind++) {
    sample(PT_SIG_SIGNAL)->kind = kind;
    message.nonce.len = 0;
    assert_refused();
    sample(PT_SIG_SIGNAL)->kind = kind;
    if (kind == PT_SIGNAL_CANDIDATE)
      message.candidate.len = 0;
    else
      message.sdp.len = 0;
    assert_refused();
  }
  sample(PT_SIG_SIGNAL)->kind = PT_SIGNAL_BYE;
  message.nonce.len = message.sdp.len = message.candidate.len = 0;
  static pt_signalling back;
  pt_bytes packed = pack(&message);
  assert_int_equal(pt_signalling_unpack(packed, &back), PT_OK);
  unit_drop(packed);
}

static void a_message_that_does_not_fit_is_not_half_written(void **state) {
  (void)state;
  uint8_t room[100];
  sample(PT_SIG_HELLO);
  for (size_t cap = 0; cap < sizeof room; cap++) {
    pt_writer w = pt_writer_of(room, cap);
    pt_signalling_pack(&w, &message);
    assert_int_equal(w.failed, cap < 70);
    assert_int_equal(w.len, cap < 70 ? 0 : 70);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_action_comes_back_as_it_went),
      cmocka_unit_test(fields_come_out_where_they_belong),
      cmocka_unit_test(every_cut_and_everything_behind_the_end_is_refused),
      cmocka_unit_test(no_action_but_these_is_known),
      cmocka_unit_test(texts_and_lists_have_their_bounds),
      cmocka_unit_test(numbers_that_json_could_not_say_are_refused),
      cmocka_unit_test(a_signal_needs_what_its_kind_needs),
      cmocka_unit_test(a_message_that_does_not_fit_is_not_half_written),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
