/* A table from 20-byte ids (peers, swarms) to pointers: open addressing with
 * linear probing, at most three quarters full. */
#ifndef PT_SERVER_ID_TABLE_H
#define PT_SERVER_ID_TABLE_H

#include "peertide/peertide.h"

typedef struct pt_id_entry {
  uint8_t id[PT_ID_SIZE];
  void *value; /* NULL: the place is free */
} pt_id_entry;

typedef struct pt_id_table {
  pt_id_entry *entries;
  size_t cap; /* a power of two, or 0 */
  size_t count;
  size_t max;    /* entries at most */
  uint64_t seed; /* so that nobody can choose ids that collide */
} pt_id_table;

void pt_id_table_init(pt_id_table *table, size_t max, uint64_t seed);
void pt_id_table_free(pt_id_table *table); /* not the values */
void *pt_id_table_get(const pt_id_table *table, const uint8_t id[PT_ID_SIZE]);
/* Sets or replaces. False when full or out of memory. value is not NULL. */
bool pt_id_table_put(pt_id_table *table, const uint8_t id[PT_ID_SIZE], void *value);
/* Removes and returns the value, or NULL. */
void *pt_id_table_remove(pt_id_table *table, const uint8_t id[PT_ID_SIZE]);
/* Iterates: set *at = 0, call until NULL. Not while changing the table. */
const pt_id_entry *pt_id_table_next(const pt_id_table *table, size_t *at);

#endif
