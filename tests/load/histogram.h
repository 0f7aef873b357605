/* Durations, counted in buckets 1/32 wide of their power of two: quantiles are
 * off by 3% at most, and memory does not grow. */
#ifndef PT_LOAD_HISTOGRAM_H
#define PT_LOAD_HISTOGRAM_H

#include <stdint.h>

#define LOAD_SUB_BITS 5u
#define LOAD_BUCKETS ((64u - LOAD_SUB_BITS + 1u) << LOAD_SUB_BITS)

typedef struct load_histogram {
  uint64_t count, sum_ns, max_ns;
  uint64_t buckets[LOAD_BUCKETS];
} load_histogram;

void load_histogram_add(load_histogram *h, uint64_t ns);
/* The duration that a part (0..1) of all do not exceed; 0 without any. */
uint64_t load_histogram_quantile_ns(const load_histogram *h, double part);

#endif
