/* A swarm on its own for unit tests: files of known bytes, peers that a test
 * speaks for, and what the swarm says to them and to its host. */
#ifndef PT_TESTS_SWARM_FIXTURE_H
#define PT_TESTS_SWARM_FIXTURE_H

#include "unit.h"

#include "format/metainfo.h"
#include "swarm/invariant.h"

#define FX_FILES_MAX 8
#define FX_PEERS_MAX 40
#define FX_HEARD_MAX (4u << 20)

typedef struct fx_ear { /* what one peer was sent */
  uint8_t *bytes;
  size_t len, at;
  bool greeted;
} fx_ear;

typedef struct fixture {
  pt_context *cx;
  pt_swarm *s;
  uint32_t file_count;
  uint8_t *data[FX_FILES_MAX];
  uint64_t lengths[FX_FILES_MAX];
  pt_hash *layers[FX_FILES_MAX];
  char names[FX_FILES_MAX][16];
  uint8_t *torrent;
  size_t torrent_len;
  uint8_t *document; /* the site's document of its piece layers */
  size_t document_len;
  pt_remote remotes[FX_PEERS_MAX];
  pt_peer *peers[FX_PEERS_MAX];
  fx_ear ears[FX_PEERS_MAX];
  uint8_t arena[PT_CHANNEL_SEND_MAX];
  pt_event event; /* the last one found */
} fixture;

static inline void fx_layer(fixture *fx, uint32_t i, uint32_t piece_length, pt_hash root) {
  uint64_t length = fx->lengths[i];
  size_t count = (size_t)((length + piece_length - 1) / piece_length);
  uint32_t top = pt_merkle_height(pt_merkle_leaf_count(length));
  uint32_t base = count > 1 ? pt_merkle_piece_height(piece_length) : top;
  pt_hash *leaves = malloc(piece_length / PT_BLOCK_SIZE * sizeof *leaves);
  pt_hash *scratch = malloc(count * sizeof *scratch);
  fx->layers[i] = malloc(count * sizeof(pt_hash));
  for (size_t p = 0; p < count; p++) {
    uint64_t at = p * piece_length, left = length - at;
    pt_merkle_piece(fx->data[i] + at, left < piece_length ? (size_t)left : piece_length, base,
                    leaves, fx->layers[i][p]);
  }
  memcpy(scratch, fx->layers[i], count * sizeof *scratch);
  pt_merkle_fold(scratch, count, base, top, root);
  free(scratch);
  free(leaves);
}

/* A swarm of files with these lengths. Files of the same length have the same
 * bytes only when `twins`. Time begins at one second. */
static inline fixture *fx_new_with(uint32_t piece_length, const uint64_t *lengths, uint32_t count,
                                   bool twins) {
  fixture *fx = calloc(1, sizeof *fx);
  fx->cx = calloc(1, sizeof *fx->cx);
  fx->cx->now_us = PT_SECOND_US;
  fx->cx->memory_max = 1u << 30;
  fx->cx->upload_quota = UINT64_MAX;
  fx->cx->fetch_next = 1;
  pt_outbox_init(&fx->cx->out);
  pt_random_init(&fx->cx->random, 1);
  memset(fx->cx->self, 0x77, PT_ID_SIZE);
  pt_hash roots[FX_FILES_MAX];
  pt_swarm_file files[FX_FILES_MAX];
  pt_metainfo_source sources[FX_FILES_MAX];
  fx->file_count = count;
  for (uint32_t i = 0; i < count; i++) {
    fx->lengths[i] = lengths[i];
    fx->data[i] = unit_bytes((size_t)lengths[i], twins ? 1 : i + 1);
    fx_layer(fx, i, piece_length, roots[i]);
    memcpy(fx->names[i], "/f0.bin", 8);
    fx->names[i][2] = (char)('0' + i);
    files[i] = (pt_swarm_file){fx->names[i], lengths[i], roots[i]};
    sources[i] = (pt_metainfo_source){fx->names[i] + 1, lengths[i], (const pt_hash *)fx->layers[i]};
  }
  pt_hash key = {1};
  if (piece_length <= PT_PIECE_LENGTH_MAX) { /* longer ones we only read */
    pt_metainfo_make make = {
        .name = "site", .piece_length = piece_length, .files = sources, .file_count = count};
    assert_int_equal(pt_metainfo_write(&make, &fx->torrent, &fx->torrent_len), PT_OK);
    pt_metainfo m;
    assert_int_equal(pt_metainfo_parse((pt_bytes){fx->torrent, fx->torrent_len}, &m), PT_OK);
    memcpy(key, m.v2, sizeof key);
    fx->document = pt_metainfo_layers(&m, &fx->document_len);
    assert_non_null(fx->document);
    pt_metainfo_free(&m);
  }
  fx->s = pt_swarm_new(fx->cx, key, piece_length, files, count);
  assert_non_null(fx->s);
  return fx;
}

