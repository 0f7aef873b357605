/* Files that are served and never indexed, so never shared: patterns of the
 * site's owner. */
#ifndef PT_SERVER_EXCLUDE_H
#define PT_SERVER_EXCLUDE_H

#include "config.h"

/* Does one of the patterns name this file or folder (its site path: decoded, no
 * slash in front)? What is in a folder that is named is not asked about.
 *
 * A pattern is a shell's (*, ?, [a-z]; a star stays within a folder). With a
 * slash in it, other than at its end, it is compared with the whole path, else
 * with the name alone, wherever it is; with one at its end it is for folders. */
bool pt_excluded(const pt_words *patterns, const char *path, bool is_folder);

#endif
