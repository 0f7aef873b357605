#include "base/hex.h"
#include "base/limits.h"
#include "format/path_table.h"
#include "format/site_index_inner.h"

#include <stdlib.h>
#include <string.h>

static int refuse_asset(const pt_site_why *why, const pt_site_asset *a, const char *what) {
  return pt_site_refuse(why, PT_ERR_RANGE, "asset", pt_path_of(a), what);
}

static int check_paths(pt_site_index *index, const pt_site_why *why) {
  size_t cap = 16;
  while (cap < 2 * index->asset_count) cap *= 2;
  index->by_path = calloc(cap, sizeof *index->by_path);
  if (index->by_path == NULL) return PT_ERR_NOMEM;
  index->by_path_cap = cap;
  for (size_t i = 0; i < index->asset_count; i++) {
    const pt_site_asset *a = &index->assets[i];
    uint32_t *slot = pt_path_slot(index->by_path, cap, index->assets, pt_path_of(a));
    if (*slot != 0) return refuse_asset(why, a, "is there twice");
    *slot = (uint32_t)i + 1;
  }
  return PT_OK;
}

const pt_site_asset *pt_site_index_find(const pt_site_index *index, pt_bytes path) {
  return pt_path_find(index->by_path, index->by_path_cap, index->assets, path);
}

const pt_site_asset *pt_site_index_file(const pt_site_index *index, const pt_site_swarm *swarm,
                                        uint32_t file) {
  return &index->assets[index->by_file[swarm->file_first + file] - 1];
}

/* What a swarm's assets amount to. */
typedef struct tally {
  uint64_t length;
  uint64_t pieces;
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
    pt_site_swarm *s = &index->swarms[a->swarm];
    tally *t = &tallies[a->swarm];
    if (a->length > s->length - t->length)
      return refuse_swarm(why, PT_ERR_RANGE, s, "is shorter than its assets together");
    t->length += a->length;
    t->pieces += (a->length + s->piece_length - 1) / s->piece_length;
    s->file_count++;
    if (s->file_count > PT_SWARM_FILES_MAX)
      return refuse_swarm(why, PT_ERR_LIMIT, s, "has too many assets");
    if (t->pieces > PT_SWARM_PIECES_MAX)
      return refuse_swarm(why, PT_ERR_LIMIT, s, "has too many pieces");
  }
  uint32_t first = 0;
  for (size_t i = 0; i < index->swarm_count; i++) {
    pt_site_swarm *s = &index->swarms[i];
    if (tallies[i].length != s->length)
      return refuse_swarm(why, PT_ERR_RANGE, s, "is longer than its assets together");
    s->file_first = first;
    first += s->file_count;
  }
  return PT_OK;
}

/* As many different numbers below n as there are files: 0..n-1, each once. */
static int check_numbers(pt_site_index *index, const pt_site_why *why) {
  index->by_file = calloc(index->asset_count + 1, sizeof *index->by_file);
  if (index->by_file == NULL) return PT_ERR_NOMEM;
  for (size_t i = 0; i < index->asset_count; i++) {
    const pt_site_asset *a = &index->assets[i];
    const pt_site_swarm *s = &index->swarms[a->swarm];
    if (a->file >= s->file_count) return refuse_asset(why, a, "file leaves a gap");
    uint32_t *slot = &index->by_file[s->file_first + a->file];
    if (*slot != 0) return refuse_asset(why, a, "file has a number twice");
    *slot = (uint32_t)i + 1;
  }
  return PT_OK;
}

int pt_site_index_check(pt_site_index *index, const pt_site_why *why) {
  int error = check_paths(index, why);
  if (error != PT_OK) return error;
  tally *tallies = calloc(index->swarm_count + 1, sizeof *tallies);
  if (tallies == NULL) return PT_ERR_NOMEM;
  error = check_totals(index, tallies, why);
  if (error == PT_OK) error = check_numbers(index, why);
  free(tallies);
  return error;
}