static inline fixture *fx_new(uint32_t piece_length, const uint64_t *lengths, uint32_t count) {
  return fx_new_with(piece_length, lengths, count, false);
}

/* One file of so many pieces of so many blocks, its hashes known. */
static inline fixture *fx_new_simple(uint32_t pieces, uint32_t blocks);

static inline void fx_check(const fixture *fx) {
  const char *wrong = pt_context_invariant(fx->cx, &fx->s, 1);
  if (wrong) fail_msg("it does not hold that %s", wrong);
}

static inline void fx_part(fixture *fx, uint32_t i) {
  if (fx->peers[i]) pt_peer_del(fx->peers[i]);
  fx->peers[i] = NULL;
}

static inline void fx_del(fixture *fx) {
  fx_check(fx);
  while (fx->s->streams) pt_stream_del(fx->s->streams);
  for (uint32_t i = 0; i < FX_PEERS_MAX; i++) {
    fx_part(fx, i);
    free(fx->ears[i].bytes);
  }
  pt_swarm_del(fx->s);
  assert_int_equal(fx->cx->stats.stored_bytes, 0);
  assert_int_equal(fx->cx->stats.disk_bytes, 0);
  assert_int_equal(fx->cx->pinned_bytes, 0);
  pt_outbox_free(&fx->cx->out);
  for (uint32_t i = 0; i < fx->file_count; i++) {
    free(fx->data[i]);
    free(fx->layers[i]);
  }
  free(fx->torrent);
  free(fx->document);
  free(fx->cx);
  free(fx);
}

static inline void fx_know_hashes(fixture *fx) {
  for (uint32_t i = 0; i < fx->file_count; i++) {
    pt_file *f = &fx->s->files[i];
    if (f->piece_count < 2) continue;
    memcpy(f->layer, fx->layers[i], f->piece_count * sizeof(pt_hash));
    memset(f->chunks, 1, f->chunk_count);
    f->chunks_known = f->chunk_count;
  }
}

static inline fixture *fx_new_simple(uint32_t pieces, uint32_t blocks) {
  uint64_t length = (uint64_t)pieces * blocks * PT_BLOCK_SIZE;
  fixture *fx = fx_new(blocks * PT_BLOCK_SIZE, &length, 1);
  fx_know_hashes(fx);
  return fx;
}

/* The site's bytes of a block. */
static inline pt_bytes fx_block(const fixture *fx, uint32_t piece, uint32_t begin) {
  const pt_file *f = pt_swarm_file_of(fx->s, piece);
  uint64_t at = (uint64_t)(piece - f->piece_first) * fx->s->piece_length + begin;
  uint32_t left = pt_swarm_piece_size(fx->s, piece) - begin;
  return (pt_bytes){fx->data[f - fx->s->files] + at, left < PT_BLOCK_SIZE ? left : PT_BLOCK_SIZE};
}

/* Puts a verified piece into the swarm, as if the origin had brought it. */
static inline void fx_have(fixture *fx, uint32_t piece) {
  assert_true(pt_assembly_open(fx->s, piece));
  fx->s->pieces[piece].pins++; /* while it is gathered */
  for (uint32_t at = 0, size = pt_swarm_piece_size(fx->s, piece); at < size; at += PT_BLOCK_SIZE)
    pt_assembly_put(fx->s, piece, at, fx_block(fx, piece, at), PT_GIVER_ORIGIN);
  fx->s->pieces[piece].pins--;
  assert_int_equal(fx->s->pieces[piece].state, PT_PIECE_HAVE);
}

static inline void fx_plan(fixture *fx) {
  for (int i = 0; i < 100; i++) {
    pt_swarm_plan(fx->s);
    if (!fx->s->dirty) return;
  }
  fail_msg("planning does not come to an end");
}

static inline void fx_pass(fixture *fx, uint64_t us) {
  fx->cx->now_us += us;
  fx_plan(fx);
}

/* A page request for a whole file, or from one place in it. */
static inline pt_stream *fx_ask(fixture *fx, uint32_t file, uint64_t at, bool blocking) {
  static uint32_t id;
  pt_stream *st = pt_stream_new(fx->s, ++id, file, at, fx->lengths[file], blocking, false, false);
  assert_non_null(st);
  pt_stream_credit(st, UINT64_MAX);
  pt_event out;
  assert_false(pt_stream_poll(st, &out) && out.kind == PT_OUT_REQUEST_END);
  fx_plan(fx);
  return st;
}

/* The origin answers the fetch with the site's bytes, up to `most` of them, and
 * ends it when all were sent. */
