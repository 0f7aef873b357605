/* The hashes of one file: BEP 52's piece layer and root, and for hybrid
 * torrents the SHA-1 of its pieces (BEP 3, with BEP 47's padding). */
#ifndef PT_SERVER_FILE_HASH_H
#define PT_SERVER_FILE_HASH_H

#include "format/merkle.h"
#include "scan.h"

typedef struct pt_file_hash {
  pt_file_state state;
  uint32_t base_length; /* bytes per hash of the layer */
  size_t count;         /* hashes in it; 1: the root itself */
  pt_hash *layer;
  pt_hash root;
  uint32_t v1_length; /* piece length of the SHA-1 hashes; 0: there are none */
  size_t v1_count;
  uint8_t *v1;                 /* 20 bytes each; the last piece padded with zeros */
  uint8_t v1_last[PT_ID_SIZE]; /* the last piece without padding */
  bool racy;                   /* changed so shortly before it was read that a later
                                  change might not show in its state */
} pt_file_hash;

typedef struct pt_file_hash_make {
  int dir_fd;
  const char *path;
  uint32_t base_length; /* as above: a power of two, 16 KiB to 1 MiB */
  uint32_t v1_length;   /* 0: no SHA-1 */
  const atomic_bool *cancel;
  /* Called after every piece with the bytes read; may be NULL. */
  void (*progress)(void *context, uint64_t bytes);
  void *context;
} pt_file_hash_make;

enum pt_file_hash_result {
  PT_FILE_HASH_OK,
  PT_FILE_HASH_GONE,     /* it can't be read, is empty or no plain file: leave it out */
  PT_FILE_HASH_CHANGING, /* it changed each time it was read */
  PT_FILE_HASH_CANCELLED,
  PT_FILE_HASH_NOMEM
};

/* Reads the file once, piece by piece (no more than 1 MiB in memory), and again
 * (a few times) when it changed meanwhile. */
enum pt_file_hash_result pt_file_hash_run(const pt_file_hash_make *make, pt_file_hash *out);
void pt_file_hash_free(pt_file_hash *hash);

/* The layer for pieces of piece_length >= base_length, computed from the one
 * that is there: a new list (free()d by the caller) of *count hashes; one
 * piece: the root. NULL when out of memory. */
pt_hash *pt_file_hash_layer(const pt_file_hash *hash, uint32_t piece_length, size_t *count);

#endif
