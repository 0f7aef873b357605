/* The site index is the root of trust: an index that lies about itself must
 * not be believed, and one that is right must be read, however large. */
#include "base/limits.h"
#include "format/site_index.h"
#include "unit.h"

#include <stdio.h>

#define KEY_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define KEY_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define V2_A KEY_A "000000000000000000000001"
#define V2_B KEY_B "000000000000000000000002"
#define ROOT "1111111111111111111111111111111111111111111111111111111111111111"

/* As it is written: two swarms, one of two files, whose assets come in between. */
static const char SAMPLE[] =
    "{\"version\":1,\"created\":\"2026-11-20T10:00:00Z\",\n"
    "\"assets\":{\n"
    "\"/img/a.jpg\":{\"type\":\"image/jpeg\",\"length\":40000,\"root\":\"" ROOT
    "\",\"swarm\":\"" KEY_A "\",\"file\":1},\n"
    "\"/film.webm\":{\"type\":\"video/webm\",\"length\":9000000,\"root\":\"" ROOT
    "\",\"swarm\":\"" KEY_B "\",\"file\":0},\n"
    "\"/img/\xc3\xa9.jpg\":{\"type\":\"image/jpeg\",\"length\":2,\"root\":\"" ROOT
    "\",\"swarm\":\"" KEY_A "\",\"file\":0}},\n"
    "\"swarms\":{\n"
    "\"" KEY_A "\":{\"v2\":\"" V2_A "\",\"pieceLength\":16384,\"length\":40002},\n"
    "\"" KEY_B "\":{\"v2\":\"" V2_B "\",\"v1\":\"" KEY_A
    "\",\"pieceLength\":65536,\"length\":9000000}},\n"
    "\"shards\":{\n"
    "\"/video/\":\"index/video.json\",\n"
    "\"/more/\":\"more.json\"}}\n";

static int parse(const char *json, size_t len, pt_site_index *out, char *why, size_t why_cap) {
  pt_bytes in = unit_copy(json, len);
  int error = pt_site_index_parse(in, out, why, why_cap);
  unit_drop(in);
  return error;
}

static void a_right_index_is_read(void **state) {
  (void)state;
  pt_site_index x;
  char why[200] = "?";
  assert_int_equal(parse(SAMPLE, sizeof SAMPLE - 1, &x, why, sizeof why), PT_OK);
  assert_string_equal(why, "");
  assert_string_equal(x.created, "2026-11-20T10:00:00Z");
  assert_int_equal(x.asset_count, 3);
  assert_int_equal(x.swarm_count, 2);
  assert_int_equal(x.shard_count, 2);
  assert_string_equal(x.assets[0].path, "/img/a.jpg");
  assert_string_equal(x.assets[0].type, "image/jpeg");
  assert_int_equal(x.assets[0].length, 40000);
  assert_int_equal(x.assets[0].root[31], 0x11);
  assert_int_equal(x.assets[0].swarm, 0);
  assert_int_equal(x.assets[0].file, 1);
  assert_int_equal(x.assets[1].swarm, 1);
  assert_string_equal(x.assets[2].path, "/img/\xc3\xa9.jpg");
  assert_int_equal(x.swarms[0].key[19], 0xaa);
  assert_int_equal(x.swarms[0].v2[31], 1);
  assert_false(x.swarms[0].hybrid);
  assert_true(x.swarms[1].hybrid);
  assert_int_equal(x.swarms[1].v1[0], 0xaa);
  assert_int_equal(x.swarms[1].piece_length, 65536);
  assert_int_equal(x.swarms[1].length, 9000000);
  assert_string_equal(x.shards[0].prefix, "/video/");
  assert_string_equal(x.shards[0].location, "index/video.json");
  pt_site_index_free(&x);
}

