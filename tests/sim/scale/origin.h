/* The site's HTTP server: its rate is shared among all open requests, in
 * chunks of 64 KiB by turns; nobody gets more than its line can take. */
#ifndef SCALE_ORIGIN_H
#define SCALE_ORIGIN_H

#include "scale.h"

typedef struct origin_sums {
  uint64_t requests, refused, cut; /* answered 503; failed by its death */
  uint64_t file_bytes, layer_bytes;
  uint64_t blocks_again; /* whole blocks sent that had been sent to somebody before */
} origin_sums;

origin *origin_new(world *w);
void origin_del(world *w, origin *o);
void origin_handle(world *w, engine_worker *k, message *m);
const origin_sums *origin_counts(const origin *o);
/* Bytes it sent to one visitor, piece layers too. */
uint64_t origin_bytes_to(const origin *o, uint32_t who);
/* The origin and the server hear of the outages of the scenario. */
void world_watch_outage(engine_worker *k, uint32_t actor, const spans *when, uint64_t now_us);

#endif
