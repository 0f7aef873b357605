#include "site.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../packed.h"
#include "base/hex.h"
#include "base/random.h"
#include "format/metainfo.h"
#include "format/site_index.h"

static void fill(site_file *f, uint32_t number, uint64_t length, pt_random *random) {
  snprintf(f->path, sizeof f->path, "/f%02u.bin", number);
  f->length = length;
  f->data = malloc((size_t)length);
  for (uint64_t i = 0; i < length; i += 8) {
    uint64_t word = pt_random_u64(random);
    size_t take = length - i < 8 ? (size_t)(length - i) : 8;
    memcpy(f->data + i, &word, take);
  }
}

/* Piece hashes of a file (one: its root), and the root. */
static pt_hash *layer_of(const site_file *f, uint32_t piece_length, pt_hash root) {
  size_t count = (size_t)((f->length + piece_length - 1) / piece_length);
  pt_hash *layer = malloc(count * sizeof *layer), *scratch = malloc(count * sizeof *layer);
  pt_hash *leaves = malloc(piece_length / 16384 * sizeof *leaves);
  uint32_t top = pt_merkle_height(pt_merkle_leaf_count(f->length));
  uint32_t base = count > 1 ? pt_merkle_piece_height(piece_length) : top;
  for (size_t i = 0; i < count; i++) {
    uint64_t at = i * piece_length, left = f->length - at;
    size_t take = left < piece_length ? (size_t)left : piece_length;
    pt_merkle_piece(f->data + at, take, base, leaves, layer[i]);
  }
  memcpy(scratch, layer, count * sizeof *layer);
  pt_merkle_fold(scratch, count, base, top, root);
  free(scratch);
  free(leaves);
  return layer;
}

site *site_new(uint64_t seed, const uint64_t *lengths, uint32_t count, uint32_t piece_length) {
  site *s = calloc(1, sizeof *s);
  pt_random random;
  pt_random_init(&random, seed);
  pt_site_asset assets[SITE_FILES_MAX];
  pt_metainfo_source sources[SITE_FILES_MAX];
  pt_hash *layers[SITE_FILES_MAX];
  char type[] = "application/octet-stream";
  s->file_count = count;
  pt_site_swarm swarm = {.piece_length = piece_length};
  for (uint32_t i = 0; i < count; i++) {
    fill(&s->files[i], i, lengths[i], &random);
    assets[i] =
        (pt_site_asset){.path = s->files[i].path, .type = type, .length = lengths[i], .file = i};
    layers[i] = layer_of(&s->files[i], piece_length, assets[i].root);
    sources[i] = (pt_metainfo_source){s->files[i].path + 1, lengths[i], (const pt_hash *)layers[i]};
    swarm.length += lengths[i];
  }
  pt_metainfo_make make = {
      .name = "site", .piece_length = piece_length, .files = sources, .file_count = count};
  int error = pt_metainfo_write(&make, &s->torrents[0], &s->torrent_lens[0]);
  assert(error == PT_OK);
  pt_metainfo m;
  error = pt_metainfo_parse((pt_bytes){s->torrents[0], s->torrent_lens[0]}, &m);
  assert(error == PT_OK);
  (void)error;
  memcpy(swarm.v2, m.v2, PT_HASH_SIZE);
  memcpy(swarm.key, m.v2, PT_ID_SIZE);
  s->layers[0] = pt_metainfo_layers(&m, &s->layers_lens[0]);
  pt_metainfo_free(&m);
  s->torrent_count = 1;
  char key[2 * PT_ID_SIZE + 1];
  pt_hex_encode(swarm.key, PT_ID_SIZE, key);
  snprintf(s->layers_paths[0], sizeof s->layers_paths[0], "/.peertide/layers/%s.bin", key);
  pt_site_index index = {.created = "2026-11-20T10:00:00Z",
                         .asset_count = count,
                         .swarm_count = 1,
                         .assets = assets,
                         .swarms = &swarm};
  s->index = pt_site_index_write(&index);
  s->packed = packed_index(s->index);
  for (uint32_t i = 0; i < count; i++) free(layers[i]);
  return s;
}

void site_del(site *s) {
  for (uint32_t i = 0; i < s->file_count; i++) free(s->files[i].data);
  for (uint32_t i = 0; i < s->torrent_count; i++) {
    free(s->torrents[i]);
    free(s->layers[i]);
  }
  free(s->index);
  free((void *)(uintptr_t)s->packed.data);
  free(s);
}

static bool same(pt_bytes path, const char *text) {
  return strlen(text) == path.len && memcmp(path.data, text, path.len) == 0;
}

pt_bytes site_get(const site *s, pt_bytes path) {
  for (uint32_t i = 0; i < s->file_count; i++)
    if (same(path, s->files[i].path))
      return (pt_bytes){s->files[i].data, (size_t)s->files[i].length};
  for (uint32_t i = 0; i < s->torrent_count; i++)
    if (same(path, s->layers_paths[i])) return (pt_bytes){s->layers[i], s->layers_lens[i]};
  return (pt_bytes){NULL, 0};
}
