/* The site index in use, and the swarms that it names. */
#include <stdlib.h>
#include <string.h>

#include "base/apart.h"
#include "node/stored.h"

#define PT_HEAD_START_BYTES (512u << 10)
#define PT_HEAD_START_SHARE 64u /* and at most one part in so many of the site */

pt_swarm *pt_assets_known(const pt_node *n, const uint8_t key[PT_ID_SIZE]) {
  for (uint32_t i = 0; i < n->swarm_count; i++)
    if (memcmp(n->swarms[i]->key, key, PT_ID_SIZE) == 0) return n->swarms[i];
  return NULL;
}

pt_swarm *pt_assets_swarm(pt_node *n, const uint8_t key[PT_ID_SIZE]) {
  pt_swarm *s = pt_assets_known(n, key);
  if (s) return s;
  const pt_site_swarm *found = pt_index_swarm(&n->index, key);
  if (n->swarm_count == PT_SWARMS_MAX || !found) return NULL;
  uint32_t count = found->file_count;
  pt_swarm_file *files = calloc(count + 1, sizeof *files);
  if (!files) return NULL;
  for (uint32_t i = 0; i < count; i++) {
    const pt_site_asset *asset = &n->index.assets[found->file_first + i];
    files[i] = (pt_swarm_file){asset->path, asset->length, asset->root};
  }
  s = pt_swarm_new(&n->cx, key, found->piece_length, files, count);
  free(files);
  if (!s) return NULL;
  s->hybrid = found->hybrid;
  memcpy(s->v1, found->v1, PT_ID_SIZE);
  s->rejoin_us = n->cx.now_us;
  n->swarms[n->swarm_count++] = s;
  return s;
}

pt_swarm *pt_assets_named(const pt_node *n, const uint8_t info_hash[PT_ID_SIZE]) {
  for (uint32_t i = 0; i < n->swarm_count; i++) {
    pt_swarm *s = n->swarms[i];
    if (memcmp(s->key, info_hash, PT_ID_SIZE) == 0 ||
        (s->hybrid && memcmp(s->v1, info_hash, PT_ID_SIZE) == 0))
      return s;
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
  pt_links_forget(n, s->key);
  if (s->joined && pt_session_open(n)) {
    pt_signalling *m = pt_session_compose(n, PT_SIG_LEAVE);
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
static bool same_files(const pt_index *index, const pt_site_swarm *found, const pt_swarm *s) {
  if (found->file_count != s->file_count || found->piece_length != s->piece_length) return false;
  for (uint32_t f = 0; f < s->file_count; f++) {
    const pt_site_asset *asset = &index->assets[found->file_first + f];
    if (asset->length != s->files[f].length ||
        memcmp(asset->root, s->files[f].root, PT_HASH_SIZE) != 0)
      return false;
  }
  return true;
}

/* Swarms that live on may have moved on the site; the others go. */
static void keep_swarms(pt_node *n) {
  for (uint32_t i = n->swarm_count; i-- > 0;) {
    pt_swarm *s = n->swarms[i];
    const pt_site_swarm *found = pt_index_swarm(&n->index, s->key);
    if (!found || !same_files(&n->index, found, s)) {
      drop_swarm(n, i);
      continue;
    }
    s->layers_useless = s->layers_missing = false;
    for (uint32_t f = 0; f < s->file_count; f++)
      pt_swarm_set_path(s, f, n->index.assets[found->file_first + f].path);
  }
}

static void grant_head_start(pt_node *n) {
  uint64_t bytes = 0;
  for (size_t i = 0; i < n->index.swarm_count; i++) bytes += n->index.swarms[i].length;
  uint64_t share = bytes / PT_HEAD_START_SHARE;
  if (n->cx.savings) return;
  n->cx.head_start = share < PT_HEAD_START_BYTES ? share : PT_HEAD_START_BYTES;
}

static bool is_long(const pt_site_swarm *swarm) {
  return swarm->length > (uint64_t)swarm->file_count * PT_PAGE_FILE_MAX;
}

/* Pages show small files, and a site's only film or download is what its visitors come
 * for. One of several is for those who ask for it, or have some: whoever looked for it
 * among all visitors would hardly find them. */
static void join_ahead(pt_node *n) {
  const pt_index *index = &n->index;
  uint32_t longs = 0;
  for (size_t i = 0; i < index->swarm_count; i++) longs += is_long(&index->swarms[i]);
  for (size_t i = 0; i < index->swarm_count && i < PT_AUTO_JOIN_MAX; i++)
    if (longs == 1 || !is_long(&index->swarms[i])) pt_assets_swarm(n, index->swarms[i].key);
}

PT_APART int pt_assets_install(pt_node *n, pt_bytes packed) {
  pt_index fresh;
  bool first = n->index.bytes == NULL;
  int error = pt_index_read(packed, &fresh);
  if (error == PT_OK) {
    pt_index_free(&n->index);
    n->index = fresh;
    n->cx.stats.assets = (uint32_t)fresh.asset_count;
    keep_swarms(n);
    if (first) grant_head_start(n);
    join_ahead(n);
  }
  pt_event done = {.kind = PT_OUT_INDEXED, .code = error, .length = n->index.asset_count};
  pt_outbox_push(&n->cx.out, &done);
  return PT_OK;
}
