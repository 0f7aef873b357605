#include "node/stored.h"
#include "base/apart.h"

#include <string.h>

void pt_stored_drop(pt_node *n, const uint8_t swarm[PT_ID_SIZE]) {
  pt_event drop = {.kind = PT_OUT_STORE_DROP, .length = PT_TO_END};
  memcpy(drop.swarm, swarm, PT_ID_SIZE);
  pt_outbox_push(&n->cx.out, &drop);
}

PT_APART int pt_stored_input(pt_node *n, const pt_event *in) {
  if (in->kind == PT_IN_STORE_LIMIT) {
    if (in->offset) n->cx.memory_max = in->offset;
    pt_disk_limit(&n->cx, in->length);
    return PT_OK;
  }
  if (!n->cx.disk_max) return PT_OK;        /* a disk that is gone */
  bool late = in->kind == PT_IN_STORE_DATA; /* of a swarm that may be gone */
  pt_swarm *s = late ? pt_assets_known(n, in->swarm) : pt_assets_swarm(n, in->swarm);
  if (!s && !late) pt_stored_drop(n, in->swarm);
  if (!s) return PT_OK;
  if (in->kind == PT_IN_STORED_LAYER) pt_disk_stored_layer(s, in->id, in->data);
  if (in->kind == PT_IN_STORED) pt_disk_stored(s, in->data);
  if (late) pt_disk_data(s, in->id, in->code, in->data);
  return PT_OK;
}

void pt_stored_settle(pt_node *n) {
  pt_disk_settle(&n->cx);
  if (!n->cx.read_ended) return;
  n->cx.read_ended = false;
  for (uint32_t i = 0; i < n->swarm_count; i++) {
    n->swarms[i]->deliverable = true;
    for (pt_peer *p = n->swarms[i]->peers; p; p = p->next)
      if (p->upload_count) pt_peer_talks(p);
  }
}
