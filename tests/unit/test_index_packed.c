/* The index as a node takes it: what it says is what visitors trust, so that one
 * which contradicts itself must not be used. */
#include "base/limits.h"
#include "format/index_packed.h"
#include "unit.h"

#include <stdio.h>

/* Where things are in SAMPLE's packed form: version, then swarm A with two files. */
enum {
  AT_KEY = 4,
  AT_V2 = AT_KEY + 20,
  AT_V1 = AT_V2 + 32,
  AT_LENGTH = AT_V1 + 20,
  AT_PIECE_LENGTH = AT_LENGTH + 8,
  AT_HYBRID = AT_PIECE_LENGTH + 4,
  AT_FILES = AT_HYBRID + 4,
  AT_FILE = AT_FILES + 4,
  AT_PATH = AT_FILE + 8 + 32,
  AT_TYPE = AT_PATH + 4 + 11,   /* "/img/é.jpg" */
  AT_FILE_2 = AT_TYPE + 4 + 10, /* "image/jpeg" */
  AT_SWARM_2 = AT_FILE_2 + 8 + 32 + 4 + 10 + 4 + 10
};

#define KEY_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define KEY_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define ROOT "1111111111111111111111111111111111111111111111111111111111111111"

static const char SAMPLE[] =
    "{\"version\":1,\"created\":\"2026-11-20T10:00:00Z\","
    "\"assets\":{"
    "\"/img/a.jpg\":{\"type\":\"image/jpeg\",\"length\":40000,\"root\":\"" ROOT
    "\",\"swarm\":\"" KEY_A "\",\"file\":1},"
    "\"/film.webm\":{\"type\":\"video/webm\",\"length\":9000000,\"root\":\"" ROOT
    "\",\"swarm\":\"" KEY_B "\",\"file\":0},"
    "\"/img/\xc3\xa9.jpg\":{\"type\":\"image/jpeg\",\"length\":2,\"root\":\"" ROOT
    "\",\"swarm\":\"" KEY_A "\",\"file\":0}},"
    "\"swarms\":{"
    "\"" KEY_A "\":{\"v2\":\"" KEY_A
    "000000000000000000000001\",\"pieceLength\":16384,\"length\":40002},"
    "\"" KEY_B "\":{\"v2\":\"" KEY_B "000000000000000000000002\",\"v1\":\"" KEY_A
    "\",\"pieceLength\":65536,\"length\":9000000}},"
    "\"shards\":{\"/video/\":\"index/video.json\"}}";

static pt_bytes pack(const pt_site_index *x) {
  size_t cap = 4 + x->swarm_count * 200 + x->asset_count * 2000;
  uint8_t *packed = malloc(cap);
  pt_writer w = pt_writer_of(packed, cap);
  pt_index_pack(&w, x);
  assert_false(w.failed);
  pt_bytes out = unit_copy(packed, w.len);
  free(packed);
  return out;
}

static pt_bytes pack_json(const char *json) {
  pt_site_index x;
  assert_int_equal(
      pt_site_index_parse((pt_bytes){(const uint8_t *)json, strlen(json)}, &x, NULL, 0), PT_OK);
  pt_bytes packed = pack(&x);
  pt_site_index_free(&x);
  return packed;
}

static const pt_site_asset *find(const pt_index *x, const char *path) {
  return pt_index_find(x, (pt_bytes){(const uint8_t *)path, strlen(path)});
}

