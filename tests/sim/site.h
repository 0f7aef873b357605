/* A site made for a test: files of seeded random bytes, with the index and the
 * torrents that `peertide index` would write for them. */
#ifndef SIM_SITE_H
#define SIM_SITE_H

#include "peertide/peertide.h"

#define SITE_FILES_MAX 64

typedef struct site_file {
  char path[64];
  uint8_t *data;
  uint64_t length;
} site_file;

typedef struct site {
  site_file files[SITE_FILES_MAX];
  uint32_t file_count;
  char *index;     /* JSON */
  pt_bytes packed; /* the same for nodes */
  uint8_t *torrents[SITE_FILES_MAX];
  size_t torrent_lens[SITE_FILES_MAX];
  uint8_t *layers[SITE_FILES_MAX];
  size_t layers_lens[SITE_FILES_MAX];
  char layers_paths[SITE_FILES_MAX][96];
  uint32_t torrent_count;
} site;

/* One swarm with `count` files of the given lengths ("/f00.bin", …). */
site *site_new(uint64_t seed, const uint64_t *lengths, uint32_t count, uint32_t piece_length);
void site_del(site *s);
/* The bytes under a URL path (files and piece layers), or NULL data. */
pt_bytes site_get(const site *s, pt_bytes path);

#endif
