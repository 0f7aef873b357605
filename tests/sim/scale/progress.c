#define _POSIX_C_SOURCE 200809L
#include "progress.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define EVERY_S 1.0
#define LOOK_EVERY 4u /* calls between looks at the clock */

static double clock_s(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void progress_begin(progress *p, bool quiet) {
  *p = (progress){.quiet = quiet, .began_s = clock_s()};
  p->told_s = p->began_s;
}

/* The share that is done: of visits, or of bytes where all take the same. */
static double share_done(const world *w, uint64_t bytes, uint64_t left) {
  double by_visits = 1 - (double)left / w->visitor_count;
  if (w->s.page.kind != PAGE_DOWNLOAD && w->s.page.kind != PAGE_IMAGES) return by_visits;
  return (double)bytes / ((double)w->site->length * w->visitor_count);
}

void progress_tell(progress *p, const world *w, uint64_t bytes, uint64_t left, uint64_t now_us) {
  if (p->quiet || ++p->skipped < LOOK_EVERY) return;
  p->skipped = 0;
  double now_s = clock_s();
  if (now_s - p->told_s < EVERY_S) return;
  p->told_s = now_s;
  p->shown = true;
  double share = share_done(w, bytes, left);
  double spent_s = now_s - p->began_s;
  fprintf(stderr, "\r%5.1f%%  simulated %.1f s  %.0f s gone", share * 100, (double)now_us / 1e6,
          spent_s);
  if (share > 0.005) fprintf(stderr, ", %.0f s left  ", spent_s / share - spent_s);
}

double progress_end(progress *p) {
  if (p->shown) fputc('\n', stderr);
  return clock_s() - p->began_s;
}

static uint64_t status_kib(const char *key) {
  char line[256];
  unsigned long long kib = 0;
  FILE *file = fopen("/proc/self/status", "r");
  if (!file) return 0;
  while (fgets(line, sizeof line, file))
    if (strncmp(line, key, strlen(key)) == 0) sscanf(line + strlen(key), " %llu", &kib);
  fclose(file);
  return kib;
}

uint64_t progress_rss(void) { return status_kib("VmRSS:") * 1024; }
uint64_t progress_rss_peak(void) { return status_kib("VmHWM:") * 1024; }
