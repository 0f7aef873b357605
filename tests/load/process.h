/* What a process has used, from /proc. */
#ifndef PT_LOAD_PROCESS_H
#define PT_LOAD_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct load_usage {
  double cpu_s;       /* in its own code and in the kernel for it, all threads */
  uint64_t rss_bytes; /* resident memory */
} load_usage;

/* False when there is no such process, or we may not look at it. */
bool load_process_usage(long pid, load_usage *out);

#endif
