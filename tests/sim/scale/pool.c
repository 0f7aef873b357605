#include "pool.h"

#include <stdlib.h>
#include <string.h>

#define STEP 64u
#define SLAB_SIZE (1u << 20)

static size_t class_of(size_t size) { return (size + STEP - 1) / STEP - 1; }

void *pool_take(pool *p, size_t size) {
  size_t class = class_of(size), bytes = (class + 1) * STEP;
  void *item;
  if (class >= POOL_CLASSES) {
    item = malloc(size);
    if (!item) abort();
    return item;
  }
  item = p->spare[class];
  if (item) {
    memcpy(&p->spare[class], item, sizeof item);
    return item;
  }
  if (p->rest_size < bytes) {
    unsigned char *slab = malloc(SLAB_SIZE);
    if (!slab) abort();
    memcpy(slab, &p->slabs, sizeof p->slabs);
    p->slabs = slab;
    p->rest = slab + STEP;
    p->rest_size = SLAB_SIZE - STEP;
  }
  item = p->rest;
  p->rest += bytes;
  p->rest_size -= bytes;
  return item;
}

void pool_give(pool *p, void *item, size_t size) {
  size_t class = class_of(size);
  if (class >= POOL_CLASSES) {
    free(item);
    return;
  }
  memcpy(item, &p->spare[class], sizeof item);
  p->spare[class] = item;
}

void pool_free(pool *p) {
  while (p->slabs) {
    void *slab = p->slabs;
    memcpy(&p->slabs, slab, sizeof slab);
    free(slab);
  }
}
