#include "site_docs.h"

#include "base/hash.h"
#include "base/hex.h"
#include "base/limits.h"
#include "log.h"
#include "media_type.h"
#include "site_path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TIME_MAX 253402300799 /* the last second that has a year of four digits */

int pt_site_docs_init(pt_site_docs *docs, size_t assets_max, size_t swarms_max) {
  *docs = (pt_site_docs){.asset_cap = assets_max, .swarm_cap = swarms_max};
  docs->assets = calloc(assets_max + 1, sizeof *docs->assets);
  docs->files = calloc(assets_max + 1, sizeof *docs->files);
  docs->swarms = calloc(swarms_max + 1, sizeof *docs->swarms);
  docs->torrents = calloc(swarms_max + 1, sizeof(pt_blob *));
  docs->layers = calloc(swarms_max + 1, sizeof(pt_blob *));
  docs->videos = calloc(2 * swarms_max + 1, sizeof *docs->videos);
  bool ok =
      docs->assets && docs->files && docs->swarms && docs->torrents && docs->layers && docs->videos;
  return ok ? PT_OK : PT_ERR_NOMEM;
}

void pt_site_docs_free(pt_site_docs *docs) {
  for (size_t i = 0; i < docs->asset_count; i++) {
    free(docs->assets[i].path);
    free(docs->files[i].path);
  }
  for (size_t i = 0; i < docs->swarm_count; i++) {
    pt_blob_unref(docs->torrents[i]);
    if (docs->layers[i]) pt_blob_unref(docs->layers[i]);
  }
  free(docs->assets);
  free(docs->files);
  free(docs->swarms);
  free(docs->torrents);
  free(docs->layers);
  for (size_t i = 0; i < docs->video_count; i++) {
    free(docs->videos[i].name);
    pt_blob_unref(docs->videos[i].torrent);
  }
  free(docs->videos);
  *docs = (pt_site_docs){0};
}

int pt_site_docs_add_swarm(pt_site_docs *docs, const pt_site_swarm *swarm, pt_bytes torrent,
                           pt_bytes layers) {
  size_t at = docs->swarm_count;
  if (at == docs->swarm_cap) return PT_ERR_LIMIT;
  docs->torrents[at] = pt_blob_new(torrent.data, torrent.len, "application/x-bittorrent");
  if (docs->torrents[at] == NULL) return PT_ERR_NOMEM;
  docs->swarms[at] = *swarm;
  docs->swarm_count++;
  if (layers.len == 0) return PT_OK;
  docs->layers[at] = pt_blob_new(layers.data, layers.len, "application/octet-stream");
  return docs->layers[at] ? PT_OK : PT_ERR_NOMEM;
}

static int add_video(pt_site_docs *docs, const char *path, size_t len) {
  static const char end[] = ".torrent";
  pt_site_video *video = &docs->videos[docs->video_count];
  video->name = malloc(len + sizeof end);
  if (video->name == NULL) return PT_ERR_NOMEM;
  memcpy(video->name, path, len);
  memcpy(video->name + len, end, sizeof end);
  video->torrent = pt_blob_ref(docs->torrents[docs->swarm_count - 1]);
  docs->video_count++;
  return PT_OK;
}

int pt_site_docs_add_video(pt_site_docs *docs, const char *path) {
  /* Its type is known by its extension: it has one. */
  int error = add_video(docs, path, strlen(path));
  return error == PT_OK ? add_video(docs, path, (size_t)(strrchr(path, '.') - path)) : error;
}

int pt_site_docs_add_asset(pt_site_docs *docs, const pt_scan_file *file, const pt_file_hash *hash,
                           uint32_t number) {
  if (docs->asset_count == docs->asset_cap) return PT_ERR_LIMIT;
  char url[PT_PATH_LEN_MAX + 1] = "/";
  if (!pt_site_path_encode(file->path, url + 1, sizeof url - 1)) return PT_ERR_LIMIT;
  pt_site_asset *asset = &docs->assets[docs->asset_count];
  asset->path = strdup(url);
  /* Only read: the index writer's struct has no const. */
  asset->type = (char *)pt_media_type(file->path);
  asset->length = hash->state.size;
  time_t changed = hash->state.mtime.tv_sec;
  if (changed > docs->changed) docs->changed = changed < TIME_MAX ? changed : TIME_MAX;
  memcpy(asset->root, hash->root, sizeof asset->root);
  asset->swarm = (uint32_t)docs->swarm_count - 1;
  asset->file = number;
  pt_site_file *found = &docs->files[docs->asset_count++];
  *found = (pt_site_file){.path = strdup(file->path), .has_twin = file->has_twin};
  return asset->path && found->path ? PT_OK : PT_ERR_NOMEM;
}

