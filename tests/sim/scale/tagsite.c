#include "tagsite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../packed.h"
#include "base/hex.h"
#include "base/limits.h"
#include "format/metainfo.h"
#include "format/site_index.h"
#include "lots.h"
#include "swarm/content.h"

#define TAG_SIZE 8u

static void *need(void *memory) {
  if (!memory) {
    fputs("peertide-sim: out of memory\n", stderr);
    abort();
  }
  return memory;
}

uint64_t tagsite_tag(const tagsite *t, uint32_t file, uint64_t block) {
  return lots_mix(t->seed + file, block);
}

void tagsite_fill(const tagsite *t, uint32_t file, uint64_t at, uint32_t len, uint8_t *out) {
  uint64_t block = (at + PT_BLOCK_SIZE - 1) / PT_BLOCK_SIZE;
  for (; block * PT_BLOCK_SIZE + TAG_SIZE <= at + len; block++) {
    uint64_t tag = tagsite_tag(t, file, block);
    memcpy(out + (block * PT_BLOCK_SIZE - at), &tag, TAG_SIZE);
  }
}

/* Piece hashes of a file (one: its root), and the root. */
static pt_hash *layer_of(const tagsite *t, uint32_t file, uint32_t piece_length, pt_hash root) {
  uint64_t length = t->files[file].length;
  size_t count = (size_t)((length + piece_length - 1) / piece_length);
  pt_hash *layer = need(malloc(count * sizeof *layer));
  pt_hash *scratch = need(malloc(count * sizeof *scratch));
  uint8_t *bytes = need(malloc(piece_length)), *content = need(pt_content_new(piece_length));
  pt_hash *leaves = need(malloc(piece_length / PT_BLOCK_SIZE * sizeof *leaves));
  uint32_t top = pt_merkle_height(pt_merkle_leaf_count(length));
  uint32_t base = count > 1 ? pt_merkle_piece_height(piece_length) : top;
  for (size_t i = 0; i < count; i++) {
    uint64_t at = i * piece_length, left = length - at;
    uint32_t take = left < piece_length ? (uint32_t)left : piece_length;
    tagsite_fill(t, file, at, take, bytes);
    pt_content_write(content, 0, (pt_bytes){bytes, take});
    pt_content_hash(content, take, base, leaves, layer[i]);
  }
  memcpy(scratch, layer, count * sizeof *layer);
  pt_merkle_fold(scratch, count, base, top, root);
  pt_content_del(content);
  free(bytes);
  free(leaves);
  free(scratch);
  return layer;
}

/* The core treats what is played otherwise than what is downloaded. */
static char *type_of(enum page_kind kind) {
  static char video[] = "video/mp4", image[] = "image/jpeg", other[] = "application/octet-stream";
  return kind == PAGE_VIDEO ? video : kind == PAGE_DOWNLOAD ? other : image;
}

static void make_swarm(tagsite *t, uint32_t number, uint32_t first, uint32_t count,
                       uint32_t piece_length, char *type, pt_site_asset *assets,
                       pt_site_swarm *out) {
  pt_metainfo_source *sources = need(calloc(count, sizeof *sources));
  *out = (pt_site_swarm){.piece_length = piece_length};
  for (uint32_t i = 0; i < count; i++) {
    tag_file *f = &t->files[first + i];
    f->swarm = number;
    assets[first + i] = (pt_site_asset){
        .path = f->path, .type = type, .length = f->length, .swarm = number, .file = i};
    pt_hash *layer = layer_of(t, first + i, piece_length, assets[first + i].root);
    sources[i] = (pt_metainfo_source){f->path + 1, f->length, (const pt_hash *)layer};
    out->length += f->length;
  }
  pt_metainfo_make make = {
      .name = "site", .piece_length = piece_length, .files = sources, .file_count = count};
  tag_swarm *swarm = &t->swarms[number];
  uint8_t *torrent;
  size_t torrent_len;
  pt_metainfo m;
  if (pt_metainfo_write(&make, &torrent, &torrent_len) != PT_OK ||
      pt_metainfo_parse((pt_bytes){torrent, torrent_len}, &m) != PT_OK) {
    fputs("peertide-sim: this site can't be a torrent: too many files or pieces\n", stderr);
    exit(2);
  }
  memcpy(out->v2, m.v2, PT_HASH_SIZE);
  memcpy(out->key, m.v2, PT_ID_SIZE);
  memcpy(swarm->key, m.v2, PT_ID_SIZE);
  swarm->layers = need(pt_metainfo_layers(&m, &swarm->layers_len));
  pt_metainfo_free(&m);
  free(torrent);
  for (uint32_t i = 0; i < count; i++) free((void *)(uintptr_t)sources[i].layer);
  free(sources);
}

