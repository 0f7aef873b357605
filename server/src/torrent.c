#include "torrent.h"

#include "base/limits.h"
#include "site.h"
#include "site_path.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* All that pt_metainfo_write() needs, until it has written. */
typedef struct work {
  const pt_torrent_make *make;
  const pt_plan_swarm *swarm;
  pt_metainfo_source *files;
  pt_hash **layers;
  uint8_t *v1_pieces;
  char name[NAME_MAX + 1];
  char web_seed[PT_URL_LEN_MAX + 1];
  bool from_top;
} work;

static size_t file_number(const work *w, size_t i) {
  return w->make->plan->order[w->swarm->first + i];
}

static const char *file_path(const work *w, size_t i) {
  return w->make->scan->files[file_number(w, i)].path;
}

/* A web seed whose URL does not fit is left out; so is one in a folder that
 * nobody serves. */
static void set_web_seed(work *w, const char *prefix, const char *path, size_t path_len,
                         const char *end) {
  char part[PATH_MAX], encoded[PT_URL_LEN_MAX];
  w->web_seed[0] = 0;
  if (w->make->base_url[0] == 0 || path_len >= sizeof part) return;
  memcpy(part, path, path_len);
  part[path_len] = 0;
  if (!pt_site_path_encode(part, encoded, sizeof encoded)) return;
  int len = snprintf(w->web_seed, sizeof w->web_seed, "%s%s%s%s", w->make->base_url, prefix,
                     encoded, path_len ? end : "");
  if (len < 0 || (size_t)len >= sizeof w->web_seed) w->web_seed[0] = 0;
}

/* One file is a single-file torrent, in a folder or not: other readers of a
 * v2 torrent (libtorrent) see no folder when there is but one file. */
static bool is_single(const work *w) { return w->swarm->count == 1 && !w->from_top; }

/* Name, path offset and web seed. BEP 19 clients append "name/path" to an URL
 * that ends in '/', and take any other URL for that of the single file.
 * Single files have the latter in hybrids, since WebTorrent knows nothing else;
 * libtorrent 2.0.8 takes every v2 torrent for a folder and understands only the
 * former. */
static size_t set_name(work *w) {
  const char *path = file_path(w, 0);
  size_t folder_len = w->swarm->folder_len;
  const char *slash = strrchr(path, '/');
  if (w->from_top || (!is_single(w) && folder_len == 0)) {
    strcpy(w->name, PT_SITE_TORRENT_NAME);
    if (w->make->seed_folder) set_web_seed(w, "/.peertide/" PT_SEED_FOLDER "/", "", 0, "");
    return 0;
  }
  if (is_single(w)) {
    snprintf(w->name, sizeof w->name, "%s", slash ? slash + 1 : path);
    if (w->make->hybrid)
      set_web_seed(w, "/", path, strlen(path), "");
    else
      set_web_seed(w, "/", path, slash ? (size_t)(slash - path) : 0, "/");
    return slash ? (size_t)(slash + 1 - path) : 0;
  }
  size_t start = folder_len; /* where the name of the folder begins */
  while (start > 0 && path[start - 1] != '/') start--;
  snprintf(w->name, sizeof w->name, "%.*s", (int)(folder_len - start), path + start);
  set_web_seed(w, "/", path, start ? start - 1 : 0, "/");
  return folder_len + 1;
}

/* SHA-1 pieces of all files in order; only the very last piece is not padded. */
static bool set_v1(work *w) {
  size_t count = 0, at = 0;
  for (size_t i = 0; i < w->swarm->count; i++)
    count += w->make->cache->hashes[file_number(w, i)].v1_count;
  w->v1_pieces = malloc(count * PT_ID_SIZE);
  if (w->v1_pieces == NULL) return false;
  const pt_file_hash *hash = NULL;
  for (size_t i = 0; i < w->swarm->count; i++) {
    hash = &w->make->cache->hashes[file_number(w, i)];
    memcpy(w->v1_pieces + at * PT_ID_SIZE, hash->v1, hash->v1_count * PT_ID_SIZE);
    at += hash->v1_count;
  }
  memcpy(w->v1_pieces + (at - 1) * PT_ID_SIZE, hash->v1_last, PT_ID_SIZE);
  return true;
}

static bool set_files(work *w) {
  size_t skip = set_name(w);
  w->files = calloc(w->swarm->count, sizeof *w->files);
  w->layers = calloc(w->swarm->count, sizeof *w->layers);
  if (w->files == NULL || w->layers == NULL) return false;
  for (size_t i = 0; i < w->swarm->count; i++) {
    const pt_file_hash *hash = &w->make->cache->hashes[file_number(w, i)];
    size_t count;
    w->layers[i] = pt_file_hash_layer(hash, w->swarm->piece_length, &count);
    if (w->layers[i] == NULL) return false;
    w->files[i] = (pt_metainfo_source){.path = file_path(w, i) + skip,
                                       .length = hash->state.size,
                                       .layer = (const pt_hash *)w->layers[i]};
  }
  return !w->make->hybrid || set_v1(w);
}

/* Info-hashes and layers, by reading what was written: one more check of it. */
static int set_hashes(pt_torrent *out) {
  pt_metainfo parsed;
  int error = pt_metainfo_parse((pt_bytes){out->data, out->len}, &parsed);
  if (error != PT_OK) return error;
  memcpy(out->v2, parsed.v2, sizeof out->v2);
  memcpy(out->v1, parsed.v1, sizeof out->v1);
  out->layers = pt_metainfo_layers(&parsed, &out->layers_len);
  pt_metainfo_free(&parsed);
  return out->layers ? PT_OK : PT_ERR_NOMEM;
}

void pt_torrent_free(pt_torrent *torrent) {
  free(torrent->data);
  free(torrent->layers);
  *torrent = (pt_torrent){0};
}

int pt_torrent_run(const pt_torrent_make *make, const pt_plan_swarm *swarm, bool from_top,
                   pt_torrent *out) {
  work w = {.make = make, .swarm = swarm, .from_top = from_top};
  int error = PT_ERR_NOMEM;
  *out = (pt_torrent){0};
  if (set_files(&w)) {
    pt_metainfo_make metainfo = {.name = w.name,
                                 .piece_length = swarm->piece_length,
                                 .single_file = is_single(&w),
                                 .files = w.files,
                                 .file_count = swarm->count,
                                 .web_seed = w.web_seed[0] ? w.web_seed : NULL,
                                 .announce = make->announce,
                                 .v1_pieces = w.v1_pieces};
    error = pt_metainfo_write(&metainfo, &out->data, &out->len);
    if (error == PT_OK) error = set_hashes(out);
    if (error != PT_OK) pt_torrent_free(out);
  }
  for (size_t i = 0; w.layers && i < swarm->count; i++) free(w.layers[i]);
  free(w.layers);
  free(w.files);
  free(w.v1_pieces);
  return error;
}
