/* What a peer may send: whatever it is, it must cost nothing but its channel. */
#include "swarm_fixture.h"

static fixture *seeding(void) {
  fixture *fx = fx_new_simple(10, 2);
  for (uint32_t i = 0; i < 10; i++) fx_have(fx, i);
  return fx;
}

static void request(fixture *fx, uint32_t i, uint32_t piece, uint32_t begin, uint32_t length) {
  pt_wire_message m = {.kind = PT_WIRE_REQUEST, .index = piece, .begin = begin, .length = length};
  fx_hear(fx, i, &m);
}

static void a_wrong_message_costs_its_sender_the_channel(void **state) {
  (void)state;
  const uint8_t bits_short[1] = {0}, bits_tail[2] = {0, 1}, far[4] = {0, 0, 0, 10},
                ext[3] = {1, 2, 3};
  const pt_wire_message faults[] = {
      {.kind = PT_WIRE_HAVE, .index = 10},
      {.kind = PT_WIRE_HAVE, .index = UINT32_MAX},
      {.kind = PT_WIRE_BITFIELD, .data = {bits_short, 1}},
      {.kind = PT_WIRE_BITFIELD, .data = {bits_tail, 2}},
      {.kind = PT_WIRE_REQUEST, .index = 10, .length = 1},
      {.kind = PT_WIRE_REQUEST, .index = UINT32_MAX, .length = PT_BLOCK_SIZE},
      {.kind = PT_WIRE_REQUEST, .index = 0, .begin = 2 * PT_BLOCK_SIZE, .length = 1},
      {.kind = PT_WIRE_REQUEST, .index = 0, .begin = 1, .length = 2 * PT_BLOCK_SIZE},
      {.kind = PT_WIRE_REQUEST, .index = 0, .begin = UINT32_MAX, .length = 2},
      {.kind = PT_WIRE_REQUEST, .index = 0, .begin = 2, .length = UINT32_MAX},
      {.kind = PT_WIRE_REQUEST, .index = 0, .length = 0},
      {.kind = PT_WIRE_EXTENDED, .extension = 0, .data = {ext, 3}},
      {.kind = PT_WIRE_EXTENDED, .extension = 2, .data = {far, 4}},
      {.kind = PT_WIRE_EXTENDED, .extension = 2, .data = {far, 3}},
      {.kind = PT_WIRE_EXTENDED, .extension = 3, .data = {far, 3}},
  };
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
    fixture *fx = seeding();
    fx_meet(fx, 0);
    fx_handshake(fx, 0, true);
    fx_hear(fx, 0, &faults[i]);
    assert_true(fx->peers[0]->broken);
    assert_true(fx_event(fx, PT_OUT_FAULT));
    assert_memory_equal(fx->event.peer, fx->remotes[0].id, PT_ID_SIZE);
    fx_hear_kind(fx, 0, PT_WIRE_HAVE_ALL); /* nothing more is taken from it */
    assert_int_equal(fx->peers[0]->has_count, 0);
    assert_int_equal(pt_peer_send(fx->peers[0], fx->arena), 0);
    fx_part(fx, 0);
    fx_del(fx);
  }
}

static void what_it_has_is_said_once(void **state) {
  (void)state;
  const enum pt_wire_kind kinds[] = {PT_WIRE_HAVE_ALL, PT_WIRE_HAVE_NONE};
  for (int i = 0; i < 4; i++) {
    fixture *fx = seeding();
    fx_meet(fx, 0);
    fx_handshake(fx, 0, true);
    fx_hear_kind(fx, 0, kinds[i & 1]);
    fx_hear_kind(fx, 0, kinds[i >> 1]);
    assert_true(fx->peers[0]->broken);
    fx_part(fx, 0);
    fx_del(fx);
  }
}