static void a_right_index_is_read(void **state) {
  (void)state;
  pt_bytes packed = pack_json(SAMPLE);
  pt_index x;
  assert_int_equal(pt_index_read(packed, &x), PT_OK);
  unit_drop(packed); /* it has a copy */
  assert_int_equal(x.swarm_count, 2);
  assert_int_equal(x.asset_count, 3);
  assert_int_equal(x.swarms[0].key[19], 0xaa);
  assert_int_equal(x.swarms[0].v2[31], 1);
  assert_int_equal(x.swarms[0].hybrid, 0);
  assert_int_equal(x.swarms[0].piece_length, 16384);
  assert_int_equal(x.swarms[0].length, 40002);
  assert_int_equal(x.swarms[0].file_first, 0);
  assert_int_equal(x.swarms[0].file_count, 2);
  assert_int_equal(x.swarms[1].hybrid, 1);
  assert_int_equal(x.swarms[1].v1[0], 0xaa);
  assert_int_equal(x.swarms[1].file_first, 2);
  assert_string_equal(x.assets[0].path, "/img/\xc3\xa9.jpg");
  assert_string_equal(x.assets[1].path, "/img/a.jpg");
  assert_string_equal(x.assets[1].type, "image/jpeg");
  assert_int_equal(x.assets[1].length, 40000);
  assert_int_equal(x.assets[1].root[31], 0x11);
  assert_int_equal(x.assets[1].swarm, 0);
  assert_int_equal(x.assets[1].file, 1);
  assert_int_equal(x.assets[2].swarm, 1);
  assert_string_equal(x.assets[2].type, "video/webm");
  assert_ptr_equal(find(&x, "/film.webm"), &x.assets[2]);
  assert_ptr_equal(find(&x, "/img/\xc3\xa9.jpg"), &x.assets[0]);
  assert_null(find(&x, "/img/a.jp"));
  assert_null(find(&x, ""));
  assert_ptr_equal(pt_index_swarm(&x, x.swarms[1].v2), &x.swarms[1]);
  assert_null(pt_index_swarm(&x, x.assets[0].root));
  pt_index_free(&x);
  assert_null(find(&x, "/film.webm"));
}

static void an_index_of_nothing_is_one(void **state) {
  (void)state;
  pt_bytes packed = pack_json("{\"version\":1,\"assets\":{},\"swarms\":{}}");
  assert_int_equal(packed.len, 4);
  pt_index x;
  assert_int_equal(pt_index_read(packed, &x), PT_OK);
  assert_int_equal(x.asset_count + x.swarm_count, 0);
  assert_null(find(&x, "/"));
  pt_index_free(&x);
  unit_drop(packed);
}

static void every_cut_of_an_index_is_refused(void **state) {
  (void)state;
  pt_bytes packed = pack_json(SAMPLE);
  for (size_t len = 0; len < packed.len; len++) {
    pt_bytes cut = unit_copy(packed.data, len);
    pt_index x;
    int error = pt_index_read(cut, &x);
    if (len == 4 || len == AT_SWARM_2) { /* swarms end where the bytes do */
      assert_int_equal(error, PT_OK);
      pt_index_free(&x);
    } else {
      assert_true(error == PT_ERR_SYNTAX || error == PT_ERR_RANGE);
    }
    unit_drop(cut);
  }
  unit_drop(packed);
}

