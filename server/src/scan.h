/* Which files a site has: a walk over its folder. */
#ifndef PT_SERVER_SCAN_H
#define PT_SERVER_SCAN_H

#include "config.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define PT_SCAN_DEPTH_MAX 64u /* folders in folders */

/* What tells one state of a file from another. */
typedef struct pt_file_state {
  uint64_t size;
  uint64_t inode;
  struct timespec mtime;
  struct timespec ctime;
} pt_file_state;

struct stat;
pt_file_state pt_file_state_of(const struct stat *st);
bool pt_file_state_equal(const pt_file_state *a, const pt_file_state *b);

typedef struct pt_scan_file {
  char *path; /* site path */
  pt_file_state state;
  bool has_twin; /* compressed, beside it */
} pt_scan_file;

/* The files to be indexed, ordered by path part by part, bytewise (the order of
 * BEP 52's file tree). */
typedef struct pt_scan {
  size_t count, cap;
  pt_scan_file *files;
  size_t left_out; /* files that can't be indexed: reasons are logged */
} pt_scan;

typedef struct pt_scan_options {
  int dir_fd;
  int inotify_fd;            /* folders are watched before they are read; -1: none */
  bool *watch_failed;        /* set when a folder could not be watched; may be NULL */
  const atomic_bool *cancel; /* stop when it becomes true; may be NULL */
  const pt_words *exclude;   /* patterns of what is left out (exclude.h); may be NULL */
} pt_scan_options;

/* Walks the folder. Left out: names that begin with a dot, empty files,
 * anything but regular files, folders behind symbolic links, compressed twins
 * (x.br and x.gz beside x), what is excluded, and with a warning what can't be named
 * in a URL or exceeds the limits. False when out of memory or cancelled; *out is always
 * safe to free. */
bool pt_scan_run(const pt_scan_options *options, pt_scan *out);
void pt_scan_free(pt_scan *scan);

/* Compares site paths part by part, bytewise. */
int pt_site_path_compare(const char *a, const char *b);

#endif
