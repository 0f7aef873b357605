#include "base/bits.h"
#include "base/hash.h"
#include "base/hex.h"
#include "base/limits.h"
#include "format/site_index_inner.h"

#include <stdlib.h>
#include <string.h>

#define EMPTY UINT32_MAX

static int refuse_asset(const pt_site_why *why, const char *path, const char *what) {
  pt_bytes name = {(const uint8_t *)path, strlen(path)};
  return pt_site_refuse(why, PT_ERR_RANGE, "asset", name, what);
}

/* Every path into an open-addressed table of asset numbers, at most half full. */
static int check_paths(const pt_site_index *index, const pt_site_why *why) {
  size_t size = 16;
  while (size < 2 * index->asset_count) size *= 2;
  uint32_t *table = malloc(size * sizeof *table);
  if (table == NULL) return PT_ERR_NOMEM;
  memset(table, 0xff, size * sizeof *table);
  int error = PT_OK;
  for (size_t i = 0; i < index->asset_count && error == PT_OK; i++) {
    const char *path = index->assets[i].path;
    size_t at = (size_t)pt_hash64(path, strlen(path), 0) & (size - 1);
    while (table[at] != EMPTY && strcmp(index->assets[table[at]].path, path) != 0)
      at = (at + 1) & (size - 1);
    if (table[at] != EMPTY) error = refuse_asset(why, path, "is there twice");
    table[at] = (uint32_t)i;
  }
  free(table);
  return error;
}

/* What a swarm's assets amount to. */
typedef struct tally {
  uint64_t length;
  uint64_t pieces;
  uint32_t files;
  uint32_t first; /* of its bits in the set of file numbers seen */
} tally;

static int refuse_swarm(const pt_site_why *why, int error, const pt_site_swarm *swarm,
                        const char *what) {
  char key[2 * PT_ID_SIZE + 1];
  pt_hex_encode(swarm->key, PT_ID_SIZE, key);
  pt_bytes name = {(const uint8_t *)key, 2 * PT_ID_SIZE};
  return pt_site_refuse(why, error, "swarm", name, what);
}

static int check_totals(const pt_site_index *index, tally *tallies, const pt_site_why *why) {
  for (size_t i = 0; i < index->asset_count; i++) {
    const pt_site_asset *a = &index->assets[i];
    const pt_site_swarm *s = &index->swarms[a->swarm];
    tally *t = &tallies[a->swarm];
    if (a->length > s->length - t->length)
      return refuse_swarm(why, PT_ERR_RANGE, s, "is shorter than its assets together");
    t->length += a->length;
    t->pieces += (a->length + s->piece_length - 1) / s->piece_length;
    t->files++;
    if (t->files > PT_SWARM_FILES_MAX)
      return refuse_swarm(why, PT_ERR_LIMIT, s, "has too many assets");
    if (t->pieces > PT_SWARM_PIECES_MAX)
      return refuse_swarm(why, PT_ERR_LIMIT, s, "has too many pieces");
  }
  uint32_t first = 0;
  for (size_t i = 0; i < index->swarm_count; i++) {
    if (tallies[i].length != index->swarms[i].length)
      return refuse_swarm(why, PT_ERR_RANGE, &index->swarms[i],
                          "is longer than its assets together");
    tallies[i].first = first;
    first += tallies[i].files;
  }
  return PT_OK;
}

/* As many different numbers below n as there are files: 0..n-1, each once. */
static int check_numbers(const pt_site_index *index, const tally *tallies, const pt_site_why *why) {
  uint8_t *seen = calloc(1, pt_bits_size(index->asset_count) + 1);
  if (seen == NULL) return PT_ERR_NOMEM;
  int error = PT_OK;
  for (size_t i = 0; i < index->asset_count && error == PT_OK; i++) {
    const pt_site_asset *a = &index->assets[i];
    const tally *t = &tallies[a->swarm];
    size_t bit = (size_t)t->first + a->file;
    if (a->file >= t->files)
      error = refuse_asset(why, a->path, "file leaves a gap");
    else if (pt_bits_get(seen, bit))
      error = refuse_asset(why, a->path, "file has a number twice");
    else
      pt_bits_set(seen, bit);
  }
  free(seen);
  return error;
}

int pt_site_index_check(const pt_site_index *index, const pt_site_why *why) {
  int error = check_paths(index, why);
  if (error != PT_OK) return error;
  tally *tallies = calloc(index->swarm_count + 1, sizeof *tallies);
  if (tallies == NULL) return PT_ERR_NOMEM;
  error = check_totals(index, tallies, why);
  if (error == PT_OK) error = check_numbers(index, tallies, why);
  free(tallies);
  return error;
}
