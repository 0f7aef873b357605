/* What the units of metainfo share: metainfo.c reads, metainfo_v1.c holds the
 * v1 half of a hybrid against it, metainfo_write.c writes. */
#ifndef PT_FORMAT_METAINFO_INNER_H
#define PT_FORMAT_METAINFO_INNER_H

#include "base/limits.h"
#include "format/bencode.h"
#include "format/metainfo.h"

/* The most parts a path may have: what BEP 52 wraps around them (torrent, info,
 * file tree, and below the path the file and its properties) is nested too. */
#define PT_METAINFO_PARTS_MAX (PT_BENCODE_DEPTH_MAX - 4)

/* May this be one part of a path, or a torrent's name? UTF-8 (no overlong
 * forms, no surrogates), not "", "." or "..", without '/' and NUL. */
bool pt_metainfo_part_ok(pt_bytes part);

/* Holds the v1 keys of a hybrid's info dictionary against the files already
 * read from its file tree: same files, same order, same lengths, padded to
 * piece borders (BEP 47), one SHA-1 per piece. PT_OK, or PT_ERR_RANGE. */
int pt_metainfo_v1_check(const pt_metainfo *m, const pt_bencode *info);

#endif