static void what_is_written_is_the_same_bytes_every_time(void **state) {
  (void)state;
  pt_site_index x;
  assert_int_equal(parse(SAMPLE, sizeof SAMPLE - 1, &x, NULL, 0), PT_OK);
  char *text = pt_site_index_write(&x);
  assert_string_equal(text, SAMPLE);
  free(text);
  x.assets[1].swarm = 2; /* no such swarm */
  assert_null(pt_site_index_write(&x));
  pt_site_index_free(&x);

  pt_site_index empty = {0};
  text = pt_site_index_write(&empty);
  assert_int_equal(parse(text, strlen(text), &x, NULL, 0), PT_OK);
  assert_int_equal(x.asset_count, 0);
  free(text);
  pt_site_index_free(&x);
}

static void every_cut_of_an_index_is_refused(void **state) {
  (void)state;
  for (size_t len = 0; len < sizeof SAMPLE - 2; len++) { /* all but the last line end */
    pt_site_index x;
    assert_int_equal(parse(SAMPLE, len, &x, NULL, 0), PT_ERR_SYNTAX);
  }
}

/* SAMPLE with the first `from` replaced by `to`. */
static char *change(const char *from, const char *to) {
  const char *at = strstr(SAMPLE, from);
  assert_non_null(at);
  size_t before = (size_t)(at - SAMPLE), size = sizeof SAMPLE + strlen(to);
  char *text = malloc(size);
  assert_non_null(text);
  snprintf(text, size, "%.*s%s%s", (int)before, SAMPLE, to, at + strlen(from));
  return text;
}

typedef struct fault {
  const char *from, *to;
  int error;
  const char *why;
} fault;

