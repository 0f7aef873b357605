/* The Merkle tree ties every block to the index. A hole here is forged bytes on
 * the page; too strict, and nobody can share anything. */
#include "base/hex.h"
#include "base/limits.h"
#include "format/merkle.h"
#include "format/sha256.h"
#include "unit.h"

static void hash_of(const char *hex, pt_hash out) {
  assert_true(pt_hex_decode(hex, strlen(hex), out, PT_HASH_SIZE));
}

/* A file's root as one would compute it from the definition. */
static void whole_root(const uint8_t *data, size_t len, pt_hash out) {
  size_t count = (size_t)pt_merkle_leaf_count(len);
  pt_hash *leaves = malloc(count * sizeof *leaves);
  assert_non_null(leaves);
  pt_merkle_piece(data, len, pt_merkle_height(count), leaves, out);
  free(leaves);
}

static void sizes(void **state) {
  (void)state;
  assert_int_equal(pt_merkle_leaf_count(1), 1);
  assert_int_equal(pt_merkle_leaf_count(16384), 1);
  assert_int_equal(pt_merkle_leaf_count(16385), 2);
  assert_true(pt_merkle_leaf_count(UINT64_MAX) == (uint64_t)1 << 50);
  assert_int_equal(pt_merkle_height(1), 0);
  assert_int_equal(pt_merkle_height(2), 1);
  assert_int_equal(pt_merkle_height(3), 2);
  assert_int_equal(pt_merkle_height(1025), 11);
  assert_int_equal(pt_merkle_piece_height(16384), 0);
  assert_int_equal(pt_merkle_piece_height(1048576), 6);
}

