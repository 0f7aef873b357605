#include "site_path.h"

#include "open_by_steps.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

bool pt_site_path_allowed(const char *path) {
  if (*path == 0) return true;
  for (const char *at = path;; at++) {
    size_t len = strcspn(at, "/");
    if (len == 0 || *at == '.') return false;
    for (size_t i = 0; i < len; i++) {
      if ((unsigned char)at[i] < 0x20 || at[i] == 0x7f) return false;
    }
    at += len;
    if (*at == 0) return true;
  }
}

bool pt_site_path_encode(const char *path, char *out, size_t cap) {
  static const char digits[] = "0123456789ABCDEF";
  size_t len = 0;
  for (; *path; path++) {
    unsigned char c = (unsigned char)*path;
    bool plain = c > 0x20 && c < 0x7f && !strchr("\"#<>?`{|}^%\\", c);
    if (len + (plain ? 1 : 3) >= cap) return false;
    if (plain) {
      out[len++] = (char)c;
    } else {
      out[len++] = '%';
      out[len++] = digits[c >> 4];
      out[len++] = digits[c & 15];
    }
  }
  if (len >= cap) return false;
  out[len] = 0;
  return true;
}

int pt_site_open(int dir_fd, const char *path, int flags) {
  /* A FIFO must not block us; with O_PATH nothing is opened. */
  flags |= O_CLOEXEC | (flags & O_PATH ? 0 : O_NONBLOCK);
  struct open_how how = {.flags = (unsigned)flags,
                         .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
  const char *name = *path ? path : ".";
  long fd;
  do {
    fd = syscall(SYS_openat2, dir_fd, name, &how, sizeof how);
  } while (fd < 0 && errno == EAGAIN); /* a rename raced with the look-up */
  if (fd < 0 && (errno == ENOSYS || errno == EPERM)) return pt_open_by_steps(dir_fd, name, flags);
  return (int)fd;
}

static char lossy_char(char c) { return c == '+' ? ' ' : c == '&' || c == ';' ? '\1' : c; }

bool pt_site_names_confusable(const char *a, const char *b) {
  for (; *a && lossy_char(*a) == lossy_char(*b); a++, b++) {
  }
  return *a == *b;
}

/* Finds the name in a folder that looks like `lossy`; exact names win. */
static bool restore_name(int folder_fd, const char *lossy, char *out, size_t cap) {
  if (faccessat(folder_fd, lossy, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
    return (size_t)snprintf(out, cap, "%s", lossy) < cap;
  int copy = openat(folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *folder = copy >= 0 ? fdopendir(copy) : NULL;
  if (folder == NULL) {
    if (copy >= 0) close(copy);
    return false;
  }
  char best[256] = "";
  for (struct dirent *e; (e = readdir(folder)) != NULL;) {
    if (pt_site_names_confusable(e->d_name, lossy) && (!best[0] || strcmp(e->d_name, best) < 0))
      snprintf(best, sizeof best, "%s", e->d_name);
  }
  closedir(folder);
  return best[0] && (size_t)snprintf(out, cap, "%s", best) < cap;
}

bool pt_site_path_restore(int dir_fd, const char *lossy, char *out, size_t cap) {
  size_t len = 0;
  out[0] = 0;
  for (const char *at = lossy; *at;) {
    char part[256];
    size_t part_len = strcspn(at, "/");
    if (part_len >= sizeof part || len + 1 >= cap) return false;
    memcpy(part, at, part_len);
    part[part_len] = 0;
    at += part_len;
    if (part_len > 0) {
      int folder = pt_site_open(dir_fd, out, O_PATH | O_DIRECTORY);
      if (folder < 0) return false;
      bool found = restore_name(folder, part, out + len, cap - len);
      close(folder);
      if (!found) return false;
      len += strlen(out + len);
    }
    if (*at == '/') {
      if (len + 1 >= cap) return false;
      out[len++] = *at++;
      out[len] = 0;
    }
  }
  return true;
}
