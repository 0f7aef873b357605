/* The stand-in for the bytes of pieces must tell right from wrong as the bytes
 * themselves would, or the simulator would count pieces that are none. */
#include "base/limits.h"
#include "lots.h"
#include "swarm/content.h"
#include "tagsite.h"
#include "unit.h"

#define PIECE (4 * PT_BLOCK_SIZE)

static void fill(uint8_t *bytes, size_t len) {
  for (size_t at = 0; at + 8 <= len; at += PT_BLOCK_SIZE) {
    uint64_t tag = lots_mix(at, 9);
    memcpy(bytes + at, &tag, sizeof tag);
  }
}

static void what_is_written_is_read(void **state) {
  (void)state;
  uint8_t *bytes = calloc(1, PIECE), *copy = calloc(1, PIECE);
  fill(bytes, PIECE);
  uint8_t *content = pt_content_new(PIECE);
  pt_content_write(content, 0, (pt_bytes){bytes, 3 * PT_BLOCK_SIZE});
  pt_content_write(content, 3 * PT_BLOCK_SIZE, (pt_bytes){bytes + 3 * PT_BLOCK_SIZE, 100});
  pt_content_read(content, 0, PIECE, copy);
  assert_memory_equal(bytes, copy, PIECE);
  memset(copy, 0, PIECE);
  pt_content_read(content, 2 * PT_BLOCK_SIZE, PT_BLOCK_SIZE, copy);
  assert_memory_equal(copy, bytes + 2 * PT_BLOCK_SIZE, PT_BLOCK_SIZE);
  pt_bytes view = pt_content_view(content, PT_BLOCK_SIZE, PT_BLOCK_SIZE);
  assert_int_equal(view.len, PT_BLOCK_SIZE);
  assert_memory_equal(view.data, bytes + PT_BLOCK_SIZE, 8);
  pt_content_del(content);
  free(bytes);
  free(copy);
}

static void one_wrong_block_is_another_hash(void **state) {
  (void)state;
  uint8_t *bytes = calloc(1, PIECE);
  fill(bytes, PIECE);
  pt_hash right, wrong, leaves[4], others[4];
  uint8_t *content = pt_content_new(PIECE);
  pt_content_write(content, 0, (pt_bytes){bytes, PIECE});
  pt_content_hash(content, PIECE, 2, leaves, right);
  pt_content_leaves(content, PIECE, leaves);
  for (uint32_t block = 0; block < 4; block++) {
    bytes[block * PT_BLOCK_SIZE] ^= 1;
    pt_content_write(content, 0, (pt_bytes){bytes, PIECE});
    pt_content_hash(content, PIECE, 2, others, wrong);
    assert_memory_not_equal(right, wrong, sizeof right);
    pt_content_leaves(content, PIECE, others);
    for (uint32_t i = 0; i < 4; i++)
      assert_int_equal(memcmp(leaves[i], others[i], sizeof(pt_hash)) == 0, i != block);
    bytes[block * PT_BLOCK_SIZE] ^= 1;
  }
  pt_content_del(content);
  free(bytes);
}

static void the_last_block_may_be_short(void **state) {
  (void)state;
  uint8_t bytes[PT_BLOCK_SIZE + 8] = {0}, copy[PT_BLOCK_SIZE + 8] = {0};
  fill(bytes, sizeof bytes);
  uint8_t *content = pt_content_new(sizeof bytes);
  pt_content_write(content, 0, (pt_bytes){bytes, sizeof bytes});
  pt_content_read(content, PT_BLOCK_SIZE, 8, copy);
  assert_memory_equal(copy, bytes + PT_BLOCK_SIZE, 8);
  pt_content_del(content);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_written_is_read),
      cmocka_unit_test(one_wrong_block_is_another_hash),
      cmocka_unit_test(the_last_block_may_be_short),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