static int compare_assets(const void *a, const void *b) {
  return strcmp(((const pt_site_asset *)a)->path, ((const pt_site_asset *)b)->path);
}
static int compare_paths(const void *a, const void *b) {
  return strcmp(((const pt_site_file *)a)->path, ((const pt_site_file *)b)->path);
}
static int compare_keys(const void *a, const void *b) { return memcmp(a, b, PT_ID_SIZE); }
static int compare_docs(const void *a, const void *b) {
  return strcmp(((const pt_site_doc *)a)->location, ((const pt_site_doc *)b)->location);
}

static void stamp(time_t at, char out[32]) {
  struct tm utc;
  gmtime_r(&at, &utc);
  strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

static int add_doc(pt_site *site, const char *location, pt_blob *blob) {
  if (blob == NULL) return PT_ERR_NOMEM;
  pt_site_doc *doc = &site->docs[site->doc_count++];
  snprintf(doc->location, sizeof doc->location, "%s", location);
  doc->blob = blob;
  return PT_OK;
}

/* Writes the index of assets [first, first + count), ordered by path, which use
 * swarms of their own: renumbers those into `swarms`. */
static int write_index(pt_site_docs *docs, pt_site *site, const char *location, size_t first,
                       size_t count, pt_site_shard *shards, size_t shard_count) {
  uint32_t *places = malloc((docs->swarm_count + 1) * sizeof *places);
  pt_site_swarm *swarms = malloc((docs->swarm_count + 1) * sizeof *swarms);
  pt_site_asset *assets = malloc((count + 1) * sizeof *assets);
  int error = PT_ERR_NOMEM;
  bool is_top = strcmp(location, "index.json") == 0;
  if (places && swarms && assets) {
    size_t used = 0;
    for (size_t i = 0; i < docs->swarm_count; i++) places[i] = UINT32_MAX;
    for (size_t i = 0; i < count; i++) {
      assets[i] = docs->assets[first + i];
      uint32_t *place = &places[assets[i].swarm];
      if (*place == UINT32_MAX) {
        swarms[used] = docs->swarms[assets[i].swarm];
        *place = (uint32_t)used++;
      }
      assets[i].swarm = *place;
    }
    pt_site_index index = {.asset_count = count,
                           .assets = assets,
                           .swarm_count = used,
                           .swarms = swarms,
                           .shards = shards,
                           .settings = is_top ? docs->settings : NULL,
                           .shard_count = shard_count};
    stamp(docs->changed, index.created);
    char *text = pt_site_index_write(&index);
    if (text) error = add_doc(site, location, pt_blob_new(text, strlen(text), "application/json"));
    free(text);
  }
  free(places);
  free(swarms);
  free(assets);
  return error;
}

/* Length of the top folder of a URL path with both slashes; 0: none. */
static size_t top_folder_len(const char *path) {
  const char *slash = strchr(path + 1, '/');
  return slash ? (size_t)(slash + 1 - path) : 0;
}

/* Does every swarm stay in one top folder? (Not where bundles were joined.) */
static bool can_be_sharded(const pt_site_docs *docs) {
  const char **folders = calloc(docs->swarm_count + 1, sizeof *folders);
  bool ok = folders != NULL;
  for (size_t i = 0; ok && i < docs->asset_count; i++) {
    const char *path = docs->assets[i].path, **folder = &folders[docs->assets[i].swarm];
    size_t len = top_folder_len(path);
    if (*folder == NULL) *folder = path;
    ok = top_folder_len(*folder) == len && memcmp(*folder, path, len) == 0;
  }
  free(folders);
  return ok;
}

/* Decodes what pt_site_path_encode() wrote; out has len + 1 bytes. */
static void decode(const char *text, size_t len, char *out) {
  for (size_t i = 0; i < len; i++) {
    uint8_t byte;
    if (text[i] == '%' && i + 2 < len && pt_hex_decode(text + i + 1, 2, &byte, 1)) {
      *out++ = (char)byte;
      i += 2;
    } else {
      *out++ = text[i];
    }
  }
  *out = 0;
}

/* Appends the URL spelling of a shard's name: also without what our HTTP parser
 * takes for more than a character of the path. */
static void shard_location(const char *folder, size_t len, char *out, size_t cap) {
  static const char specials[] = "&+;";
  static const char *const codes[] = {"%26", "%2B", "%3B"};
  size_t at = (size_t)snprintf(out, cap, "index/");
  for (size_t i = 0; i < len && at + 9 < cap; i++) {
    const char *special = strchr(specials, folder[i]);
    if (special)
      at += (size_t)snprintf(out + at, cap - at, "%s", codes[special - specials]);
    else
      out[at++] = folder[i];
  }
  snprintf(out + at, cap - at, ".json");
}

/* "index/FOLDER.json" for assets of "/FOLDER/", both as URLs spell it. */
static int write_shard(pt_site_docs *docs, pt_site *site, size_t first, size_t count, size_t len,
                       pt_site_shard *shard) {
  const char *path = docs->assets[first].path;
  char location[3 * PT_PATH_LEN_MAX + 16], decoded[sizeof location];
  shard_location(path + 1, len - 2, location, sizeof location);
  shard->prefix = strndup(path, len);
  shard->location = strdup(location);
  if (shard->prefix == NULL || shard->location == NULL) return PT_ERR_NOMEM;
  decode(location, strlen(location), decoded); /* requests come decoded */
  return write_index(docs, site, decoded, first, count, NULL, 0);
}

static int write_shards(pt_site_docs *docs, pt_site *site) {
  pt_site_shard *shards = calloc(docs->asset_count + 1, sizeof *shards);
  if (shards == NULL) return PT_ERR_NOMEM;
  size_t shard_count = 0, top_count = 0;
  int error = PT_OK;
  /* Assets are ordered by folder, those of the top first. */
  while (top_count < docs->asset_count && !top_folder_len(docs->assets[top_count].path))
    top_count++;
  for (size_t i = top_count, end; error == PT_OK && i < docs->asset_count; i = end) {
    size_t len = top_folder_len(docs->assets[i].path);
    for (end = i + 1; end < docs->asset_count; end++) {
      if (strncmp(docs->assets[end].path, docs->assets[i].path, len) != 0) break;
    }
    error = write_shard(docs, site, i, end - i, len, &shards[shard_count++]);
  }
  if (error == PT_OK)
    error = write_index(docs, site, "index.json", 0, top_count, shards, shard_count);
  for (size_t i = 0; i < shard_count; i++) {
    free(shards[i].prefix);
    free(shards[i].location);
  }
  free(shards);
  return error;
}

static int compare_by_folder(const void *a, const void *b) {
  const char *x = ((const pt_site_asset *)a)->path, *y = ((const pt_site_asset *)b)->path;
  bool x_top = top_folder_len(x) == 0, y_top = top_folder_len(y) == 0;
  return x_top != y_top ? (x_top ? -1 : 1) : strcmp(x, y);
}

static int write_indexes(pt_site_docs *docs, pt_site *site) {
  if (docs->asset_count > PT_SHARD_ASSETS_MIN && can_be_sharded(docs)) {
    qsort(docs->assets, docs->asset_count, sizeof *docs->assets, compare_by_folder);
    return write_shards(docs, site);
  }
  if (docs->asset_count)
    qsort(docs->assets, docs->asset_count, sizeof *docs->assets, compare_assets);
  return write_index(docs, site, "index.json", 0, docs->asset_count, NULL, 0);
}

static int write_torrents(pt_site_docs *docs, pt_site *site) {
  for (size_t i = 0; i < docs->swarm_count; i++) {
    char hex[2 * PT_ID_SIZE + 1], location[sizeof hex + 32];
    pt_hex_encode(docs->swarms[i].key, PT_ID_SIZE, hex);
    snprintf(location, sizeof location, "torrents/%s.torrent", hex);
    memcpy(site->swarms[site->swarm_count++], docs->swarms[i].key, PT_ID_SIZE);
    if (docs->swarms[i].hybrid) {
      pt_site_hybrid *hybrid = &site->hybrids[site->hybrid_count++];
      memcpy(hybrid->v1, docs->swarms[i].v1, PT_ID_SIZE);
      memcpy(hybrid->key, docs->swarms[i].key, PT_ID_SIZE);
    }
    int error = add_doc(site, location, pt_blob_ref(docs->torrents[i]));
    snprintf(location, sizeof location, "layers/%s.bin", hex);
    if (error == PT_OK && docs->layers[i])
      error = add_doc(site, location, pt_blob_ref(docs->layers[i]));
    if (error != PT_OK) return error;
  }
  return PT_OK;
}

/* What makes two sites differ for clients. */
static void set_digest(const pt_site_docs *docs, pt_site *site) {
  for (size_t i = 0; i < docs->asset_count; i++) {
    const pt_site_asset *asset = &docs->assets[i];
    uint64_t d = pt_hash64(asset->path, strlen(asset->path), site->digest);
    d = pt_hash64(asset->root, sizeof asset->root, d);
    site->digest = pt_hash64(docs->swarms[asset->swarm].key, PT_ID_SIZE, d);
    site->bytes += asset->length;
  }
  /* (Those are in another order by now; each counts with its own path.) */
  for (size_t i = 0; i < docs->asset_count; i++) {
    const pt_site_file *file = &docs->files[i];
    if (file->has_twin) site->digest += pt_hash64(file->path, strlen(file->path), 0);
  }
}

static int compare_videos(const void *a, const void *b) {
  return strcmp(((const pt_site_video *)a)->name, ((const pt_site_video *)b)->name);
}

/* Moves the videos' torrents. Of film.mp4 and film.webm the first in the plan
 * has film.torrent; both have their full names. */
static void move_videos(pt_site_docs *docs, pt_site *site) {
  site->videos = docs->videos;
  docs->videos = NULL;
  size_t count = docs->video_count, kept = 0;
  docs->video_count = 0;
  for (size_t i = 0; i < count; i++) {
    size_t k = 0;
    while (k < kept && strcmp(site->videos[k].name, site->videos[i].name) != 0) k++;
    if (k == kept) {
      site->videos[kept++] = site->videos[i];
      continue;
    }
    pt_log(PT_LOG_WARN, "several videos would be torrent/%s: only the first one is",
           site->videos[i].name);
    free(site->videos[i].name);
    pt_blob_unref(site->videos[i].torrent);
  }
  site->video_count = kept;
  qsort(site->videos, kept, sizeof *site->videos, compare_videos);
}

int pt_site_docs_finish(pt_site_docs *docs, pt_site *site) {
  /* At most one shard per asset, torrent and layers per swarm, and the index. */
  site->docs = calloc(docs->asset_count + 2 * docs->swarm_count + 1, sizeof *site->docs);
  site->swarms = calloc(docs->swarm_count + 1, sizeof *site->swarms);
  site->hybrids = calloc(docs->swarm_count + 1, sizeof *site->hybrids);
  site->assets = calloc(docs->asset_count + 1, sizeof *site->assets);
  if (!site->docs || !site->swarms || !site->hybrids || !site->assets) return PT_ERR_NOMEM;
  int error = write_indexes(docs, site);
  if (error == PT_OK) error = write_torrents(docs, site);
  if (error != PT_OK) return error;
  set_digest(docs, site);
  move_videos(docs, site);
  for (size_t i = 0; i < docs->asset_count; i++) { /* moves them */
    site->assets[site->asset_count++] = docs->files[i];
    docs->files[i].path = NULL;
  }
  if (site->asset_count)
    qsort(site->assets, site->asset_count, sizeof *site->assets, compare_paths);
  if (site->swarm_count) qsort(site->swarms, site->swarm_count, sizeof *site->swarms, compare_keys);
  if (site->hybrid_count)
    qsort(site->hybrids, site->hybrid_count, sizeof *site->hybrids, compare_keys);
  qsort(site->docs, site->doc_count, sizeof *site->docs, compare_docs);
  return PT_OK;
}
