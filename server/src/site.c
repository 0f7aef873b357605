#include "site.h"

#include "base/hash.h"
#include "base/limits.h"
#include "id_table.h"
#include "log.h"
#include "media_type.h"
#include "plan.h"
#include "route.h"
#include "site_docs.h"
#include "torrent.h"

#include <stdlib.h>
#include <string.h>

#define ROUNDS_MAX 10 /* scans of files that change while they are read */

typedef struct work {
  const pt_site_make *make;
  pt_hash_cache *cache;
  pt_scan scan;
  pt_plan plan;
  uint64_t bytes_done, bytes_all;
  pt_site *site;
} work;

static bool cancelled(const work *w) {
  const atomic_bool *cancel = w->make->scan.cancel;
  return cancel && atomic_load_explicit(cancel, memory_order_relaxed);
}

static void progressed(void *context, uint64_t bytes) {
  work *w = context;
  w->bytes_done += bytes;
  if (w->make->progress)
    w->make->progress(w->make->context, w->bytes_done, w->bytes_all, w->scan.count);
}

/* Small files keep their leaf hashes: the piece length of a bundle changes as
 * files come and go, and they should not be read again for that. */
static uint32_t base_length_for(const pt_plan_swarm *swarm) {
  return swarm->large ? swarm->piece_length : PT_BLOCK_SIZE;
}

static bool must_read(const work *w, const pt_plan_swarm *swarm, size_t file) {
  const pt_file_hash *hash = &w->cache->hashes[file];
  return hash->base_length == 0 || hash->base_length > swarm->piece_length ||
         (w->make->hybrid && hash->v1_length != swarm->piece_length);
}

/* Takes files out of the scan whose path is NULL. */
static void drop_files(pt_scan *scan) {
  size_t kept = 0;
  for (size_t i = 0; i < scan->count; i++) {
    if (scan->files[i].path) scan->files[kept++] = scan->files[i];
  }
  scan->count = kept;
}

/* Hashes one file. *changed: the scan is not what was planned any more. */
static int hash_file(work *w, const pt_plan_swarm *swarm, size_t number, bool *changed) {
  pt_scan_file *file = &w->scan.files[number];
  pt_file_hash *hash = &w->cache->hashes[number];
  pt_file_hash_make make = {.dir_fd = w->make->scan.dir_fd,
                            .path = file->path,
                            .base_length = base_length_for(swarm),
                            .v1_length = w->make->hybrid ? swarm->piece_length : 0,
                            .cancel = w->make->scan.cancel,
                            .progress = progressed,
                            .context = w};
  pt_file_hash_free(hash);
  switch (pt_file_hash_run(&make, hash)) {
  case PT_FILE_HASH_OK:
    *changed = *changed || hash->state.size != file->state.size;
    file->state = hash->state;
    return PT_OK;
  case PT_FILE_HASH_CANCELLED:
    return PT_ERR_CANCELLED;
  case PT_FILE_HASH_NOMEM:
    return PT_ERR_NOMEM;
  case PT_FILE_HASH_GONE:
    pt_log(PT_LOG_INFO, "%s can't be read: not indexed", file->path);
    break;
  case PT_FILE_HASH_CHANGING:
    pt_log(PT_LOG_WARN, "%s keeps changing: not indexed for now", file->path);
    break;
  }
  free(file->path);
  file->path = NULL;
  w->scan.left_out++;
  *changed = true;
  return PT_OK;
}

/* Hashes what is not known. *again: plan anew. */
static int hash_files(work *w, bool *again) {
  *again = false;
  w->bytes_done = w->bytes_all = 0;
  for (int pass = 0; pass < 2; pass++) { /* count, then read */
    for (size_t s = 0; s < w->plan.swarm_count; s++) {
      const pt_plan_swarm *swarm = &w->plan.swarms[s];
      for (size_t i = 0; i < swarm->count; i++) {
        size_t number = w->plan.order[swarm->first + i];
        if (!must_read(w, swarm, number)) continue;
        if (pass == 0) {
          w->bytes_all += w->scan.files[number].state.size;
          continue;
        }
        int error = hash_file(w, swarm, number, again);
        if (error != PT_OK) return error;
      }
    }
  }
  if (*again) drop_files(&w->scan);
  return cancelled(w) ? PT_ERR_CANCELLED : PT_OK;
}

