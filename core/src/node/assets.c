/* The site index in use: from URL paths to swarms and files. */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "node/stored.h"

#define PT_HEAD_START_BYTES (512u << 10)
#define PT_HEAD_START_SHARE 64u /* and at most one part in so many of the site */

void pt_assets_free(pt_assets *a) {
  pt_site_index_free(&a->index);
  free(a->by_path);
  free(a->by_swarm);
  free(a->swarm_start);
  memset(a, 0, sizeof *a);
}

const pt_site_asset *pt_assets_find(const pt_assets *a, pt_bytes path) {
  if (!a->by_path_cap) return NULL;
  size_t at = (size_t)pt_hash64(path.data, path.len, 0) & (a->by_path_cap - 1);
  for (; a->by_path[at]; at = (at + 1) & (a->by_path_cap - 1)) {
    const pt_site_asset *asset = &a->index.assets[a->by_path[at] - 1];
    if (strlen(asset->path) == path.len && memcmp(asset->path, path.data, path.len) == 0)
      return asset;
  }
  return NULL;
}

static bool build_paths(pt_assets *a) {
  size_t cap = 64;
  while (cap < a->index.asset_count * 2) cap *= 2;
  a->by_path = calloc(cap, sizeof *a->by_path);
  if (!a->by_path) return false;
  a->by_path_cap = cap;
  for (size_t i = 0; i < a->index.asset_count; i++) {
    const char *path = a->index.assets[i].path;
    size_t at = (size_t)pt_hash64(path, strlen(path), 0) & (cap - 1);
    while (a->by_path[at]) at = (at + 1) & (cap - 1);
    a->by_path[at] = (uint32_t)i + 1;
  }
  return true;
}

/* The index promises file numbers 0..n-1 in each swarm: a counting sort. */
static bool build_swarms(pt_assets *a) {
  size_t assets = a->index.asset_count, swarms = a->index.swarm_count;
  a->by_swarm = calloc(assets + 1, sizeof *a->by_swarm);
  a->swarm_start = calloc(swarms + 1, sizeof *a->swarm_start);
  if (!a->by_swarm || !a->swarm_start) return false;
  for (size_t i = 0; i < assets; i++) a->swarm_start[a->index.assets[i].swarm + 1]++;
  for (size_t i = 0; i < swarms; i++) a->swarm_start[i + 1] += a->swarm_start[i];
  for (size_t i = 0; i < assets; i++) {
    const pt_site_asset *asset = &a->index.assets[i];
    a->by_swarm[a->swarm_start[asset->swarm] + asset->file] = (uint32_t)i;
  }
  return true;
}

static bool find_swarm(const pt_assets *a, const uint8_t key[PT_ID_SIZE], uint32_t *out) {
  for (size_t i = 0; i < a->index.swarm_count; i++) {
    if (memcmp(a->index.swarms[i].key, key, PT_ID_SIZE) != 0) continue;
    *out = (uint32_t)i;
    return true;
  }
  return false;
}

pt_swarm *pt_assets_swarm(pt_node *n, const uint8_t key[PT_ID_SIZE]) {
  for (uint32_t i = 0; i < n->swarm_count; i++)
    if (memcmp(n->swarms[i]->key, key, PT_ID_SIZE) == 0) return n->swarms[i];
  const pt_assets *a = &n->assets;
  uint32_t number;
  if (n->swarm_count == PT_SWARMS_MAX || !find_swarm(a, key, &number)) return NULL;
  uint32_t first = a->swarm_start[number], count = a->swarm_start[number + 1] - first;
  pt_swarm_file *files = calloc(count + 1, sizeof *files);
  if (!files) return NULL;
  for (uint32_t i = 0; i < count; i++) {
    const pt_site_asset *asset = &a->index.assets[a->by_swarm[first + i]];
    files[i] = (pt_swarm_file){asset->path, asset->length, asset->root};
  }
  pt_swarm *s = pt_swarm_new(&n->cx, key, a->index.swarms[number].piece_length, files, count);
  free(files);
  if (!s) return NULL;
  s->hybrid = a->index.swarms[number].hybrid;
  memcpy(s->v1, a->index.swarms[number].v1, PT_ID_SIZE);
  s->rejoin_us = n->cx.now_us;
  n->swarms[n->swarm_count++] = s;
  return s;
}

