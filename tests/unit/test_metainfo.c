/* A torrent misread is a swarm that delivers the wrong site, or files written
 * where they should not be. */
#include <stdio.h>

#include "base/hex.h"
#include "base/limits.h"
#include "metainfo_folder.h"

static void assert_hex(const uint8_t *hash, size_t len, const char *expected) {
  char text[65];
  pt_hex_encode(hash, len, text);
  assert_string_equal(text, expected);
}

/* The info-hashes that libtorrent 2.0.8 gives to the same folder. */
static void same_info_hashes_as_libtorrent(void **state) {
  (void)state;
  folder f;
  pt_metainfo m;
  make_folder(&f, true);
  pt_bytes torrent = written(&f.make);
  assert_int_equal(pt_metainfo_parse(torrent, &m), PT_OK);
  assert_true(m.hybrid);
  assert_hex(m.v1, 20, "cb58917b6f773078c6a3d2e62284482dd6dbbe6a");
  assert_hex(m.v2, 32, "4757bf17ea159c6334821645b512c5d7eca5077dcb6ce725c92fcdeea3296965");
  pt_metainfo_free(&m);
  unit_drop(torrent);

  make_folder(&f, false);
  torrent = written(&f.make);
  assert_int_equal(torrent.len, 443); /* all of it is as libtorrent writes it */
  assert_int_equal(pt_metainfo_parse(torrent, &m), PT_OK);
  assert_false(m.hybrid);
  assert_hex(m.v2, 32, "0543335202a59bbd5a89ce4da3aa221bfb38109c48a8b0ddaedc9e643a465649");
  pt_metainfo_free(&m);
  unit_drop(torrent);
}

static void files_and_pieces_are_read_back(void **state) {
  (void)state;
  folder f;
  pt_metainfo m;
  make_folder(&f, true);
  f.make.web_seed = "https://site.example/";
  f.make.announce = "wss://site.example/.peertide/ws";
  pt_bytes torrent = written(&f.make);
  assert_int_equal(pt_metainfo_parse(torrent, &m), PT_OK);
  unit_drop(torrent); /* nothing may point into it */
  assert_string_equal(m.name, "d");
  assert_string_equal(m.web_seed, "https://site.example/");
  assert_int_equal(m.piece_length, PIECE);
  assert_int_equal(m.piece_count, 5);
  assert_int_equal(m.length, 5 + 40000 + 16384);
  assert_int_equal(m.file_count, 3);
  assert_false(m.single_file);
  const uint32_t first[] = {0, 1, 4}, count[] = {1, 3, 1};
  for (size_t i = 0; i < 3; i++) {
    assert_string_equal(m.files[i].path, f.files[i].path);
    assert_int_equal(m.files[i].length, f.files[i].length);
    assert_int_equal(m.files[i].piece_first, first[i]);
    assert_int_equal(m.files[i].piece_count, count[i]);
  }
  assert_null(m.files[0].layer);
  assert_null(m.files[2].layer);
  assert_memory_equal(m.files[0].root, f.layers[0][0], PT_HASH_SIZE);
  assert_memory_equal(m.files[1].layer, f.layers[1], 3 * PT_HASH_SIZE);
  assert_int_equal(m.info.data[0], 'd');
  assert_int_equal(m.info.data[m.info.len - 1], 'e');
  pt_metainfo_free(&m);
}

static void a_single_file(void **state) {
  (void)state;
  for (int hybrid = 0; hybrid <= 1; hybrid++) {
    folder f;
    pt_metainfo m;
    make_single(&f, hybrid != 0);
    pt_bytes torrent = written(&f.make);
    assert_int_equal(pt_metainfo_parse(torrent, &m), PT_OK);
    assert_true(m.single_file);
    assert_int_equal(m.hybrid, hybrid);
    assert_null(m.web_seed);
    assert_string_equal(m.files[0].path, "film.webm");
    assert_int_equal(m.piece_count, 3);
    pt_metainfo_free(&m);
    unit_drop(torrent);
  }
}

static void copies_of_a_file_share_a_layer(void **state) {
  (void)state;
  folder f;
  pt_metainfo m;
  memset(&f, 0, sizeof f);
  add_file(&f, "a", 40000, 2, false);
  add_file(&f, "b", 40000, 2, true);
  f.make.name = "d";
  f.make.piece_length = PIECE;
  f.make.files = f.files;
  pt_bytes torrent = written(&f.make);
  assert_int_equal(pt_metainfo_parse(torrent, &m), PT_OK);
  assert_non_null(m.files[0].layer);
  assert_non_null(m.files[1].layer);
  assert_memory_equal(m.files[0].layer, m.files[1].layer, 3 * PT_HASH_SIZE);
  pt_metainfo_free(&m);
  unit_drop(torrent);
}