static void every_fault_is_found(void **state) {
  (void)state;
  static const struct {
    size_t at;
    const char *bytes;
    size_t count;
    int error;
  } faults[] = {
      {0, "\2", 1, PT_ERR_UNSUPPORTED},
      {0, "\0", 1, PT_ERR_UNSUPPORTED},
      {AT_KEY, "\xab", 1, PT_ERR_RANGE}, /* not the start of v2 */
      {AT_V2 + 19, "\xab", 1, PT_ERR_RANGE},
      {AT_LENGTH, "\0\0\0\0\0\0\0\0", 8, PT_ERR_RANGE},
      {AT_LENGTH, "\x43", 1, PT_ERR_RANGE}, /* longer than its files together */
      {AT_LENGTH, "\x41", 1, PT_ERR_RANGE}, /* shorter */
      {AT_LENGTH, "\xff\xff\xff\xff\xff\xff\xff\xff", 8, PT_ERR_RANGE},
      {AT_PIECE_LENGTH, "\1", 1, PT_ERR_RANGE},
      {AT_PIECE_LENGTH, "\0\x20", 2, PT_ERR_RANGE},   /* 8 KiB */
      {AT_PIECE_LENGTH, "\0\0\0\2", 4, PT_ERR_RANGE}, /* 32 MiB */
      {AT_PIECE_LENGTH, "\0\0\0\0", 4, PT_ERR_RANGE},
      {AT_FILES, "\1", 1, PT_ERR_RANGE},     /* shorter than the swarm */
      {AT_FILES, "\3", 1, PT_ERR_RANGE},     /* longer than the swarm */
      {AT_FILES, "\1\x10", 2, PT_ERR_LIMIT}, /* 4097 */
      {AT_FILE, "\0", 1, PT_ERR_RANGE},      /* a file of no bytes */
      {AT_FILE, "\xff\xff\xff\xff\xff\xff\xff\xff", 8, PT_ERR_RANGE},
      {AT_PATH, "\0\0", 2, PT_ERR_RANGE},             /* no path */
      {AT_PATH, "\xff\xff\xff\xff", 4, PT_ERR_RANGE}, /* beyond the end */
      {AT_PATH + 4, "i", 1, PT_ERR_RANGE},            /* does not begin with / */
      {AT_PATH + 5, "?", 1, PT_ERR_RANGE},
      {AT_PATH + 5, "#", 1, PT_ERR_RANGE},
      {AT_PATH + 5, "\n", 1, PT_ERR_RANGE},
      {AT_PATH + 5, "\0", 1, PT_ERR_RANGE},
      {AT_PATH + 5, "\x7f", 1, PT_ERR_RANGE},
      {AT_PATH + 14, "\0", 1, PT_ERR_RANGE},
      {AT_TYPE, "\0", 1, PT_ERR_RANGE}, /* no type */
      {AT_TYPE + 4, "\r", 1, PT_ERR_RANGE},
      {AT_TYPE + 13, "\0", 1, PT_ERR_RANGE},
      {AT_FILE_2 + 40, "\1\0\0\0/", 5, PT_ERR_RANGE}, /* what follows is no type */
  };
  pt_bytes packed = pack_json(SAMPLE);
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
    uint8_t *changed = malloc(packed.len);
    memcpy(changed, packed.data, packed.len);
    memcpy(changed + faults[i].at, faults[i].bytes, faults[i].count);
    pt_index x;
    int error = pt_index_read((pt_bytes){changed, packed.len}, &x);
    if (error != faults[i].error) fail_msg("fault %zu: %d", i, error);
    free(changed);
  }
  unit_drop(packed);
}

static void nothing_is_there_twice(void **state) {
  (void)state;
  pt_bytes packed = pack_json(SAMPLE);
  uint8_t *twice = malloc(2 * packed.len);
  memcpy(twice, packed.data, packed.len);
  memcpy(twice + packed.len, packed.data + 4, packed.len - 4);
  pt_index x;
  assert_int_equal(pt_index_read((pt_bytes){twice, 2 * packed.len - 4}, &x), PT_ERR_RANGE);
  twice[packed.len] = twice[packed.len + AT_V2 - 4] = 1; /* another swarm, with the same paths */
  assert_int_equal(pt_index_read((pt_bytes){twice, 2 * packed.len - 4}, &x), PT_ERR_RANGE);
  free(twice);
  unit_drop(packed);
}

/* An index of `count` files of `length` bytes each, `per_swarm` in a swarm. */
static pt_bytes make(size_t count, size_t per_swarm, uint64_t length) {
  pt_site_index x = {.asset_count = count, .swarm_count = (count + per_swarm - 1) / per_swarm};
  x.assets = calloc(count, sizeof *x.assets);
  x.swarms = calloc(x.swarm_count, sizeof *x.swarms);
  x.by_file = calloc(count, sizeof *x.by_file);
  char *paths = malloc(count * 32), type[] = "image/jpeg";
  for (size_t i = 0; i < x.swarm_count; i++) {
    pt_site_swarm *s = &x.swarms[i];
    unit_fill(s->v2, PT_HASH_SIZE, (uint32_t)i + 1);
    memcpy(s->key, s->v2, PT_ID_SIZE);
    s->piece_length = PT_PIECE_LENGTH_MIN;
    s->file_first = (uint32_t)(i * per_swarm);
    s->file_count =
        (uint32_t)(count - s->file_first < per_swarm ? count - s->file_first : per_swarm);
    s->length = s->file_count * length;
  }
  for (size_t i = 0; i < count; i++) {
    snprintf(paths + i * 32, 32, "/img/%zu.jpg", i);
    x.assets[i] = (pt_site_asset){.path = paths + i * 32, .type = type, .length = length};
    x.by_file[i] = (uint32_t)i + 1;
  }
  pt_bytes packed = pack(&x);
  free(x.assets);
  free(x.swarms);
  free(x.by_file);
  free(paths);
  return packed;
}

