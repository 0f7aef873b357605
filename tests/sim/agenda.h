/* What will happen in a simulated world: inputs for visitors, by time, and in
 * the order they were added where times are equal. A binary heap. */
#ifndef SIM_AGENDA_H
#define SIM_AGENDA_H

#include "peertide/peertide.h"

typedef struct happening {
  uint64_t at_us;
  uint64_t order;
  uint32_t visitor;
  pt_event event;
  uint8_t *payload; /* what event points to; whoever takes it frees it */
} happening;

typedef struct agenda {
  happening *heap;
  size_t count, cap;
  uint64_t order;
} agenda;

void agenda_free(agenda *a);
/* Adds a copy of the event with its text and data. */
void agenda_add(agenda *a, uint64_t at_us, uint32_t visitor, const pt_event *event);
/* When the next thing happens, or UINT64_MAX. */
uint64_t agenda_next_us(const agenda *a);
/* Takes it; there must be one. */
happening agenda_take(agenda *a);

#endif
