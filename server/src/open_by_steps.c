#include "open_by_steps.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINKS_MAX 40 /* as the kernel has it */
#define DEPTH_MAX 64

/* A walk through folders, none of them left upwards beyond the first. */
typedef struct walk {
  int folders[DEPTH_MAX]; /* open, but for the first, which is the caller's */
  unsigned depth, links;
  char rest[PATH_MAX]; /* still to be walked */
} walk;

static int walk_end(walk *w, int result) {
  int error = errno;
  while (w->depth > 0) close(w->folders[w->depth--]);
  errno = error;
  return result;
}

static int refuse(walk *w, int error) {
  errno = error;
  return walk_end(w, -1);
}

/* Puts a link's target in front of what is left. False with errno. */
static bool follow(walk *w, int link) {
  char target[PATH_MAX], rest[PATH_MAX];
  ssize_t len = readlinkat(link, "", target, sizeof target);
  errno = ELOOP;
  if (len <= 0 || w->links++ == LINKS_MAX) return false;
  errno = EXDEV;
  if (target[0] == '/') return false;
  strcpy(rest, w->rest);
  errno = ENAMETOOLONG;
  return (size_t)snprintf(w->rest, sizeof w->rest, "%.*s%s", (int)len, target, rest) <
         sizeof w->rest;
}

/* Takes the next part of what is left; false at the end. */
static bool next_part(walk *w, char part[256]) {
  size_t skip = strspn(w->rest, "/"), len = strcspn(w->rest + skip, "/");
  if (len == 0 || len > 255) return false;
  memcpy(part, w->rest + skip, len);
  part[len] = 0;
  memmove(w->rest, w->rest + skip + len, strlen(w->rest + skip + len) + 1);
  return true;
}

int pt_open_by_steps(int dir_fd, const char *path, int flags) {
  walk w = {.folders = {dir_fd}};
  char part[256];
  struct stat st;
  if ((size_t)snprintf(w.rest, sizeof w.rest, "%s", path) >= sizeof w.rest || *path == '/')
    return refuse(&w, *path == '/' ? EXDEV : ENAMETOOLONG);
  while (next_part(&w, part)) {
    if (strcmp(part, ".") == 0) continue;
    if (strcmp(part, "..") == 0) {
      if (w.depth == 0) return refuse(&w, EXDEV);
      close(w.folders[w.depth--]);
      continue;
    }
    int here = w.folders[w.depth];
    int fd = openat(here, part, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0) return walk_end(&w, -1);
    if (S_ISLNK(st.st_mode)) {
      bool followed = follow(&w, fd);
      int error = errno;
      close(fd);
      if (!followed) return refuse(&w, error);
    } else if (S_ISDIR(st.st_mode)) {
      if (w.depth + 1 == DEPTH_MAX) {
        close(fd);
        return refuse(&w, ENAMETOOLONG);
      }
      w.folders[++w.depth] = fd;
    } else {
      close(fd);
      if (w.rest[0]) return refuse(&w, ENOTDIR);
      return walk_end(&w, openat(here, part, flags | O_NOFOLLOW));
    }
  }
  if (w.rest[strspn(w.rest, "/")]) return refuse(&w, ENAMETOOLONG);
  return walk_end(&w, openat(w.folders[w.depth], ".", flags));
}
