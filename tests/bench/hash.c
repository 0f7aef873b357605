/* The core's hashing alone, as wasm, for hash.bench.mjs: the leaves of a
 * buffer as a transfer hashes them (four at a time where there is SIMD). */
#include <emscripten/emscripten.h>

#include "format/merkle.h"
#include "format/sha256.h"

#define BUFFER_SIZE (4u << 20)
#define LEAF_SIZE 16384u

static uint8_t buffer[BUFFER_SIZE];
static pt_hash leaves[BUFFER_SIZE / LEAF_SIZE];

EMSCRIPTEN_KEEPALIVE uint8_t *bench_buffer(void) { return buffer; }
EMSCRIPTEN_KEEPALIVE uint32_t bench_buffer_size(void) { return BUFFER_SIZE; }
EMSCRIPTEN_KEEPALIVE const char *bench_backend(void) { return pt_sha256_backend(); }

/* Hashes all leaves of the buffer; the address of the last leaf's hash. */
EMSCRIPTEN_KEEPALIVE const uint8_t *bench_hash(void) {
  pt_merkle_leaves(buffer, BUFFER_SIZE, leaves);
  return leaves[BUFFER_SIZE / LEAF_SIZE - 1];
}
