/* Verified pieces on disk: a visitor who comes back must have what it had, and
 * whatever the disk does, nobody may get a wrong byte or wait for ever. */
#include "swarm_fixture.h"

#define PIECE (2u * PT_BLOCK_SIZE)

/* The host's disk has these pieces from an earlier run. */
static void stored(fixture *fx, const uint32_t *numbers, uint32_t count) {
  uint8_t *bytes = malloc(count * 4u + 1);
  for (uint32_t i = 0; i < count * 4u; i++) bytes[i] = (uint8_t)(numbers[i / 4] >> (i % 4 * 8));
  pt_disk_stored(fx->s, (pt_bytes){bytes, count * 4u});
  free(bytes);
}

static void stored_all(fixture *fx) {
  for (uint32_t i = 0; i < fx->s->piece_count; i++) stored(fx, &i, 1);
}

static void with_layers(fixture *fx) {
  for (uint32_t i = 0; i < fx->file_count; i++)
    pt_disk_stored_layer(
        fx->s, i, (pt_bytes){fx->layers[i][0], fx->s->files[i].piece_count * sizeof(pt_hash)});
}

/* A site of two files, three pieces and one, with a disk. */
static fixture *fx_disk(void) {
  const uint64_t lengths[] = {2 * PIECE + 700, 5000};
  fixture *fx = fx_new(PIECE, lengths, 2);
  fx->cx->disk_max = 1u << 30;
  with_layers(fx);
  return fx;
}

/* The disk's answer to a read, with one bit flipped when `wrong`. */
static void answer(fixture *fx, uint32_t piece, bool wrong) {
  const pt_file *f = pt_swarm_file_of(fx->s, piece);
  const uint8_t *data = fx->data[f - fx->s->files] + (piece - f->piece_first) * (size_t)PIECE;
  pt_bytes copy = unit_copy(data, pt_swarm_piece_size(fx->s, piece));
  if (wrong) ((uint8_t *)(uintptr_t)copy.data)[copy.len - 1] ^= 4;
  pt_disk_data(fx->s, piece, PT_OK, copy);
  unit_drop(copy);
  fx_check(fx);
}

static void each_piece_is_written_once_with_its_layer_before_it(void **state) {
  (void)state;
  const uint64_t lengths[] = {2 * PIECE + 700, 5000};
  fixture *fx = fx_new(PIECE, lengths, 2);
  fx->cx->disk_max = 1u << 30;
  fx_know_hashes(fx);
  for (uint32_t i = 0; i < 4; i++) fx_have(fx, i);
  assert_true(fx_event(fx, PT_OUT_STORE_LAYER));
  assert_int_equal(fx->event.id, 0);
  assert_int_equal(fx->event.data.len, 3 * sizeof(pt_hash));
  assert_memory_equal(fx->event.data.data, fx->layers[0], 3 * sizeof(pt_hash));
  assert_false(fx_event(fx, PT_OUT_STORE_LAYER));
  uint32_t seen = 0;
  for (pt_event out; pt_disk_poll(fx->cx, &out);) {
    assert_int_equal(out.kind, PT_OUT_STORE_WRITE);
    assert_memory_equal(out.swarm, fx->s->key, PT_ID_SIZE);
    assert_int_equal(out.length, PIECE);
    assert_int_equal(out.data.len, pt_swarm_piece_size(fx->s, out.id));
    assert_memory_equal(out.data.data, fx_block(fx, out.id, 0).data, out.data.len);
    seen |= 1u << out.id;
    fx_check(fx);
  }
  assert_int_equal(seen, 0xf);
  assert_int_equal(fx->cx->stats.disk_bytes, 4 * PIECE);
  fx_del(fx);
}

static void without_a_disk_nothing_is_written(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(3, 2);
  for (uint32_t i = 0; i < 3; i++) fx_have(fx, i);
  pt_event out;
  assert_false(pt_disk_poll(fx->cx, &out));
  assert_int_equal(fx_events(fx, PT_OUT_STORE_LAYER), 0);
  /* A disk that comes later gets what is there. */
  pt_disk_limit(fx->cx, 1u << 30);
  uint32_t written = 0;
  while (pt_disk_poll(fx->cx, &out)) written++;
  assert_int_equal(written, 3);
  fx_del(fx);
}

