/* Reads the heads of simple HTTP requests: those that nearly all are. */
#ifndef PT_SERVER_HTTP_HEAD_H
#define PT_SERVER_HTTP_HEAD_H

#include "http.h"

#include <stddef.h>

#define PT_HTTP_VALUE_MAX 1024u /* of a header we look at, with NUL */

enum pt_head {
  PT_HEAD_SIMPLE,
  PT_HEAD_PARTIAL, /* simple so far: there must be more to come */
  PT_HEAD_OTHER    /* for somebody who knows all of HTTP */
};

/* Reads the head at the beginning of `text`. Simple is GET or HEAD in HTTP/1.1 of a
 * path that is spelled one way only, from a client that goes on afterwards; whatever
 * is in doubt is none. Then *out has pointers into `text`, in which ends of strings
 * are set, up to *head_len bytes; else both are undefined and `text` is as it was. */
enum pt_head pt_http_head_read(char *text, size_t len, pt_request *out, size_t *head_len);

#endif
