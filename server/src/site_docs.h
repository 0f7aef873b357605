/* The documents of a site: its index, whole or in shards, and its torrents. */
#ifndef PT_SERVER_SITE_DOCS_H
#define PT_SERVER_SITE_DOCS_H

#include "site.h"

/* Gathers assets and swarms, then writes. */
typedef struct pt_site_docs {
  size_t asset_count, asset_cap;
  pt_site_asset *assets; /* .path is a URL path */
  char **paths;          /* their site paths */
  size_t swarm_count, swarm_cap;
  pt_site_swarm *swarms;
  pt_blob **torrents; /* one per swarm */
} pt_site_docs;

int pt_site_docs_init(pt_site_docs *docs, size_t assets_max, size_t swarms_max);
void pt_site_docs_free(pt_site_docs *docs);

/* Adds a swarm; the assets added afterwards are its files. */
int pt_site_docs_add_torrent(pt_site_docs *docs, const pt_site_swarm *swarm, const uint8_t *data,
                             size_t len);
int pt_site_docs_add_asset(pt_site_docs *docs, const char *path, const pt_file_hash *hash,
                           uint32_t file);

/* Writes the documents into the site, with what it looks up. PT_OK or
 * PT_ERR_NOMEM. */
int pt_site_docs_finish(pt_site_docs *docs, pt_site *site);

#endif