static void what_was_verified_before_the_layer_was_whole_is_written_then(void **state) {
  (void)state;
  uint64_t length = (PT_LAYER_CHUNK + 2ull) * PT_BLOCK_SIZE;
  fixture *fx = fx_new(PT_BLOCK_SIZE, &length, 1);
  fx->cx->disk_max = 1u << 30;
  pt_file *f = &fx->s->files[0];
  memcpy(f->layer, fx->layers[0], f->piece_count * sizeof(pt_hash));
  f->chunks[0] = 1;
  f->chunks_known = 1;
  fx_have(fx, 3);
  pt_event out;
  assert_false(pt_disk_poll(fx->cx, &out)); /* in another run nobody could check it */
  f->chunks[1] = 1;
  f->chunks_known = 2;
  fx_have(fx, PT_LAYER_CHUNK);
  uint32_t written = 0;
  while (pt_disk_poll(fx->cx, &out)) written++;
  assert_int_equal(written, 2);
  fx_del(fx);
}

static void what_is_on_disk_counts_as_had_and_is_read_when_needed(void **state) {
  (void)state;
  fixture *fx = fx_disk();
  pt_peer *p = fx_leech(fx, 0);
  stored_all(fx);
  assert_true(pt_swarm_complete(fx->s));
  assert_int_equal(fx->cx->stats.stored_bytes, 0);
  assert_int_equal(fx_count(fx, 0, PT_WIRE_HAVE), 4);
  pt_stream *st = fx_ask(fx, 0, 0, false);
  assert_int_equal(fx->s->want_count, 0);
  uint32_t reads = 0;
  while (fx_event(fx, PT_OUT_STORE_READ)) reads |= 1u << fx->event.id;
  assert_int_equal(reads, 7); /* all that this page needs, none twice */
  uint64_t got = 0;
  for (uint32_t i = 3; i-- > 0;) answer(fx, i, false);
  for (pt_event out; pt_stream_poll(st, &out) && out.kind == PT_OUT_REQUEST_DATA;) {
    assert_int_equal(out.code, PT_SOURCE_STORE);
    assert_memory_equal(out.data.data, fx->data[0] + got, out.data.len);
    got += out.data.len;
  }
  assert_int_equal(got, fx->lengths[0]);
  uint32_t told = 0;
  while (fx_event(fx, PT_OUT_PIECE)) {
    assert_int_equal(fx->event.code, PT_SOURCE_STORE);
    told++;
  }
  assert_int_equal(told, 3);
  assert_int_equal(p->broken, false);
  fx_del(fx);
}

static void a_peer_gets_what_is_on_disk(void **state) {
  (void)state;
  fixture *fx = fx_disk();
  stored_all(fx);
  pt_peer *p = fx_leech(fx, 0);
  pt_wire_message m = {.kind = PT_WIRE_REQUEST, .index = 3, .length = 5000};
  fx_hear(fx, 0, &m);
  assert_true(fx_event(fx, PT_OUT_STORE_READ));
  assert_int_equal(fx->event.id, 3);
  assert_false(fx_find(fx, 0, PT_WIRE_PIECE, &m));
  assert_int_equal(pt_peer_upload_at(p), PT_NEVER); /* the read wakes it */
  assert_int_equal(fx_events(fx, PT_OUT_STORE_READ), 0);
  answer(fx, 3, false);
  assert_true(fx_find(fx, 0, PT_WIRE_PIECE, &m));
  assert_memory_equal(m.data.data, fx->data[1], 5000);
  fx_del(fx);
}

