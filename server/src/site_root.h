/* The folder that is served, found by its path: also after another one has
 * taken its place there (a rename, or a symbolic link that was turned). */
#ifndef PT_SERVER_SITE_ROOT_H
#define PT_SERVER_SITE_ROOT_H

#include <limits.h>
#include <stdbool.h>

typedef struct pt_site_root {
  char path[PATH_MAX]; /* absolute where possible; its links are not resolved */
  int fd;              /* of the folder: the same number as long as it is open */
} pt_site_root;

/* Opens the folder; false with errno. */
bool pt_site_root_open(pt_site_root *root, const char *path);

/* Looks where the path leads now. When that is another folder, `fd` is it from
 * here on (atomically, for other threads too) and the result is true. While the
 * path leads nowhere the old folder stays. */
bool pt_site_root_follow(pt_site_root *root);

/* Watches the folder that has the path's last name, for names that appear in
 * it: the watch's number, or -1. */
int pt_site_root_watch(const pt_site_root *root, int inotify_fd);

/* The path's last name: an event of that watch about it asks for
 * pt_site_root_follow(). Links and folders further up are not watched. */
const char *pt_site_root_name(const pt_site_root *root);

void pt_site_root_close(pt_site_root *root); /* a root that is not open is fine, with fd -1 */

#endif
