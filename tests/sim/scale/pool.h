/* Memory for messages: one pool for each thread, so that none waits for
 * another. What one pool gave another may take back. */
#ifndef SCALE_POOL_H
#define SCALE_POOL_H

#include <stddef.h>

#define POOL_CLASSES 32u

typedef struct pool {
  void *spare[POOL_CLASSES]; /* by size */
  void *slabs;               /* what was got from the system */
  unsigned char *rest;       /* of the last slab */
  size_t rest_size;
} pool;

void *pool_take(pool *p, size_t size);
void pool_give(pool *p, void *item, size_t size);
/* Nothing it gave may be in use. */
void pool_free(pool *p);

#endif
