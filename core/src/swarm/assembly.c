/* Blocks become pieces. A piece is believed only when its hash chain to the
 * index's root holds. When it does not, whoever sent all of it is banned; if
 * several did, the leaf hashes of what they sent are kept, the piece is got
 * anew from one source, and the comparison names the liar. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "swarm/content.h"
#include "swarm/units.h"

static uint32_t block_count_of(uint32_t size) { return (size + PT_BLOCK_SIZE - 1) / PT_BLOCK_SIZE; }

bool pt_assembly_open(pt_swarm *s, uint32_t number) {
  pt_piece *piece = &s->pieces[number];
  if (piece->state != PT_PIECE_NONE) return true;
  uint32_t size = pt_swarm_piece_size(s, number), blocks = block_count_of(size);
  pt_assembly *a = calloc(1, sizeof *a + blocks * sizeof a->giver[0]);
  uint8_t *content = pt_content_new(size);
  if (!a || !content) {
    free(a);
    pt_content_del(content);
    return false;
  }
  a->block_count = blocks;
  a->serial = ++s->cx->assembly_serial;
  piece->assembly = a;
  piece->content = content;
  piece->state = PT_PIECE_GATHERING;
  s->cx->stats.stored_bytes += size;
  return true;
}

void pt_assembly_drop(pt_swarm *s, uint32_t number) {
  pt_piece *piece = &s->pieces[number];
  if (!piece->assembly) return;
  free(piece->assembly);
  pt_content_del(piece->content);
  piece->assembly = NULL;
  piece->content = NULL;
  piece->state = PT_PIECE_NONE;
  s->cx->stats.stored_bytes -= pt_swarm_piece_size(s, number);
}

void pt_assembly_abandon(pt_swarm *s, uint32_t number) {
  const pt_piece *piece = &s->pieces[number];
  if (!piece->assembly || piece->pins > 0) return;
  for (const pt_fetch *f = s->fetches; f; f = f->next)
    if (number >= f->first && number - f->first < f->count) return;
  for (uint32_t i = 0, size = pt_swarm_piece_size(s, number); i < piece->assembly->block_count; i++)
    if (piece->assembly->giver[i] != PT_GIVER_NONE)
      s->cx->stats.wasted_bytes +=
          size - i * PT_BLOCK_SIZE < PT_BLOCK_SIZE ? size - i * PT_BLOCK_SIZE : PT_BLOCK_SIZE;
  pt_assembly_drop(s, number);
}

uint16_t pt_assembly_first_giver(const pt_assembly *a) {
  for (uint32_t i = 0; i < a->block_count; i++)
    if (a->giver[i] != PT_GIVER_NONE) return a->giver[i];
  return PT_GIVER_NONE;
}

bool pt_assembly_takes(const pt_swarm *s, uint32_t number, uint16_t giver) {
  const pt_piece *piece = &s->pieces[number];
  if (piece->failures == 0 || !piece->assembly) return true;
  uint16_t first = pt_assembly_first_giver(piece->assembly);
  return first == PT_GIVER_NONE || first == giver;
}

bool pt_assembly_lacks(const pt_swarm *s, uint32_t number, uint32_t block) {
  const pt_piece *piece = &s->pieces[number];
  if (piece->state == PT_PIECE_NONE) return true;
  if (piece->state != PT_PIECE_GATHERING) return false;
  return piece->assembly->giver[block] == PT_GIVER_NONE;
}

static void blame(pt_swarm *s, uint32_t number, uint16_t giver) {
  if (giver < PT_GIVER_FIRST) return;
  for (pt_peer *p = s->peers; p; p = p->next)
    if (p->remote->name == giver) p->remote->condemned = s->cx->attend = true;
  pt_context_ban(s->cx, s->cx->names[giver], s->key, number, PT_ERR_HASH);
}

/* The origin itself sent other bytes than the index promises: the index is out
 * of date, and no peer can help either. */
static void origin_is_stale(pt_swarm *s, uint32_t number) {
  const pt_file *file = pt_swarm_file_of(s, number);
  for (pt_stream *st = s->streams; st; st = st->next)
    if (&s->files[st->file] == file && st->result == PT_OK) st->result = PT_ERR_STALE;
  s->deliverable = true;
  pt_event event = {.kind = PT_OUT_INDEX_STALE};
  pt_outbox_push(&s->cx->out, &event);
}

static void remember_suspects(pt_swarm *s, pt_piece *piece, uint32_t size) {
  pt_assembly *a = piece->assembly;
  free(piece->suspects);
  piece->suspects = calloc(a->block_count, sizeof *piece->suspects);
  if (!piece->suspects) return;
  pt_content_leaves(piece->content, size, s->scratch);
  for (uint32_t i = 0; i < a->block_count; i++) {
    memcpy(piece->suspects[i].leaf, s->scratch[i], PT_HASH_SIZE);
    piece->suspects[i].giver = a->giver[i];
  }
}

