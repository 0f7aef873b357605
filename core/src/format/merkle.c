#include "format/merkle.h"

#include <assert.h>
#include <string.h>

#include "base/limits.h"
#include "format/sha256.h"

/* Taller trees than any uint64_t length can have are refused. */
#define HEIGHT_MAX 63u

uint64_t pt_merkle_leaf_count(uint64_t length) {
  return length / PT_BLOCK_SIZE + (length % PT_BLOCK_SIZE != 0 ? 1u : 0u);
}

uint32_t pt_merkle_height(uint64_t count) {
  uint32_t height = 0;
  while (height < HEIGHT_MAX && (uint64_t)1 << height < count) height++;
  return height;
}

uint32_t pt_merkle_piece_height(uint32_t piece_length) {
  return pt_merkle_height(piece_length / PT_BLOCK_SIZE);
}

void pt_merkle_pad(uint32_t height, pt_hash out) {
  memset(out, 0, PT_HASH_SIZE);
  for (uint32_t h = 0; h < height; h++) pt_sha256_pair(out, out, out);
}

void pt_merkle_leaves(const uint8_t *data, size_t len, pt_hash *leaves) {
  size_t whole = len / PT_BLOCK_SIZE;
  size_t i = 0;
  /* Three left over still go through the four lanes: the idle one repeats. */
  for (; whole - i >= 3; i += whole - i < 4 ? 3 : 4) {
    const uint8_t *lane[4];
    pt_hash hash[4];
    size_t lanes = whole - i < 4 ? 3 : 4;
    for (size_t l = 0; l < 4; l++) lane[l] = data + (i + l % lanes) * PT_BLOCK_SIZE;
    pt_sha256_x4(lane, PT_BLOCK_SIZE, hash);
    memcpy(leaves[i], hash, lanes * PT_HASH_SIZE);
  }
  for (; i < whole; i++) pt_sha256(data + i * PT_BLOCK_SIZE, PT_BLOCK_SIZE, leaves[i]);
  if (len % PT_BLOCK_SIZE != 0) {
    pt_sha256(data + whole * PT_BLOCK_SIZE, len % PT_BLOCK_SIZE, leaves[whole]);
  }
}

/* hashes[i] = hash of hashes[2 i] and hashes[2 i + 1], for i < pairs. */
static void fold_pairs(pt_hash *hashes, size_t pairs) {
  size_t i = 0;
  for (; pairs - i >= 4; i += 4) {
    const uint8_t *lane[4] = {hashes[2 * i], hashes[2 * i + 2], hashes[2 * i + 4],
                              hashes[2 * i + 6]};
    pt_hash out[4];
    pt_sha256_x4(lane, 2 * PT_HASH_SIZE, out);
    memcpy(hashes[i], out, sizeof out);
  }
  for (; i < pairs; i++) pt_sha256_pair(hashes[2 * i], hashes[2 * i + 1], hashes[i]);
}

void pt_merkle_fold(pt_hash *hashes, size_t count, uint32_t base, uint32_t top, pt_hash out) {
  assert(count >= 1 && base <= top && top <= HEIGHT_MAX);
  assert(count <= (uint64_t)1 << (top - base));
  bool padded = count < (uint64_t)1 << (top - base);
  pt_hash pad;
  if (padded) pt_merkle_pad(base, pad);
  for (uint32_t height = base; height < top; height++) {
    fold_pairs(hashes, count / 2);
    if (count % 2 != 0) pt_sha256_pair(hashes[count - 1], pad, hashes[count / 2]);
    count = (count + 1) / 2;
    if (padded) pt_sha256_pair(pad, pad, pad);
  }
  memcpy(out, hashes[0], PT_HASH_SIZE);
}

void pt_merkle_piece(const uint8_t *data, size_t len, uint32_t height, pt_hash *leaves,
                     pt_hash out) {
  pt_merkle_leaves(data, len, leaves);
  pt_merkle_fold(leaves, (size_t)pt_merkle_leaf_count(len), 0, height, out);
}

/* Recursion is as deep as the tree is high. */
void pt_merkle_node(const pt_hash *layer, size_t count, uint32_t base, uint32_t height,
                    uint64_t index, pt_hash out) {
  assert(base <= height && height <= HEIGHT_MAX);
  if (index > (count - 1) >> (height - base) || count == 0) {
    pt_merkle_pad(height, out);
  } else if (height == base) {
    memcpy(out, layer[index], PT_HASH_SIZE);
  } else {
    pt_hash left, right;
    pt_merkle_node(layer, count, base, height - 1, 2 * index, left);
    pt_merkle_node(layer, count, base, height - 1, 2 * index + 1, right);
    pt_sha256_pair(left, right, out);
  }
}

bool pt_merkle_verify(const pt_hash root, uint32_t top, const pt_hash *hashes, size_t count,
                      uint32_t base, uint64_t index, const pt_hash *uncles, size_t uncle_count) {
  if (top > HEIGHT_MAX || base > top || count == 0 || (count & (count - 1)) != 0) return false;
  uint32_t height = base + pt_merkle_height(count);
  if (height > top || uncle_count != top - height) return false;
  if (index % count != 0 || index >= (uint64_t)1 << (top - base)) return false;

  pt_hash node;
  pt_merkle_node(hashes, count, base, height, 0, node);
  uint64_t place = index / count;
  for (size_t i = 0; i < uncle_count; i++, place /= 2) {
    if (place % 2 == 0) {
      pt_sha256_pair(node, uncles[i], node);
    } else {
      pt_sha256_pair(uncles[i], node, node);
    }
  }
  return memcmp(node, root, PT_HASH_SIZE) == 0;
}

bool pt_merkle_verify_layer(const pt_hash root, uint32_t top, const pt_hash *layer, size_t count,
                            uint32_t base, pt_hash *scratch) {
  if (top > HEIGHT_MAX || base > top || count == 0) return false;
  if (count > (uint64_t)1 << (top - base)) return false;
  pt_hash node;
  memcpy(scratch, layer, count * PT_HASH_SIZE);
  pt_merkle_fold(scratch, count, base, top, node);
  return memcmp(node, root, PT_HASH_SIZE) == 0;
}
