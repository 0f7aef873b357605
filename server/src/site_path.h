/* Paths of a site: as URLs spell them, as the disk does, and which are allowed.
 *
 * A "site path" here is relative to the site's folder, decoded, with '/'
 * between its parts and none at its beginning: "img/a b.jpg". */
#ifndef PT_SERVER_SITE_PATH_H
#define PT_SERVER_SITE_PATH_H

#include <stdbool.h>
#include <stddef.h>

/* May this site path be served? Parts must not be empty, ".", ".." nor begin
 * with a dot; no control characters. The empty path is the folder itself. */
bool pt_site_path_allowed(const char *path);

/* Appends the URL spelling of a site path as browsers send it in a request
 * (WHATWG URL, path percent-encode set, '%' itself, and '|', where Chromium goes
 * further than the standard), so that it can be
 * compared with location.pathname and the like. `out` has cap bytes; false if
 * they do not suffice (3 * strlen + 1 always do). */
bool pt_site_path_encode(const char *path, char *out, size_t cap);

/* Opens a file or folder below the folder dir_fd for reading. Symbolic links
 * are followed only while they stay below it. The descriptor, or -1 with errno
 * (ELOOP or EXDEV for links that lead out). */
int pt_site_open(int dir_fd, const char *path, int flags);

/* The HTTP parser of libwebsockets turns '+' of a URL path into a space, and
 * ends its text at '&' and ';'. These find the file that was meant.
 * `lossy` is the site path with ' ' for what may have been a '+', and '\1' for
 * what was '&' or ';'. Writes the name of an existing file or folder to out;
 * false when there is none. A plain space is tried first. */
bool pt_site_path_restore(int dir_fd, const char *lossy, char *out, size_t cap);

/* Do both names look the same in that lossy form? */
bool pt_site_names_confusable(const char *a, const char *b);

#endif