static void add_files(tagsite *t, const scenario *s) {
  for (uint32_t g = 0; g < s->site.group_count; g++)
    t->file_count += (uint32_t)s->site.groups[g].count;
  t->files = need(calloc(t->file_count, sizeof *t->files));
  uint32_t number = 0;
  for (uint32_t g = 0; g < s->site.group_count; g++) {
    const file_group *group = &s->site.groups[g];
    for (uint32_t i = 0; i < (uint32_t)group->count; i++, number++) {
      tag_file *f = &t->files[number];
      snprintf(f->path, sizeof f->path, "/f%05u.bin", number);
      f->length = lots_between(lots_mix(t->seed, number), (uint64_t)group->length_min,
                               (uint64_t)group->length_max);
      /* A tag needs room in the last block too. */
      if (f->length % PT_BLOCK_SIZE && f->length % PT_BLOCK_SIZE < TAG_SIZE) f->length += TAG_SIZE;
      f->block_first = t->block_count;
      t->block_count += (uint32_t)((f->length + PT_BLOCK_SIZE - 1) / PT_BLOCK_SIZE);
      t->length += f->length;
    }
  }
}

tagsite *tagsite_new(const scenario *s) {
  tagsite *t = need(calloc(1, sizeof *t));
  t->seed = lots_mix(s->seed, 0x73697465);
  add_files(t, s);
  uint32_t each = (uint32_t)s->site.swarm_files;
  t->swarm_count = (t->file_count + each - 1) / each;
  t->swarms = need(calloc(t->swarm_count, sizeof *t->swarms));
  pt_site_asset *assets = need(calloc(t->file_count, sizeof *assets));
  pt_site_swarm *swarms = need(calloc(t->swarm_count, sizeof *swarms));
  for (uint32_t i = 0; i < t->swarm_count; i++) {
    uint32_t first = i * each, count = t->file_count - first < each ? t->file_count - first : each;
    make_swarm(t, i, first, count, (uint32_t)s->site.piece_length, type_of(s->page.kind), assets,
               &swarms[i]);
  }
  pt_site_index index = {.created = "2026-11-20T10:00:00Z",
                         .asset_count = t->file_count,
                         .swarm_count = t->swarm_count,
                         .assets = assets,
                         .swarms = swarms};
  char *json = need(pt_site_index_write(&index));
  t->packed = packed_index(json);
  free(json);
  need((void *)(uintptr_t)t->packed.data);
  free(assets);
  free(swarms);
  return t;
}

void tagsite_del(tagsite *t) {
  for (uint32_t i = 0; i < t->swarm_count; i++) free(t->swarms[i].layers);
  free(t->swarms);
  free(t->files);
  free((void *)(uintptr_t)t->packed.data);
  free(t);
}

uint32_t tagsite_find(const tagsite *t, pt_bytes path) {
  char text[128];
  unsigned number;
  if (path.len >= sizeof text) return UINT32_MAX;
  memcpy(text, path.data, path.len);
  text[path.len] = '\0';
  if (sscanf(text, "/f%5u.bin", &number) == 1 && number < t->file_count) return number;
  for (uint32_t i = 0; i < t->swarm_count; i++) {
    char hex[2 * PT_ID_SIZE + 1];
    pt_hex_encode(t->swarms[i].key, PT_ID_SIZE, hex);
    if (strstr(text, hex)) return t->file_count + i;
  }
  return UINT32_MAX;
}

uint64_t tagsite_length(const tagsite *t, uint32_t number) {
  return number < t->file_count ? t->files[number].length
                                : t->swarms[number - t->file_count].layers_len;
}
