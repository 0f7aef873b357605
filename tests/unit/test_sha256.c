/* SHA-256 decides what reaches the page. A wrong digest either lets forged
 * bytes through or refuses genuine ones. The platform's and our own code are
 * held against published digests and against each other. */
#include "base/hex.h"
#include "format/sha256.h"
#include "format/sha256_own.h"
#include "unit.h"

typedef void (*sha256)(const void *data, size_t len, uint8_t out[PT_HASH_SIZE]);
static const sha256 implementations[] = {pt_sha256, pt_sha256_own};

static void assert_hex(const uint8_t hash[PT_HASH_SIZE], const char *expected) {
  char text[2 * PT_HASH_SIZE + 1];
  pt_hex_encode(hash, PT_HASH_SIZE, text);
  assert_string_equal(text, expected);
}

static void published_digests(void **state) {
  (void)state;
  const char *two_blocks = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
  uint8_t *million = malloc(1000000);
  assert_non_null(million);
  memset(million, 'a', 1000000);
  for (size_t i = 0; i < 2; i++) {
    uint8_t hash[PT_HASH_SIZE];
    implementations[i]("", 0, hash);
    assert_hex(hash, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    implementations[i]("abc", 3, hash);
    assert_hex(hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    implementations[i](two_blocks, strlen(two_blocks), hash);
    assert_hex(hash, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    implementations[i](million, 1000000, hash);
    assert_hex(hash, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  }
  free(million);
}

/* The digest of the digests of every length up to 300, computed by Python's
 * hashlib: no padding case is left out. */
static void every_length_is_padded_right(void **state) {
  (void)state;
  for (size_t i = 0; i < 2; i++) {
    uint8_t chain[301][PT_HASH_SIZE], hash[PT_HASH_SIZE];
    for (size_t len = 0; len <= 300; len++) {
      uint8_t *data = unit_bytes(len, 7);
      implementations[i](data, len, chain[len]);
      free(data);
    }
    implementations[i](chain, sizeof chain, hash);
    assert_hex(hash, "6b2bbe03deab5864c7b4a343147d74ad1bf337c3420238ee8b497a67b0445ca0");
  }
}

static void four_lanes_give_what_one_gives(void **state) {
  (void)state;
  const size_t lengths[] = {0, 1, 31, 55, 56, 63, 64, 65, 119, 120, 128, 1000, 16384};
  for (size_t n = 0; n < sizeof lengths / sizeof *lengths; n++) {
    uint8_t *message[4], four[4][PT_HASH_SIZE], own[4][PT_HASH_SIZE], one[PT_HASH_SIZE];
    for (uint32_t l = 0; l < 4; l++) message[l] = unit_bytes(lengths[n] + l, (uint32_t)(n * 4 + l));
    /* Unaligned, each in another way. */
    const uint8_t *lanes[4] = {message[0], message[1] + 1, message[2] + 2, message[3] + 3};
    pt_sha256_x4(lanes, lengths[n], four);
    pt_sha256_own_x4(lanes, lengths[n], own);
    for (size_t l = 0; l < 4; l++) {
      pt_sha256(lanes[l], lengths[n], one);
      assert_memory_equal(four[l], one, PT_HASH_SIZE);
      assert_memory_equal(own[l], one, PT_HASH_SIZE);
      free(message[l]);
    }
  }
}

static void a_pair_is_its_halves_in_order(void **state) {
  (void)state;
  uint8_t both[64], one[PT_HASH_SIZE], pair[PT_HASH_SIZE], own[PT_HASH_SIZE];
  unit_fill(both, sizeof both, 5);
  pt_sha256(both, sizeof both, one);
  pt_sha256_pair(both, both + 32, pair);
  pt_sha256_own(both, sizeof both, own);
  assert_memory_equal(pair, one, PT_HASH_SIZE);
  assert_memory_equal(own, one, PT_HASH_SIZE);
  pt_sha256_pair(both, both + 32, both); /* the result may replace an input */
  assert_memory_equal(both, one, PT_HASH_SIZE);
}

static void the_backend_has_a_name(void **state) {
  (void)state;
  const char *name = pt_sha256_backend();
#ifndef __EMSCRIPTEN__
  assert_string_equal(name, "libcrypto");
#elif defined(__wasm_simd128__)
  assert_string_equal(name, "simd128");
#else
  assert_string_equal(name, "scalar");
#endif
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(published_digests),
      cmocka_unit_test(every_length_is_padded_right),
      cmocka_unit_test(four_lanes_give_what_one_gives),
      cmocka_unit_test(a_pair_is_its_halves_in_order),
      cmocka_unit_test(the_backend_has_a_name),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
