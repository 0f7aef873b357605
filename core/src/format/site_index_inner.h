/* Shared by the files that read the site index. */
#ifndef PT_FORMAT_SITE_INDEX_INNER_H
#define PT_FORMAT_SITE_INDEX_INNER_H

#include "format/site_index.h"

/* Where a refusal is explained: one line, cut where it does not fit. */
typedef struct pt_site_why {
  char *text;
  size_t cap; /* 0: nobody asks */
} pt_site_why;

/* Writes "KIND NAME: WHAT" (name.data may be NULL) and returns the error. */
int pt_site_refuse(const pt_site_why *why, int error, const char *kind, pt_bytes name,
                   const char *what);

/* Checks what only shows in the whole: no path twice, and each swarm's files
 * numbered without gaps, with lengths that add up and bounds kept. Makes the
 * tables by path and by file. */
int pt_site_index_check(pt_site_index *index, const pt_site_why *why);

#endif
