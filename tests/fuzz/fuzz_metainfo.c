/* Whatever a torrent says: a clean error, or a torrent that is consistent in
 * itself, and which our writer can write again so that it reads the same. */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "format/metainfo.h"

static void check(bool holds) {
  if (!holds) abort();
}

static void check_path(const char *path) {
  check(path[0] != '\0' && path[0] != '/' && strlen(path) <= PT_PATH_LEN_MAX);
  for (const char *part = path;; part++) {
    size_t len = strcspn(part, "/");
    check(len > 2 || (len > 0 && strncmp(part, "..", len) != 0)); /* nor "." */
    part += len;
    if (*part == '\0') return;
  }
}

static void check_consistent(const pt_metainfo *m) {
  uint64_t length = 0;
  uint32_t pieces = 0;
  check(m->file_count > 0 && m->file_count <= PT_SWARM_FILES_MAX);
  check(m->piece_length >= PT_PIECE_LENGTH_MIN && m->piece_length <= PT_PIECE_LENGTH_READ_MAX);
  for (size_t i = 0; i < m->file_count; i++) {
    const pt_metainfo_file *file = &m->files[i];
    uint64_t count = (file->length + m->piece_length - 1) / m->piece_length;
    check_path(file->path);
    check(file->piece_first == pieces && file->piece_count == count);
    check((file->layer != NULL) == (count > 1));
    pieces += file->piece_count;
    length += file->length;
  }
  check(pieces == m->piece_count && pieces <= PT_SWARM_PIECES_MAX && length == m->length);
  check(!m->single_file || (m->file_count == 1 && strcmp(m->files[0].path, m->name) == 0));
  check(m->info.len > 0 && m->info.data == m->owned);
}

/* Writes m with our writer; false where it has more than we write. */
static bool write_again(const pt_metainfo *m, uint8_t **out, size_t *len) {
  if (m->piece_length > PT_PIECE_LENGTH_MAX) return false;
  pt_metainfo_source *files = calloc(m->file_count, sizeof *files);
  uint8_t *v1_pieces = calloc(m->piece_count, 20);
  check(files && v1_pieces);
  size_t count = 0;
  for (size_t i = 0; i < m->file_count; i++) {
    const pt_metainfo_file *file = &m->files[i];
    if (file->length == 0) continue;
    files[count++] = (pt_metainfo_source){.path = file->path,
                                          .length = file->length,
                                          .layer = file->layer ? (const pt_hash *)file->layer
                                                               : (const pt_hash *)&file->root};
  }
  pt_metainfo_make make = {.name = m->name,
                           .piece_length = m->piece_length,
                           .single_file = m->single_file,
                           .files = files,
                           .file_count = count,
                           .web_seed = m->web_seed,
                           .v1_pieces = m->hybrid ? v1_pieces : NULL};
  check(pt_metainfo_write(&make, out, len) == PT_OK);
  free(files);
  free(v1_pieces);
  return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  pt_metainfo m, again;
  uint8_t *out;
  size_t len;
  if (pt_metainfo_parse((pt_bytes){data, size}, &m) != PT_OK) return 0;
  check_consistent(&m);
  if (write_again(&m, &out, &len)) {
    check(pt_metainfo_parse((pt_bytes){out, len}, &again) == PT_OK);
    check(again.length == m.length && again.piece_count == m.piece_count);
    check(again.hybrid == m.hybrid && strcmp(again.name, m.name) == 0);
    check((again.web_seed != NULL) == (m.web_seed != NULL));
    pt_metainfo_free(&again);
    free(out);
  }
  pt_metainfo_free(&m);
  return 0;
}
