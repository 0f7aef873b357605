#include "histogram.h"

static unsigned bucket_of(uint64_t ns) {
  if (ns < 1u << LOAD_SUB_BITS) return (unsigned)ns;
  unsigned shift = 63u - (unsigned)__builtin_clzll(ns) - LOAD_SUB_BITS;
  return ((shift + 1u) << LOAD_SUB_BITS) + (unsigned)((ns >> shift) - (1u << LOAD_SUB_BITS));
}

/* The greatest duration of a bucket. */
static uint64_t top_of(unsigned bucket) {
  if (bucket < 1u << LOAD_SUB_BITS) return bucket;
  unsigned shift = (bucket >> LOAD_SUB_BITS) - 1u;
  uint64_t first = (uint64_t)((bucket & ((1u << LOAD_SUB_BITS) - 1u)) + (1u << LOAD_SUB_BITS));
  return ((first + 1u) << shift) - 1u;
}

void load_histogram_add(load_histogram *h, uint64_t ns) {
  h->buckets[bucket_of(ns)]++;
  h->count++;
  h->sum_ns += ns;
  if (ns > h->max_ns) h->max_ns = ns;
}

uint64_t load_histogram_quantile_ns(const load_histogram *h, double part) {
  uint64_t wanted = (uint64_t)(part * (double)h->count), seen = 0;
  if (wanted >= h->count) return h->max_ns;
  for (unsigned i = 0; i < LOAD_BUCKETS; i++) {
    seen += h->buckets[i];
    if (seen > wanted) return top_of(i) < h->max_ns ? top_of(i) : h->max_ns;
  }
  return h->max_ns;
}
