/* Torrent files: BEP 52 (v2) and hybrid (v1 + v2), single and multi-file.
 *
 * In memory a torrent is a list of files in info order. BEP 52 aligns each
 * file to a piece border, so pieces are numbered through all files and no
 * piece holds bytes of two. Padding files of hybrids are not listed. */
#ifndef PT_FORMAT_METAINFO_H
#define PT_FORMAT_METAINFO_H

#include "format/merkle.h"

typedef struct pt_metainfo_file {
  char *path;           /* UTF-8, '/' between parts, without the torrent's name */
  uint64_t length;      /* bytes */
  uint32_t piece_first; /* number of its first piece */
  uint32_t piece_count; /* 0 for an empty file */
  pt_hash root;         /* pieces root; zeros for an empty file */
  pt_hash *layer;       /* piece_count hashes when piece_count > 1, else NULL */
} pt_metainfo_file;

typedef struct pt_metainfo {
  char *name;
  uint32_t piece_length;
  uint32_t piece_count;
  uint64_t length; /* of all files, without padding */
  bool hybrid;
  bool single_file;       /* one file, whose path is the torrent's name */
  pt_hash v2;             /* info-hash, SHA-256 */
  uint8_t v1[PT_ID_SIZE]; /* info-hash, SHA-1; zeros unless hybrid */
  size_t file_count;
  pt_metainfo_file *files;
  char *web_seed; /* the first entry of url-list (BEP 19), or NULL */
  pt_bytes info;  /* the raw info dictionary; points into `owned` */
  uint8_t *owned;
} pt_metainfo;

/* Reads a torrent. Checks structure, bounds, safe paths (no "", ".", "..",
 * no '/' or NUL in a part) and every piece layer against its root.
 * PT_ERR_SYNTAX, PT_ERR_RANGE, PT_ERR_HASH, PT_ERR_UNSUPPORTED (v1 only),
 * PT_ERR_LIMIT, PT_ERR_NOMEM. On error *out needs no freeing. */
int pt_metainfo_parse(pt_bytes in, pt_metainfo *out);
void pt_metainfo_free(pt_metainfo *m);

/* What visitors read instead of the torrent: the piece layers alone, of all
 * files with more than one piece, one behind the other. A new buffer (free()d by
 * the caller), *len its bytes; NULL when there is no memory. */
uint8_t *pt_metainfo_layers(const pt_metainfo *m, size_t *len);

/* What a new torrent is made of. Files must be in the order of BEP 52's file
 * tree (by path parts, bytewise), lengths > 0.
 *
 * Make a bundle of one file a single file: without v1 keys the two look alike,
 * and libtorrent saves (and asks web seeds for) a lone file without a folder. */
typedef struct pt_metainfo_source {
  const char *path; /* as in pt_metainfo_file; the name when single_file */
  uint64_t length;
  const pt_hash *layer; /* piece hashes, piece_count of them (1 if one piece: the root) */
} pt_metainfo_source;

typedef struct pt_metainfo_make {
  const char *name;
  uint32_t piece_length; /* power of two, 16 KiB to 1 MiB */
  bool single_file;
  const pt_metainfo_source *files;
  size_t file_count;
  const char *web_seed;     /* url-list, or NULL */
  const char *announce;     /* tracker URL, or NULL */
  const uint8_t *v1_pieces; /* SHA-1 of each piece in order (the last piece of
                            each file but the last padded with zeros to the
                            piece length), 20 bytes each; NULL: v2 only */
} pt_metainfo_make;

/* Writes the torrent into a new buffer (*out, free()d by the caller). The
 * bytes depend on nothing but *make: same files, same info-hash. What was
 * written, pt_metainfo_parse reads. PT_ERR_ARG (something above does not hold),
 * PT_ERR_LIMIT (files, pieces, bytes; paths of more than 28 parts), PT_ERR_NOMEM. */
int pt_metainfo_write(const pt_metainfo_make *make, uint8_t **out, size_t *out_len);

/* The piece length for a file or bundle: the least power of two from 16 KiB
 * to 1 MiB that gives at most 1024 pieces. */
uint32_t pt_metainfo_piece_length(uint64_t length);

#endif
