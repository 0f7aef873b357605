/* The progress line of indexing, on a terminal; nothing elsewhere. */
#ifndef PT_SERVER_PROGRESS_H
#define PT_SERVER_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct pt_progress {
  bool terminal;
  bool shown;       /* there is a line to be wiped */
  uint64_t next_ms; /* do not write again before */
} pt_progress;

void pt_progress_init(pt_progress *progress);
/* Redraws the line, at most ten times a second. */
void pt_progress_show(pt_progress *progress, uint64_t bytes_done, uint64_t bytes_all, size_t files);
void pt_progress_wipe(pt_progress *progress);

#endif