static void a_greeting_that_is_not_its_own_is_refused(void **state) {
  (void)state;
  for (size_t at = 0; at < PT_WIRE_HANDSHAKE_SIZE; at++) {
    if (at >= 20 && at < 28) continue; /* reserved bits may be anything */
    fixture *fx = fx_new_simple(2, 1);
    fx_meet(fx, 0);
    uint8_t bytes[PT_WIRE_HANDSHAKE_SIZE];
    pt_wire_handshake h = {0};
    memcpy(h.info_hash, fx->s->key, PT_ID_SIZE);
    memcpy(h.peer_id, fx->remotes[0].id, PT_ID_SIZE);
    pt_writer w = pt_writer_of(bytes, sizeof bytes);
    pt_wire_handshake_encode(&w, &h);
    bytes[at] ^= 4;
    fx_hear_bytes(fx, 0, (pt_bytes){bytes, w.len});
    assert_true(fx->peers[0]->broken);
    assert_false(fx->remotes[0].up);
    fx_part(fx, 0);
    fx_del(fx);
  }
}

/* Towards other clients a channel is a stream of bytes: borders mean nothing. */
static void messages_may_be_cut_anywhere(void **state) {
  (void)state;
  for (size_t step = 1; step < 70; step += step < 8 ? 1 : 13) {
    fixture *fx = fx_new_simple(3, 1);
    pt_peer *p = fx_meet(fx, 0);
    uint8_t *bytes = malloc(1 << 20);
    pt_writer w = pt_writer_of(bytes, 1 << 20);
    pt_wire_handshake h = {0};
    pt_wire_reserved(h.reserved, true);
    memcpy(h.info_hash, fx->s->key, PT_ID_SIZE);
    memcpy(h.peer_id, fx->remotes[0].id, PT_ID_SIZE);
    pt_wire_handshake_encode(&w, &h);
    const pt_wire_message start[] = {{.kind = PT_WIRE_HAVE_ALL},
                                     {.kind = PT_WIRE_KEEPALIVE},
                                     {.kind = PT_WIRE_UNCHOKE},
                                     {.kind = PT_WIRE_INTERESTED}};
    for (size_t i = 0; i < 4; i++) pt_wire_encode(&w, &start[i]);
    for (size_t at = 0; at < w.len; at += step)
      fx_hear_bytes(fx, 0, (pt_bytes){bytes + at, w.len - at < step ? w.len - at : step});
    assert_true(p->greeted && p->bits_known && p->interested && !p->choked);
    fx_ask(fx, 0, 0, false);
    w.len = 0;
    for (uint32_t i = 0; i < p->asked_count; i++) {
      pt_wire_message m = {.kind = PT_WIRE_PIECE,
                           .index = p->asked[i].piece,
                           .data = fx_block(fx, p->asked[i].piece, 0)};
      pt_wire_encode(&w, &m);
    }
    size_t stride = step * 97;
    for (size_t at = 0; at < w.len; at += stride)
      fx_hear_bytes(fx, 0, (pt_bytes){bytes + at, w.len - at < stride ? w.len - at : stride});
    assert_true(pt_swarm_complete(fx->s));
    assert_int_equal(fx->cx->stats.wasted_bytes, 0);
    free(bytes);
    fx_del(fx);
  }
}

static void one_send_may_hold_many_messages(void **state) {
  (void)state;
  fixture *fx = seeding();
  fx_leech(fx, 0);
  uint8_t bytes[17 * 20];
  pt_writer w = pt_writer_of(bytes, sizeof bytes);
  for (uint32_t i = 0; i < 20; i++) {
    pt_wire_message m = {.kind = PT_WIRE_REQUEST,
                         .index = i / 2,
                         .begin = i % 2 * PT_BLOCK_SIZE,
                         .length = PT_BLOCK_SIZE};
    pt_wire_encode(&w, &m);
  }
  fx_hear_bytes(fx, 0, (pt_bytes){bytes, w.len});
  pt_peer_drained(fx->peers[0]);
  uint32_t got = 0;
  pt_wire_message m;
  for (int round = 0; round < 10; round++, pt_peer_drained(fx->peers[0]))
    while (fx_find(fx, 0, PT_WIRE_PIECE, &m)) {
      assert_memory_equal(m.data.data, fx_block(fx, m.index, m.begin).data, m.data.len);
      got++;
    }
  assert_int_equal(got, 20);
  fx_del(fx);
}