static void faults_in_the_info_dictionary(void **state) {
  (void)state;
  const struct {
    const char *from, *to;
    int error;
  } edits[] = {
      {"4:info", "4:inro", PT_ERR_RANGE},
      {"12:meta versioni2e", "12:meta versioni1e", PT_ERR_UNSUPPORTED},
      {"12:meta versioni2e", "12:meta versioni3e", PT_ERR_UNSUPPORTED},
      {"12:meta versioni2e", "", PT_ERR_UNSUPPORTED}, /* v1 only */
      {"piece lengthi16384e", "piece lengthi16383e", PT_ERR_RANGE},
      {"piece lengthi16384e", "piece lengthi8192e", PT_ERR_RANGE},
      {"piece lengthi16384e", "piece lengthi-16384e", PT_ERR_RANGE},
      {"piece lengthi16384e", "piece lengthi33554432e", PT_ERR_LIMIT},
      {"piece lengthi16384e", "piece length5:16384", PT_ERR_RANGE},
      {"4:name1:d", "", PT_ERR_RANGE},
      {"4:name1:d", "4:name0:", PT_ERR_RANGE},
      {"4:name1:d", "4:name2:..", PT_ERR_RANGE},
      {"4:name1:d", "4:name3:a/b", PT_ERR_RANGE},
      {"9:file tree", "9:file trex", PT_ERR_RANGE},
      {"d1:ad0:d6:length", "d1:ad0:d7:length_", PT_ERR_RANGE},
      {"6:lengthi5e", "6:lengthi-5e", PT_ERR_RANGE},
      {"6:lengthi5e", "6:lengthi9007199254740993e", PT_ERR_RANGE},
      {"6:lengthi5e", "6:lengthi9007199254740992e", PT_ERR_LIMIT},
      {"6:lengthi5e", "6:lengthi16385e", PT_ERR_RANGE}, /* two pieces: no layer */
      {"d0:d6:lengthi5e", "d0:d4:attr1:l6:lengthi5e", PT_ERR_UNSUPPORTED},
      {"12:piece layers", "12:piece lay_rs", PT_ERR_RANGE},
      {"6:lengthi40000e", "6:lengthi20000e", PT_ERR_RANGE}, /* layer too long */
      {"6:lengthi40000e", "6:lengthi80000e", PT_ERR_RANGE}, /* and too short */
  };
  folder f;
  make_folder(&f, false);
  pt_bytes torrent = written(&f.make);
  for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
    assert_int_equal(parse_edited(torrent, edits[i].from, edits[i].to), edits[i].error);
  }
  unit_drop(torrent);
}

/* Whoever unpacks a torrent trusts its paths to stay below its folder. */
static void unsafe_paths_are_refused(void **state) {
  (void)state;
  const char *names[] = {"1:.",
                         "2:..",
                         "0:",
                         "3:a/b",
                         "1:/",
                         "2:\xc0\xaf",
                         "1:\x80",
                         "3:\xed\xa0\x80",
                         "3:\xe0\x80\xaf",
                         "4:\xf4\x90\x80\x80",
                         "2:\xe2\x82"};
  folder f;
  make_folder(&f, false);
  pt_bytes torrent = written(&f.make);
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char to[32];
    snprintf(to, sizeof to, "1:cd%sd", names[i]);
    assert_int_equal(parse_edited(torrent, "1:cd1:xd", to), PT_ERR_RANGE);
  }
  assert_int_equal(parse_edited(torrent, "d1:ad0:d", "d2:..d0:d"), PT_ERR_RANGE);
  /* "..." and names that begin with dots are nothing special. */
  assert_int_equal(parse_edited(torrent, "1:cd1:xd", "1:cd3:...d"), PT_OK);
  assert_int_equal(parse_edited(torrent, "1:cd1:xd",
                                "1:cd4:\xf0\x9f\x8c\x8a"
                                "d"),
                   PT_OK);
  uint8_t *bytes = (uint8_t *)(uintptr_t)torrent.data;
  for (size_t at = 0; at + 4 < torrent.len; at++) {
    if (memcmp(bytes + at, "1:xd", 4) == 0) bytes[at + 2] = '\0';
  }
  assert_int_equal(parse_only(torrent), PT_ERR_RANGE);
  unit_drop(torrent);
}

/* v1 clients would see other files than the index promises. */
static void a_v1_half_that_says_otherwise_is_refused(void **state) {
  (void)state;
  const char *edits[][2] = {
      {"ld6:lengthi5e4:path", "ld6:lengthi6e4:path"},
      {"4:pathl1:ae", "4:pathl1:be"},
      {"4:pathl1:c1:xe", "4:pathl1:xe"},
      {"4:pathl1:c1:xe", "4:pathl1:c1:x1:ye"},
      {"4:pathl1:c1:xe", "4:pathl3:c/xe"},
      {"4:pathl1:c1:xe", "4:pathle"},
      {"4:pathl1:c1:xe", "4:path3:c/x"},
      {"i16379e4:path", "i16378e4:path"},                /* padding to no border */
      {"d4:attr1:p6:lengthi16379e", "d6:lengthi16379e"}, /* padding that is a file */
      {"d4:attr1:p6:lengthi9152e4:pathl4:.pad4:9152ee", ""},
      {"d6:lengthi16384e4:pathl1:zee", ""},
      {"d6:lengthi16384e4:pathl1:zee", "d6:lengthi16384e4:pathl1:zeed6:lengthi1e4:pathl1:~ee"},
      {"5:filesl", "5:filezl"},
      {"5:filesl", "6:lengthi5e5:linksl"},
      {"6:pieces100:", "6:pieces0:7:pieces2100:"},
  };
  folder f;
  make_folder(&f, true);
  pt_bytes torrent = written(&f.make);
  for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
    assert_int_equal(parse_edited(torrent, edits[i][0], edits[i][1]), PT_ERR_RANGE);
  }
  /* Padding behind the last file is allowed. */
  assert_int_equal(
      parse_edited(torrent, "4:pathl1:zee", "4:pathl1:zeed4:attr1:p6:lengthi0e4:pathl4:.padee"),
      PT_OK);
  unit_drop(torrent);

  make_single(&f, true);
  torrent = written(&f.make);
  assert_int_equal(parse_edited(torrent, "e6:lengthi40000e12:meta", "e6:lengthi40001e12:meta"),
                   PT_ERR_RANGE);
  unit_drop(torrent);
}

