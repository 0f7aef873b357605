#include "format/path_table.h"

#include "base/hash.h"

uint32_t *pt_path_slot(uint32_t *slots, size_t cap, const pt_site_asset *assets, pt_bytes path) {
  size_t at = (size_t)pt_hash64(path.data, path.len, 0);
  for (;; at++) {
    uint32_t *slot = &slots[at & (cap - 1)];
    if (*slot == 0) return slot;
    pt_bytes other = pt_path_of(&assets[*slot - 1]);
    if (other.len == path.len && memcmp(other.data, path.data, path.len) == 0) return slot;
  }
}

const pt_site_asset *pt_path_find(uint32_t *slots, size_t cap, const pt_site_asset *assets,
                                  pt_bytes path) {
  uint32_t asset = slots != NULL ? *pt_path_slot(slots, cap, assets, path) : 0;
  return asset != 0 ? &assets[asset - 1] : NULL;
}
