#include "swarm/swarm.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/apart.h"
#include "base/bits.h"
#include "swarm/units.h"

static char *copy_text(const char *text) {
  size_t size = strlen(text) + 1;
  char *copy = malloc(size);
  if (copy) memcpy(copy, text, size);
  return copy;
}

static void free_files(pt_swarm *s) {
  if (!s->files) return;
  for (uint32_t i = 0; i < s->file_count; i++) {
    free(s->files[i].path);
    free(s->files[i].layer);
    free(s->files[i].chunks);
  }
  free(s->files);
}

static bool add_files(pt_swarm *s, const pt_swarm_file *files) {
  uint64_t piece = 0;
  for (uint32_t i = 0; i < s->file_count; i++) {
    pt_file *f = &s->files[i];
    uint64_t count = (files[i].length + s->piece_length - 1) / s->piece_length;
    if (piece + count > PT_SWARM_PIECES_MAX) return false;
    f->length = files[i].length;
    f->piece_first = (uint32_t)piece;
    f->piece_count = (uint32_t)count;
    f->height = pt_merkle_height(pt_merkle_leaf_count(files[i].length));
    memcpy(f->root, files[i].root, PT_HASH_SIZE);
    f->path = copy_text(files[i].path);
    if (!f->path) return false;
    if (count > 1) {
      f->chunk_count = (f->piece_count + PT_LAYER_CHUNK - 1) / PT_LAYER_CHUNK;
      f->layer = calloc(f->piece_count, sizeof(pt_hash));
      f->chunks = calloc(f->chunk_count, 1);
      if (!f->layer || !f->chunks) return false;
    }
    piece += count;
    s->length += f->length;
  }
  s->piece_count = (uint32_t)piece;
  return true;
}

pt_swarm *pt_swarm_new(pt_context *cx, const uint8_t key[PT_ID_SIZE], uint32_t piece_length,
                       const pt_swarm_file *files, uint32_t file_count) {
  if (piece_length < PT_PIECE_LENGTH_MIN || piece_length > PT_PIECE_LENGTH_READ_MAX ||
      (piece_length & (piece_length - 1)) || file_count == 0 || file_count > PT_SWARM_FILES_MAX)
    return NULL;
  pt_swarm *s = calloc(1, sizeof *s);
  if (!s) return NULL;
  s->cx = cx;
  memcpy(s->key, key, PT_ID_SIZE);
  s->piece_length = piece_length;
  s->piece_height = pt_merkle_piece_height(piece_length);
  s->file_count = file_count;
  pt_rate_init(&s->rate_in, cx->now_us);
  s->plan_us = PT_NEVER;
  s->rejoin_us = PT_NEVER;
  s->rechoke_us = PT_NEVER;
  s->files = calloc(file_count, sizeof *s->files);
  s->scratch = malloc(piece_length / PT_BLOCK_SIZE * sizeof(pt_hash));
  if (!s->files || !s->scratch || !add_files(s, files)) goto fail;
  s->pieces = calloc(s->piece_count, sizeof *s->pieces);
  s->have = calloc(1, pt_bits_size(s->piece_count));
  if (!s->pieces || !s->have) goto fail;
  for (uint32_t i = 0; i < s->piece_count; i++) s->pieces[i].swarm = s;
  cx->stats.swarms++;
  return s;
fail:
  free_files(s);
  free(s->pieces);
  free(s->have);
  free(s->scratch);
  free(s);
  return NULL;
}

bool pt_swarm_set_path(pt_swarm *s, uint32_t file, const char *path) {
  if (strcmp(s->files[file].path, path) == 0) return true;
  char *copy = copy_text(path);
  if (!copy) return false;
  free(s->files[file].path);
  s->files[file].path = copy;
  return true;
}

void pt_swarm_del(pt_swarm *s) {
  assert(!s->streams && !s->peers);
  pt_origin_cancel_all(s);
  for (uint32_t i = 0; i < s->piece_count; i++) {
    if (s->pieces[i].state == PT_PIECE_HAVE) pt_store_remove(&s->pieces[i]);
    pt_assembly_drop(s, i);
    pt_assembly_free(s->pieces[i].suspects);
  }
  s->cx->stats.swarms--;
  free_files(s);
  free(s->pieces);
  free(s->have);
  free(s->wants);
  free(s->document);
  free(s->scratch);
  free(s);
}

