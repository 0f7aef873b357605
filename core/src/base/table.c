#include "base/table.h"

#include <stdlib.h>
#include <string.h>

static size_t home_of(const pt_table *t, uint32_t id) {
  /* Fibonacci hashing, upper half: ids that differ in high bits only must not
   * end up at the same place. */
  return (size_t)((id * 0x9e3779b97f4a7c15u) >> 32) & (t->cap - 1);
}

static pt_table_slot *find(const pt_table *t, uint32_t id) {
  size_t at = home_of(t, id);
  while (t->slots[at].value && t->slots[at].id != id) at = (at + 1) & (t->cap - 1);
  return &t->slots[at];
}

static int grow(pt_table *t) {
  pt_table bigger = {.cap = t->cap ? t->cap * 2 : 64, .count = t->count};
  bigger.slots = calloc(bigger.cap, sizeof *bigger.slots);
  if (!bigger.slots) return PT_ERR_NOMEM;
  for (size_t i = 0; i < t->cap; i++)
    if (t->slots[i].value) *find(&bigger, t->slots[i].id) = t->slots[i];
  free(t->slots);
  *t = bigger;
  return PT_OK;
}

void pt_table_free(pt_table *t) {
  free(t->slots);
  memset(t, 0, sizeof *t);
}

int pt_table_put(pt_table *t, uint32_t id, void *value) {
  if ((t->count + 1) * 2 > t->cap && grow(t) != PT_OK) return PT_ERR_NOMEM;
  pt_table_slot *slot = find(t, id);
  if (slot->value) return PT_ERR_STATE;
  *slot = (pt_table_slot){id, value};
  t->count++;
  return PT_OK;
}

void *pt_table_get(const pt_table *t, uint32_t id) { return t->cap ? find(t, id)->value : NULL; }

void *pt_table_take(pt_table *t, uint32_t id) {
  if (!t->cap) return NULL;
  pt_table_slot *slot = find(t, id);
  void *value = slot->value;
  if (!value) return NULL;
  slot->value = NULL;
  t->count--;
  /* Entries behind the hole may belong before it: put them again. */
  size_t at = ((size_t)(slot - t->slots) + 1) & (t->cap - 1);
  while (t->slots[at].value) {
    pt_table_slot moved = t->slots[at];
    t->slots[at].value = NULL;
    *find(t, moved.id) = moved;
    at = (at + 1) & (t->cap - 1);
  }
  return value;
}
