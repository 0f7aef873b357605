#include "client_dir.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Relative to the folder the program is in. */
static const char *const places[] = {
    "../share/peertide/client", /* installed: bin/ beside share/ */
    "../../js/dist",            /* build/native/ */
    "../js/dist",               /* build/ */
};

int pt_client_dir_open(const char *configured) {
  if (*configured) return open(configured, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  char program[PATH_MAX], place[PATH_MAX + 64];
  ssize_t len = readlink("/proc/self/exe", program, sizeof program - 1);
  if (len <= 0) return -1;
  program[len] = 0;
  char *slash = strrchr(program, '/');
  if (slash) *slash = 0;
  for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
    snprintf(place, sizeof place, "%s/%s", program, places[i]);
    int fd = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) return fd;
  }
  return -1;
}
