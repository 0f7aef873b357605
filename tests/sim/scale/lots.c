#include "lots.h"

#include <stdlib.h>

#define LN2 0.693147180559945309417232121458
#define LN_TERMS 27 /* of the series, odd powers */
#define EXP_TERMS 18

uint64_t lots_mix(uint64_t a, uint64_t b) {
  uint64_t z = a * 0x9e3779b97f4a7c15u + (b ^ b >> 29) * 0xd6e8feb86659fd93u;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

uint64_t lots_between(uint64_t key, uint64_t low, uint64_t high) {
  if (high <= low) return low;
  return low + (lots_mix(key, 0x6c6f7473) >> 11) % (high - low + 1);
}

double lots_unit(pt_random *random) { return (double)(pt_random_u64(random) >> 11) * 0x1p-53; }

/* x = m * 2^k with m in [0.75, 1.5); ln m = 2 artanh((m - 1) / (m + 1)). */
double lots_ln(double x) {
  int k = 0;
  for (; x >= 1.5; x *= 0.5) k++;
  for (; x < 0.75; x *= 2) k--;
  double t = (x - 1) / (x + 1), square = t * t, power = t, sum = 0;
  for (int i = 1; i <= LN_TERMS; i += 2, power *= square) sum += power / i;
  return 2 * sum + k * LN2;
}

double lots_exp(double x) {
  if (x < -700) return 0;
  int k = (int)(x / LN2);
  double rest = x - k * LN2, term = 1, sum = 1;
  for (int i = 1; i <= EXP_TERMS; i++) {
    term *= rest / i;
    sum += term;
  }
  for (; k > 0; k--) sum *= 2;
  for (; k < 0; k++) sum *= 0.5;
  return sum;
}

uint64_t lots_wait_us(pt_random *random, double mean_us) {
  return (uint64_t)(-lots_ln(1 - lots_unit(random)) * mean_us);
}

void lots_zipf_init(lots_zipf *z, uint32_t count, double exponent) {
  z->count = count;
  z->sums = malloc(count * sizeof *z->sums);
  if (!z->sums) abort();
  double sum = 0;
  for (uint32_t i = 0; i < count; i++) {
    sum += lots_exp(-exponent * lots_ln(i + 1));
    z->sums[i] = sum;
  }
}

void lots_zipf_free(lots_zipf *z) { free(z->sums); }

uint32_t lots_zipf_draw(const lots_zipf *z, pt_random *random) {
  double lot = lots_unit(random) * z->sums[z->count - 1];
  uint32_t low = 0, high = z->count - 1;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (z->sums[middle] > lot)
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}