pt_file *pt_swarm_file_of(const pt_swarm *s, uint32_t piece) {
  assert(piece < s->piece_count);
  uint32_t low = 0, high = s->file_count - 1;
  while (low < high) {
    uint32_t middle = low + (high - low + 1) / 2;
    if (s->files[middle].piece_first <= piece)
      low = middle;
    else
      high = middle - 1;
  }
  return &s->files[low];
}

uint32_t pt_swarm_piece_size(const pt_swarm *s, uint32_t piece) {
  const pt_file *f = pt_swarm_file_of(s, piece);
  uint64_t at = (uint64_t)(piece - f->piece_first) * s->piece_length;
  uint64_t left = f->length - at;
  return left < s->piece_length ? (uint32_t)left : s->piece_length;
}

bool pt_swarm_complete(const pt_swarm *s) { return s->have_count == s->piece_count; }

pt_want *pt_swarm_want_of(const pt_swarm *s, uint32_t piece) {
  uint32_t place = s->pieces[piece].want;
  return place ? &s->wants[place - 1] : NULL;
}

void pt_swarm_have(pt_swarm *s, uint32_t number) {
  s->pieces[number].state = PT_PIECE_HAVE;
  pt_bits_set(s->have, number);
  s->have_count++;
  s->have_bytes += pt_swarm_piece_size(s, number);
  pt_swarm_file_of(s, number)->verified++;
  const pt_want *want = pt_swarm_want_of(s, number);
  if (want && want->fetch) s->dirty = true; /* what else does that fetch bring? */
  pt_swarm_unwant(s, number);
  for (pt_peer *p = s->peers; p; p = p->next) {
    pt_peer_cancel(p, number);
    if (!pt_bits_get(p->has, number)) pt_peer_say_have(p, number); /* it has no use for it */
  }
  s->deliverable = true;
}

bool pt_swarm_want(pt_swarm *s, uint32_t piece, bool blocking, bool patient) {
  pt_want *w = pt_swarm_want_of(s, piece);
  if (w) {
    w->blocking |= blocking;
    w->patient &= patient;
    return true;
  }
  if (s->want_count == s->want_cap) {
    uint32_t cap = s->want_cap ? s->want_cap * 2 : 64;
    pt_want *wants = realloc(s->wants, cap * sizeof *wants);
    if (!wants) return false;
    s->wants = wants;
    s->want_cap = cap;
  }
  if (s->want_count == 0) s->wanting_since_us = s->cx->now_us;
  w = &s->wants[s->want_count++];
  *w = (pt_want){.piece = piece,
                 .order = s->want_order++,
                 .blocking = blocking,
                 .patient = patient,
                 .since_us = s->cx->now_us};
  w->fetch = pt_origin_bringing(s, piece);
  s->pieces[piece].want = s->want_count;
  s->dirty = true;
  return true;
}

void pt_swarm_unwant(pt_swarm *s, uint32_t piece) {
  uint32_t place = s->pieces[piece].want;
  if (!place) return;
  s->pieces[piece].want = 0;
  pt_want *hole = &s->wants[place - 1];
  pt_want *last = &s->wants[--s->want_count];
  if (hole != last) {
    *hole = *last;
    s->pieces[hole->piece].want = place;
  }
}

bool pt_swarm_restless(const pt_swarm *s) { return s->dirty || s->hungry; }

PT_APART static void plan_all(pt_swarm *s) {
  bool shared = s->company > 0;
  if (shared != s->shared) { /* windows depend on it */
    s->shared = shared;
    for (pt_stream *st = s->streams; st; st = st->next) pt_stream_advance(st);
  }
  s->dirty = false;
  s->plan_us = PT_NEVER;
  if (s->peers && s->cx->now_us >= s->rechoke_us) pt_swarm_rechoke(s);
  pt_layers_plan(s);
  pt_picker_plan(s);
  pt_origin_plan(s);
}

void pt_swarm_plan(pt_swarm *s) {
  uint64_t now = s->cx->now_us;
  if (s->dirty || now >= s->plan_us || now >= s->rechoke_us)
    plan_all(s);
  else if (s->hungry)
    pt_picker_feed(s);
  if (!s->windows_changed) return;
  s->windows_changed = false;
  for (pt_peer *p = s->peers; p; p = p->next) pt_peer_say_wants(p);
}

void pt_swarm_wake(pt_swarm *s, uint64_t at_us) {
  if (at_us < s->plan_us) s->plan_us = at_us;
}

uint64_t pt_swarm_deadline(const pt_swarm *s) {
  if (pt_swarm_restless(s)) return s->cx->now_us;
  return s->plan_us < s->rechoke_us ? s->plan_us : s->rechoke_us;
}
