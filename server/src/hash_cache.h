/* What is known of files' content from earlier scans, so that a change of one
 * file does not mean reading all others again. */
#ifndef PT_SERVER_HASH_CACHE_H
#define PT_SERVER_HASH_CACHE_H

#include "file_hash.h"

typedef struct pt_hash_cache {
  size_t count;
  char **paths;         /* in the order of pt_site_path_compare() */
  pt_file_hash *hashes; /* base_length 0: not known yet */
} pt_hash_cache;

void pt_hash_cache_free(pt_hash_cache *cache);

/* Makes the cache fit a new scan: entry i is for the scan's file i. Keeps what
 * is known of files whose state has not changed, forgets all else. False when
 * out of memory (the cache is then empty). */
bool pt_hash_cache_align(pt_hash_cache *cache, const pt_scan *scan);

#endif
