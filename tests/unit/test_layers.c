/* The hashes of pieces: without them nothing can be delivered, with wrong ones
 * nothing right. */
#include "swarm_fixture.h"

#define PIECE (2u * PT_BLOCK_SIZE)

static fixture *fresh(uint32_t pieces) {
  uint64_t length = (uint64_t)pieces * PIECE - 100;
  return fx_new(PIECE, &length, 1);
}

/* The answer to a hash request, as a peer that has the file makes it. */
static void answer(fixture *fx, uint32_t i, const pt_wire_message *request, bool wrong) {
  fixture *other = fresh(fx->s->piece_count);
  fx_know_hashes(other);
  fx_meet(other, i);
  fx_handshake(other, i, true);
  fx_hear(other, i, request);
  pt_wire_message m;
  assert_true(fx_find(other, i, PT_WIRE_HASHES, &m));
  uint8_t *bytes = malloc(m.data.len);
  memcpy(bytes, m.data.data, m.data.len);
  if (wrong) bytes[70] ^= 1;
  m.data.data = bytes;
  fx_hear(fx, i, &m);
  free(bytes);
  fx_del(other);
}

static bool knows_all(const fixture *fx) {
  const pt_file *f = &fx->s->files[0];
  return f->chunks_known == f->chunk_count &&
         memcmp(f->layer, fx->layers[0], f->piece_count * sizeof(pt_hash)) == 0;
}

static void hashes_come_from_a_peer_the_origin_is_not_asked(void **state) {
  (void)state;
  const uint32_t counts[] = {2, 3, 7, 64, 511, 512, 513, 1025};
  for (size_t n = 0; n < sizeof counts / sizeof *counts; n++) {
    fixture *fx = fresh(counts[n]);
    fx_seed(fx, 0);
    fx_ask(fx, 0, 0, false);
    pt_wire_message m;
    while (fx_find(fx, 0, PT_WIRE_HASH_REQUEST, &m)) answer(fx, 0, &m, false);
    assert_true(knows_all(fx));
    assert_int_equal(fx->s->layers_fetch, 0);
    assert_int_equal(fx->cx->stats.peers_banned, 0);
    fx_plan(fx); /* a download has waited for them */
    fx_answer(fx, 0, 2);
    assert_int_equal(fx->s->have_count, 1);
    fx_del(fx);
  }
}

static void a_seek_asks_for_the_hashes_it_needs(void **state) {
  (void)state;
  fixture *fx = fresh(512 * 12);
  fx_seed(fx, 0);
  fx_ask(fx, 0, (uint64_t)512 * 10 * PIECE, false);
  pt_wire_message m;
  assert_true(fx_find(fx, 0, PT_WIRE_HASH_REQUEST, &m));
  assert_int_equal(m.index, 512 * 10);
  fx_del(fx);
}

static void wrong_hashes_get_their_sender_banned(void **state) {
  (void)state;
  fixture *fx = fresh(7);
  pt_peer *p = fx_seed(fx, 0);
  fx_ask(fx, 0, 0, false);
  pt_wire_message m;
  assert_true(fx_find(fx, 0, PT_WIRE_HASH_REQUEST, &m));
  answer(fx, 0, &m, true);
  assert_true(p->remote->condemned);
  assert_true(pt_context_banned(fx->cx, p->remote->id));
  assert_int_equal(fx->s->files[0].chunks_known, 0);
  fx_part(fx, 0);
  fx_del(fx);
}

static void who_rejects_is_not_asked_again_at_once_but_others_are(void **state) {
  (void)state;
  fixture *fx = fresh(7);
  for (uint32_t i = 0; i < 3; i++) fx_seed(fx, i);
  fx_ask(fx, 0, 0, false);
  uint32_t asked[3] = {0}, rounds = 0;
  for (bool more = true; more && rounds < 50; rounds++) {
    more = false;
    for (uint32_t i = 0; i < 3; i++) {
      pt_wire_message m;
      while (fx_find(fx, i, PT_WIRE_HASH_REQUEST, &m)) {
        more = true;
        asked[i]++;
        m.kind = PT_WIRE_HASH_REJECT;
        fx_hear(fx, i, &m);
      }
    }
    fx_plan(fx);
  }
  assert_true(rounds < 50);
  for (uint32_t i = 0; i < 3; i++) assert_int_equal(asked[i], 1);
  assert_true(fx->s->layers_fetch != 0); /* then the origin */
  fx_del(fx);
}