static const char *video_route(const work *w) {
  return w->make->video_route ? w->make->video_route : "";
}

static int scan_and_hash(work *w) {
  if (!pt_scan_run(&w->make->scan, &w->scan)) return cancelled(w) ? PT_ERR_CANCELLED : PT_ERR_NOMEM;
  bool again = true;
  for (int round = 0; again && round < ROUNDS_MAX; round++) {
    pt_plan_free(&w->plan);
    if (!pt_hash_cache_align(w->cache, &w->scan) ||
        !pt_plan_make(&w->scan, video_route(w), PT_SWARMS_MAX, &w->plan))
      return PT_ERR_NOMEM;
    int error = hash_files(w, &again);
    if (error != PT_OK) return error;
  }
  if (!again) return PT_OK;
  /* Everything changes all the time: an empty index is the honest answer. */
  pt_log(PT_LOG_WARN, "the files keep changing: nothing is indexed for now");
  pt_plan_free(&w->plan);
  return PT_OK;
}

/* Makes the torrent of a swarm; its key must not be in use already. */
static int make_torrent(const work *w, const pt_plan_swarm *swarm, pt_id_table *keys,
                        pt_torrent *out) {
  pt_torrent_make make = {.scan = &w->scan,
                          .plan = &w->plan,
                          .cache = w->cache,
                          .hybrid = w->make->hybrid,
                          .base_url = w->make->base_url,
                          .seed_folder = w->make->seed_folder,
                          .announce = w->make->announce};
  for (int from_top = 0; from_top < 2; from_top++) {
    int error = pt_torrent_run(&make, swarm, from_top, out);
    if (error != PT_OK) return error;
    if (pt_id_table_get(keys, out->v2) == NULL)
      return pt_id_table_put(keys, out->v2, keys) ? PT_OK : PT_ERR_NOMEM;
    pt_torrent_free(out);
  }
  return PT_ERR_STATE;
}

/* Adds a swarm with its assets and its torrent. */
static int add_swarm(work *w, const pt_plan_swarm *swarm, pt_id_table *keys, pt_site_docs *docs) {
  pt_torrent torrent;
  int error = make_torrent(w, swarm, keys, &torrent);
  if (error == PT_ERR_NOMEM) {
    pt_torrent_free(&torrent);
    return error;
  }
  const char *first = w->scan.files[w->plan.order[swarm->first]].path;
  if (error != PT_OK || docs->swarm_count == PT_SWARMS_MAX) {
    pt_log(PT_LOG_WARN, "%s%s not indexed: %s", first,
           swarm->count > 1 ? " and the files bundled with it are" : " is",
           error != PT_OK ? pt_error_text(error) : "the site has too many large files");
    w->scan.left_out += swarm->count;
    pt_torrent_free(&torrent);
    return PT_OK;
  }
  pt_site_swarm entry = {
      .hybrid = w->make->hybrid, .piece_length = swarm->piece_length, .length = swarm->length};
  memcpy(entry.key, torrent.v2, sizeof entry.key);
  memcpy(entry.v2, torrent.v2, sizeof entry.v2);
  memcpy(entry.v1, torrent.v1, sizeof entry.v1);
  error = pt_site_docs_add_swarm(docs, &entry, (pt_bytes){torrent.data, torrent.len},
                                 (pt_bytes){torrent.layers, torrent.layers_len});
  pt_torrent_free(&torrent);
  const char *video = swarm->count == 1 ? pt_route_video(video_route(w), first) : NULL;
  if (error == PT_OK && video) error = pt_site_docs_add_video(docs, video);
  for (size_t i = 0; error == PT_OK && i < swarm->count; i++) {
    size_t number = w->plan.order[swarm->first + i];
    const pt_file_hash *hash = &w->cache->hashes[number];
    error = pt_site_docs_add_asset(docs, &w->scan.files[number], hash, (uint32_t)i);
  }
  return error;
}

