#include "base/rate.h"

#define WINDOW_US 250000u
#define WINDOWS_PER_SECOND 4u
#define SILENT_WINDOWS 32u /* then nothing is left of the old rate */

void pt_rate_init(pt_rate *r, uint64_t now_us) { *r = (pt_rate){.since_us = now_us}; }

/* Closes the windows that are over: the first with its bytes, then empty ones. */
static void roll(pt_rate *r, uint64_t now_us) {
  uint64_t windows = (now_us - r->since_us) / WINDOW_US;
  if (windows == 0) return;
  uint64_t sample = r->bytes * WINDOWS_PER_SECOND;
  r->smoothed = r->smoothed ? (r->smoothed * 3 + sample) / 4 : sample;
  r->bytes = 0;
  r->since_us += windows * WINDOW_US;
  if (windows > SILENT_WINDOWS) r->smoothed = 0;
  for (; windows > 1 && r->smoothed; windows--) r->smoothed = r->smoothed * 3 / 4;
}

void pt_rate_add(pt_rate *r, uint64_t now_us, uint64_t bytes) {
  roll(r, now_us);
  r->bytes += bytes;
}

uint64_t pt_rate_of(const pt_rate *r, uint64_t now_us) {
  pt_rate now = *r;
  roll(&now, now_us);
  return now.smoothed;
}
