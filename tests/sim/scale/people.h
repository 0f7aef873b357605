/* Who the visitors are: drawn once from the seed, then fixed. */
#ifndef SCALE_PEOPLE_H
#define SCALE_PEOPLE_H

#include "scale.h"

struct person {
  uint8_t fingerprint[PT_HASH_SIZE];
  uint8_t id[PT_ID_SIZE];
  uint64_t up, down; /* bytes/s */
  uint32_t origin_delay_us, server_delay_us;
  uint8_t nat;        /* enum nat_kind */
  bool hidden;        /* a background tab */
  bool corrupt, mute; /* faults */
  bool slow, sybil;
  bool other_side;    /* of a partition */
  uint64_t vanish_us; /* after its arrival; PT_NEVER: it does not */
  uint64_t arrive_us; /* the first time */
};

void people_make(world *w);
void people_free(world *w);
static inline bool person_is_bad(const person *p) { return p->corrupt || p->mute || p->sybil; }

#endif
