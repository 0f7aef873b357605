/* The packed index. What is read must be a right index by the rules of the JSON
 * one: written as JSON and packed anew it must be the same bytes. */
#include "../packed.h"
#include "format/utf8.h"

static void require(bool holds) {
  if (!holds) abort();
}

static bool is_utf8(const char *text) { return pt_utf8_valid((const uint8_t *)text, strlen(text)); }

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  pt_index index;
  if (pt_index_read((pt_bytes){data, size}, &index) != PT_OK) return 0;
  bool utf8 = true;
  for (size_t i = 0; i < index.asset_count; i++) {
    const pt_site_asset *a = &index.assets[i];
    utf8 &= is_utf8(a->path) && is_utf8(a->type);
    require(pt_index_find(&index, (pt_bytes){(const uint8_t *)a->path, strlen(a->path)}) == a);
    const pt_site_swarm *s = &index.swarms[a->swarm];
    require(pt_index_swarm(&index, s->key) == s && a->file < s->file_count &&
            s->file_first + a->file == i);
  }
  pt_site_index written = {.asset_count = index.asset_count,
                           .swarm_count = index.swarm_count,
                           .assets = index.assets,
                           .swarms = index.swarms};
  char *json = utf8 ? pt_site_index_write(&written) : NULL;
  require(!utf8 || json != NULL);
  if (json != NULL) {
    pt_bytes again = packed_index(json);
    require(again.len > 0);
    pt_index back;
    require(pt_index_read(again, &back) == PT_OK);
    require(back.asset_count == index.asset_count && back.swarm_count == index.swarm_count);
    for (size_t i = 0; i < index.asset_count; i++) {
      require(strcmp(back.assets[i].path, index.assets[i].path) == 0);
      require(memcmp(back.assets[i].root, index.assets[i].root, PT_HASH_SIZE) == 0);
    }
    pt_index_free(&back);
    free((void *)(uintptr_t)again.data);
    free(json);
  }
  pt_index_free(&index);
  return 0;
}