static void roots_as_python_computes_them(void **state) {
  (void)state;
  const struct {
    size_t len;
    const char *root;
  } cases[] = {
      {1, "380918b946a526640a40df5dced6516794f3d97bbd9e6bb553d037c4439f31c3"},
      {16384, "59ea322b1cefee72f6ccc7569d6b4831c102628db9c83828a7fd715f9be7a732"},
      {16385, "b45332b9bd1dcc535f80ad9490a15d126bb1368fe8fdce8ce5ad4d4fb1b2596c"},
      {82020, "c3f7477ccdc63d0391e04cb2255fc2c86fbe9dab8e58c08a888e4d1172c80597"},
      {307200, "925d669d7cca2dabab1863fbd4b6a4938c22fc4b9e72e7e81f675e147520574d"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    uint8_t *data = unit_bytes(cases[i].len, 9);
    pt_hash expected, root;
    hash_of(cases[i].root, expected);
    whole_root(data, cases[i].len, root);
    assert_memory_equal(root, expected, PT_HASH_SIZE);
    free(data);
  }
}

static void leaves_in_fours_are_the_leaves_one_by_one(void **state) {
  (void)state;
  for (size_t blocks = 0; blocks <= 9; blocks++) {
    for (size_t rest = 0; rest <= 5; rest += 5) {
      size_t len = blocks * PT_BLOCK_SIZE + rest;
      if (len == 0) continue;
      size_t count = (size_t)pt_merkle_leaf_count(len);
      uint8_t *data = unit_bytes(len, (uint32_t)len);
      pt_hash *leaves = malloc(count * sizeof *leaves);
      assert_non_null(leaves);
      pt_merkle_leaves(data, len, leaves);
      for (size_t i = 0; i < count; i++) {
        pt_hash one;
        size_t at = i * PT_BLOCK_SIZE;
        pt_sha256(data + at, len - at < PT_BLOCK_SIZE ? len - at : PT_BLOCK_SIZE, one);
        assert_memory_equal(leaves[i], one, PT_HASH_SIZE);
      }
      free(leaves);
      free(data);
    }
  }
}

static void padding_is_zero_leaves(void **state) {
  (void)state;
  static const pt_hash zero;
  pt_hash pad, expected;
  pt_merkle_pad(0, pad);
  assert_memory_equal(pad, zero, PT_HASH_SIZE);
  pt_merkle_pad(1, pad);
  pt_sha256_pair(zero, zero, expected);
  assert_memory_equal(pad, expected, PT_HASH_SIZE);
  pt_sha256_pair(expected, expected, expected);
  pt_merkle_pad(2, pad);
  assert_memory_equal(pad, expected, PT_HASH_SIZE);
}

/* Pieces hashed one by one meet in the root of the whole file, however the
 * file ends and however long the pieces are. */
static void piece_hashes_fold_into_the_root(void **state) {
  (void)state;
  const size_t len = 11 * PT_BLOCK_SIZE + 77;
  uint8_t *data = unit_bytes(len, 4);
  pt_hash root;
  whole_root(data, len, root);
  for (uint32_t piece_length = PT_BLOCK_SIZE; piece_length <= 8 * PT_BLOCK_SIZE;
       piece_length *= 2) {
    pt_hash layer[12], leaves[8], scratch[12];
    uint32_t base = pt_merkle_piece_height(piece_length);
    size_t count = 0;
    for (size_t at = 0; at < len; at += piece_length, count++) {
      size_t size = len - at < piece_length ? len - at : piece_length;
      pt_merkle_piece(data + at, size, base, leaves, layer[count]);
    }
    assert_true(pt_merkle_verify_layer(root, 4, layer, count, base, scratch));
    assert_false(pt_merkle_verify_layer(root, 5, layer, count, base, scratch));
    assert_false(pt_merkle_verify_layer(root, 4, layer, count - 1, base, scratch));
    layer[count - 1][31] ^= 1;
    assert_false(pt_merkle_verify_layer(root, 4, layer, count, base, scratch));
  }
  free(data);
}

static void a_layer_out_of_shape_is_refused(void **state) {
  (void)state;
  pt_hash root = {0}, layer[5] = {{0}}, scratch[5];
  assert_false(pt_merkle_verify_layer(root, 2, layer, 0, 0, scratch));
  assert_false(pt_merkle_verify_layer(root, 2, layer, 5, 0, scratch));
  assert_false(pt_merkle_verify_layer(root, 1, layer, 1, 2, scratch));
  assert_false(pt_merkle_verify_layer(root, 64, layer, 1, 0, scratch));
}

/* Every aligned run of a layer is proved by the uncles that pt_merkle_node
 * gives, and by nothing else. */
static void proofs_for_every_run_of_a_layer(void **state) {
  (void)state;
  const size_t count = 11;
  const uint32_t base = 2, top = 6;
  pt_hash layer[16], scratch[11], root, uncles[8];
  for (size_t i = 0; i < count; i++) unit_fill(layer[i], PT_HASH_SIZE, (uint32_t)i);
  for (size_t i = count; i < 16; i++) pt_merkle_pad(base, layer[i]);
  memcpy(scratch, layer, sizeof scratch);
  pt_merkle_fold(scratch, count, base, top, root);

  for (uint32_t run = 0; run <= 4; run++) {
    size_t size = (size_t)1 << run;
    for (size_t index = 0; index < 16; index += size) {
      size_t n = 0;
      for (uint32_t h = base + run; h < top; h++) {
        uint64_t sibling = (index >> (h - base)) ^ 1;
        pt_merkle_node((const pt_hash *)layer, count, base, h, sibling, uncles[n++]);
      }
      const pt_hash *hashes = (const pt_hash *)layer + index;
      const pt_hash *proof = (const pt_hash *)uncles;
      assert_true(pt_merkle_verify(root, top, hashes, size, base, index, proof, n));
      assert_false(pt_merkle_verify(root, top, hashes, size, base, index, proof, n + 1));
      if (index < count) { /* behind it all is padding, the same in every place */
        assert_false(pt_merkle_verify(root, top, hashes, size, base, index ^ size, proof, n));
      }
      assert_false(pt_merkle_verify(root, top, hashes, size, base, index + 16, proof, n));
      if (n > 0) {
        assert_false(pt_merkle_verify(root, top, hashes, size, base, index, proof, n - 1));
        uncles[n - 1][0] ^= 0x80;
        assert_false(pt_merkle_verify(root, top, hashes, size, base, index, proof, n));
      }
    }
  }
}

static void a_proof_out_of_shape_is_refused(void **state) {
  (void)state;
  pt_hash root = {0}, hashes[4] = {{0}};
  const pt_hash *h = (const pt_hash *)hashes;
  assert_false(pt_merkle_verify(root, 4, h, 0, 0, 0, h, 4));
  assert_false(pt_merkle_verify(root, 4, h, 3, 0, 0, h, 2));
  assert_false(pt_merkle_verify(root, 4, h, 2, 0, 1, h, 3)); /* not aligned */
  assert_false(pt_merkle_verify(root, 1, h, 4, 0, 0, h, 0)); /* more than the tree */
  assert_false(pt_merkle_verify(root, 4, h, 1, 5, 0, h, 0)); /* above the root */
  assert_false(pt_merkle_verify(root, UINT32_MAX, h, 1, 0, 0, h, 4));
  assert_false(pt_merkle_verify(root, 4, h, 1, UINT32_MAX, 0, h, 4));
  assert_false(pt_merkle_verify(root, 4, h, 1, 0, UINT64_MAX, h, 4));
}

static void a_node_far_outside_is_padding(void **state) {
  (void)state;
  pt_hash layer[3] = {{1}, {2}, {3}}, node, pad;
  pt_merkle_node((const pt_hash *)layer, 3, 1, 5, UINT64_MAX, node);
  pt_merkle_pad(5, pad);
  assert_memory_equal(node, pad, PT_HASH_SIZE);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sizes),
      cmocka_unit_test(roots_as_python_computes_them),
      cmocka_unit_test(leaves_in_fours_are_the_leaves_one_by_one),
      cmocka_unit_test(padding_is_zero_leaves),
      cmocka_unit_test(piece_hashes_fold_into_the_root),
      cmocka_unit_test(a_layer_out_of_shape_is_refused),
      cmocka_unit_test(proofs_for_every_run_of_a_layer),
      cmocka_unit_test(a_proof_out_of_shape_is_refused),
      cmocka_unit_test(a_node_far_outside_is_padding),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