/* Who asks for a byte of each piece must not have us read and hash all of them, again and again. */
static void reads_for_a_peer_keep_to_what_it_takes(void **state) {
  (void)state;
  const uint32_t pieces = 80, length = PT_PIECE_LENGTH_MAX;
  fixture *fx = fx_new_simple(pieces, length / PT_BLOCK_SIZE);
  fx->cx->disk_max = 1u << 30;
  with_layers(fx);
  stored_all(fx);
  fx->cx->memory_max = 0;
  fx_leech(fx, 0);
  uint32_t reads = 0, blocks = 0;
  pt_wire_message m;
  for (uint32_t i = 0; i < 2 * pieces; i++) {
    pt_wire_message ask = {.kind = PT_WIRE_REQUEST, .index = i % pieces, .length = 1};
    fx_hear(fx, 0, &ask);
    while (pt_outbox_pop(&fx->cx->out, &fx->event)) {
      if (fx->event.kind != PT_OUT_STORE_READ) continue;
      reads++;
      pt_bytes data = {fx->data[0] + (size_t)fx->event.id * length, length};
      pt_disk_data(fx->s, fx->event.id, PT_OK, data);
      while (fx_next(fx, 0, &m)) blocks += m.kind == PT_WIRE_PIECE;
      pt_peer_drained(fx->peers[0]);
      pt_store_trim(fx->cx);
    }
  }
  assert_in_range(reads, 8, 65);
  assert_int_equal(blocks, reads);
  /* Others get what they take. */
  fx_leech(fx, 1);
  for (uint32_t i = 0, asks = pieces * (length / PT_BLOCK_SIZE); i < asks; i++) {
    pt_wire_message ask = {.kind = PT_WIRE_REQUEST,
                           .index = i * PT_BLOCK_SIZE / length,
                           .begin = i * PT_BLOCK_SIZE % length,
                           .length = PT_BLOCK_SIZE};
    fx_hear(fx, 1, &ask);
    while (pt_outbox_pop(&fx->cx->out, &fx->event)) {
      if (fx->event.kind != PT_OUT_STORE_READ) continue;
      pt_bytes data = {fx->data[0] + (size_t)fx->event.id * length, length};
      pt_disk_data(fx->s, fx->event.id, PT_OK, data);
    }
    while (fx_next(fx, 1, &m)) assert_int_not_equal(m.kind, PT_WIRE_REJECT);
    fx->ears[1].at = fx->ears[1].len = 0; /* it was read */
    pt_peer_drained(fx->peers[1]);
  }
  assert_int_equal(fx->peers[1]->remote->bytes_out, (uint64_t)pieces * length);
  fx_del(fx);
}

static void a_wrong_byte_on_disk_is_dropped_told_and_got_again(void **state) {
  (void)state;
  fixture *fx = fx_disk();
  stored_all(fx);
  fx_leech(fx, 0);
  pt_stream *st = fx_ask(fx, 0, 0, false);
  pt_wire_message m = {.kind = PT_WIRE_REQUEST, .index = 1, .length = PT_BLOCK_SIZE};
  fx_hear(fx, 0, &m);
  answer(fx, 0, false);
  answer(fx, 1, true);
  assert_int_equal(fx->cx->stats.pieces_failed, 1);
  assert_true(fx_event(fx, PT_OUT_FAULT));
  assert_true(fx_event(fx, PT_OUT_STORE_DROP));
  assert_int_equal(fx->event.id, 1);
  assert_int_equal(fx->event.length, 0);
  bool donthave = false, rejected = false;
  while (fx_next(fx, 0, &m)) {
    assert_int_not_equal(m.kind, PT_WIRE_PIECE);
    rejected |= m.kind == PT_WIRE_REJECT && m.index == 1;
    donthave |= m.kind == PT_WIRE_EXTENDED && m.extension == 2 && m.data.data[3] == 1;
  }
  assert_true(donthave && rejected);
  const pt_want *w = pt_swarm_want_of(fx->s, 1);
  assert_true(w && w->near && w->head);
  /* The page gets the first piece, and the second from elsewhere. */
  pt_event out;
  assert_true(pt_stream_poll(st, &out));
  assert_int_equal(out.data.len, PIECE);
  assert_false(pt_stream_poll(st, &out));
  fx_pass(fx, 5u * PT_SECOND_US);
  fx_serve_all(fx);
  assert_true(pt_stream_poll(st, &out));
  assert_int_equal(out.code, PT_SOURCE_ORIGIN);
  assert_memory_equal(out.data.data, fx->data[0] + PIECE, out.data.len);
  uint32_t written = 0;
  while (pt_disk_poll(fx->cx, &out)) written++;
  assert_int_equal(written, 1); /* and it is kept again */
  fx_del(fx);
}

