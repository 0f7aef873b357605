#include "process.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool read_cpu(long pid, double *out) {
  char path[64], text[1024];
  snprintf(path, sizeof path, "/proc/%ld/stat", pid);
  FILE *file = fopen(path, "r");
  if (file == NULL) return false;
  size_t len = fread(text, 1, sizeof text - 1, file);
  fclose(file);
  text[len] = 0;
  const char *at = strrchr(text, ')'); /* the name may hold anything */
  unsigned long user = 0, system = 0;
  if (at == NULL ||
      sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2)
    return false;
  *out = (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
  return true;
}

/* Not VmRSS: its counters lag behind. */
static bool read_rss(long pid, uint64_t *out) {
  char path[64], line[256];
  snprintf(path, sizeof path, "/proc/%ld/smaps_rollup", pid);
  FILE *file = fopen(path, "r");
  if (file == NULL) return false;
  unsigned long long kib = 0;
  bool found = false;
  while (!found && fgets(line, sizeof line, file)) found = sscanf(line, "Rss: %llu", &kib) == 1;
  fclose(file);
  *out = kib * 1024u;
  return found;
}

bool load_process_usage(long pid, load_usage *out) {
  return read_cpu(pid, &out->cpu_s) && read_rss(pid, &out->rss_bytes);
}