static void a_message_too_long_is_not_waited_for(void **state) {
  (void)state;
  fixture *fx = seeding();
  fx_leech(fx, 0);
  const uint8_t head[5] = {0, 5, 0, 1, 20}; /* one byte more than the bound */
  fx_hear_bytes(fx, 0, (pt_bytes){head, 5});
  assert_true(fx->peers[0]->broken);
  fx_part(fx, 0);
  fx_leech(fx, 1);
  const uint8_t longest[5] = {0, 5, 0, 0, 20};
  fx_hear_bytes(fx, 1, (pt_bytes){longest, 5});
  pt_bytes part = {unit_bytes(1 << 16, 1), 1 << 16};
  for (int i = 0; i < 4; i++) fx_hear_bytes(fx, 1, part);
  assert_false(fx->peers[1]->broken);
  assert_int_equal(fx->peers[1]->partial_len, 5 + 4 * part.len);
  fx_hear_bytes(fx, 1, (pt_bytes){part.data, part.len - 1});
  assert_null(fx->peers[1]->partial); /* no memory is kept for the next one */
  unit_drop(part);
  fx_del(fx);
}

static void the_upload_queue_is_bounded(void **state) {
  (void)state;
  fixture *fx = seeding();
  pt_peer *p = fx_leech(fx, 0);
  p->queued = PT_LINK_QUEUE_MAX;
  for (uint32_t i = 0; i < PT_UPLOAD_QUEUE_MAX + 10; i++) request(fx, 0, 0, i, 1);
  assert_int_equal(p->upload_count, PT_UPLOAD_QUEUE_MAX);
  assert_int_equal(fx_count(fx, 0, PT_WIRE_REJECT), 10);
  assert_false(p->broken);
  /* What is taken back makes room. */
  pt_wire_message back = {.kind = PT_WIRE_CANCEL, .begin = 7, .length = 1};
  fx_hear(fx, 0, &back);
  assert_int_equal(p->upload_count, PT_UPLOAD_QUEUE_MAX - 1);
  p->queued = 0;
  uint32_t sent = 0;
  pt_wire_message m;
  while (fx_find(fx, 0, PT_WIRE_PIECE, &m)) {
    assert_int_not_equal(m.begin, 7);
    assert_memory_equal(m.data.data, fx->data[0] + m.begin, 1);
    sent++;
  }
  assert_int_equal(sent, PT_UPLOAD_QUEUE_MAX - 1);
  fx_del(fx);
}

static void who_does_not_read_is_left(void **state) {
  (void)state;
  fixture *fx = seeding();
  pt_peer *p = fx_leech(fx, 0);
  p->queued = UINT32_MAX; /* nothing leaves */
  pt_choke_peer(p);
  uint32_t rejects = 0;
  for (; !p->broken && rejects < PT_CONTROL_BYTES_MAX; rejects++)
    request(fx, 0, 0, 0, 1); /* choked: each is rejected */
  assert_true(p->broken);
  assert_true(rejects > 1000);
  assert_true(p->control_cap <= PT_CONTROL_BYTES_MAX);
  fx_part(fx, 0);
  fx_del(fx);
}

static void longer_requests_than_we_serve_are_rejected_and_block_nobody(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(2, 16);
  fx_have(fx, 0);
  pt_peer *p = fx_leech(fx, 0);
  request(fx, 0, 0, 0, 131072);
  request(fx, 0, 0, 0, PT_UPLOAD_LENGTH_MAX + 1);
  request(fx, 0, 0, 0, PT_UPLOAD_LENGTH_MAX);
  request(fx, 0, 0, 5, 100);
  assert_int_equal(p->upload_count, 2);
  uint32_t rejects = 0, blocks = 0;
  pt_wire_message m;
  for (int i = 0; i < 3; i++, pt_peer_drained(p))
    while (fx_next(fx, 0, &m)) {
      rejects += m.kind == PT_WIRE_REJECT;
      blocks += m.kind == PT_WIRE_PIECE;
    }
  assert_int_equal(rejects, 2);
  assert_int_equal(blocks, 2);
  fx_del(fx);
}

