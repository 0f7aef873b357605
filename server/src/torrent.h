/* One torrent of a site: its name, its paths, where its web seed is. */
#ifndef PT_SERVER_TORRENT_H
#define PT_SERVER_TORRENT_H

#include "format/metainfo.h"
#include "hash_cache.h"
#include "plan.h"

typedef struct pt_torrent_make {
  const pt_scan *scan;
  const pt_plan *plan;
  const pt_hash_cache *cache;
  bool hybrid;
  const char *base_url; /* "": no web seeds */
  bool seed_folder;     /* see site.h */
  const char *announce; /* see site.h */
} pt_torrent_make;

typedef struct pt_torrent {
  uint8_t *data; /* the file, malloc()ed */
  size_t len;
  pt_hash v2;
  uint8_t v1[PT_ID_SIZE]; /* zeros unless hybrid */
  uint8_t *layers;        /* pt_metainfo_layers(), malloc()ed */
  size_t layers_len;
} pt_torrent;

void pt_torrent_free(pt_torrent *torrent);

/* Makes the torrent of a swarm of the plan. Its name is the file's or folder's,
 * or with `from_top` the fixed name for paths from the site's top: a way out
 * when two swarms of the same content and name would be one. PT_OK or an error
 * of pt_metainfo_write(). */
int pt_torrent_run(const pt_torrent_make *make, const pt_plan_swarm *swarm, bool from_top,
                   pt_torrent *out);

#endif
