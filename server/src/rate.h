/* A token bucket: how much a connection may say. */
#ifndef PT_SERVER_RATE_H
#define PT_SERVER_RATE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct pt_rate {
  double level; /* what may be taken now */
  uint64_t last_us;
} pt_rate;

static inline void pt_rate_init(pt_rate *rate, double burst, uint64_t now_us) {
  rate->level = burst;
  rate->last_us = now_us;
}

/* Takes `amount`; false when there is not enough. */
static inline bool pt_rate_take(pt_rate *rate, double amount, double per_second, double burst,
                                uint64_t now_us) {
  rate->level += (double)(now_us - rate->last_us) * per_second / 1e6;
  rate->last_us = now_us;
  if (rate->level > burst) rate->level = burst;
  if (rate->level < amount) return false;
  rate->level -= amount;
  return true;
}

#endif