static void a_used_up_quota_rejects_what_was_queued(void **state) {
  (void)state;
  fixture *fx = seeding();
  pt_peer *p = fx_leech(fx, 0);
  fx->cx->upload_quota = 3 * PT_BLOCK_SIZE;
  p->queued = PT_LINK_QUEUE_MAX;
  for (uint32_t i = 0; i < 6; i++) request(fx, 0, i, 0, PT_BLOCK_SIZE);
  p->queued = 0;
  uint32_t rejects = 0, blocks = 0;
  pt_wire_message m;
  while (fx_next(fx, 0, &m)) {
    rejects += m.kind == PT_WIRE_REJECT;
    blocks += m.kind == PT_WIRE_PIECE;
  }
  assert_int_equal(blocks, 3);
  assert_int_equal(rejects, 3);
  assert_int_equal(fx->cx->stats.peer_bytes_out, 3 * PT_BLOCK_SIZE);
  fx_del(fx);
}

/* One connection carries all channels to a peer: too much in their queues
 * together, and the browser loses packets and stalls for half a second. */
static void the_channels_of_a_link_share_one_short_queue(void **state) {
  (void)state;
  fixture *fx = seeding();
  pt_peer *p = fx_leech(fx, 0);
  pt_peer_drained(p);
  p->remote->queued = PT_LINK_QUEUE_MAX; /* by a channel of another swarm */
  for (uint32_t i = 0; i < 9; i++) request(fx, 0, i, 0, PT_BLOCK_SIZE);
  assert_int_equal(fx_count(fx, 0, PT_WIRE_PIECE), 0);
  assert_true(pt_peer_upload_at(p) == PT_NEVER);
  p->remote->queued = 0;
  p->queued = 0;
  uint32_t got = fx_count(fx, 0, PT_WIRE_PIECE);
  assert_int_equal(got, PT_LINK_QUEUE_MAX / (PT_BLOCK_SIZE + 13));
  assert_true(p->remote->queued <= PT_LINK_QUEUE_MAX);
  assert_int_equal(p->remote->queued, p->queued);
  pt_peer_drained(p);
  assert_int_equal(p->remote->queued, 0);
  fx_del(fx);
}

static void a_full_line_does_not_keep_the_host_awake(void **state) {
  (void)state;
  fixture *fx = seeding();
  pt_context_limit_upload(fx->cx, 100000);
  pt_peer *p = fx_leech(fx, 0);
  request(fx, 0, 0, 0, PT_BLOCK_SIZE);
  fx->cx->now_us += 30 * PT_SECOND_US; /* tokens enough */
  p->queued = PT_LINK_QUEUE_MAX;
  assert_true(pt_peer_upload_at(p) == PT_NEVER); /* only draining helps */
  p->queued = 0;
  assert_true(fx_count(fx, 0, PT_WIRE_PIECE) == 1);
  assert_true(pt_peer_upload_at(p) == PT_NEVER); /* nothing to do */
  for (uint32_t i = 0; i < 9; i++) request(fx, 0, i, 0, PT_BLOCK_SIZE);
  fx_listen(fx, 0);
  pt_peer_drained(p);
  fx_listen(fx, 0);
  assert_true(p->upload_count > 0);
  assert_true(pt_peer_upload_at(p) > fx->cx->now_us);
  fx_del(fx);
}

static void wants_are_bounded_and_may_be_anything(void **state) {
  (void)state;
  fixture *fx = seeding();
  pt_peer *p = fx_leech(fx, 0);
  uint8_t ranges[(PT_WANT_RANGES_MAX + 1) * 8];
  unit_fill(ranges, sizeof ranges, 1);
  memset(ranges, 0xff, 8);
  fx_extended(fx, 0, 3, (pt_bytes){ranges, PT_WANT_RANGES_MAX * 8});
  assert_int_equal(p->want_count, PT_WANT_RANGES_MAX);
  for (uint32_t i = 0; i < 10; i++) pt_peer_wants(p, i);
  const uint8_t three[8] = {0, 0, 0, 3, 0x80, 0, 0, 2};
  fx_extended(fx, 0, 3, (pt_bytes){three, 8});
  assert_false(pt_peer_wants(p, 2) || pt_peer_wants(p, 5));
  assert_true(pt_peer_wants(p, 3) && pt_peer_fetches(p, 4));
  fx_extended(fx, 0, 3, (pt_bytes){ranges, sizeof ranges});
  assert_true(p->broken);
  fx_part(fx, 0);
  fx_del(fx);
}

