#include "hash_cache.h"

#include <stdlib.h>
#include <string.h>

void pt_hash_cache_free(pt_hash_cache *cache) {
  for (size_t i = 0; i < cache->count; i++) {
    free(cache->paths[i]);
    pt_file_hash_free(&cache->hashes[i]);
  }
  free(cache->paths);
  free(cache->hashes);
  *cache = (pt_hash_cache){0};
}

bool pt_hash_cache_align(pt_hash_cache *cache, const pt_scan *scan) {
  pt_hash_cache next = {0};
  next.paths = calloc(scan->count + 1, sizeof *next.paths);
  next.hashes = calloc(scan->count + 1, sizeof *next.hashes);
  bool ok = next.paths && next.hashes;
  size_t old = 0;
  for (size_t i = 0; ok && i < scan->count; i++) {
    const pt_scan_file *file = &scan->files[i];
    int order = -1; /* both are in the same order: walk them side by side */
    while (old < cache->count && (order = pt_site_path_compare(cache->paths[old], file->path)) < 0)
      old++;
    if (old < cache->count && order == 0 && !cache->hashes[old].racy &&
        pt_file_state_equal(&cache->hashes[old].state, &file->state)) {
      next.hashes[i] = cache->hashes[old];
      cache->hashes[old] = (pt_file_hash){0};
    }
    next.paths[i] = strdup(file->path);
    ok = next.paths[i] != NULL;
    next.count = i + 1;
  }
  pt_hash_cache_free(cache);
  if (ok)
    *cache = next;
  else
    pt_hash_cache_free(&next);
  return ok;
}
