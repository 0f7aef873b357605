/* What came out of a run, as JSON. */
#ifndef SCALE_FIGURES_H
#define SCALE_FIGURES_H

#include <cjson/cJSON.h>

#include "scale.h"

typedef struct run_times {
  double wall_s, simulated_s;
  uint64_t rss_before, rss_peak; /* bytes; 0: not known here */
} run_times;

cJSON *figures_of(const world *w, const run_times *times);
/* One for all that every actor did. */
uint64_t figures_digest(const world *w);

#endif
