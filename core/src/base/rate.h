/* Bytes per second, smoothed over about a second, in whole numbers so that it
 * is the same everywhere. A line that falls silent decays to 0. */
#ifndef PT_BASE_RATE_H
#define PT_BASE_RATE_H

#include <stdint.h>

typedef struct pt_rate {
  uint64_t smoothed; /* bytes/s up to since_us */
  uint64_t bytes;    /* that came after it */
  uint64_t since_us;
} pt_rate;

/* Nothing has been seen before now_us. */
void pt_rate_init(pt_rate *r, uint64_t now_us);
void pt_rate_add(pt_rate *r, uint64_t now_us, uint64_t bytes);
/* Bytes per second now. */
uint64_t pt_rate_of(const pt_rate *r, uint64_t now_us);

#endif