static const fault faults[] = {
    {"\"version\":1", "\"version\":2", PT_ERR_UNSUPPORTED, "index: version is not 1"},
    {"\"version\":1,", "", PT_ERR_RANGE, "index: version is not a number"},
    {"\"version\":1", "\"version\":\"1\"", PT_ERR_RANGE, "index: version is not a number"},
    {"\"2026-11-20T10:00:00Z\"", "7", PT_ERR_RANGE, "index: created is not a date"},
    {"2026-11-20T10:00:00Z", "2026-11-20T10:00:00.000000000000Z", PT_ERR_RANGE,
     "index: created is not a date"},
    {"\"assets\"", "\"asset\"", PT_ERR_RANGE, "index: assets is not an object"},
    {"\"swarms\"", "\"swarm\"", PT_ERR_RANGE, "index: swarms is not an object"},
    {"\"shards\":{", "\"shards\":7,\"x\":{", PT_ERR_RANGE, "index: shards is not an object"},
    {"/img/a.jpg", "img/a.jpg", PT_ERR_RANGE, "asset img/a.jpg: is not a path"},
    {"/img/a.jpg", "", PT_ERR_RANGE, "asset : is not a path"},
    {"/img/a.jpg", "/a?b", PT_ERR_RANGE, "asset /a?b: is not a path"},
    {"/img/a.jpg", "/a#b", PT_ERR_RANGE, "asset /a#b: is not a path"},
    {"/img/a.jpg", "/a\\nb", PT_ERR_RANGE, "asset /a?b: is not a path"},
    {"/img/a.jpg", "/film.webm", PT_ERR_RANGE, "asset /film.webm: is there twice"},
    {"\"type\":\"image/jpeg\"", "\"type\":1", PT_ERR_RANGE,
     "asset /img/a.jpg: type is not a media type"},
    {"\"type\":\"image/jpeg\",", "", PT_ERR_RANGE, "asset /img/a.jpg: type is not a media type"},
    {"image/jpeg", "", PT_ERR_RANGE, "asset /img/a.jpg: type is not a media type"},
    {"image/jpeg", "a/b\\r\\nX: y", PT_ERR_RANGE, "asset /img/a.jpg: type is not a media type"},
    {"40000", "0", PT_ERR_RANGE, "asset /img/a.jpg: length is not a whole number from 1 to 2^53"},
    {"40000", "-1", PT_ERR_RANGE, "asset /img/a.jpg: length is not a whole number from 1 to 2^53"},
    {"40000", "1.5", PT_ERR_RANGE, "asset /img/a.jpg: length is not a whole number from 1 to 2^53"},
    {"40000", "9007199254740994", PT_ERR_RANGE,
     "asset /img/a.jpg: length is not a whole number from 1 to 2^53"},
    {"40000", "1e999", PT_ERR_RANGE,
     "asset /img/a.jpg: length is not a whole number from 1 to 2^53"},
    {"40000", "\"1\"", PT_ERR_RANGE,
     "asset /img/a.jpg: length is not a whole number from 1 to 2^53"},
    {"40000", "40001", PT_ERR_RANGE, "swarm " KEY_A ": is shorter than its assets together"},
    {"40000", "39999", PT_ERR_RANGE, "swarm " KEY_A ": is longer than its assets together"},
    {"40000", "9007199254740992", PT_ERR_RANGE,
     "swarm " KEY_A ": is shorter than its assets together"},
    {"\"root\":\"" ROOT, "\"root\":\"1" ROOT, PT_ERR_RANGE,
     "asset /img/a.jpg: root is not 64 hex digits"},
    {"\"root\":\"" ROOT "\"", "\"root\":1", PT_ERR_RANGE,
     "asset /img/a.jpg: root is not 64 hex digits"},
    {"\"swarm\":\"a", "\"swarm\":\"g", PT_ERR_RANGE,
     "asset /img/a.jpg: swarm is not 40 hex digits"},
    {"\"swarm\":\"a", "\"swarm\":\"c", PT_ERR_RANGE, "asset /img/a.jpg: swarm is not in swarms"},
    {"\"swarm\":\"" KEY_A "\",", "", PT_ERR_RANGE, "asset /img/a.jpg: swarm is not 40 hex digits"},
    {"\"file\":1", "\"file\":2", PT_ERR_RANGE, "asset /img/a.jpg: file leaves a gap"},
    {"\"file\":1", "\"file\":0", PT_ERR_RANGE, "asset /img/\xc3\xa9.jpg: file has a number twice"},
    {"\"file\":1", "\"file\":-1", PT_ERR_RANGE,
     "asset /img/a.jpg: file is not a whole number in bounds"},
    {"\"file\":1", "\"file\":4096", PT_ERR_RANGE,
     "asset /img/a.jpg: file is not a whole number in bounds"},
    {"\"file\":1", "\"file\":0.5", PT_ERR_RANGE,
     "asset /img/a.jpg: file is not a whole number in bounds"},
    {"{\"v2\":\"" V2_A, "{\"v2\":\"" V2_B, PT_ERR_RANGE,
     "swarm " KEY_A ": key is not the start of v2"},
    {"{\"v2\":\"a", "{\"v2\":\"", PT_ERR_RANGE, "swarm " KEY_A ": v2 is not 64 hex digits"},
    {"\"" KEY_A "\":", "\"a\":", PT_ERR_RANGE, "swarm a: key is not 40 hex digits"},
    {"\"" KEY_B "\":{\"v2\":\"" V2_B, "\"" KEY_A "\":{\"v2\":\"" V2_A, PT_ERR_RANGE,
     "swarm " KEY_A ": is there twice"},
    {"\"v1\":\"" KEY_A, "\"v1\":\"" KEY_A "0", PT_ERR_RANGE,
     "swarm " KEY_B ": v1 is not 40 hex digits"},
    {"16384", "16385", PT_ERR_RANGE,
     "swarm " KEY_A ": pieceLength is not a power of two from 16 KiB to 16 MiB"},
    {"16384", "8192", PT_ERR_RANGE,
     "swarm " KEY_A ": pieceLength is not a power of two from 16 KiB to 16 MiB"},
    {"16384", "33554432", PT_ERR_RANGE,
     "swarm " KEY_A ": pieceLength is not a power of two from 16 KiB to 16 MiB"},
    {"40002", "0", PT_ERR_RANGE, "swarm " KEY_A ": length is not a whole number from 1 to 2^53"},
    {"\"/video/\"", "\"video/\"", PT_ERR_RANGE, "shard video/: is not a path"},
    {"index/video.json", "/video.json", PT_ERR_RANGE,
     "shard /video/: location is not a relative path"},
    {"index/video.json", "a/../../b", PT_ERR_RANGE,
     "shard /video/: location is not a relative path"},
    {"index/video.json", "./b", PT_ERR_RANGE, "shard /video/: location is not a relative path"},
    {"index/video.json", "a//b", PT_ERR_RANGE, "shard /video/: location is not a relative path"},
    {"index/video.json", "a/", PT_ERR_RANGE, "shard /video/: location is not a relative path"},
    {"index/video.json", "https://evil.example/", PT_ERR_RANGE,
     "shard /video/: location is not a relative path"},
    {"index/video.json", "", PT_ERR_RANGE, "shard /video/: location is not a relative path"},
    {"\"index/video.json\"", "7", PT_ERR_RANGE, "shard /video/: location is not a relative path"},
    {"/img/a.jpg", "/a\\u0000b", PT_ERR_RANGE, "asset /a?b: is not a path"},
    {"image/jpeg", "a\\u0000b", PT_ERR_RANGE, "asset /img/a.jpg: type is not a media type"},
    {"/img/a.jpg", "/\xff", PT_ERR_SYNTAX, "index: is not JSON"},
    {"more.json\"}}", "more.json\"}}}", PT_ERR_SYNTAX, "index: is not JSON"},
    {"40000", "040000", PT_ERR_SYNTAX, "index: is not JSON"},
    {"40000", "4.00001e4", PT_ERR_RANGE,
     "asset /img/a.jpg: length is not a whole number from 1 to 2^53"},
    {"40000", "4e-4", PT_ERR_RANGE,
     "asset /img/a.jpg: length is not a whole number from 1 to 2^53"},
    {"{\"v2\":\"" V2_A, "{\"\":\"" V2_A, PT_ERR_RANGE, "swarm " KEY_A ": v2 is not 64 hex digits"},
    {"{\"version\":1,", "[1,", PT_ERR_SYNTAX, "index: is not JSON"},
};