static void judge_suspects(pt_swarm *s, uint32_t number, uint32_t size) {
  pt_piece *piece = &s->pieces[number];
  uint32_t blocks = block_count_of(size);
  pt_content_leaves(piece->content, size, s->scratch);
  for (uint32_t i = 0; i < blocks; i++)
    if (memcmp(piece->suspects[i].leaf, s->scratch[i], PT_HASH_SIZE) != 0)
      blame(s, number, piece->suspects[i].giver);
  free(piece->suspects);
  piece->suspects = NULL;
}

static void refuse(pt_swarm *s, uint32_t number, uint32_t size) {
  pt_piece *piece = &s->pieces[number];
  pt_assembly *a = piece->assembly;
  uint16_t first = a->giver[0];
  bool one_giver = true;
  for (uint32_t i = 1; i < a->block_count; i++) one_giver &= a->giver[i] == first;
  if (piece->failures < UINT8_MAX) piece->failures++;
  s->cx->stats.pieces_failed++;
  s->cx->stats.wasted_bytes += size;
  if (!one_giver) remember_suspects(s, piece, size);
  pt_assembly_drop(s, number);
  pt_want *want = pt_swarm_want_of(s, number);
  if (want) want->from = NULL;
  if (one_giver && first == PT_GIVER_ORIGIN)
    origin_is_stale(s, number);
  else if (one_giver)
    blame(s, number, first);
  s->dirty = true;
}

enum pt_source pt_giver_source(uint16_t giver) {
  return giver == PT_GIVER_ORIGIN ? PT_SOURCE_ORIGIN
         : giver == PT_GIVER_DISK ? PT_SOURCE_STORE
                                  : PT_SOURCE_PEER;
}

void pt_assembly_tell(pt_swarm *s, uint32_t number) {
  pt_piece *piece = &s->pieces[number];
  uint32_t size = pt_swarm_piece_size(s, number);
  const pt_file *file = pt_swarm_file_of(s, number);
  pt_event event = {.kind = PT_OUT_PIECE,
                    .code = pt_giver_source(piece->giver),
                    .id = number,
                    .offset = (uint64_t)(number - file->piece_first) * s->piece_length,
                    .length = size,
                    .text = {(const uint8_t *)file->path, strlen(file->path)}};
  memcpy(event.swarm, s->key, PT_ID_SIZE);
  if (piece->giver >= PT_GIVER_FIRST) memcpy(event.peer, s->cx->names[piece->giver], PT_ID_SIZE);
  pt_outbox_push(&s->cx->out, &event);
  piece->told = true;
  s->cx->stats.verified_bytes += size;
}

static void accept(pt_swarm *s, uint32_t number, uint32_t size) {
  pt_piece *piece = &s->pieces[number];
  if (piece->suspects) judge_suspects(s, number, size);
  piece->giver = piece->assembly->giver[0];
  free(piece->assembly);
  piece->assembly = NULL;
  piece->failures = 0;
  pt_store_link(piece, PT_IN_MEMORY);
  pt_swarm_have(s, number);
  s->progress_us = s->cx->now_us;
  pt_assembly_tell(s, number);
  pt_disk_keep(piece);
}

bool pt_assembly_right(const pt_swarm *s, uint32_t number) {
  const pt_file *file = pt_swarm_file_of(s, number);
  const uint8_t *expected = pt_layers_hash(s, number);
  uint32_t height = file->piece_count > 1 ? s->piece_height : file->height;
  pt_hash hash;
  if (!expected) return false;
  pt_content_hash(s->pieces[number].content, pt_swarm_piece_size(s, number), height, s->scratch,
                  hash);
  return memcmp(hash, expected, PT_HASH_SIZE) == 0;
}

static void verify(pt_swarm *s, uint32_t number) {
  s->pieces[number].state = PT_PIECE_FULL;
  s->dirty = true;
  if (!pt_layers_hash(s, number)) return;
  uint32_t size = pt_swarm_piece_size(s, number);
  if (pt_assembly_right(s, number))
    accept(s, number, size);
  else
    refuse(s, number, size);
}

void pt_assembly_put(pt_swarm *s, uint32_t number, uint32_t begin, pt_bytes block, uint16_t giver) {
  pt_piece *piece = &s->pieces[number];
  assert(piece->state == PT_PIECE_GATHERING && begin % PT_BLOCK_SIZE == 0);
  uint32_t at = begin / PT_BLOCK_SIZE;
  if (piece->assembly->giver[at] != PT_GIVER_NONE) return;
  if (block.data) pt_content_write(piece->content, begin, block);
  piece->assembly->giver[at] = giver;
  if (++piece->assembly->blocks_here == piece->assembly->block_count) verify(s, number);
}

void pt_assembly_retry(pt_swarm *s, pt_file *file) {
  for (uint32_t i = 0; i < file->piece_count; i++)
    if (s->pieces[file->piece_first + i].state == PT_PIECE_FULL) verify(s, file->piece_first + i);
}
