/* Between the two files of scenario reading. */
#ifndef SCALE_SCENARIO_INNER_H
#define SCALE_SCENARIO_INNER_H

#include <cjson/cJSON.h>

#include "scenario.h"

typedef struct reader {
  char *why;
  size_t why_cap;
  bool failed;
} reader;

/* The first complaint stays. */
void scenario_complain(reader *r, const char *format, ...);
/* Reads the document into the scenario, key by key. */
void scenario_take(reader *r, const cJSON *json, scenario *s);

#endif
