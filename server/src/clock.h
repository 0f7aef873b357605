/* Time that only goes forward. */
#ifndef PT_SERVER_CLOCK_H
#define PT_SERVER_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t pt_clock_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

#endif