static void a_piece_of_the_wrong_length_or_an_error_is_no_piece(void **state) {
  (void)state;
  fixture *fx = fx_disk();
  stored_all(fx);
  for (uint32_t i = 0; i < 4; i++) pt_disk_read(fx->s, i, NULL);
  static const uint8_t zeros[PIECE];
  pt_disk_data(fx->s, 0, PT_OK, (pt_bytes){zeros, 100});
  pt_disk_data(fx->s, 1, PT_OK, (pt_bytes){0});
  pt_disk_data(fx->s, 2, PT_ERR_UNREACHABLE, (pt_bytes){0});
  pt_disk_data(fx->s, 9, PT_OK, (pt_bytes){zeros, PIECE});
  fx_check(fx);
  assert_int_equal(fx->s->have_count, 1);
  assert_int_equal(fx->cx->reading_count, 1);
  answer(fx, 3, false);
  /* Nobody asked for these. */
  answer(fx, 3, true);
  answer(fx, 0, false);
  assert_int_equal(fx->s->have_count, 1);
  fx_del(fx);
}

static void a_piece_that_could_not_be_written_stays_in_memory(void **state) {
  (void)state;
  fixture *fx = fx_disk();
  fx_have(fx, 0);
  pt_event out;
  assert_true(pt_disk_poll(fx->cx, &out));
  pt_disk_data(fx->s, 0, PT_ERR_FULL, (pt_bytes){0});
  fx_check(fx);
  assert_int_equal(fx->cx->stats.disk_bytes, 0);
  assert_int_equal(fx->s->have_count, 1);
  fx->cx->memory_max = 1;
  pt_store_trim(fx->cx);
  assert_int_equal(fx->s->have_count, 0); /* from there it goes for good */
  fx_del(fx);
}

static void a_silent_disk_is_given_up(void **state) {
  (void)state;
  fixture *fx = fx_disk();
  stored_all(fx);
  pt_stream *st = fx_ask(fx, 1, 0, false);
  assert_int_equal(fx->cx->reading_count, 1);
  uint64_t due = pt_disk_deadline(fx->cx);
  assert_int_not_equal(due, PT_NEVER);
  fx->cx->now_us = due - 1;
  pt_disk_settle(fx->cx);
  assert_int_equal(fx->s->have_count, 4);
  fx->cx->now_us = due;
  pt_disk_settle(fx->cx);
  fx_check(fx);
  assert_int_equal(fx->s->have_count, 0);
  assert_int_equal(fx_events(fx, PT_OUT_STORE_DROP), 0); /* the next run may have better luck */
  assert_int_equal(pt_disk_deadline(fx->cx), PT_NEVER);
  fx_plan(fx);
  fx_pass(fx, 5u * PT_SECOND_US);
  fx_serve_all(fx);
  pt_event out;
  assert_true(pt_stream_poll(st, &out));
  assert_int_equal(out.kind, PT_OUT_REQUEST_DATA);
  fx_del(fx);
}

static void reads_at_once_are_bounded(void **state) {
  (void)state;
  uint64_t length = 40ull * PIECE;
  fixture *fx = fx_new(PIECE, &length, 1);
  fx->cx->disk_max = 1u << 30;
  with_layers(fx);
  stored_all(fx);
  for (uint32_t i = 0; i < 40; i++) pt_disk_read(fx->s, i, NULL);
  assert_int_equal(fx_events(fx, PT_OUT_STORE_READ), PT_READS_MAX);
  answer(fx, 0, false);
  pt_disk_read(fx->s, 39, NULL);
  assert_int_equal(fx_events(fx, PT_OUT_STORE_READ), 1);
  fx_del(fx);
}

