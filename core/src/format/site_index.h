/* The site index (JSON): which URL path has which length, type and Merkle
 * root, and which swarm carries it. Served by the site itself, it is the root
 * of trust for everything that visitors exchange.
 *
 *   { "version": 1, "created": "2026-11-20T10:00:00Z",
 *     "assets": { "/img/a.jpg": { "type": "image/jpeg", "length": 48213,
 *                 "root": "<64 hex>", "swarm": "<40 hex>", "file": 3 } },
 *     "swarms": { "<40 hex>": { "v2": "<64 hex>", "v1": "<40 hex or absent>",
 *                 "pieceLength": 16384, "length": 1203991 } },
 *     "shards": { "/video/": "index/video.json" },
 *     "settings": { "threshold": 0, … as in the welcome message } }
 *
 * Rules that parsing checks: paths begin with '/', have no '?' or '#' and at
 * most PT_PATH_LEN_MAX bytes; an asset's swarm is in "swarms"; lengths are
 * 1..2^53; in one swarm the `file` numbers of the assets are 0..n-1 without
 * gaps or repeats, and their lengths add up to the swarm's; a swarm's key is
 * the start of its v2 hash; pieceLength is a power of two in bounds. */
#ifndef PT_FORMAT_SITE_INDEX_H
#define PT_FORMAT_SITE_INDEX_H

#include "format/merkle.h"

/* (Both begin as they are packed, see index_packed.h.) */
typedef struct pt_site_asset {
  uint64_t length;
  pt_hash root;
  char *path;
  char *type;     /* media type */
  uint32_t swarm; /* place in swarms[] */
  uint32_t file;  /* number of the file in its torrent */
} pt_site_asset;

typedef struct pt_site_swarm {
  uint8_t key[PT_ID_SIZE];
  pt_hash v2;
  uint8_t v1[PT_ID_SIZE];
  uint64_t length;
  uint32_t piece_length;
  uint32_t hybrid;                 /* 1: v1 is set */
  uint32_t file_count, file_first; /* its part of by_file[] (pt_index: of assets[]) */
} pt_site_swarm;

typedef struct pt_site_shard {
  char *prefix;   /* URL path prefix, "/video/" */
  char *location; /* relative to /.peertide/ */
} pt_site_shard;

typedef struct pt_site_index {
  char created[32];
  size_t asset_count, swarm_count, shard_count;
  pt_site_asset *assets; /* as in the document; a swarm's need not be together */
  pt_site_swarm *swarms;
  pt_site_shard *shards;
  const char *settings; /* written as it is when not NULL: a JSON object for clients,
                           who read it themselves (parsing leaves it out); borrowed */
  /* Made by parsing: */
  uint32_t *by_path;  /* open addressing, at most half full: asset number + 1 */
  size_t by_path_cap; /* a power of two */
  uint32_t *by_file;  /* numbers of assets + 1: by swarm, there by file */
} pt_site_index;

/* Reads the document (need not end in NUL). PT_ERR_SYNTAX, PT_ERR_RANGE,
 * PT_ERR_LIMIT, PT_ERR_UNSUPPORTED (version), PT_ERR_NOMEM; with `why` (may be
 * NULL, else why_cap bytes) one line that names the place. */
int pt_site_index_parse(pt_bytes json, pt_site_index *out, char *why, size_t why_cap);
void pt_site_index_free(pt_site_index *index);

/* The asset of that path in an index that was parsed, or NULL. */
const pt_site_asset *pt_site_index_find(const pt_site_index *index, pt_bytes path);
/* A swarm's asset by the number of its file, below file_count. */
const pt_site_asset *pt_site_index_file(const pt_site_index *index, const pt_site_swarm *swarm,
                                        uint32_t file);

/* The document as a new NUL-terminated string (free()d by the caller), or NULL.
 */
char *pt_site_index_write(const pt_site_index *index);

#endif