static void our_own_wants_keep_to_the_bound(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(1200, 1);
  for (uint32_t i = 0; i < 1200; i += 2) fx_have(fx, i); /* every second: many ranges */
  for (uint32_t i = 0; i < 4; i++) fx_ask(fx, 0, (uint64_t)(i * 300 + 1) * PT_BLOCK_SIZE, false);
  fx_leech(fx, 0);
  fx->s->windows_changed = true;
  fx->s->dirty = true;
  fx_plan(fx);
  pt_wire_message m;
  size_t longest = 0;
  while (fx_find(fx, 0, PT_WIRE_EXTENDED, &m))
    if (m.extension == 3 && m.data.len > longest) longest = m.data.len;
  assert_int_equal(longest, PT_WANT_RANGES_MAX * 8);
  fx_del(fx);
}

static uint32_t wants_said(fixture *fx, uint32_t i) {
  pt_wire_message m;
  uint32_t count = 0;
  while (fx_find(fx, i, PT_WIRE_EXTENDED, &m)) count += m.extension == 3;
  return count;
}

/* What we want concerns those who might fetch it from the origin, too. */
static void who_has_everything_does_not_hear_of_our_wants(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(8, 1);
  fx_seed(fx, 0);
  fx_leech(fx, 1);
  wants_said(fx, 0);
  wants_said(fx, 1);
  fx->s->windows_changed = true;
  fx_plan(fx);
  assert_int_equal(wants_said(fx, 0), 0);
  assert_int_equal(wants_said(fx, 1), 1);
  const uint8_t one[4] = {0, 0, 0, 1};
  fx_extended(fx, 0, 2, (pt_bytes){one, 4}); /* lt_donthave: now it might */
  fx_plan(fx);
  assert_int_equal(wants_said(fx, 0), 1);
  fx_del(fx);
}

/* Messages of a few bytes must not make us say long ones, least of all to others. */
static void who_says_the_same_again_hears_our_wants_once(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(8, 1);
  fx_leech(fx, 0);
  fx_leech(fx, 1);
  fx_plan(fx);
  wants_said(fx, 0);
  wants_said(fx, 1);
  const uint8_t one[4] = {0, 0, 0, 1};
  for (int i = 0; i < 50; i++) {
    pt_wire_message have = {.kind = PT_WIRE_HAVE, .index = 1};
    fx_hear(fx, 0, &have);
    fx_extended(fx, 0, 2, (pt_bytes){one, 4});
    fx_extensions(fx, 0);
    fx_plan(fx);
  }
  assert_int_equal(wants_said(fx, 0), 1);
  assert_int_equal(wants_said(fx, 1), 0);
  fx_del(fx);
}

static void blocks_that_nobody_asked_for_are_only_counted(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(4, 2);
  fx_seed(fx, 0);
  pt_wire_message m = {.kind = PT_WIRE_PIECE, .index = 1, .data = fx_block(fx, 1, 0)};
  fx_hear(fx, 0, &m);
  m.index = UINT32_MAX;
  fx_hear(fx, 0, &m);
  m = (pt_wire_message){.kind = PT_WIRE_REJECT, .index = 9, .begin = 1, .length = 7};
  fx_hear(fx, 0, &m);
  assert_false(fx->peers[0]->broken);
  assert_int_equal(fx->cx->stats.stored_bytes, 0);
  assert_int_equal(fx->cx->stats.wasted_bytes, 2 * PT_BLOCK_SIZE);
  assert_int_equal(fx->cx->stats.peer_bytes_in, 0);
  fx_del(fx);
}