static void a_forged_layer_is_refused(void **state) {
  (void)state;
  folder f;
  make_folder(&f, false);
  pt_bytes torrent = written(&f.make);
  uint8_t *bytes = (uint8_t *)(uintptr_t)torrent.data;
  bytes[torrent.len - 3] ^= 1; /* the layer's last byte, before two 'e' */
  assert_int_equal(parse_only(torrent), PT_ERR_HASH);
  unit_drop(torrent);
}

static void web_seeds_in_both_forms(void **state) {
  (void)state;
  const struct {
    const char *field, *url;
  } cases[] = {
      {"8:url-list9:http://a/", "http://a/"},
      {"8:url-listl9:http://a/9:http://b/e", "http://a/"},
      {"8:url-list0:", NULL},
      {"8:url-listle", NULL},
      {"8:url-listi1e", NULL},
      {"8:url-list11:http://a/\n\n", NULL},
      {"8:url-listli1ee", NULL},
  };
  folder f;
  make_folder(&f, false);
  pt_bytes torrent = written(&f.make);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char text[1024];
    pt_metainfo m;
    memcpy(text, torrent.data, torrent.len - 1);
    int more = snprintf(text + torrent.len - 1, 100, "%se", cases[i].field);
    pt_bytes with = {.data = (const uint8_t *)text, .len = torrent.len - 1 + (size_t)more};
    assert_int_equal(pt_metainfo_parse(with, &m), PT_OK);
    if (cases[i].url) {
      assert_string_equal(m.web_seed, cases[i].url);
    } else {
      assert_null(m.web_seed);
    }
    pt_metainfo_free(&m);
  }
  unit_drop(torrent);
}

/* Whatever byte is lost or changed on the way: an error, or a torrent whose
 * layers are verified; never a crash (the sanitizers watch). */
static void every_cut_and_every_changed_byte(void **state) {
  (void)state;
  folder f;
  make_folder(&f, true);
  pt_bytes torrent = written(&f.make);
  for (size_t len = 0; len < torrent.len; len++) {
    pt_bytes cut = unit_copy(torrent.data, len);
    assert_int_not_equal(parse_only(cut), PT_OK);
    unit_drop(cut);
  }
  const uint8_t values[] = {0, '0', '9', ':', 'e', 'i', 'l', 'd', 0xff};
  for (size_t at = 0; at < torrent.len; at++) {
    pt_bytes changed = unit_copy(torrent.data, torrent.len);
    for (size_t v = 0; v < sizeof values; v++) {
      ((uint8_t *)(uintptr_t)changed.data)[at] = values[v];
      int error = parse_only(changed);
      assert_true(error == PT_OK || error == PT_ERR_SYNTAX || error == PT_ERR_RANGE ||
                  error == PT_ERR_HASH || error == PT_ERR_UNSUPPORTED || error == PT_ERR_LIMIT);
    }
    unit_drop(changed);
  }
  unit_drop(torrent);
}

static void the_size_of_a_torrent_is_bounded(void **state) {
  (void)state;
  uint8_t *zeros = calloc(1, PT_TORRENT_BYTES_MAX + 1);
  assert_non_null(zeros);
  assert_int_equal(parse_only((pt_bytes){zeros, PT_TORRENT_BYTES_MAX}), PT_ERR_SYNTAX);
  assert_int_equal(parse_only((pt_bytes){zeros, PT_TORRENT_BYTES_MAX + 1}), PT_ERR_LIMIT);
  free(zeros);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(same_info_hashes_as_libtorrent),
      cmocka_unit_test(files_and_pieces_are_read_back),
      cmocka_unit_test(a_single_file),
      cmocka_unit_test(copies_of_a_file_share_a_layer),
      cmocka_unit_test(faults_in_the_info_dictionary),
      cmocka_unit_test(unsafe_paths_are_refused),
      cmocka_unit_test(a_v1_half_that_says_otherwise_is_refused),
      cmocka_unit_test(a_forged_layer_is_refused),
      cmocka_unit_test(web_seeds_in_both_forms),
      cmocka_unit_test(every_cut_and_every_changed_byte),
      cmocka_unit_test(the_size_of_a_torrent_is_bounded),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
