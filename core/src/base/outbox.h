/* The queue of outputs between two polls. Payloads are copied, so that what
 * they were made from may go; both queue and bytes are bounded. */
#ifndef PT_BASE_OUTBOX_H
#define PT_BASE_OUTBOX_H

#include "peertide/peertide.h"

typedef struct pt_outbox_entry {
  pt_event event;
  size_t text_at, data_at; /* places in the arena */
} pt_outbox_entry;

typedef struct pt_outbox {
  pt_outbox_entry *entries;
  size_t head, count, cap;
  uint8_t *arena;
  size_t arena_len, arena_cap;
  uint64_t dropped; /* outputs lost to the bounds or to want of memory */
} pt_outbox;

void pt_outbox_init(pt_outbox *box);
void pt_outbox_free(pt_outbox *box);
/* Queues a copy of *event with its text and data. False when a bound is
 * reached; nothing is queued then and `dropped` counts it. */
bool pt_outbox_push(pt_outbox *box, const pt_event *event);
/* One of which there is no more to say than its kind, and an id. */
void pt_outbox_say(pt_outbox *box, enum pt_out kind, uint32_t id);
/* PT_OUT_FAULT; peer and swarm: whom it concerns (PT_ID_SIZE bytes each), or NULL. */
void pt_outbox_fault(pt_outbox *box, int code, const char *text, const uint8_t *peer,
                     const uint8_t *swarm);
/* The oldest output; its pointers are valid until the next push. */
bool pt_outbox_pop(pt_outbox *box, pt_event *out);

#endif
