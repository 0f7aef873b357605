/* The bytes of pieces, for simulations: of each block only its first 8 bytes,
 * its tag. Stands in the place of core/src/swarm/content.c; hashes are of the
 * tags, by XXH64, and good against chance only. */
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

static void expand(const uint8_t *tags, size_t len, uint64_t seed, pt_hash out) {
  for (uint32_t i = 0; i < PT_HASH_SIZE / TAG_SIZE; i++) {
    uint64_t word = pt_hash64(tags, len, seed + i);
    memcpy(out + i * TAG_SIZE, &word, TAG_SIZE);
  }
}

void pt_content_hash(const uint8_t *content, uint32_t size, uint32_t height, pt_hash *leaves,
                     pt_hash out) {
  (void)leaves;
  expand(content, (size_t)block_count(size) * TAG_SIZE, (uint64_t)height << 8, out);
}

void pt_content_leaves(const uint8_t *content, uint32_t size, pt_hash *leaves) {
  for (uint32_t i = 0; i < block_count(size); i++)
    expand(content + i * TAG_SIZE, TAG_SIZE, LEAF_SEED, leaves[i]);
}