static void silent_peers_are_asked_in_turn(void **state) {
  (void)state;
  fixture *fx = fresh(7);
  for (uint32_t i = 0; i < 3; i++) fx_seed(fx, i);
  fx_ask(fx, 0, 0, false);
  for (int i = 0; i < 12; i++) fx_pass(fx, 1001 * PT_MS_US);
  for (uint32_t i = 0; i < 3; i++) assert_true(fx_count(fx, i, PT_WIRE_HASH_REQUEST) > 0);
  fx_del(fx);
}

static void the_site_tells_them_when_nobody_else_does(void **state) {
  (void)state;
  fixture *fx = fresh(700);
  fx->s->counted = true;
  fx_ask(fx, 0, 0, false);
  uint32_t id = fx->s->layers_fetch;
  assert_true(id != 0);
  for (size_t at = 0; at < fx->document_len; at += 1000) {
    size_t left = fx->document_len - at;
    assert_true(
        pt_origin_data(fx->s, id, (pt_bytes){fx->document + at, left < 1000 ? left : 1000}));
  }
  assert_true(pt_origin_end(fx->s, id, PT_OK, 200));
  assert_true(knows_all(fx));
  fx_del(fx);
}

static void what_fits_another_index_is_not_believed(void **state) {
  (void)state;
  fixture *fx = fresh(7), *other = fresh(8);
  fx->s->counted = true;
  pt_stream *st = fx_ask(fx, 0, 0, false);
  uint32_t id = fx->s->layers_fetch;
  pt_origin_data(fx->s, id, (pt_bytes){other->document, other->document_len});
  pt_origin_end(fx->s, id, PT_OK, 200);
  fx_serve_all(fx);
  assert_int_equal(fx->s->files[0].chunks_known, 0);
  assert_true(fx->s->layers_useless);
  assert_int_equal(st->result, PT_ERR_STALE); /* rather than to wait for ever */
  fx_del(other);
  fx_del(fx);
}

static void a_site_without_layers_does_not_stop_other_fetches(void **state) {
  (void)state;
  fixture *fx = fresh(7);
  fx_seed(fx, 0);
  pt_stream *st = fx_ask(fx, 0, 0, false);
  fx_pass(fx, 1001 * PT_MS_US);
  assert_true(fx->s->layers_fetch != 0);
  pt_origin_end(fx->s, fx->s->layers_fetch, PT_ERR_UNREACHABLE, 404);
  fx_plan(fx);
  assert_int_equal(fx->cx->origin_failures, 0);
  assert_int_equal(fx->s->layers_fetch, 0);
  assert_int_equal(st->result, PT_OK); /* the peer may still answer */
  pt_wire_message m;
  assert_true(fx_find(fx, 0, PT_WIRE_HASH_REQUEST, &m));
  answer(fx, 0, &m, false);
  assert_true(knows_all(fx));
  fx_del(fx);
}

static void without_any_hashes_the_page_goes_itself(void **state) {
  (void)state;
  fixture *fx = fresh(7);
  fx_seed(fx, 0);
  pt_stream *st = fx_ask(fx, 0, 0, false);
  for (int i = 0; i < 60 && st->result == PT_OK; i++) {
    fx_pass(fx, PT_SECOND_US);
    if (fx->s->layers_fetch) pt_origin_end(fx->s, fx->s->layers_fetch, PT_ERR_UNREACHABLE, 404);
    fx_answer(fx, 0, 100);
    fx_serve_all(fx);
  }
  assert_int_equal(st->result, PT_ERR_STALE);
  fx_del(fx);
}

static void a_site_that_stalls_is_given_up(void **state) {
  (void)state;
  fixture *fx = fresh(7);
  fx->s->counted = true;
  fx_ask(fx, 0, 0, false);
  uint32_t id = fx->s->layers_fetch;
  fx_pass(fx, 5 * PT_SECOND_US);
  pt_origin_data(fx->s, id, (pt_bytes){fx->document, 10});
  fx_pass(fx, 5 * PT_SECOND_US);
  assert_int_equal(fx->s->layers_fetch, id);
  assert_true(pt_swarm_deadline(fx->s) <= fx->cx->now_us + 3 * PT_SECOND_US);
  fx_pass(fx, 4 * PT_SECOND_US);
  assert_int_not_equal(fx->s->layers_fetch, id);
  fx_del(fx);
}

static void more_layers_than_there_are_pieces_are_dropped(void **state) {
  (void)state;
  fixture *fx = fresh(7);
  fx->s->counted = true;
  fx_ask(fx, 0, 0, false);
  pt_bytes part = {unit_bytes(1 << 20, 1), 1 << 20};
  uint32_t id = fx->s->layers_fetch;
  for (uint32_t i = 0; i < 3; i++) pt_origin_data(fx->s, id, part);
  assert_true(fx->s->layers_useless);
  assert_int_equal(fx->s->document_len, 0);
  unit_drop(part);
  fx_del(fx);
}

