#include "swarm/content.h"

#include <stdlib.h>
#include <string.h>

#include "format/sha256.h"

uint8_t *pt_content_new(uint32_t size) { return malloc(size); }

void pt_content_del(uint8_t *content) { free(content); }

void pt_content_write(uint8_t *content, uint32_t at, pt_bytes bytes) {
  if (bytes.len) memcpy(content + at, bytes.data, bytes.len);
}

void pt_content_read(const uint8_t *content, uint32_t at, uint32_t length, uint8_t *out) {
  memcpy(out, content + at, length);
}

pt_bytes pt_content_view(const uint8_t *content, uint32_t at, uint32_t length) {
  return (pt_bytes){content + at, length};
}

void pt_content_hash(const uint8_t *content, uint32_t size, uint32_t height, pt_hash *leaves,
                     pt_hash out) {
  pt_merkle_piece(content, size, height, leaves, out);
}

void pt_content_leaf(const uint8_t *content, uint32_t at, uint32_t length, pt_hash out) {
  pt_sha256(content + at, length, out);
}

void pt_content_leaves(const uint8_t *content, uint32_t size, pt_hash *leaves) {
  pt_merkle_leaves(content, size, leaves);
}