static inline void fx_serve(fixture *fx, pt_fetch *fetch, uint64_t most) {
  uint32_t id = fetch->id;
  const pt_file *f = pt_swarm_file_of(fx->s, fetch->first);
  uint64_t at = (uint64_t)(fetch->first - f->piece_first) * fx->s->piece_length + fetch->at;
  uint64_t left = fetch->length - fetch->at, take = left < most ? left : most;
  pt_bytes bytes = {fx->data[f - fx->s->files] + at, (size_t)take};
  assert_true(pt_origin_data(fx->s, id, bytes));
  if (take == left) assert_true(pt_origin_end(fx->s, id, PT_OK, 200));
  fx_plan(fx);
}

static inline void fx_serve_all(fixture *fx) {
  while (fx->s->fetches) fx_serve(fx, fx->s->fetches, UINT64_MAX);
}

/* --- peers ------------------------------------------------------------------- */

static inline pt_peer *fx_meet(fixture *fx, uint32_t i) {
  pt_remote *r = &fx->remotes[i];
  memset(r, 0, sizeof *r);
  memset(r->id, (int)i + 1, PT_ID_SIZE);
  r->link = i + 1;
  r->name = pt_context_name(fx->cx, r->id);
  fx->ears[i].len = fx->ears[i].at = 0;
  fx->ears[i].greeted = false;
  fx->peers[i] = pt_peer_new(fx->s, r, i + 1, true);
  assert_non_null(fx->peers[i]);
  return fx->peers[i];
}

static inline void fx_hear_bytes(fixture *fx, uint32_t i, pt_bytes bytes) {
  pt_bytes copy = unit_copy(bytes.data, bytes.len);
  pt_peer_receive(fx->peers[i], copy);
  unit_drop(copy);
}

static inline void fx_hear(fixture *fx, uint32_t i, const pt_wire_message *m) {
  size_t cap = m->data.len + 128;
  uint8_t *bytes = malloc(cap);
  pt_writer w = pt_writer_of(bytes, cap);
  pt_wire_encode(&w, m);
  assert_false(w.failed);
  fx_hear_bytes(fx, i, (pt_bytes){bytes, w.len});
  free(bytes);
}

static inline void fx_hear_kind(fixture *fx, uint32_t i, enum pt_wire_kind kind) {
  pt_wire_message m = {.kind = kind};
  fx_hear(fx, i, &m);
}

static inline void fx_handshake(fixture *fx, uint32_t i, bool fast) {
  uint8_t bytes[PT_WIRE_HANDSHAKE_SIZE];
  pt_wire_handshake h = {0};
  if (fast) pt_wire_reserved(h.reserved, true);
  memcpy(h.info_hash, fx->s->key, PT_ID_SIZE);
  memcpy(h.peer_id, fx->remotes[i].id, PT_ID_SIZE);
  pt_writer w = pt_writer_of(bytes, sizeof bytes);
  pt_wire_handshake_encode(&w, &h);
  fx_hear_bytes(fx, i, (pt_bytes){bytes, w.len});
}

static inline void fx_extensions(fixture *fx, uint32_t i) {
  uint8_t payload[128];
  pt_writer w = pt_writer_of(payload, sizeof payload);
  pt_wire_extensions e = {.lt_donthave = 2, .pt_want = 3};
  pt_wire_extensions_encode(&w, &e);
  pt_wire_message m = {.kind = PT_WIRE_EXTENDED, .data = {payload, w.len}};
  fx_hear(fx, i, &m);
}

static inline void fx_extended(fixture *fx, uint32_t i, uint8_t id, pt_bytes payload) {
  pt_wire_message m = {.kind = PT_WIRE_EXTENDED, .extension = id, .data = payload};
  fx_hear(fx, i, &m);
}

static inline void fx_says_wants_nothing(fixture *fx, uint32_t i) {
  fx_extended(fx, i, 3, (pt_bytes){NULL, 0});
}

/* A peer that has everything and answers, of which nothing was had so far. */
static inline pt_peer *fx_stranger(fixture *fx, uint32_t i) {
  pt_peer *p = fx_meet(fx, i);
  fx_handshake(fx, i, true);
  fx_extensions(fx, i);
  fx_says_wants_nothing(fx, i);
  fx_hear_kind(fx, i, PT_WIRE_HAVE_ALL);
  fx_hear_kind(fx, i, PT_WIRE_UNCHOKE);
  return p;
}

/* A peer that has everything (or nothing) and answers, and gave right pieces. */
static inline pt_peer *fx_seed(fixture *fx, uint32_t i) {
  pt_peer *p = fx_stranger(fx, i);
  p->remote->proven = true;
  return p;
}

static inline pt_peer *fx_leech(fixture *fx, uint32_t i) {
  pt_peer *p = fx_meet(fx, i);
  fx_handshake(fx, i, true);
  fx_extensions(fx, i);
  fx_says_wants_nothing(fx, i);
  fx_hear_kind(fx, i, PT_WIRE_HAVE_NONE);
  fx_hear_kind(fx, i, PT_WIRE_INTERESTED);
  return p;
}

