/* One run of a scenario. */
#ifndef SCALE_RUN_H
#define SCALE_RUN_H

#include "figures.h"

typedef struct run_options {
  uint32_t threads;
  uint32_t watched; /* whose events are told on stderr; UINT32_MAX: nobody's */
  bool quiet;       /* no progress on stderr */
} run_options;

/* Runs it and returns its figures (cJSON_Delete()d by the caller), or NULL:
 * something must hold and did not, a line on stderr said what. */
cJSON *run_scenario(const scenario *s, const run_options *options);

#endif
