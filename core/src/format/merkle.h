/* BEP 52 Merkle trees: SHA-256 over 16 KiB leaves, binary, padded to a power
 * of two with leaf hashes of 32 zero bytes.
 *
 * Heights count from the leaves: leaf hashes have height 0, the hash of a
 * piece of 64 KiB has height 2. A file's tree has the least height that holds
 * its leaves; its top is the file's "pieces root". A file of at most one piece
 * has no piece layer: its only "piece hash" is the root itself. */
#ifndef PT_FORMAT_MERKLE_H
#define PT_FORMAT_MERKLE_H

#include "peertide/peertide.h"

typedef uint8_t pt_hash[PT_HASH_SIZE];

/* Leaves of `length` bytes: ceil(length / 16 KiB), length > 0. */
uint64_t pt_merkle_leaf_count(uint64_t length);
/* Height of the tree over `count` hashes: least h with 2^h >= count. */
uint32_t pt_merkle_height(uint64_t count);
/* The height of piece hashes, log2(piece_length / 16 KiB). */
uint32_t pt_merkle_piece_height(uint32_t piece_length);

/* Hash of an all-padding subtree of that height (0: 32 zero bytes). */
void pt_merkle_pad(uint32_t height, pt_hash out);

/* Hashes data's 16 KiB leaves (the last may be shorter) into leaves[], which
 * has room for pt_merkle_leaf_count(len). Four at a time. */
void pt_merkle_leaves(const uint8_t *data, size_t len, pt_hash *leaves);

/* The top of a subtree of height `top`, from `count` hashes of height `base`
 * at its left edge; the rest is padding. Uses hashes[] as scratch space.
 * 1 <= count <= 2^(top - base). */
void pt_merkle_fold(pt_hash *hashes, size_t count, uint32_t base, uint32_t top, pt_hash out);

/* The hash a piece must have. `data` is the piece (the file's last may be
 * short), `height` that of the hash to make: pt_merkle_piece_height() when the
 * file has more than one piece, else the height of the file's whole tree.
 * `leaves` is scratch space for pt_merkle_leaf_count(len) hashes. */
void pt_merkle_piece(const uint8_t *data, size_t len, uint32_t height, pt_hash *leaves,
                     pt_hash out);

/* Is `hashes` (count, a power of two, of height `base`, the first at `index`
 * in its layer, index a multiple of count) part of the tree of height
 * `top` with that root? `uncles` are the siblings on the way up, lowest first
 * (BEP 52 hash requests). Needs exactly top - base - log2(count) uncles. */
bool pt_merkle_verify(const pt_hash root, uint32_t top, const pt_hash *hashes, size_t count,
                      uint32_t base, uint64_t index, const pt_hash *uncles, size_t uncle_count);

/* A whole layer of `count` hashes of height `base` against a root of height
 * `top`. Allocates nothing; `scratch` has room for count hashes. */
bool pt_merkle_verify_layer(const pt_hash root, uint32_t top, const pt_hash *layer, size_t count,
                            uint32_t base, pt_hash *scratch);

/* For answering hash requests from a whole verified layer: the hash at `index`
 * of height `height` (>= base), computed from `layer` (count hashes of height
 * `base`) and padding. */
void pt_merkle_node(const pt_hash *layer, size_t count, uint32_t base, uint32_t height,
                    uint64_t index, pt_hash out);

#endif