pt_swarm *pt_assets_swarm_named(pt_node *n, const uint8_t info_hash[PT_ID_SIZE]) {
  const pt_site_index *index = &n->assets.index;
  for (size_t i = 0; i < index->swarm_count; i++) {
    const pt_site_swarm *swarm = &index->swarms[i];
    if (memcmp(swarm->key, info_hash, PT_ID_SIZE) == 0 ||
        (swarm->hybrid && memcmp(swarm->v1, info_hash, PT_ID_SIZE) == 0))
      return pt_assets_swarm(n, swarm->key);
  }
  return NULL;
}

static void drop_swarm(pt_node *n, uint32_t at) {
  pt_swarm *s = n->swarms[at];
  while (s->streams) {
    pt_event end = {.kind = PT_OUT_REQUEST_END, .id = s->streams->id, .code = PT_ERR_STALE};
    pt_outbox_push(&n->cx.out, &end);
    pt_node_end_stream(n, s->streams);
  }
  while (s->peers) pt_links_drop_peer(n, s->peers, true);
  if (s->joined && pt_session_open(n)) {
    pt_signalling *m = &n->session.message;
    memset(m, 0, sizeof *m);
    m->action = PT_SIG_LEAVE;
    m->swarm_count = 1;
    memcpy(m->swarms[0].key, s->key, PT_ID_SIZE);
    pt_session_send(n);
  }
  if (n->cx.disk_max) pt_stored_drop(n, s->key);
  pt_swarm_del(s);
  n->swarms[at] = n->swarms[--n->swarm_count];
}

/* Has the index the same files in this swarm? An index is only bytes: it may
 * give a known key to something else. */
static bool same_files(const pt_assets *a, uint32_t number, const pt_swarm *s) {
  uint32_t first = a->swarm_start[number];
  if (a->swarm_start[number + 1] - first != s->file_count ||
      a->index.swarms[number].piece_length != s->piece_length)
    return false;
  for (uint32_t f = 0; f < s->file_count; f++) {
    const pt_site_asset *asset = &a->index.assets[a->by_swarm[first + f]];
    if (asset->length != s->files[f].length ||
        memcmp(asset->root, s->files[f].root, PT_HASH_SIZE) != 0)
      return false;
  }
  return true;
}

/* Swarms that live on may have moved on the site; the others go. */
static void keep_swarms(pt_node *n) {
  const pt_assets *a = &n->assets;
  for (uint32_t i = n->swarm_count; i-- > 0;) {
    uint32_t number;
    pt_swarm *s = n->swarms[i];
    if (!find_swarm(a, s->key, &number) || !same_files(a, number, s)) {
      drop_swarm(n, i);
      continue;
    }
    s->layers_useless = s->layers_missing = false;
    for (uint32_t f = 0; f < s->file_count; f++)
      pt_swarm_set_path(s, f, a->index.assets[a->by_swarm[a->swarm_start[number] + f]].path);
  }
}

static uint64_t site_bytes(const pt_assets *a) {
  uint64_t bytes = 0;
  for (size_t i = 0; i < a->index.asset_count; i++) bytes += a->index.assets[i].length;
  return bytes;
}

static void grant_head_start(pt_node *n) {
  uint64_t share = site_bytes(&n->assets) / PT_HEAD_START_SHARE;
  n->cx.head_start = share < PT_HEAD_START_BYTES ? share : PT_HEAD_START_BYTES;
}

int pt_assets_install(pt_node *n, pt_bytes json) {
  pt_assets fresh = {0};
  char why[160] = "";
  bool first = n->assets.by_path == NULL;
  int error = pt_site_index_parse(json, &fresh.index, why, sizeof why);
  if (error == PT_OK && !(build_paths(&fresh) && build_swarms(&fresh))) {
    pt_assets_free(&fresh);
    error = PT_ERR_NOMEM;
  }
  if (error == PT_OK) {
    pt_assets_free(&n->assets);
    n->assets = fresh;
    n->cx.stats.assets = (uint32_t)fresh.index.asset_count;
    keep_swarms(n);
    if (first) grant_head_start(n);
    for (size_t i = 0; i < fresh.index.swarm_count && i < PT_AUTO_JOIN_MAX; i++)
      pt_assets_swarm(n, fresh.index.swarms[i].key);
  }
  pt_event done = {.kind = PT_OUT_INDEXED,
                   .code = error,
                   .length = n->assets.index.asset_count,
                   .text = {(const uint8_t *)why, strlen(why)}};
  pt_outbox_push(&n->cx.out, &done);
  return PT_OK;
}
