/* The bytes of pieces, for simulations: of each block only its first 8 bytes,
 * its tag. Stands in the place of core/src/swarm/content.c. A block's hash is of
 * its tag, by XXH64, and good against chance only; the tree above is real. */
#include "swarm/content.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/limits.h"

#define TAG_SIZE 8u
#define LEAF_SEED 0x6c656166u

static uint32_t block_count(uint32_t size) { return (size + PT_BLOCK_SIZE - 1) / PT_BLOCK_SIZE; }

uint8_t *pt_content_new(uint32_t size) { return calloc(block_count(size), TAG_SIZE); }

void pt_content_del(uint8_t *content) { free(content); }

void pt_content_write(uint8_t *content, uint32_t at, pt_bytes bytes) {
  uint32_t block = block_count(at);
  for (; (size_t)block * PT_BLOCK_SIZE + TAG_SIZE <= at + bytes.len; block++)
    memcpy(content + block * TAG_SIZE, bytes.data + (block * PT_BLOCK_SIZE - at), TAG_SIZE);
}

void pt_content_read(const uint8_t *content, uint32_t at, uint32_t length, uint8_t *out) {
  uint32_t block = block_count(at);
  for (; block * PT_BLOCK_SIZE + TAG_SIZE <= at + length; block++)
    memcpy(out + (block * PT_BLOCK_SIZE - at), content + block * TAG_SIZE, TAG_SIZE);
}

/* The view holds the tags of the blocks it touches, side by side; its length
 * is that of the bytes they stand for. */
pt_bytes pt_content_view(const uint8_t *content, uint32_t at, uint32_t length) {
  return (pt_bytes){content + at / PT_BLOCK_SIZE * TAG_SIZE, length};
}

void pt_content_leaf(const uint8_t *content, uint32_t at, uint32_t length, pt_hash out) {
  (void)length;
  for (uint32_t i = 0; i < PT_HASH_SIZE / TAG_SIZE; i++) {
    uint64_t word = pt_hash64(content + at / PT_BLOCK_SIZE * TAG_SIZE, TAG_SIZE, LEAF_SEED + i);
    memcpy(out + i * TAG_SIZE, &word, TAG_SIZE);
  }
}

void pt_content_leaves(const uint8_t *content, uint32_t size, pt_hash *leaves) {
  for (uint32_t i = 0; i < block_count(size); i++)
    pt_content_leaf(content, i * PT_BLOCK_SIZE, PT_BLOCK_SIZE, leaves[i]);
}

void pt_content_hash(const uint8_t *content, uint32_t size, uint32_t height, pt_hash *leaves,
                     pt_hash out) {
  pt_content_leaves(content, size, leaves);
  pt_merkle_fold(leaves, block_count(size), 0, height, out);
}
