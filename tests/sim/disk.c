#include "disk.h"

#include <stdlib.h>
#include <string.h>

typedef struct item {
  bool layer; /* else a piece */
  uint8_t swarm[PT_ID_SIZE];
  uint32_t id;
  uint8_t *data;
  size_t len;
} item;

struct disk {
  item *items;
  size_t count, cap;
  uint64_t bytes, bytes_max;
};

disk *disk_new(uint64_t bytes_max) {
  disk *d = calloc(1, sizeof *d);
  d->bytes_max = bytes_max;
  return d;
}

static void drop(disk *d, size_t at) {
  if (!d->items[at].layer) d->bytes -= d->items[at].len;
  free(d->items[at].data);
  memmove(&d->items[at], &d->items[at + 1], (--d->count - at) * sizeof *d->items);
}

void disk_del(disk *d) {
  while (d->count) drop(d, d->count - 1);
  free(d->items);
  free(d);
}

static item *find(const disk *d, const pt_event *e, bool layer) {
  for (size_t i = 0; i < d->count; i++)
    if (d->items[i].layer == layer && d->items[i].id == e->id &&
        memcmp(d->items[i].swarm, e->swarm, PT_ID_SIZE) == 0)
      return &d->items[i];
  return NULL;
}

static void keep(disk *d, const pt_event *out, bool layer) {
  item *old = find(d, out, layer);
  if (old) drop(d, (size_t)(old - d->items));
  if (d->count == d->cap) {
    d->cap = d->cap ? d->cap * 2 : 64;
    d->items = realloc(d->items, d->cap * sizeof *d->items);
  }
  item *new = &d->items[d->count++];
  *new = (item){.layer = layer, .id = out->id, .len = out->data.len};
  new->data = malloc(out->data.len ? out->data.len : 1);
  memcpy(new->data, out->data.data, out->data.len);
  memcpy(new->swarm, out->swarm, PT_ID_SIZE);
  if (!layer) d->bytes += out->data.len;
}

disk *disk_copy(const disk *d) {
  disk *copy = disk_new(d->bytes_max);
  for (size_t i = 0; i < d->count; i++) {
    pt_event e = {.id = d->items[i].id, .data = {d->items[i].data, d->items[i].len}};
    memcpy(e.swarm, d->items[i].swarm, PT_ID_SIZE);
    keep(copy, &e, d->items[i].layer);
  }
  return copy;
}

static void forget(disk *d, const pt_event *out) {
  bool all = out->length == PT_TO_END;
  for (size_t i = d->count; i-- > 0;) {
    const item *each = &d->items[i];
    if (memcmp(each->swarm, out->swarm, PT_ID_SIZE) != 0) continue;
    if (all || (!each->layer && each->id == out->id)) drop(d, i);
  }
}

bool disk_obey(disk *d, const pt_event *out, pt_event *in) {
  *in = (pt_event){.kind = PT_IN_STORE_DATA, .id = out->id};
  memcpy(in->swarm, out->swarm, PT_ID_SIZE);
  switch ((enum pt_out)out->kind) {
  case PT_OUT_STORE_LAYER:
    keep(d, out, true);
    return false;
  case PT_OUT_STORE_WRITE:
    in->code = PT_ERR_FULL;
    if (d->bytes + out->data.len > d->bytes_max) return true;
    keep(d, out, false);
    return false;
  case PT_OUT_STORE_DROP:
    forget(d, out);
    return false;
  case PT_OUT_STORE_READ: {
    const item *piece = find(d, out, false);
    if (piece)
      in->data = (pt_bytes){piece->data, piece->len};
    else
      in->code = PT_ERR_UNREACHABLE;
    return true;
  }
  default:
    return false;
  }
}

bool disk_tell(const disk *d, size_t at, pt_event *in) {
  static uint8_t number[4];
  for (int layers = 1; layers >= 0; layers--)
    for (size_t i = 0; i < d->count; i++) {
      const item *each = &d->items[i];
      if (each->layer != layers || at-- > 0) continue;
      *in = (pt_event){.kind = PT_IN_STORED, .id = each->id, .data = {number, 4}};
      memcpy(in->swarm, each->swarm, PT_ID_SIZE);
      for (uint32_t k = 0; k < 4; k++) number[k] = (uint8_t)(each->id >> (8 * k));
      if (!layers) return true;
      in->kind = PT_IN_STORED_LAYER;
      in->data = (pt_bytes){each->data, each->len};
      return true;
    }
  return false;
}

void disk_flip(disk *d, uint32_t nth) {
  uint32_t seen = 0;
  for (size_t i = 0; i < d->count; i++)
    if (!d->items[i].layer && seen++ % nth == 0) d->items[i].data[d->items[i].len / 2] ^= 0x10;
}

uint64_t disk_bytes(const disk *d) { return d->bytes; }