/* The same picture under two names: one answer must do for both. */
static void twins_learn_from_one_answer(void **state) {
  (void)state;
  const uint64_t lengths[] = {5 * PIECE, 5 * PIECE};
  fixture *fx = fx_new_with(PIECE, lengths, 2, true);
  fx_seed(fx, 0);
  fx_ask(fx, 1, 0, false);
  pt_wire_message m;
  assert_true(fx_find(fx, 0, PT_WIRE_HASH_REQUEST, &m));
  fixture *other = fx_new_with(PIECE, lengths, 2, true);
  fx_know_hashes(other);
  fx_seed(other, 0);
  fx_hear(other, 0, &m);
  assert_true(fx_find(other, 0, PT_WIRE_HASHES, &m));
  fx_hear(fx, 0, &m);
  for (uint32_t f = 0; f < 2; f++)
    assert_int_equal(fx->s->files[f].chunks_known, fx->s->files[f].chunk_count);
  fx_del(other);
  fx_del(fx);
}

static void requests_that_make_no_sense_are_rejected(void **state) {
  (void)state;
  fixture *fx = fresh(700);
  fx_know_hashes(fx);
  fx_meet(fx, 0);
  fx_handshake(fx, 0, true);
  const uint8_t *root = fx->s->files[0].root, none[PT_HASH_SIZE] = {0};
  const pt_wire_message wild[] = {
      {.root = none, .base_layer = 1, .length = 512},
      {.root = root, .base_layer = 0, .length = 512},
      {.root = root, .base_layer = 99, .length = 1},
      {.root = root, .base_layer = 1, .length = 0},
      {.root = root, .base_layer = 1, .length = 3},
      {.root = root, .base_layer = 1, .length = 1024},
      {.root = root, .base_layer = 1, .index = 256, .length = 512},
      {.root = root, .base_layer = 1, .index = 1024, .length = 512},
      {.root = root, .base_layer = 1, .index = UINT32_MAX - 511, .length = 512},
      {.root = root, .base_layer = 1, .length = 512, .proof_layers = UINT32_MAX},
  };
  for (size_t i = 0; i < sizeof wild / sizeof *wild; i++) {
    pt_wire_message m = wild[i];
    m.kind = PT_WIRE_HASH_REQUEST;
    fx_hear(fx, 0, &m);
    assert_true(fx_find(fx, 0, PT_WIRE_HASH_REJECT, &m));
  }
  assert_false(fx->peers[0]->broken);
  fx_del(fx);
}

static pt_wire_message leaves_of(const fixture *fx, uint32_t piece) {
  return (pt_wire_message){
      .kind = PT_WIRE_HASH_REQUEST, .root = fx->s->files[0].root, .index = piece * 2, .length = 2};
}

static void leaves_are_told_of_pieces_that_are_here(void **state) {
  (void)state;
  fixture *fx = fresh(7);
  fx_meet(fx, 0);
  fx_handshake(fx, 0, true);
  pt_wire_message ask = leaves_of(fx, 6), m;
  fx_hear(fx, 0, &ask);
  assert_true(fx_find(fx, 0, PT_WIRE_HASH_REJECT, &m)); /* it is not */
  fx_know_hashes(fx);
  fx_have(fx, 6);
  fx_hear(fx, 0, &ask);
  assert_true(fx_find(fx, 0, PT_WIRE_HASHES, &m));
  pt_hash leaves[2];
  pt_merkle_leaves(fx_block(fx, 6, 0).data, pt_swarm_piece_size(fx->s, 6), leaves);
  assert_int_equal(m.data.len, sizeof leaves);
  assert_memory_equal(m.data.data, leaves, sizeof leaves);
  /* Not of half a piece, two pieces, a piece that does not exist. */
  const pt_wire_message wild[] = {
      {.index = 12, .length = 1}, {.index = 12, .length = 4}, {.index = 14, .length = 2}};
  for (size_t i = 0; i < sizeof wild / sizeof *wild; i++) {
    ask.index = wild[i].index;
    ask.length = wild[i].length;
    fx_hear(fx, 0, &ask);
    assert_true(fx_find(fx, 0, PT_WIRE_HASH_REJECT, &m));
  }
  fx_del(fx);
}