static void assert_limit(size_t count, size_t per_swarm, uint64_t length, int error) {
  pt_bytes packed = make(count, per_swarm, length);
  pt_index x;
  assert_int_equal(pt_index_read(packed, &x), error);
  if (error == PT_OK) {
    assert_int_equal(x.asset_count, count);
    char path[32];
    snprintf(path, sizeof path, "/img/%zu.jpg", count - 1);
    assert_ptr_equal(find(&x, path), &x.assets[count - 1]);
    pt_index_free(&x);
  }
  unit_drop(packed);
}

static void limits_are_reached_and_not_passed(void **state) {
  (void)state;
  assert_limit(PT_ASSETS_MAX, PT_SWARM_FILES_MAX, 3, PT_OK);
  assert_limit(PT_ASSETS_MAX + 1, PT_SWARM_FILES_MAX, 3, PT_ERR_LIMIT);
  assert_limit(PT_SWARMS_MAX, 1, 3, PT_OK);
  assert_limit(PT_SWARMS_MAX + 1, 1, 3, PT_ERR_LIMIT);
  assert_limit(PT_SWARM_FILES_MAX + 1, PT_SWARM_FILES_MAX + 1, 3, PT_ERR_LIMIT);
  assert_limit(2, 1, (uint64_t)PT_SWARM_PIECES_MAX * PT_PIECE_LENGTH_MIN, PT_OK);
  assert_limit(2, 1, (uint64_t)PT_SWARM_PIECES_MAX * PT_PIECE_LENGTH_MIN + 1, PT_ERR_LIMIT);
  assert_limit(1, 1, UINT64_MAX, PT_ERR_RANGE);
  pt_index x;
  pt_bytes much = {calloc(1, PT_INDEX_BYTES_MAX + 1), PT_INDEX_BYTES_MAX + 1};
  assert_int_equal(pt_index_read(much, &x), PT_ERR_LIMIT);
  unit_drop(much);
}

/* A path and a type of every length that is allowed, and one more. */
static void texts_have_their_bounds(void **state) {
  (void)state;
  static char path[PT_PATH_LEN_MAX + 2], type[PT_TYPE_LEN_MAX + 2];
  for (size_t more = 0; more < 3; more++) {
    memset(path, 0, sizeof path);
    memset(type, 0, sizeof type);
    memset(path, '/', PT_PATH_LEN_MAX + (more == 1));
    memset(type, 'a', PT_TYPE_LEN_MAX + (more == 2));
    pt_site_asset asset = {.path = path, .type = type, .length = 5};
    pt_site_swarm swarm = {.length = 5, .piece_length = PT_PIECE_LENGTH_MIN, .file_count = 1};
    uint32_t by_file[] = {1};
    pt_site_index one = {
        .asset_count = 1, .swarm_count = 1, .assets = &asset, .swarms = &swarm, .by_file = by_file};
    pt_bytes packed = pack(&one);
    pt_index x;
    assert_int_equal(pt_index_read(packed, &x), more == 0 ? PT_OK : PT_ERR_RANGE);
    if (more == 0) {
      assert_string_equal(x.assets[0].path, path);
      assert_string_equal(x.assets[0].type, type);
      pt_index_free(&x);
    }
    unit_drop(packed);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_right_index_is_read),
      cmocka_unit_test(an_index_of_nothing_is_one),
      cmocka_unit_test(every_cut_of_an_index_is_refused),
      cmocka_unit_test(every_fault_is_found),
      cmocka_unit_test(nothing_is_there_twice),
      cmocka_unit_test(limits_are_reached_and_not_passed),
      cmocka_unit_test(texts_have_their_bounds),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
