#include "progress.h"

#include "clock.h"

#include <stdio.h>
#include <unistd.h>

void pt_progress_init(pt_progress *progress) {
  *progress = (pt_progress){.terminal = isatty(STDERR_FILENO) == 1};
}

void pt_progress_show(pt_progress *progress, uint64_t bytes_done, uint64_t bytes_all,
                      size_t files) {
  uint64_t now_ms = pt_clock_us() / 1000;
  if (!progress->terminal || bytes_all == 0 || now_ms < progress->next_ms) return;
  progress->next_ms = now_ms + 100;
  progress->shown = true;
  fprintf(stderr, "\rindexing %zu files: %3.0f%% of %.1f MB\033[K", files,
          100.0 * (double)bytes_done / (double)bytes_all, (double)bytes_all / 1e6);
}

void pt_progress_wipe(pt_progress *progress) {
  if (progress->shown) fputs("\r\033[K", stderr);
  progress->shown = false;
}