static void leaves_of_a_file_of_one_piece_lead_to_its_root(void **state) {
  (void)state;
  const uint64_t length = 5 * PT_BLOCK_SIZE + 1;
  fixture *fx = fx_new(8 * PT_BLOCK_SIZE, &length, 1);
  fixture *other = fx_new(8 * PT_BLOCK_SIZE, &length, 1);
  fx_have(other, 0);
  fx_stranger(fx, 0);
  fx_ask(fx, 0, 0, false);
  fx_seed(other, 0);
  pt_wire_message m;
  assert_true(fx_find(fx, 0, PT_WIRE_HASH_REQUEST, &m));
  fx_hear(other, 0, &m);
  assert_true(fx_find(other, 0, PT_WIRE_HASHES, &m));
  fx_hear(fx, 0, &m);
  assert_true(fx->s->pieces[0].assembly->leaves);
  fx_answer(fx, 0, 6);
  assert_int_equal(fx->s->have_count, 1);
  fx_del(other);
  fx_del(fx);
}

static void wrong_leaves_get_their_sender_banned(void **state) {
  (void)state;
  fixture *fx = fresh(7);
  fx_know_hashes(fx);
  pt_peer *p = fx_stranger(fx, 0);
  fx_ask(fx, 0, 0, false);
  assert_true(fx_tell_leaves(fx, 0, true));
  assert_true(p->remote->condemned && pt_context_banned(fx->cx, p->remote->id));
  fx_part(fx, 0);
  fx_del(fx);
}

/* Leaves cost far more hashing than layers do. */
static void leaves_for_one_peer_are_bounded(void **state) {
  (void)state;
  fixture *fx = fresh(7);
  fx_know_hashes(fx);
  fx_have(fx, 0);
  fx_meet(fx, 0);
  fx_handshake(fx, 0, true);
  pt_wire_message ask = leaves_of(fx, 0), m;
  for (int i = 0; i < 1000; i++) fx_hear(fx, 0, &ask);
  uint32_t answers = 0, rejects = 0;
  while (fx_next(fx, 0, &m)) {
    answers += m.kind == PT_WIRE_HASHES;
    rejects += m.kind == PT_WIRE_HASH_REJECT;
  }
  assert_true(answers > 0 && answers * PIECE <= 4u << 20);
  assert_int_equal(answers + rejects, 1000);
  fx_del(fx);
}

/* Small messages must not buy a lot of hashing. */
static void hashing_for_one_peer_is_bounded(void **state) {
  (void)state;
  fixture *fx = fresh(5000);
  fx_know_hashes(fx);
  fx_meet(fx, 0);
  fx_handshake(fx, 0, true);
  pt_wire_message ask = {.kind = PT_WIRE_HASH_REQUEST,
                         .root = fx->s->files[0].root,
                         .base_layer = 1,
                         .length = 1,
                         .proof_layers = 12};
  for (int i = 0; i < 2000; i++) fx_hear(fx, 0, &ask);
  assert_false(fx->peers[0]->broken);
  uint32_t answers = 0, rejects = 0;
  pt_wire_message m;
  while (fx_next(fx, 0, &m)) {
    answers += m.kind == PT_WIRE_HASHES;
    rejects += m.kind == PT_WIRE_HASH_REJECT;
  }
  assert_true(answers > 0 && answers * 5000 <= 128 << 10);
  assert_int_equal(answers + rejects, 2000);
  fx->cx->now_us += PT_SECOND_US;
  fx_hear(fx, 0, &ask);
  assert_true(fx_find(fx, 0, PT_WIRE_HASHES, &m)); /* a second later again */
  fx_del(fx);
}

static uint32_t hashes_told(fixture *fx, uint32_t i, const pt_wire_message *ask, uint32_t times) {
  pt_wire_message m;
  uint32_t answers = 0;
  for (uint32_t n = 0; n < times; n++) {
    fx_hear(fx, i, ask);
    while (fx_next(fx, i, &m)) answers += m.kind == PT_WIRE_HASHES;
    pt_peer_drained(fx->peers[i]);
    fx->cx->now_us += 10 * PT_MS_US;
  }
  return answers;
}

