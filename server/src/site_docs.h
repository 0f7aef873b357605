/* The documents of a site: its index, whole or in shards, its torrents, and
 * the piece layers in them, which is all that visitors need of a torrent. */
#ifndef PT_SERVER_SITE_DOCS_H
#define PT_SERVER_SITE_DOCS_H

#include "site.h"

#include <time.h>

/* Gathers assets and swarms, then writes. */
typedef struct pt_site_docs {
  size_t asset_count, asset_cap;
  pt_site_asset *assets; /* .path is a URL path */
  pt_site_file *files;   /* the same, as the server looks them up */
  size_t swarm_count, swarm_cap;
  pt_site_swarm *swarms;
  pt_blob **torrents; /* one per swarm */
  pt_blob **layers;   /* one per swarm; NULL: no file has more than one piece */
  size_t video_count;
  pt_site_video *videos; /* room for two per swarm */
  const char *settings;  /* for the index; may be NULL; borrowed */
  time_t changed;        /* when the newest of the files was, the index's date */
} pt_site_docs;

int pt_site_docs_init(pt_site_docs *docs, size_t assets_max, size_t swarms_max);
void pt_site_docs_free(pt_site_docs *docs);

/* Adds a swarm; the assets added afterwards are its files. */
int pt_site_docs_add_swarm(pt_site_docs *docs, const pt_site_swarm *swarm, pt_bytes torrent,
                           pt_bytes layers);
/* The swarm added last is a video, with that path below the video route. */
int pt_site_docs_add_video(pt_site_docs *docs, const char *path);
int pt_site_docs_add_asset(pt_site_docs *docs, const pt_scan_file *file, const pt_file_hash *hash,
                           uint32_t number);

/* Writes the documents into the site, with what it looks up. PT_OK or
 * PT_ERR_NOMEM. */
int pt_site_docs_finish(pt_site_docs *docs, pt_site *site);

#endif
