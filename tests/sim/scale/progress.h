/* How far a run is, on stderr, with an estimate of what is left. */
#ifndef SCALE_PROGRESS_H
#define SCALE_PROGRESS_H

#include "scale.h"

typedef struct progress {
  bool quiet, shown;
  double began_s, told_s;
  uint32_t skipped;
} progress;

void progress_begin(progress *p, bool quiet);
/* bytes: taken by all pages so far; left: visits that have not ended. */
void progress_tell(progress *p, const world *w, uint64_t bytes, uint64_t left, uint64_t now_us);
/* Ends the line; seconds since the beginning. */
double progress_end(progress *p);
/* Resident memory of this process, bytes; 0 where that is not known. */
uint64_t progress_rss(void);
uint64_t progress_rss_peak(void);

#endif
