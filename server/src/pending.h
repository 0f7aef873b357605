/* Offers of one peer that were passed on and not answered yet: an answer that
 * fits none of them is nobody's. Bounded: the oldest gives way. */
#ifndef PT_SERVER_PENDING_H
#define PT_SERVER_PENDING_H

#include "peertide/peertide.h"

#define PT_PENDING_MAX 64u /* offers of one peer; clients have at most 20 in flight */
#define PT_PENDING_S 120u  /* then an offer is forgotten */

typedef struct pt_pending_offer {
  uint64_t what; /* a keyed hash of offer id, swarm and receiver */
  uint32_t since_s;
} pt_pending_offer;

/* All zeros: none. */
typedef struct pt_pending {
  uint16_t cap, count, first; /* a ring */
  pt_pending_offer *items;
} pt_pending;

void pt_pending_free(pt_pending *pending);
/* Notes an offer; of more than max (at most PT_PENDING_MAX) the oldest gives way
 * and is counted in *dropped. False when out of memory. */
bool pt_pending_add(pt_pending *pending, uint64_t what, uint32_t now_s, uint32_t max,
                    uint64_t *dropped);
/* Takes an offer out; false when there is none like that. */
bool pt_pending_take(pt_pending *pending, uint64_t what, uint32_t now_s);

#endif