/* To whoever pays for the line hashes are an upload like any other. */
static void hashes_keep_to_consent_quota_and_rate(void **state) {
  (void)state;
  fixture *fx = fresh(512);
  fx_know_hashes(fx);
  fx_meet(fx, 0);
  fx_handshake(fx, 0, true);
  const uint32_t bytes = 512 * PT_HASH_SIZE;
  pt_wire_message ask = {.kind = PT_WIRE_HASH_REQUEST,
                         .root = fx->s->files[0].root,
                         .base_layer = fx->s->piece_height,
                         .length = 512};
  fx->cx->consent = PT_CONSENT_DOWNLOAD_ONLY;
  assert_int_equal(hashes_told(fx, 0, &ask, 3), 0);
  fx->cx->consent = PT_CONSENT_GRANTED;
  fx->cx->upload_quota = 2 * bytes;
  assert_int_equal(hashes_told(fx, 0, &ask, 5), 2);
  assert_int_equal(fx->cx->upload_quota, 0);
  fx->cx->upload_quota = UINT64_MAX;
  pt_context_limit_upload(fx->cx, bytes);
  fx->cx->now_us += PT_SECOND_US / 2;
  /* One is told although there is not enough for it, and is then paid for. */
  assert_int_equal(hashes_told(fx, 0, &ask, 50), 1);
  fx->cx->now_us += 20 * PT_SECOND_US;
  uint32_t told = hashes_told(fx, 0, &ask, 1000); /* ten seconds */
  assert_in_range(told, 10, 10 + PT_UPLOAD_LENGTH_MAX / bytes + 1);
  fx_del(fx);
}

/* What one peer gets does not depend on how many channels it opens. */
static void hashing_is_bounded_for_all_channels_of_a_peer(void **state) {
  (void)state;
  fixture *fx = fresh(5000);
  fx_know_hashes(fx);
  pt_wire_message ask = {.kind = PT_WIRE_HASH_REQUEST,
                         .root = fx->s->files[0].root,
                         .base_layer = fx->s->piece_height,
                         .length = 1};
  uint32_t answers = 0;
  for (uint32_t i = 0; i < 2; i++) {
    fx_meet(fx, i);
    fx_handshake(fx, i, true);
  }
  pt_remote *own = fx->peers[1]->remote;
  fx->peers[1]->remote = fx->peers[0]->remote;
  pt_wire_message m;
  for (uint32_t n = 0; n < 100; n++)
    for (uint32_t i = 0; i < 2; i++) {
      fx_hear(fx, i, &ask);
      while (fx_next(fx, i, &m)) answers += m.kind == PT_WIRE_HASHES;
    }
  assert_true(answers > 0 && answers * 5000 <= 128 << 10);
  fx->peers[1]->remote = own;
  fx_del(fx);
}

static void long_answers_do_not_break_who_asks(void **state) {
  (void)state;
  fixture *fx = fresh(512 * 10);
  fx_know_hashes(fx);
  fx_meet(fx, 0);
  fx_handshake(fx, 0, true);
  for (uint32_t i = 0; i < 25; i++) {
    pt_wire_message ask = {.kind = PT_WIRE_HASH_REQUEST,
                           .root = fx->s->files[0].root,
                           .base_layer = 1,
                           .index = i % 10 * 512,
                           .length = 512,
                           .proof_layers = 12};
    fx_hear(fx, 0, &ask);
  }
  assert_false(fx->peers[0]->broken);
  fx_del(fx);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(hashes_come_from_a_peer_the_origin_is_not_asked),
      cmocka_unit_test(a_seek_asks_for_the_hashes_it_needs),
      cmocka_unit_test(wrong_hashes_get_their_sender_banned),
      cmocka_unit_test(who_rejects_is_not_asked_again_at_once_but_others_are),
      cmocka_unit_test(silent_peers_are_asked_in_turn),
      cmocka_unit_test(the_site_tells_them_when_nobody_else_does),
      cmocka_unit_test(what_fits_another_index_is_not_believed),
      cmocka_unit_test(a_site_without_layers_does_not_stop_other_fetches),
      cmocka_unit_test(without_any_hashes_the_page_goes_itself),
      cmocka_unit_test(a_site_that_stalls_is_given_up),
      cmocka_unit_test(more_layers_than_there_are_pieces_are_dropped),
      cmocka_unit_test(twins_learn_from_one_answer),
      cmocka_unit_test(requests_that_make_no_sense_are_rejected),
      cmocka_unit_test(leaves_are_told_of_pieces_that_are_here),
      cmocka_unit_test(leaves_of_a_file_of_one_piece_lead_to_its_root),
      cmocka_unit_test(wrong_leaves_get_their_sender_banned),
      cmocka_unit_test(leaves_for_one_peer_are_bounded),
      cmocka_unit_test(hashing_for_one_peer_is_bounded),
      cmocka_unit_test(hashes_keep_to_consent_quota_and_rate),
      cmocka_unit_test(hashing_is_bounded_for_all_channels_of_a_peer),
      cmocka_unit_test(long_answers_do_not_break_who_asks),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