static void what_leaves_memory_is_still_had(void **state) {
  (void)state;
  fixture *fx = fx_disk();
  for (uint32_t i = 0; i < 4; i++) fx_have(fx, i);
  fx->cx->memory_max = 1;
  pt_store_trim(fx->cx); /* what is not written yet stays */
  assert_int_equal(fx->cx->stats.stored_bytes, 2 * PIECE + 700 + 5000);
  for (pt_event out; pt_disk_poll(fx->cx, &out);) {
  }
  fx_leech(fx, 0);
  pt_store_trim(fx->cx);
  fx_check(fx);
  assert_int_equal(fx->cx->stats.stored_bytes, 5000); /* the one used last */
  assert_int_equal(fx->s->have_count, 4);
  pt_wire_message m;
  while (fx_next(fx, 0, &m)) assert_false(m.kind == PT_WIRE_EXTENDED && m.extension == 2);
  fx_del(fx);
}

static void the_disk_keeps_its_limit_and_what_was_used_last(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(6, 2);
  pt_disk_limit(fx->cx, 3 * PIECE);
  pt_event out;
  for (uint32_t i = 0; i < 6; i++) {
    fx_have(fx, i);
    if (i == 3) pt_store_touch(&fx->s->pieces[1]);
    pt_disk_settle(fx->cx);
    while (pt_disk_poll(fx->cx, &out)) {
    }
    assert_true(fx->cx->stats.disk_bytes <= 3 * PIECE);
    fx_check(fx);
  }
  const bool kept[] = {false, true, false, false, true, true};
  for (uint32_t i = 0; i < 6; i++) assert_int_equal(fx->s->pieces[i].on_disk, kept[i]);
  assert_int_equal(fx_events(fx, PT_OUT_STORE_DROP), 3);
  assert_int_equal(fx->s->have_count, 6); /* the others are in memory */
  fx->cx->memory_max = 1;
  pt_store_trim(fx->cx);
  assert_int_equal(fx->s->have_count, 3);
  pt_disk_limit(fx->cx, PIECE);
  pt_disk_settle(fx->cx);
  assert_int_equal(fx->s->have_count, 1);
  assert_int_equal(fx->cx->stats.disk_bytes, PIECE);
  /* The disk is gone. */
  pt_disk_limit(fx->cx, 0);
  fx_check(fx);
  assert_int_equal(fx->cx->stats.disk_bytes, 0);
  fx_del(fx);
}

/* A host whose disk is full says so by a lower limit. */
static void a_limit_that_falls_has_nothing_written_again(void **state) {
  (void)state;
  fixture *fx = fx_disk();
  for (uint32_t i = 0; i < 4; i++) fx_have(fx, i);
  pt_event out;
  while (pt_disk_poll(fx->cx, &out)) {
  }
  pt_disk_data(fx->s, 1, PT_ERR_FULL, (pt_bytes){0});
  pt_disk_data(fx->s, 2, PT_ERR_FULL, (pt_bytes){0});
  pt_disk_limit(fx->cx, 2 * PIECE);
  pt_disk_settle(fx->cx);
  assert_false(pt_disk_poll(fx->cx, &out));
  assert_int_equal(fx->cx->stats.disk_bytes, 2 * PIECE);
  assert_int_equal(fx->s->have_count, 4);
  pt_disk_limit(fx->cx, 3 * PIECE);
  pt_disk_settle(fx->cx);
  uint32_t written = 0;
  while (pt_disk_poll(fx->cx, &out)) written++;
  assert_int_equal(written, 2); /* and the oldest makes room for the second */
  assert_int_equal(fx->cx->stats.disk_bytes, 3 * PIECE);
  fx_check(fx);
  fx_del(fx);
}

static void a_page_that_reads_keeps_its_pieces(void **state) {
  (void)state;
  fixture *fx = fx_disk();
  stored_all(fx);
  pt_stream *st = pt_stream_new(fx->s, 1, 0, 0, fx->lengths[0], false, false, false);
  pt_disk_limit(fx->cx, PIECE);
  pt_disk_settle(fx->cx);
  assert_int_equal(fx->s->have_count, 3); /* the other file went */
  pt_stream_del(st);
  pt_disk_settle(fx->cx);
  assert_int_equal(fx->s->have_count, 1);
  fx_del(fx);
}

