#include "base/cursor.h"
#include "format/json_write.h"
#include "format/site_index.h"

#include <stdlib.h>
#include <string.h>

/* Room for an entry's names, digits and hashes; its texts come on top. */
#define ENTRY_LEN_MAX 320u

static size_t text_room(const char *text) { return PT_JSON_ESCAPE_LEN_MAX * strlen(text); }

static size_t document_room(const pt_site_index *index) {
  size_t room = ENTRY_LEN_MAX + text_room(index->created);
  for (size_t i = 0; i < index->asset_count; i++)
    room += ENTRY_LEN_MAX + text_room(index->assets[i].path) + text_room(index->assets[i].type);
  for (size_t i = 0; i < index->shard_count; i++)
    room +=
        ENTRY_LEN_MAX + text_room(index->shards[i].prefix) + text_room(index->shards[i].location);
  if (index->settings) room += strlen(index->settings);
  return room + ENTRY_LEN_MAX * index->swarm_count + 1;
}

static void write_text(pt_writer *w, const char *text) {
  pt_json_write_string(w, text, strlen(text));
}

/* One entry per line, so that two indexes can be compared with diff. */
static void write_line_start(pt_writer *w, size_t i) { pt_write_text(w, i > 0 ? ",\n" : "\n"); }

static void write_asset(pt_writer *w, const pt_site_index *index, const pt_site_asset *a) {
  write_text(w, a->path);
  pt_write_text(w, ":{\"type\":");
  write_text(w, a->type);
  pt_write_text(w, ",\"length\":");
  pt_write_u64_decimal(w, a->length);
  pt_write_text(w, ",\"root\":");
  pt_json_write_hex(w, a->root, PT_HASH_SIZE);
  pt_write_text(w, ",\"swarm\":");
  pt_json_write_hex(w, index->swarms[a->swarm].key, PT_ID_SIZE);
  pt_write_text(w, ",\"file\":");
  pt_write_u64_decimal(w, a->file);
  pt_write_u8(w, '}');
}

static void write_swarm(pt_writer *w, const pt_site_swarm *s) {
  pt_json_write_hex(w, s->key, PT_ID_SIZE);
  pt_write_text(w, ":{\"v2\":");
  pt_json_write_hex(w, s->v2, PT_HASH_SIZE);
  if (s->hybrid) {
    pt_write_text(w, ",\"v1\":");
    pt_json_write_hex(w, s->v1, PT_ID_SIZE);
  }
  pt_write_text(w, ",\"pieceLength\":");
  pt_write_u64_decimal(w, s->piece_length);
  pt_write_text(w, ",\"length\":");
  pt_write_u64_decimal(w, s->length);
  pt_write_u8(w, '}');
}

static void write_document(pt_writer *w, const pt_site_index *index) {
  pt_write_text(w, "{\"version\":1,\"created\":");
  write_text(w, index->created);
  pt_write_text(w, ",\n\"assets\":{");
  for (size_t i = 0; i < index->asset_count; i++) {
    write_line_start(w, i);
    write_asset(w, index, &index->assets[i]);
  }
  pt_write_text(w, "},\n\"swarms\":{");
  for (size_t i = 0; i < index->swarm_count; i++) {
    write_line_start(w, i);
    write_swarm(w, &index->swarms[i]);
  }
  pt_write_u8(w, '}');
  for (size_t i = 0; i < index->shard_count; i++) {
    pt_write_text(w, i > 0 ? ",\n" : ",\n\"shards\":{\n");
    write_text(w, index->shards[i].prefix);
    pt_write_u8(w, ':');
    write_text(w, index->shards[i].location);
  }
  if (index->shard_count > 0) pt_write_u8(w, '}');
  if (index->settings) {
    pt_write_text(w, ",\n\"settings\":");
    pt_write_text(w, index->settings);
  }
  pt_write_text(w, "}\n");
}

char *pt_site_index_write(const pt_site_index *index) {
  for (size_t i = 0; i < index->asset_count; i++)
    if (index->assets[i].swarm >= index->swarm_count) return NULL;
  size_t room = document_room(index);
  char *text = malloc(room);
  if (text == NULL) return NULL;
  pt_writer w = pt_writer_of(text, room);
  write_document(&w, index);
  pt_write_u8(&w, 0);
  if (w.failed) {
    free(text);
    return NULL;
  }
  char *fitted = realloc(text, w.len);
  return fitted != NULL ? fitted : text;
}
