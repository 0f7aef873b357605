/* Files as HTTP resources: variants, conditions, ranges, folders. */
#ifndef PT_SERVER_HTTP_FILES_H
#define PT_SERVER_HTTP_FILES_H

#include "http.h"

/* Answers with the file at `path` (a site path, "" or ending in '/' for a
 * folder's index.html) below dir_fd: 200, 206, 301, 304, 404 or 416. The site is
 * what is known of that folder, or NULL. */
void pt_http_file(int dir_fd, const struct pt_site *site, const char *path,
                  const pt_request *request, pt_response *out);
/* Answers with a document in memory: 200, 206, 304 or 416. */
void pt_http_document(pt_blob *blob, const pt_request *request, pt_response *out);

#endif