static void every_fault_is_found_and_explained(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
    const fault *f = &faults[i];
    char *text = change(f->from, f->to);
    char why[200] = "?";
    pt_site_index x;
    int error = parse(text, strlen(text), &x, why, sizeof why);
    if (error != f->error || strcmp(why, f->why) != 0)
      fail_msg("%s to %s: %d, %s", f->from, f->to, error, why);
    assert_int_equal(parse(text, strlen(text), &x, NULL, 0), f->error);
    char small[8] = "1234567";
    assert_int_equal(parse(text, strlen(text), &x, small, sizeof small), f->error);
    assert_int_equal(strlen(small), 7);
    assert_memory_equal(small, f->why, 7);
    free(text);
  }
}

static void what_is_right_but_unusual_is_read(void **state) {
  (void)state;
  static const char *const changes[][2] = {
      {"\"created\":\"2026-11-20T10:00:00Z\",", ""},
      {"\"v1\":\"" KEY_A "\"", "\"v1\":null"},
      {"\"shards\":{", "\"shards\":null,\"later\":{"},
      {"\"file\":1", "\"file\":1,\"later\":[{}]"},
      {"40000", "4e4"},
      {"40000", "4.0000E+4"},
      {"40000", "4000000.0e-2"},
      {"/img/a.jpg", "/"},
      {"/img/a.jpg", "/\\u00e9\\\\b"},
      {"\"created\"", "\"x\":[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]],\"created\""},
      {"\"created\"", "\"x\":\"[[[[[[[[[[[[[[[[[[[[\\\"{{\\\\\",\"created\""}};
  for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
    char *text = change(changes[i][0], changes[i][1]);
    char why[200];
    pt_site_index x;
    int error = parse(text, strlen(text), &x, why, sizeof why);
    if (error != PT_OK) fail_msg("%s: %s", changes[i][1], why);
    pt_site_index_free(&x);
    free(text);
  }
}

