/* A site as it is at one moment: its index, torrents and what the server must
 * look up. Made off the main thread, never changed afterwards. */
#ifndef PT_SERVER_SITE_H
#define PT_SERVER_SITE_H

#include "blob.h"
#include "format/site_index.h"
#include "hash_cache.h"

#define PT_SHARD_ASSETS_MIN 5000u /* with more assets the index is divided by folder */
/* The torrent name of files whose paths count from the site's top, and the
 * folder of web seeds where "NAME/path" is the file at /path. */
#define PT_SITE_TORRENT_NAME "site"
#define PT_SEED_FOLDER "seed"

typedef struct pt_site_doc {
  char location[300]; /* below /.peertide/, decoded: "torrents/….torrent" */
  pt_blob *blob;
} pt_site_doc;

/* A hybrid torrent's two info-hashes. */
typedef struct pt_site_hybrid {
  uint8_t v1[PT_ID_SIZE];
  uint8_t key[PT_ID_SIZE];
} pt_site_hybrid;

/* A torrent by the name that PeerConnect's users know it by (route.h). */
typedef struct pt_site_video {
  char *name; /* "film.torrent", "film.mp4.torrent" */
  pt_blob *torrent;
} pt_site_video;

typedef struct pt_site_file {
  char *path;    /* site path */
  bool has_twin; /* compressed, beside it: it had one when the site was made */
} pt_site_file;

typedef struct pt_site {
  size_t asset_count;
  pt_site_file *assets; /* ordered by path, strcmp() */
  uint64_t bytes;       /* of all assets */
  size_t swarm_count;
  uint8_t (*swarms)[PT_ID_SIZE]; /* keys, ascending */
  size_t hybrid_count;
  pt_site_hybrid *hybrids; /* by v1, ascending */
  size_t doc_count;
  pt_site_doc *docs; /* ordered by location */
  size_t video_count;
  pt_site_video *videos; /* ordered by name */
  size_t left_out;
  uint64_t digest; /* equal for equal content */
} pt_site;

typedef struct pt_site_make {
  pt_scan_options scan;
  bool hybrid;             /* torrents with v1 hashes too */
  const char *settings;    /* JSON object for clients, put into the index; NULL: none */
  const char *video_route; /* see route.h; NULL: none */
  const char *base_url;    /* of the site, without a '/' at its end; "": no web seeds */
  bool seed_folder;        /* /.peertide/seed/ is served */
  const char *announce;    /* the tracker's URL, for the torrents; NULL: none */
  /* Progress: called now and then from the thread that works; may be NULL. */
  void (*progress)(void *context, uint64_t bytes_done, uint64_t bytes_all, size_t files);
  void *context;
} pt_site_make;

/* Scans, hashes what is not in the cache, and makes the documents. PT_OK,
 * PT_ERR_CANCELLED or PT_ERR_NOMEM. Files that vanish or keep changing
 * meanwhile are left out. The documents' blobs belong to the site. */
int pt_site_run(const pt_site_make *make, pt_hash_cache *cache, pt_site **out);
void pt_site_del(pt_site *site); /* NULL is fine */

/* The asset at a site path, or NULL. */
const pt_site_file *pt_site_find_asset(const pt_site *site, const char *path);
bool pt_site_has_swarm(const pt_site *site, const uint8_t key[PT_ID_SIZE]);
/* The swarm with an info-hash, a key or a v1 hash; false when there is none. */
bool pt_site_find_swarm(const pt_site *site, const uint8_t info_hash[PT_ID_SIZE],
                        uint8_t key[PT_ID_SIZE], bool *by_v1);
/* The torrent of a video, or NULL; borrowed. */
pt_blob *pt_site_find_video(const pt_site *site, const char *name);
/* The document at a location, or NULL; borrowed. */
pt_blob *pt_site_find_doc(const pt_site *site, const char *location);

#endif
