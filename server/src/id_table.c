#include "id_table.h"

#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

void pt_id_table_init(pt_id_table *table, size_t max, uint64_t seed) {
  *table = (pt_id_table){.max = max, .seed = seed};
}

void pt_id_table_free(pt_id_table *table) {
  free(table->entries);
  table->entries = NULL;
  table->cap = table->count = 0;
}

static size_t home_of(const pt_id_table *table, const uint8_t id[PT_ID_SIZE]) {
  return (size_t)pt_hash64(id, PT_ID_SIZE, table->seed) & (table->cap - 1);
}

/* The place of the id, or the free place where it would go. cap > 0. */
static pt_id_entry *find(const pt_id_table *table, const uint8_t id[PT_ID_SIZE]) {
  size_t at = home_of(table, id);
  while (table->entries[at].value && memcmp(table->entries[at].id, id, PT_ID_SIZE) != 0)
    at = (at + 1) & (table->cap - 1);
  return &table->entries[at];
}

void *pt_id_table_get(const pt_id_table *table, const uint8_t id[PT_ID_SIZE]) {
  return table->cap ? find(table, id)->value : NULL;
}

static bool grow(pt_id_table *table) {
  pt_id_table bigger = *table;
  bigger.cap = table->cap ? 2 * table->cap : 16;
  bigger.entries = calloc(bigger.cap, sizeof *bigger.entries);
  if (bigger.entries == NULL) return false;
  for (size_t i = 0; i < table->cap; i++) {
    if (table->entries[i].value) *find(&bigger, table->entries[i].id) = table->entries[i];
  }
  free(table->entries);
  *table = bigger;
  return true;
}

bool pt_id_table_put(pt_id_table *table, const uint8_t id[PT_ID_SIZE], void *value) {
  if (4 * (table->count + 1) > 3 * table->cap && !grow(table)) return false;
  pt_id_entry *entry = find(table, id);
  if (entry->value == NULL) {
    if (table->count >= table->max) return false;
    table->count++;
    memcpy(entry->id, id, PT_ID_SIZE);
  }
  entry->value = value;
  return true;
}

void *pt_id_table_remove(pt_id_table *table, const uint8_t id[PT_ID_SIZE]) {
  if (table->cap == 0) return NULL;
  pt_id_entry *entry = find(table, id);
  void *value = entry->value;
  if (value == NULL) return NULL;
  table->count--;
  size_t mask = table->cap - 1, hole = (size_t)(entry - table->entries);
  /* Move back what was pushed past the hole. */
  for (size_t at = (hole + 1) & mask; table->entries[at].value; at = (at + 1) & mask) {
    size_t home = home_of(table, table->entries[at].id);
    if (((at - home) & mask) < ((at - hole) & mask)) continue;
    table->entries[hole] = table->entries[at];
    hole = at;
  }
  table->entries[hole].value = NULL;
  return value;
}

const pt_id_entry *pt_id_table_next(const pt_id_table *table, size_t *at) {
  while (*at < table->cap) {
    const pt_id_entry *entry = &table->entries[(*at)++];
    if (entry->value) return entry;
  }
  return NULL;
}