/* An index of `count` assets of `length` bytes each, `per_swarm` in a swarm. */
static pt_site_index make_index(size_t count, size_t per_swarm, uint64_t length) {
  pt_site_index x = {.created = "2026-11-20T10:00:00Z", .asset_count = count};
  x.swarm_count = (count + per_swarm - 1) / per_swarm;
  x.assets = calloc(count + 1, sizeof *x.assets);
  x.swarms = calloc(x.swarm_count + 1, sizeof *x.swarms);
  assert_true(x.assets != NULL && x.swarms != NULL);
  for (size_t i = 0; i < x.swarm_count; i++) {
    unit_fill(x.swarms[i].v2, PT_HASH_SIZE, (uint32_t)i + 1);
    memcpy(x.swarms[i].key, x.swarms[i].v2, PT_ID_SIZE);
    x.swarms[i].piece_length = PT_PIECE_LENGTH_MIN;
  }
  for (size_t i = 0; i < count; i++) {
    pt_site_asset *a = &x.assets[i];
    a->path = malloc(32);
    a->type = malloc(32);
    assert_true(a->path != NULL && a->type != NULL);
    snprintf(a->path, 32, "/img/%zu.jpg", i);
    strcpy(a->type, "image/jpeg");
    a->length = length;
    a->swarm = (uint32_t)(i / per_swarm);
    a->file = (uint32_t)(i % per_swarm);
    x.swarms[a->swarm].length += length;
  }
  return x;
}

/* Writes an index and reads it again; frees it. */
static int round_trip(pt_site_index *x, char *why, size_t why_cap) {
  char *text = pt_site_index_write(x);
  assert_non_null(text);
  pt_site_index_free(x);
  pt_site_index back;
  int error = parse(text, strlen(text), &back, why, why_cap);
  if (error == PT_OK) {
    char *again = pt_site_index_write(&back);
    assert_string_equal(again, text);
    free(again);
    pt_site_index_free(&back);
  }
  free(text);
  return error;
}

static void assert_limit(size_t count, size_t per_swarm, uint64_t length, int error,
                         const char *expected) {
  char why[200];
  pt_site_index x = make_index(count, per_swarm, length);
  assert_int_equal(round_trip(&x, why, sizeof why), error);
  if (strstr(why, expected) == NULL) fail_msg("%s, not %s", why, expected);
}

static void the_largest_index_is_read_and_a_larger_one_refused(void **state) {
  (void)state;
  assert_limit(PT_ASSETS_MAX, PT_SWARM_FILES_MAX, 1000, PT_OK, "");
  assert_limit(PT_ASSETS_MAX + 1, PT_SWARM_FILES_MAX, 1, PT_ERR_LIMIT, "too many assets");
  assert_limit(PT_SWARM_FILES_MAX + 1, PT_SWARM_FILES_MAX + 1, 1, PT_ERR_RANGE, "in bounds");
  assert_limit(PT_SWARMS_MAX, 1, 1, PT_OK, "");
  assert_limit(PT_SWARMS_MAX + 1, 1, 1, PT_ERR_LIMIT, "too many swarms");
  const uint64_t pieces = (uint64_t)PT_SWARM_PIECES_MAX * PT_PIECE_LENGTH_MIN;
  assert_limit(1, 1, pieces, PT_OK, "");
  assert_limit(1, 1, pieces + 1, PT_ERR_LIMIT, "has too many pieces");
}

