/* Prints what the core reads from a torrent file, as one JSON object, so that
 * another implementation's torrents can be compared with what their maker
 * says of them. Exit status: 0 read, 1 refused (the reason on stderr), 2 usage. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hex.h"
#include "base/limits.h"
#include "format/metainfo.h"

/* The file's bytes in a new buffer, or {NULL, 0} with a message on stderr. */
static pt_bytes read_file(const char *path) {
  pt_bytes none = {NULL, 0};
  FILE *in = fopen(path, "rb");
  if (in == NULL) {
    perror(path);
    return none;
  }
  uint8_t *bytes = malloc(PT_TORRENT_BYTES_MAX);
  if (bytes == NULL) {
    fclose(in);
    return none;
  }
  size_t len = fread(bytes, 1, PT_TORRENT_BYTES_MAX, in);
  fclose(in);
  return (pt_bytes){bytes, len};
}

static void add_hex(cJSON *object, const char *name, const uint8_t *bytes, size_t len) {
  char text[2 * PT_HASH_SIZE + 1];
  pt_hex_encode(bytes, len, text);
  cJSON_AddStringToObject(object, name, text);
}

static cJSON *describe(const pt_metainfo *torrent) {
  cJSON *out = cJSON_CreateObject();
  cJSON_AddStringToObject(out, "name", torrent->name);
  cJSON_AddNumberToObject(out, "pieceLength", torrent->piece_length);
  cJSON_AddNumberToObject(out, "length", (double)torrent->length);
  cJSON_AddBoolToObject(out, "singleFile", torrent->single_file);
  add_hex(out, "v2", torrent->v2, sizeof torrent->v2);
  if (torrent->hybrid) add_hex(out, "v1", torrent->v1, sizeof torrent->v1);
  if (torrent->web_seed != NULL) cJSON_AddStringToObject(out, "webSeed", torrent->web_seed);
  cJSON *files = cJSON_AddArrayToObject(out, "files");
  for (size_t i = 0; i < torrent->file_count; i++) {
    const pt_metainfo_file *file = &torrent->files[i];
    cJSON *entry = cJSON_CreateObject();
    cJSON_AddStringToObject(entry, "path", file->path);
    cJSON_AddNumberToObject(entry, "length", (double)file->length);
    add_hex(entry, "root", file->root, sizeof file->root);
    cJSON_AddItemToArray(files, entry);
  }
  return out;
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: read_torrent FILE.torrent\n");
    return 2;
  }
  pt_bytes bytes = read_file(argv[1]);
  if (bytes.data == NULL) return 1;
  pt_metainfo torrent;
  int error = pt_metainfo_parse(bytes, &torrent);
  free((void *)(uintptr_t)bytes.data);
  if (error != PT_OK) {
    fprintf(stderr, "%s: %s\n", argv[1], pt_error_text(error));
    return 1;
  }
  cJSON *document = describe(&torrent);
  char *text = cJSON_Print(document);
  if (text != NULL) puts(text);
  free(text);
  cJSON_Delete(document);
  pt_metainfo_free(&torrent);
  return text != NULL ? 0 : 1;
}
