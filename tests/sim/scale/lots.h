/* Randomness and the little mathematics that scenarios need, from whole
 * numbers and basic arithmetic alone: every machine draws the same. */
#ifndef SCALE_LOTS_H
#define SCALE_LOTS_H

#include "base/random.h"

/* A number that depends on both, well mixed. */
uint64_t lots_mix(uint64_t a, uint64_t b);
/* Uniform in [low, high]; the same for the same key. */
uint64_t lots_between(uint64_t key, uint64_t low, uint64_t high);
/* Uniform in [0, 1). */
double lots_unit(pt_random *random);
/* Exponentially distributed with that mean. */
uint64_t lots_wait_us(pt_random *random, double mean_us);
/* Natural logarithm (x > 0) and exponential function, to about 1e-12. */
double lots_ln(double x);
double lots_exp(double x);

/* Ranks 0..count-1, drawn with weights 1 / (rank + 1)^exponent. */
typedef struct lots_zipf {
  uint32_t count;
  double *sums; /* of the weights up to each rank */
} lots_zipf;

void lots_zipf_init(lots_zipf *z, uint32_t count, double exponent);
void lots_zipf_free(lots_zipf *z);
uint32_t lots_zipf_draw(const lots_zipf *z, pt_random *random);

#endif