static void long_texts_are_bounded(void **state) {
  (void)state;
  char long_text[PT_PATH_LEN_MAX + 2];
  memset(long_text, 'x', sizeof long_text);
  long_text[0] = '/';
  for (int over = 0; over < 2; over++) {
    int expected = over ? PT_ERR_RANGE : PT_OK;
    const struct {
      const char *from;
      size_t len;
    } texts[] = {{"/img/a.jpg", PT_PATH_LEN_MAX},
                 {"image/jpeg", PT_TYPE_LEN_MAX},
                 {"/video/", PT_PATH_LEN_MAX}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
      char cut[sizeof long_text];
      size_t len = texts[i].len + (size_t)over;
      memcpy(cut, long_text, len);
      cut[len] = '\0';
      char *text = change(texts[i].from, cut);
      pt_site_index x;
      assert_int_equal(parse(text, strlen(text), &x, NULL, 0), expected);
      if (!over) pt_site_index_free(&x);
      free(text);
    }
  }
}

static void too_many_shards_are_a_limit(void **state) {
  (void)state;
  for (size_t over = 0; over < 2; over++) {
    pt_site_index x = {.shard_count = PT_INDEX_SHARDS_MAX + over};
    x.shards = calloc(x.shard_count, sizeof *x.shards);
    assert_non_null(x.shards);
    for (size_t i = 0; i < x.shard_count; i++) {
      x.shards[i].prefix = malloc(32);
      x.shards[i].location = malloc(32);
      assert_true(x.shards[i].prefix != NULL && x.shards[i].location != NULL);
      snprintf(x.shards[i].prefix, 32, "/%zu/", i);
      snprintf(x.shards[i].location, 32, "%zu.json", i);
    }
    assert_int_equal(round_trip(&x, NULL, 0), over ? PT_ERR_LIMIT : PT_OK);
  }
}

/* A list with one value more than we take, and then one less. */
static void an_index_of_too_many_values_is_a_limit(void **state) {
  (void)state;
  size_t len = 2 * PT_INDEX_TOKENS_MAX + 2;
  char *text = malloc(len);
  assert_non_null(text);
  for (size_t i = 1; i < len - 1; i++) text[i] = i % 2 == 1 ? '0' : ',';
  text[0] = '[';
  text[len - 2] = ']';
  text[len - 1] = ' ';
  pt_site_index x;
  char why[64];
  pt_bytes in = {(const uint8_t *)text, len};
  assert_int_equal(pt_site_index_parse(in, &x, why, sizeof why), PT_ERR_LIMIT);
  assert_string_equal(why, "index: has too many values");
  text[1] = text[2] = ' '; /* one less */
  assert_int_equal(pt_site_index_parse(in, &x, why, sizeof why), PT_ERR_SYNTAX);
  assert_string_equal(why, "index: is not a JSON object");
  free(text);
}

static void an_index_that_is_too_long_is_not_even_looked_at(void **state) {
  (void)state;
  size_t len = PT_INDEX_BYTES_MAX + 1;
  char *text = malloc(len);
  assert_non_null(text);
  memset(text, ' ', len);
  memcpy(text, SAMPLE, sizeof SAMPLE - 1);
  pt_site_index x;
  char why[64];
  pt_bytes in = {(const uint8_t *)text, len};
  assert_int_equal(pt_site_index_parse(in, &x, why, sizeof why), PT_ERR_LIMIT);
  assert_string_equal(why, "index: is too long");
  in.len--;
  assert_int_equal(pt_site_index_parse(in, &x, why, sizeof why), PT_OK);
  pt_site_index_free(&x);
  free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_right_index_is_read),
      cmocka_unit_test(what_is_written_is_the_same_bytes_every_time),
      cmocka_unit_test(every_cut_of_an_index_is_refused),
      cmocka_unit_test(every_fault_is_found_and_explained),
      cmocka_unit_test(what_is_right_but_unusual_is_read),
      cmocka_unit_test(the_largest_index_is_read_and_a_larger_one_refused),
      cmocka_unit_test(long_texts_are_bounded),
      cmocka_unit_test(too_many_shards_are_a_limit),
      cmocka_unit_test(an_index_of_too_many_values_is_a_limit),
      cmocka_unit_test(an_index_that_is_too_long_is_not_even_looked_at),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
