#include <string.h>

#include "format/metainfo_inner.h"

#define SHA1_SIZE 20u

static bool get_length(const pt_bencode *dict, uint64_t *length) {
  pt_bencode value;
  if (!pt_bencode_get(dict, "length", &value)) return false;
  if (value.type != PT_BENCODE_INTEGER || value.integer < 0) return false;
  *length = (uint64_t)value.integer;
  return true;
}

static bool is_padding(const pt_bencode *file) {
  pt_bencode attr;
  return pt_bencode_get(file, "attr", &attr) && attr.string.len > 0 &&
         memchr(attr.string.data, 'p', attr.string.len) != NULL;
}

/* Does the v1 entry's path list spell `path`? */
static bool same_path(const pt_bencode *file, const char *path) {
  pt_bencode list, part;
  size_t at = 0;
  bool first = true;
  if (!pt_bencode_get(file, "path", &list) || list.type != PT_BENCODE_LIST) return false;
  while (pt_bencode_next(&list, &at, NULL, &part)) {
    if (!pt_metainfo_part_ok(part.string)) return false;
    if (!first && *path++ != '/') return false;
    if (strncmp(path, (const char *)part.string.data, part.string.len) != 0) return false;
    path += part.string.len;
    first = false;
  }
  return !first && *path == '\0';
}

static int check_files(const pt_metainfo *m, const pt_bencode *files) {
  pt_bencode file;
  size_t at = 0, next = 0;
  uint64_t padding_due = 0; /* to the next piece border; the torrent's end needs none */
  if (files->type != PT_BENCODE_LIST) return PT_ERR_RANGE;
  while (pt_bencode_next(files, &at, NULL, &file)) {
    uint64_t length;
    if (!get_length(&file, &length)) return PT_ERR_RANGE;
    if (is_padding(&file)) {
      if (length != padding_due) return PT_ERR_RANGE;
      padding_due = 0;
      continue;
    }
    if (next == m->file_count || length != m->files[next].length) return PT_ERR_RANGE;
    if (!same_path(&file, m->files[next].path)) return PT_ERR_RANGE;
    next++;
    if (length == 0) continue; /* fits anywhere, also before the padding */
    if (padding_due != 0) return PT_ERR_RANGE;
    padding_due = (m->piece_length - length % m->piece_length) % m->piece_length;
  }
  return next == m->file_count ? PT_OK : PT_ERR_RANGE;
}

int pt_metainfo_v1_check(const pt_metainfo *m, const pt_bencode *info) {
  pt_bencode value;
  if (!pt_bencode_get(info, "pieces", &value) || value.type != PT_BENCODE_STRING) {
    return PT_ERR_RANGE;
  }
  if (value.string.len != (size_t)m->piece_count * SHA1_SIZE) return PT_ERR_RANGE;
  bool listed = pt_bencode_get(info, "files", &value);
  if (listed == m->single_file) return PT_ERR_RANGE;
  if (listed) return check_files(m, &value);

  uint64_t length;
  if (!get_length(info, &length) || length != m->files[0].length) return PT_ERR_RANGE;
  return PT_OK;
}
