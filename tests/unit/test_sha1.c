/* SHA-1 names the v1 half of a hybrid torrent: wrong, and WebTorrent's visitors
 * are in another swarm. */
#include "base/hex.h"
#include "format/sha1.h"
#include "format/sha1_own.h"
#include "unit.h"

typedef void (*sha1)(const void *data, size_t len, uint8_t out[PT_ID_SIZE]);
static const sha1 implementations[] = {pt_sha1, pt_sha1_own};

static void assert_hex(const uint8_t hash[PT_ID_SIZE], const char *expected) {
  char text[2 * PT_ID_SIZE + 1];
  pt_hex_encode(hash, PT_ID_SIZE, text);
  assert_string_equal(text, expected);
}

static void published_digests(void **state) {
  (void)state;
  for (size_t i = 0; i < 2; i++) {
    uint8_t hash[PT_ID_SIZE];
    implementations[i]("", 0, hash);
    assert_hex(hash, "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    implementations[i]("abc", 3, hash);
    assert_hex(hash, "a9993e364706816aba3e25717850c26c9cd0d89d");
  }
}

static void every_length_is_padded_right(void **state) {
  (void)state;
  for (size_t i = 0; i < 2; i++) {
    uint8_t chain[301][PT_ID_SIZE], hash[PT_ID_SIZE];
    for (size_t len = 0; len <= 300; len++) {
      uint8_t *data = unit_bytes(len, 7);
      implementations[i](data, len, chain[len]);
      free(data);
    }
    implementations[i](chain, sizeof chain, hash);
    assert_hex(hash, "5a7e9dd719a5ba1927a73d90d0d1e62d72cb40d7"); /* Python's hashlib */
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(published_digests),
      cmocka_unit_test(every_length_is_padded_right),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