/* Sends all that may be sent to it now. */
static inline void fx_listen(fixture *fx, uint32_t i) {
  fx_ear *ear = &fx->ears[i];
  size_t len;
  if (!ear->bytes) ear->bytes = malloc(FX_HEARD_MAX);
  while (fx->peers[i] && (len = pt_peer_send(fx->peers[i], fx->arena)) > 0) {
    assert_true(len <= PT_CHANNEL_SEND_MAX && ear->len + len <= FX_HEARD_MAX);
    memcpy(ear->bytes + ear->len, fx->arena, len);
    ear->len += len;
  }
}

/* The next message to this peer, or false. Skips the handshake. */
static inline bool fx_next(fixture *fx, uint32_t i, pt_wire_message *m) {
  fx_listen(fx, i);
  fx_ear *ear = &fx->ears[i];
  if (!ear->greeted) {
    if (ear->len < PT_WIRE_HANDSHAKE_SIZE) return false;
    ear->at = PT_WIRE_HANDSHAKE_SIZE;
    ear->greeted = true;
  }
  size_t used = 0;
  int error = pt_wire_decode((pt_bytes){ear->bytes + ear->at, ear->len - ear->at}, m, &used);
  if (error == PT_ERR_MORE) return false;
  assert_int_equal(error, PT_OK);
  ear->at += used;
  return true;
}

/* The next of this kind, skipping others. */
static inline bool fx_find(fixture *fx, uint32_t i, enum pt_wire_kind kind, pt_wire_message *m) {
  while (fx_next(fx, i, m))
    if (m->kind == kind) return true;
  return false;
}

/* How many of this kind there are among all that is still unread. */
static inline uint32_t fx_count(fixture *fx, uint32_t i, enum pt_wire_kind kind) {
  uint32_t count = 0;
  pt_wire_message m;
  while (fx_next(fx, i, &m)) count += m.kind == kind;
  return count;
}

/* The peer answers one block it was asked for, perhaps with a wrong bit. */
static inline void fx_answer_one(fixture *fx, uint32_t i, pt_asked asked, bool wrong) {
  pt_bytes block = fx_block(fx, asked.piece, asked.begin);
  uint8_t *bytes = malloc(block.len);
  memcpy(bytes, block.data, block.len);
  if (wrong) bytes[block.len / 2] ^= 1;
  pt_wire_message m = {.kind = PT_WIRE_PIECE,
                       .index = asked.piece,
                       .begin = asked.begin,
                       .data = {bytes, asked.length}};
  fx_hear(fx, i, &m);
  free(bytes);
}

/* The peer tells the leaves it was asked for, if it was and the piece's hash is
 * known, perhaps with a wrong bit. */
static inline bool fx_tell_leaves(fixture *fx, uint32_t i, bool wrong) {
  pt_wire_message m;
  pt_hash leaves[512] = {{0}};
  if (!fx_find(fx, i, PT_WIRE_HASH_REQUEST, &m)) return false;
  assert_true(m.base_layer == 0 && m.length <= 512 && m.proof_layers == 0);
  uint32_t piece = m.index / m.length;
  pt_merkle_leaves(fx_block(fx, piece, 0).data, pt_swarm_piece_size(fx->s, piece), leaves);
  if (wrong) leaves[m.length - 1][9] ^= 1;
  m.kind = PT_WIRE_HASHES;
  m.data = (pt_bytes){leaves[0], m.length * sizeof(pt_hash)};
  fx_hear(fx, i, &m);
  return true;
}

/* Up to `most` blocks, in the order they were asked for; returns how many. */
static inline uint32_t fx_answer(fixture *fx, uint32_t i, uint32_t most) {
  uint32_t count = 0;
  pt_peer *p = fx->peers[i];
  for (; count < most && !p->broken && p->asked_count; count++) {
    uint32_t first = 0;
    for (uint32_t k = 1; k < p->asked_count; k++)
      if (p->asked[k].piece < p->asked[first].piece ||
          (p->asked[k].piece == p->asked[first].piece && p->asked[k].begin < p->asked[first].begin))
        first = k;
    fx_answer_one(fx, i, p->asked[first], false);
    fx_plan(fx);
  }
  return count;
}

/* --- outputs --------------------------------------------------------------------- */

/* Takes outputs until one of this kind; it is in fx->event then. */
static inline bool fx_event(fixture *fx, enum pt_out kind) {
  while (pt_outbox_pop(&fx->cx->out, &fx->event))
    if (fx->event.kind == kind) return true;
  return false;
}

static inline uint32_t fx_events(fixture *fx, enum pt_out kind) {
  uint32_t count = 0;
  while (fx_event(fx, kind)) count++;
  return count;
}

#endif
