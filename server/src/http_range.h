/* The Range header of a request for a file (RFC 9110, section 14). */
#ifndef PT_SERVER_HTTP_RANGE_H
#define PT_SERVER_HTTP_RANGE_H

#include <stddef.h>
#include <stdint.h>

enum pt_range {
  PT_RANGE_NONE = 0,     /* answer 200 with all: no range, one we do not
                            understand, or several (which we need not honour) */
  PT_RANGE_PART,         /* answer 206 with [first, last] */
  PT_RANGE_UNSATISFIABLE /* answer 416 */
};

/* Reads a header value of len bytes against a file of `length` bytes. Sets
 * *first and *last (inclusive) for PT_RANGE_PART. */
enum pt_range pt_http_range(const char *value, size_t len, uint64_t length, uint64_t *first,
                            uint64_t *last);

#endif