static void what_is_unknown_is_skipped(void **state) {
  (void)state;
  fixture *fx = seeding();
  fx_leech(fx, 0);
  const uint8_t tomorrow[] = {0, 0, 0, 3, 99, 1, 2, 0, 0, 0, 4, 20, 77, 0, 0, 0, 0, 0, 3, 9, 1, 2};
  fx_hear_bytes(fx, 0, (pt_bytes){tomorrow, sizeof tomorrow});
  assert_false(fx->peers[0]->broken);
  fx_hear_kind(fx, 0, PT_WIRE_NOT_INTERESTED);
  assert_false(fx->peers[0]->interested);
  fx_del(fx);
}

/* A WebTorrent client: greets by the v1 info-hash, as whom it likes, knows no
 * BEP 52, and thinks that files are padded with zeros. */
static pt_peer *meet_webtorrent(fixture *fx, uint32_t i) {
  fx->s->hybrid = true;
  memset(fx->s->v1, 0x11, PT_ID_SIZE);
  pt_remote *r = &fx->remotes[i];
  pt_peer *p = fx_meet(fx, i);
  /* (fx_meet() greeted as to a visitor: once more, as to a client.) */
  r->legacy = true;
  memcpy(r->info_hash, fx->s->v1, PT_ID_SIZE);
  p->control_len = 0;
  pt_peer_greet(p);
  uint8_t bytes[PT_WIRE_HANDSHAKE_SIZE];
  pt_wire_handshake h = {0};
  pt_wire_reserved(h.reserved, false);
  memcpy(h.info_hash, fx->s->v1, PT_ID_SIZE);
  memset(h.peer_id, 0x77, PT_ID_SIZE);
  pt_writer w = pt_writer_of(bytes, sizeof bytes);
  pt_wire_handshake_encode(&w, &h);
  fx_hear_bytes(fx, i, (pt_bytes){bytes, w.len});
  return p;
}

static void a_webtorrent_client_is_greeted_in_its_own_words(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(10, 1);
  fx_have(fx, 3);
  pt_peer *p = meet_webtorrent(fx, 0);
  assert_true(p->greeted && !p->broken && !p->hashes);
  uint8_t sent[PT_CHANNEL_SEND_MAX];
  size_t len = pt_peer_send(p, sent);
  pt_wire_handshake ours;
  assert_int_equal(pt_wire_handshake_decode((pt_bytes){sent, len}, &ours), PT_OK);
  assert_memory_equal(ours.info_hash, fx->s->v1, PT_ID_SIZE);
  assert_false(pt_wire_has_v2(ours.reserved));
  bool bitfield = false;
  pt_wire_message m;
  size_t used;
  for (size_t at = PT_WIRE_HANDSHAKE_SIZE; at < len; at += used) {
    assert_int_equal(pt_wire_decode((pt_bytes){sent + at, len - at}, &m, &used), PT_OK);
    bitfield |= m.kind == PT_WIRE_BITFIELD && m.data.data[0] == 0x10;
    assert_true(m.kind != PT_WIRE_HAVE_ALL && m.kind != PT_WIRE_HAVE_NONE);
  }
  assert_true(bitfield);
  /* By the swarm's other name it is somebody else's. */
  pt_peer *q = fx_meet(fx, 1);
  fx->remotes[1].legacy = true;
  memcpy(fx->remotes[1].info_hash, fx->s->v1, PT_ID_SIZE);
  fx_handshake(fx, 1, true);
  assert_true(q->broken);
  fx_part(fx, 1);
  fx_del(fx);
}

