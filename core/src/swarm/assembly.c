/* Blocks become pieces. A piece is believed only when its hash chain to the
 * index's root holds. When it does not, somebody who has it tells its leaves
 * (layers.c): they name who lied, and what is right stays. With leaves known
 * before, as for those who have not proven themselves yet, that happens with
 * the first wrong block. Where nobody tells them, whoever sent all of the piece
 * is banned; if several did, the leaves of what they sent are kept, the piece
 * is got anew from one source, and the comparison names the liar. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "swarm/content.h"
#include "swarm/units.h"

static uint32_t block_size(uint32_t size, uint32_t block) {
  uint32_t left = size - block * PT_BLOCK_SIZE;
  return left < PT_BLOCK_SIZE ? left : PT_BLOCK_SIZE;
}

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

void pt_assembly_free(pt_assembly *a) {
  if (a) free(a->leaves);
  free(a);
}

void pt_assembly_drop(pt_swarm *s, uint32_t number) {
  pt_piece *piece = &s->pieces[number];
  if (piece->state != PT_PIECE_GATHERING && piece->state != PT_PIECE_FULL) return;
  pt_assembly_free(piece->assembly);
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
      s->cx->stats.wasted_bytes += block_size(size, i);
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

/* The origin itself sent other bytes than the index promises: the index is out
 * of date, and no peer can help either. */
static void origin_is_stale(pt_swarm *s, uint32_t number) {
  const pt_file *file = pt_swarm_file_of(s, number);
  for (pt_stream *st = s->streams; st; st = st->next)
    if (&s->files[st->file] == file && st->result == PT_OK) st->result = PT_ERR_STALE;
  s->deliverable = true;
  pt_outbox_say(&s->cx->out, PT_OUT_INDEX_STALE, 0);
}

static void blame(pt_swarm *s, uint32_t number, uint16_t giver) {
  if (giver == PT_GIVER_ORIGIN) origin_is_stale(s, number);
  if (giver < PT_GIVER_FIRST) return;
  for (pt_peer *p = s->peers; p; p = p->next)
    if (p->remote->name == giver) p->remote->condemned = s->cx->attend = true;
  pt_context_ban(s->cx, s->cx->names[giver], s->key, number, PT_ERR_HASH);
}

/* Who gave all of a full piece; PT_GIVER_NONE: several did. */
static uint16_t sole_giver(const pt_assembly *a) {
  for (uint32_t i = 1; i < a->block_count; i++)
    if (a->giver[i] != a->giver[0]) return PT_GIVER_NONE;
  return a->giver[0];
}

/* Of a piece of several givers: what each block was, so that the verified piece
 * tells whose was wrong. */
static void remember_suspects(pt_piece *piece, uint32_t size) {
  pt_assembly *a = piece->assembly;
  a->leaves = malloc(a->block_count * sizeof *a->leaves);
  if (!a->leaves) return;
  pt_content_leaves(piece->content, size, a->leaves);
  pt_assembly_free(piece->suspects);
  piece->suspects = a;
  piece->assembly = NULL;
}

/* Is the block that is here the one of the leaves? */
static bool same_block(const pt_swarm *s, uint32_t number, const pt_assembly *a, uint32_t block) {
  uint32_t length = block_size(pt_swarm_piece_size(s, number), block);
  pt_hash leaf;
  pt_content_leaf(s->pieces[number].content, block * PT_BLOCK_SIZE, length, leaf);
  return memcmp(leaf, a->leaves[block], PT_HASH_SIZE) == 0;
}

static void judge_suspects(pt_swarm *s, uint32_t number) {
  pt_piece *piece = &s->pieces[number];
  const pt_assembly *a = piece->suspects;
  for (uint32_t i = 0; a && i < a->block_count; i++)
    if (a->giver[i] != PT_GIVER_ORIGIN && !same_block(s, number, a, i))
      blame(s, number, a->giver[i]);
  pt_assembly_free(piece->suspects);
  piece->suspects = NULL;
}

static void throw_away(pt_swarm *s, uint32_t number) {
  pt_piece *piece = &s->pieces[number];
  uint32_t size = pt_swarm_piece_size(s, number);
  if (piece->failures < UINT8_MAX) piece->failures++;
  s->cx->stats.pieces_failed++;
  s->cx->stats.wasted_bytes += size;
  if (sole_giver(piece->assembly) == PT_GIVER_NONE) remember_suspects(piece, size);
  pt_assembly_drop(s, number);
  pt_want *want = pt_swarm_want_of(s, number);
  if (want) want->from = NULL;
  s->dirty = true;
}

