/* Entity tags, dates and what conditional requests make of them (RFC 9110,
 * sections 8.8 and 13). */
#ifndef PT_SERVER_ETAG_H
#define PT_SERVER_ETAG_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define PT_ETAG_SIZE 72      /* with quotes and NUL */
#define PT_HTTP_DATE_SIZE 30 /* "Sun, 06 Nov 1994 08:49:37 GMT" and NUL */

/* A strong tag for a file's state. `variant` tells encodings of it apart: "",
 * "br", "gz". */
void pt_etag_of_file(uint64_t size, struct timespec mtime, uint64_t inode, const char *variant,
                     char out[PT_ETAG_SIZE]);
/* A strong tag for bytes in memory. */
void pt_etag_of_bytes(const void *data, size_t len, char out[PT_ETAG_SIZE]);

/* Does a list of tags ("*", W/"a", "b") name this one? Weak comparison. */
bool pt_etag_listed(const char *list, const char *etag);

void pt_http_date(time_t when, char out[PT_HTTP_DATE_SIZE]);
/* Reads an IMF-fixdate; -1 for anything else. */
time_t pt_http_date_parse(const char *text);

/* May we answer 304? Either header may be NULL; If-None-Match wins. */
bool pt_not_modified(const char *if_none_match, const char *if_modified_since, const char *etag,
                     time_t mtime);
/* Does If-Range (NULL: absent) allow a partial answer? */
bool pt_range_allowed(const char *if_range, const char *etag, time_t mtime);

#endif