static void what_does_not_belong_is_not_believed(void **state) {
  (void)state;
  const uint64_t lengths[] = {2 * PIECE + 700, 5000};
  fixture *fx = fx_new(PIECE, lengths, 2);
  fx->cx->disk_max = 1u << 30;
  /* A layer that does not lead to the root, is of no file, too short, or of a
   * file that needs none. */
  pt_bytes layer = unit_copy(fx->layers[0], 3 * sizeof(pt_hash));
  ((uint8_t *)(uintptr_t)layer.data)[40] ^= 1;
  pt_disk_stored_layer(fx->s, 0, layer);
  pt_disk_stored_layer(fx->s, 7, layer);
  pt_disk_stored_layer(fx->s, 1, (pt_bytes){layer.data, sizeof(pt_hash)});
  pt_disk_stored_layer(fx->s, 0, (pt_bytes){layer.data, 2 * sizeof(pt_hash)});
  unit_drop(layer);
  assert_int_equal(fx->s->files[0].chunks_known, 0);
  const uint32_t numbers[] = {0, 3, 4, UINT32_MAX};
  stored(fx, numbers, 4);
  fx_check(fx);
  assert_int_equal(fx->s->have_count, 1);
  assert_true(fx->s->pieces[3].on_disk);
  assert_int_equal(fx_events(fx, PT_OUT_STORE_DROP), 3);
  /* A number that is cut off is none. */
  pt_disk_stored(fx->s, (pt_bytes){(const uint8_t *)"\3\0\0", 3});
  fx_del(fx);
}

static void a_disk_that_comes_late_ends_what_is_under_way(void **state) {
  (void)state;
  fixture *fx = fx_disk();
  pt_peer *p = fx_seed(fx, 0);
  pt_stream *st = fx_ask(fx, 0, 0, false);
  fx_answer(fx, 0, 1); /* the first piece is being gathered */
  assert_true(p->asked_count > 0);
  stored_all(fx);
  fx_plan(fx);
  fx_check(fx);
  fx_answer(fx, 0, 100);
  uint64_t got = 0;
  for (int i = 0; i < 10; i++) {
    for (pt_event out; pt_stream_poll(st, &out) && out.kind == PT_OUT_REQUEST_DATA;) {
      assert_memory_equal(out.data.data, fx->data[0] + got, out.data.len);
      got += out.data.len;
    }
    while (fx->cx->reading_count)
      answer(fx, (uint32_t)(fx->cx->reading[0].piece - fx->s->pieces), false);
  }
  assert_int_equal(got, fx->lengths[0]);
  fx_del(fx);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_piece_is_written_once_with_its_layer_before_it),
      cmocka_unit_test(without_a_disk_nothing_is_written),
      cmocka_unit_test(what_was_verified_before_the_layer_was_whole_is_written_then),
      cmocka_unit_test(what_is_on_disk_counts_as_had_and_is_read_when_needed),
      cmocka_unit_test(a_peer_gets_what_is_on_disk),
      cmocka_unit_test(reads_for_a_peer_keep_to_what_it_takes),
      cmocka_unit_test(a_wrong_byte_on_disk_is_dropped_told_and_got_again),
      cmocka_unit_test(a_piece_of_the_wrong_length_or_an_error_is_no_piece),
      cmocka_unit_test(a_piece_that_could_not_be_written_stays_in_memory),
      cmocka_unit_test(a_silent_disk_is_given_up),
      cmocka_unit_test(reads_at_once_are_bounded),
      cmocka_unit_test(what_leaves_memory_is_still_had),
      cmocka_unit_test(the_disk_keeps_its_limit_and_what_was_used_last),
      cmocka_unit_test(a_limit_that_falls_has_nothing_written_again),
      cmocka_unit_test(a_page_that_reads_keeps_its_pieces),
      cmocka_unit_test(what_does_not_belong_is_not_believed),
      cmocka_unit_test(a_disk_that_comes_late_ends_what_is_under_way),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
