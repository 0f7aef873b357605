/* A table from 32-bit ids to pointers: open addressing, linear probing. */
#ifndef PT_BASE_TABLE_H
#define PT_BASE_TABLE_H

#include "peertide/peertide.h"

typedef struct pt_table_slot {
  uint32_t id;
  void *value; /* NULL: empty */
} pt_table_slot;

typedef struct pt_table {
  pt_table_slot *slots;
  size_t cap; /* a power of two, or 0 */
  size_t count;
} pt_table;

void pt_table_free(pt_table *t); /* not the values */
/* PT_ERR_STATE when the id is taken, PT_ERR_NOMEM. value is not NULL. */
int pt_table_put(pt_table *t, uint32_t id, void *value);
void *pt_table_get(const pt_table *t, uint32_t id);
/* Takes the entry out and returns its value, or NULL. */
void *pt_table_take(pt_table *t, uint32_t id);

#endif
