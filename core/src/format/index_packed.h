/* The site index as a node takes it. What a site serves is JSON (site_index.h),
 * which a browser reads itself; a host packs what the node needs of it:
 *
 *     version (u32), then each swarm:
 *       key (20), v2 (32), v1 (20; zeros: not hybrid), length (u64),
 *       piece length (u32), is it hybrid (u32), number of files (u32),
 *       then each of its files, in the torrent's order:
 *         length (u64), root (32), path (text), media type (text)
 *
 * without padding. Numbers are as the machine has them (in wasm: little-endian);
 * a text is its length (u32) and UTF-8. */
#ifndef PT_FORMAT_INDEX_PACKED_H
#define PT_FORMAT_INDEX_PACKED_H

#include "base/cursor.h"
#include "format/site_index.h"

typedef struct pt_index {
  uint8_t *bytes; /* a copy of what was read, which paths and types point into */
  pt_site_swarm *swarms;
  size_t swarm_count;
  pt_site_asset *assets; /* by swarm, there by file: a swarm's begin at file_first */
  size_t asset_count;
  uint32_t *by_path; /* open addressing, at most half full: asset number + 1 */
  size_t by_path_cap;
} pt_index;

/* Reads the packed form. The rules are those of pt_site_index_parse(), and so are
 * the errors; PT_ERR_SYNTAX: it ends too early. That paths and types are UTF-8 is
 * the host's word. On error nothing is to be freed. */
int pt_index_read(pt_bytes packed, pt_index *out);
void pt_index_free(pt_index *index);

/* The asset of that path, or NULL; the swarm with that key, or NULL. */
const pt_site_asset *pt_index_find(const pt_index *index, pt_bytes path);
const pt_site_swarm *pt_index_swarm(const pt_index *index, const uint8_t key[PT_ID_SIZE]);

/* Packs an index that was parsed. w->failed when it does not fit. */
void pt_index_pack(pt_writer *w, const pt_site_index *index);

#endif
