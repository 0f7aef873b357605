/* Assets by their path: a table with open addressing, at most half full, of
 * numbers of assets + 1 (0: an empty slot). */
#ifndef PT_FORMAT_PATH_TABLE_H
#define PT_FORMAT_PATH_TABLE_H

#include <string.h>

#include "format/site_index.h"

/* The slot that has the path, or the empty one where it belongs. `cap` is the
 * number of slots, a power of two. */
uint32_t *pt_path_slot(uint32_t *slots, size_t cap, const pt_site_asset *assets, pt_bytes path);

static inline pt_bytes pt_path_of(const pt_site_asset *a) {
  return (pt_bytes){(const uint8_t *)a->path, strlen(a->path)};
}

/* The asset of that path, or NULL; also while there is no table (slots is NULL). */
const pt_site_asset *pt_path_find(uint32_t *slots, size_t cap, const pt_site_asset *assets,
                                  pt_bytes path);

#endif