static int add_swarms(work *w) {
  pt_id_table keys;
  pt_id_table_init(&keys, w->plan.swarm_count, 0);
  pt_site_docs docs;
  int error = pt_site_docs_init(&docs, w->scan.count, w->plan.swarm_count);
  docs.settings = w->make->settings;
  for (size_t s = 0; error == PT_OK && s < w->plan.swarm_count; s++) {
    error = cancelled(w) ? PT_ERR_CANCELLED : add_swarm(w, &w->plan.swarms[s], &keys, &docs);
  }
  if (error == PT_OK) error = pt_site_docs_finish(&docs, w->site);
  pt_site_docs_free(&docs);
  pt_id_table_free(&keys);
  return error;
}

int pt_site_run(const pt_site_make *make, pt_hash_cache *cache, pt_site **out) {
  work w = {.make = make, .cache = cache, .site = calloc(1, sizeof *w.site)};
  int error = w.site ? scan_and_hash(&w) : PT_ERR_NOMEM;
  if (error == PT_OK) error = add_swarms(&w);
  if (error == PT_OK) {
    w.site->left_out = w.scan.left_out;
    *out = w.site;
  } else {
    pt_site_del(w.site);
    *out = NULL;
  }
  pt_scan_free(&w.scan);
  pt_plan_free(&w.plan);
  return error;
}

void pt_site_del(pt_site *site) {
  if (site == NULL) return;
  for (size_t i = 0; i < site->asset_count; i++) free(site->assets[i].path);
  for (size_t i = 0; i < site->doc_count; i++) pt_blob_unref(site->docs[i].blob);
  free(site->assets);
  free(site->swarms);
  free(site->hybrids);
  for (size_t i = 0; i < site->video_count; i++) free(site->videos[i].name);
  for (size_t i = 0; i < site->video_count; i++) pt_blob_unref(site->videos[i].torrent);
  free(site->videos);
  free(site->docs);
  free(site);
}

static int compare_path(const void *a, const void *b) {
  return strcmp(a, ((const pt_site_file *)b)->path);
}

const pt_site_file *pt_site_find_asset(const pt_site *site, const char *path) {
  return site->asset_count
             ? bsearch(path, site->assets, site->asset_count, sizeof *site->assets, compare_path)
             : NULL;
}

static int compare_key(const void *a, const void *b) { return memcmp(a, b, PT_ID_SIZE); }

bool pt_site_has_swarm(const pt_site *site, const uint8_t key[PT_ID_SIZE]) {
  return site->swarm_count &&
         bsearch(key, site->swarms, site->swarm_count, sizeof *site->swarms, compare_key);
}

bool pt_site_find_swarm(const pt_site *site, const uint8_t info_hash[PT_ID_SIZE],
                        uint8_t key[PT_ID_SIZE], bool *by_v1) {
  *by_v1 = false;
  memcpy(key, info_hash, PT_ID_SIZE);
  if (pt_site_has_swarm(site, info_hash)) return true;
  /* v1 is what a hybrid begins with. */
  const pt_site_hybrid *hybrid = site->hybrid_count
                                     ? bsearch(info_hash, site->hybrids, site->hybrid_count,
                                               sizeof *site->hybrids, compare_key)
                                     : NULL;
  if (hybrid == NULL) return false;
  *by_v1 = true;
  memcpy(key, hybrid->key, PT_ID_SIZE);
  return true;
}

static int compare_video(const void *a, const void *b) {
  return strcmp(a, ((const pt_site_video *)b)->name);
}

pt_blob *pt_site_find_video(const pt_site *site, const char *name) {
  const pt_site_video *video = site->video_count ? bsearch(name, site->videos, site->video_count,
                                                           sizeof *site->videos, compare_video)
                                                 : NULL;
  return video ? video->torrent : NULL;
}

static int compare_location(const void *a, const void *b) {
  return strcmp(a, ((const pt_site_doc *)b)->location);
}

pt_blob *pt_site_find_doc(const pt_site *site, const char *location) {
  const pt_site_doc *doc = site->doc_count ? bsearch(location, site->docs, site->doc_count,
                                                     sizeof *site->docs, compare_location)
                                           : NULL;
  return doc ? doc->blob : NULL;
}