void pt_assembly_doubt(pt_swarm *s, uint32_t number) {
  if (s->pieces[number].state == PT_PIECE_FULL && !pt_layers_doubt(s, number))
    throw_away(s, number);
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

static void accept(pt_swarm *s, uint32_t number) {
  pt_piece *piece = &s->pieces[number];
  judge_suspects(s, number);
  piece->giver = piece->assembly->giver[0];
  pt_assembly_free(piece->assembly);
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
  pt_hash hash;
  if (!expected) return false;
  pt_content_hash(s->pieces[number].content, pt_swarm_piece_size(s, number),
                  pt_layers_height(s, file), s->scratch, hash);
  return memcmp(hash, expected, PT_HASH_SIZE) == 0;
}

static void verify(pt_swarm *s, uint32_t number) {
  const pt_assembly *a = s->pieces[number].assembly;
  s->pieces[number].state = PT_PIECE_FULL;
  s->dirty = true;
  if (a->leaves || pt_assembly_right(s, number)) {
    accept(s, number);
  } else if (pt_layers_hash(s, number)) {
    uint16_t giver = sole_giver(a);
    blame(s, number, giver);
    if (giver == PT_GIVER_ORIGIN)
      throw_away(s, number);
    else
      pt_assembly_doubt(s, number);
  }
}

/* Wrong blocks of it went: who is to give it has to be asked for them again. */
static void fill_gaps(pt_swarm *s, uint32_t number) {
  const pt_want *want = pt_swarm_want_of(s, number);
  if (want && want->from) want->from->unasked = true;
  s->dirty = true;
}

/* Is a block that is here what it must be? If not it goes, and its giver. */
static bool check_block(pt_swarm *s, uint32_t number, uint32_t block) {
  pt_assembly *a = s->pieces[number].assembly;
  if (same_block(s, number, a, block)) return true;
  uint16_t giver = a->giver[block];
  a->giver[block] = PT_GIVER_NONE;
  a->serial = ++s->cx->assembly_serial; /* it may be over what a fetch has written of it */
  s->cx->stats.blocks_failed++;
  s->cx->stats.wasted_bytes += block_size(pt_swarm_piece_size(s, number), block);
  blame(s, number, giver);
  return false;
}

void pt_assembly_leaves(pt_swarm *s, uint32_t number, const pt_hash *leaves) {
  pt_piece *piece = &s->pieces[number];
  pt_assembly *a = piece->assembly;
  if (!a || a->leaves) return;
  a->leaves = malloc(a->block_count * sizeof *leaves);
  if (!a->leaves) return;
  memcpy(a->leaves, leaves, a->block_count * sizeof *leaves);
  piece->failures = 0; /* what comes from now on is right, whoever gives it */
  for (uint32_t i = 0; i < a->block_count; i++)
    if (a->giver[i] != PT_GIVER_NONE && !check_block(s, number, i)) a->blocks_here--;
  if (a->blocks_here == a->block_count) {
    accept(s, number);
    return;
  }
  if (piece->state == PT_PIECE_FULL && a->blocks_here == 0) s->cx->stats.pieces_failed++;
  piece->state = PT_PIECE_GATHERING;
  fill_gaps(s, number);
}

void pt_assembly_put(pt_swarm *s, uint32_t number, uint32_t begin, pt_bytes block, uint16_t giver) {
  pt_piece *piece = &s->pieces[number];
  pt_assembly *a = piece->assembly;
  assert(piece->state == PT_PIECE_GATHERING && begin % PT_BLOCK_SIZE == 0);
  uint32_t at = begin / PT_BLOCK_SIZE;
  if (a->giver[at] != PT_GIVER_NONE) return;
  if (block.data) pt_content_write(piece->content, begin, block);
  a->giver[at] = giver;
  if (a->leaves && !check_block(s, number, at)) {
    fill_gaps(s, number);
    return;
  }
  if (++a->blocks_here == a->block_count) verify(s, number);
}

void pt_assembly_retry(pt_swarm *s, pt_file *file) {
  for (uint32_t i = 0; i < file->piece_count; i++)
    if (s->pieces[file->piece_first + i].state == PT_PIECE_FULL) verify(s, file->piece_first + i);
}
