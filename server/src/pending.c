#include "pending.h"

#include <stdlib.h>
#include <string.h>

void pt_pending_free(pt_pending *pending) {
  free(pending->items);
  *pending = (pt_pending){0};
}

static pt_pending_offer *at(const pt_pending *pending, unsigned i) {
  return &pending->items[(pending->first + i) % pending->cap];
}

static bool grow(pt_pending *pending) {
  uint16_t cap = pending->cap ? (uint16_t)(2 * pending->cap) : 8;
  pt_pending_offer *items = malloc(cap * sizeof *items);
  if (items == NULL) return false;
  for (unsigned i = 0; i < pending->count; i++) items[i] = *at(pending, i);
  free(pending->items);
  pending->items = items;
  pending->cap = cap;
  pending->first = 0;
  return true;
}

static void drop_oldest(pt_pending *pending) {
  pending->first = (uint16_t)((pending->first + 1) % pending->cap);
  pending->count--;
}

static void expire(pt_pending *pending, uint32_t now_s) {
  while (pending->count > 0 && now_s - at(pending, 0)->since_s > PT_PENDING_S) drop_oldest(pending);
}

bool pt_pending_add(pt_pending *pending, uint64_t what, uint32_t now_s, uint32_t max,
                    uint64_t *dropped) {
  expire(pending, now_s);
  while (pending->count > 0 && pending->count >= max) {
    drop_oldest(pending);
    (*dropped)++;
  }
  if (pending->count == pending->cap && !grow(pending)) return false;
  *at(pending, pending->count++) = (pt_pending_offer){what, now_s};
  return true;
}

bool pt_pending_take(pt_pending *pending, uint64_t what, uint32_t now_s) {
  expire(pending, now_s);
  for (unsigned i = 0; i < pending->count; i++) {
    if (at(pending, i)->what != what) continue;
    for (; i + 1u < pending->count; i++) *at(pending, i) = *at(pending, i + 1);
    pending->count--;
    return true;
  }
  return false;
}
