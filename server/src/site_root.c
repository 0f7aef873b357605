#include "site_root.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

/* The path from the top, without "/" or "/." at its end, so that its last part
 * is a name in a folder. One that would be too long stays as it is. */
static void set_path(pt_site_root *root, const char *path) {
  char here[PATH_MAX];
  int len = -1;
  if (path[0] != '/' && getcwd(here, sizeof here) != NULL)
    len = snprintf(root->path, sizeof root->path, "%s/%s", here, path);
  if (len < 0 || (size_t)len >= sizeof root->path)
    len = snprintf(root->path, sizeof root->path, "%s", path);
  while (len > 1) {
    const char *end = root->path + len;
    if (end[-1] == '/')
      len -= 1;
    else if (end[-1] == '.' && end[-2] == '/')
      len -= 2;
    else
      break;
  }
  if (len == 0) root->path[len++] = '/'; /* "/." */
  root->path[len] = 0;
}

bool pt_site_root_open(pt_site_root *root, const char *path) {
  root->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (root->fd < 0) return false;
  set_path(root, path);
  return true;
}

static bool same_folder(const struct stat *a, const struct stat *b) {
  return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

bool pt_site_root_follow(pt_site_root *root) {
  struct stat here, there;
  /* While it is open, no other folder gets its inode number. */
  if (stat(root->path, &there) != 0 || fstat(root->fd, &here) != 0 || same_folder(&here, &there))
    return false;
  int fd = open(root->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return false;
  bool other =
      fstat(fd, &there) == 0 && !same_folder(&here, &there) && dup3(fd, root->fd, O_CLOEXEC) >= 0;
  close(fd);
  return other;
}

const char *pt_site_root_name(const pt_site_root *root) {
  const char *slash = strrchr(root->path, '/');
  return slash ? slash + 1 : root->path;
}

int pt_site_root_watch(const pt_site_root *root, int inotify_fd) {
  char folder[PATH_MAX];
  size_t len = (size_t)(pt_site_root_name(root) - root->path);
  snprintf(folder, sizeof folder, "%.*s", (int)len, root->path);
  /* Added to what is watched there for the site, should it be part of it. */
  return inotify_add_watch(inotify_fd, len ? folder : ".",
                           IN_CREATE | IN_MOVED_TO | IN_ONLYDIR | IN_MASK_ADD);
}

void pt_site_root_close(pt_site_root *root) {
  if (root->fd >= 0) close(root->fd);
  root->fd = -1;
}
