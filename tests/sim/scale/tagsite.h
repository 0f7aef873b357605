/* A site without bytes: each block of 16 KiB is known by a tag of 8 bytes (see
 * content_tags.c). Index, info-hashes and Merkle layers are real. */
#ifndef SCALE_TAGSITE_H
#define SCALE_TAGSITE_H

#include "scenario.h"

typedef struct tag_file {
  char path[24];
  uint64_t length;
  uint32_t swarm;
  uint32_t block_first; /* of all blocks of the site */
} tag_file;

typedef struct tag_swarm {
  uint8_t key[PT_ID_SIZE];
  uint8_t *layers; /* of pieces, as the site serves them */
  size_t layers_len;
} tag_swarm;

typedef struct tagsite {
  uint64_t seed;
  uint32_t file_count, swarm_count, block_count;
  uint64_t length; /* of all files */
  tag_file *files;
  tag_swarm *swarms;
  pt_bytes packed; /* the index, for nodes */
} tagsite;

tagsite *tagsite_new(const scenario *s);
void tagsite_del(tagsite *t);
/* What the block at that place of a file must have. */
uint64_t tagsite_tag(const tagsite *t, uint32_t file, uint64_t block);
/* The number of a URL path: a file's, or file_count and more for piece layers;
 * UINT32_MAX: there is none. */
uint32_t tagsite_find(const tagsite *t, pt_bytes path);
/* Bytes of a file, or of piece layers by their number. */
uint64_t tagsite_length(const tagsite *t, uint32_t number);
/* Writes the tags of [at, at + len) of a file, each where its block begins. */
void tagsite_fill(const tagsite *t, uint32_t file, uint64_t at, uint32_t len, uint8_t *out);

#endif