static void a_webtorrent_client_gets_the_zeros_behind_a_file(void **state) {
  (void)state;
  const uint64_t lengths[] = {20000, 5000};
  fixture *fx = fx_new(2 * PT_BLOCK_SIZE, lengths, 2);
  fx_have(fx, 0);
  fx_have(fx, 1);
  pt_peer *p = meet_webtorrent(fx, 0);
  fx_hear_kind(fx, 0, PT_WIRE_INTERESTED);
  assert_false(p->choking);
  pt_peer_drained(p);
  p->control_len = 0;
  static const struct {
    uint32_t piece, begin, length, here; /* here: bytes of the file */
  } cases[] = {{0, 0, PT_BLOCK_SIZE, PT_BLOCK_SIZE},
               {0, PT_BLOCK_SIZE, PT_BLOCK_SIZE, 20000 - PT_BLOCK_SIZE},
               {0, 20000, 100, 0},
               {1, 4000, 1000, 1000}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    request(fx, 0, cases[i].piece, cases[i].begin, cases[i].length);
    assert_false(p->broken);
    uint8_t out[PT_CHANNEL_SEND_MAX];
    size_t len = pt_peer_send(p, out), used;
    pt_wire_message m;
    assert_int_equal(pt_wire_decode((pt_bytes){out, len}, &m, &used), PT_OK);
    assert_int_equal(m.kind, PT_WIRE_PIECE);
    assert_int_equal(m.data.len, cases[i].length);
    const uint8_t *file = fx->data[cases[i].piece] + cases[i].begin;
    if (cases[i].here) assert_memory_equal(m.data.data, file, cases[i].here);
    for (size_t k = cases[i].here; k < m.data.len; k++) assert_int_equal(m.data.data[k], 0);
    pt_peer_drained(p);
  }
  request(fx, 0, 1, 4000, 1001); /* the last file is not padded */
  assert_true(p->broken);
  fx_part(fx, 0);
  fx_del(fx);
}

/* Nobody but who lacks a piece can do anything with the news that it is here: the
 * more of a file two visitors share, the fewer packets it costs them. */
static void who_has_a_piece_is_not_told_of_it_until_it_lets_it_go(void **state) {
  (void)state;
  fixture *fx = fx_new_simple(4, 1);
  fx_seed(fx, 0);
  fx_leech(fx, 1);
  fx_have(fx, 1);
  assert_int_equal(fx_count(fx, 0, PT_WIRE_HAVE), 0);
  assert_int_equal(fx_count(fx, 1, PT_WIRE_HAVE), 1);
  const uint8_t one[4] = {0, 0, 0, 1}, two[4] = {0, 0, 0, 2};
  fx_extended(fx, 0, 2, (pt_bytes){two, 4}); /* lt_donthave: it is not here either */
  assert_int_equal(fx_count(fx, 0, PT_WIRE_HAVE), 0);
  fx_extended(fx, 0, 2, (pt_bytes){one, 4});
  pt_wire_message m;
  assert_true(fx_find(fx, 0, PT_WIRE_HAVE, &m));
  assert_int_equal(m.index, 1);
  fx_del(fx);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_wrong_message_costs_its_sender_the_channel),
      cmocka_unit_test(what_it_has_is_said_once),
      cmocka_unit_test(a_greeting_that_is_not_its_own_is_refused),
      cmocka_unit_test(messages_may_be_cut_anywhere),
      cmocka_unit_test(one_send_may_hold_many_messages),
      cmocka_unit_test(a_message_too_long_is_not_waited_for),
      cmocka_unit_test(the_upload_queue_is_bounded),
      cmocka_unit_test(who_does_not_read_is_left),
      cmocka_unit_test(longer_requests_than_we_serve_are_rejected_and_block_nobody),
      cmocka_unit_test(a_used_up_quota_rejects_what_was_queued),
      cmocka_unit_test(a_full_line_does_not_keep_the_host_awake),
      cmocka_unit_test(the_channels_of_a_link_share_one_short_queue),
      cmocka_unit_test(wants_are_bounded_and_may_be_anything),
      cmocka_unit_test(our_own_wants_keep_to_the_bound),
      cmocka_unit_test(who_has_everything_does_not_hear_of_our_wants),
      cmocka_unit_test(who_says_the_same_again_hears_our_wants_once),
      cmocka_unit_test(blocks_that_nobody_asked_for_are_only_counted),
      cmocka_unit_test(what_is_unknown_is_skipped),
      cmocka_unit_test(a_webtorrent_client_is_greeted_in_its_own_words),
      cmocka_unit_test(a_webtorrent_client_gets_the_zeros_behind_a_file),
      cmocka_unit_test(who_has_a_piece_is_not_told_of_it_until_it_lets_it_go),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
