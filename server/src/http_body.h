/* The body of an answer on its way to a socket: what of it is left. */
#ifndef PT_SERVER_HTTP_BODY_H
#define PT_SERVER_HTTP_BODY_H

#include "http.h"

#include <sys/types.h>

#define PT_HTTP_HEAD_MAX 16384u
#define PT_HTTP_CHUNK 65536u        /* bytes of a body handed to a socket at once, copied, */
#define PT_HTTP_PASS_MAX (1u << 20) /* or not: in one turn, so that others get theirs */
#define PT_HTTP_SLOW_READER_S 60u   /* a client that takes nothing for so long is gone */

typedef struct pt_http_body {
  int fd; /* -1: none */
  pt_blob *blob;
  uint64_t at, left; /* of the file or document */
  bool is_asset;
  bool copies; /* the file's system can't sendfile() */
} pt_http_body;

/* Takes over what the response owns. Without `sends` nothing of it will leave. */
pt_http_body pt_http_body_of(pt_response *response, bool sends);
void pt_http_body_end(pt_http_body *body);

/* Reads the next bytes to `to`. 0 at the end, or when the file has become shorter
 * than it was: the promise can't be kept then. */
size_t pt_http_body_read(pt_http_body *body, uint8_t *to, size_t cap);
/* The last bytes that were read are to be read again. */
void pt_http_body_unread(pt_http_body *body, size_t len);

/* May the file go from the disk's cache to the socket without passing through us? */
bool pt_http_body_may_pass(const pt_http_body *body);
/* Does that, with at most `max` bytes. Their number (0: not now, or not at all: see
 * may_pass()), or -1 when the connection broke or the file has become shorter. */
ssize_t pt_http_body_pass(pt_http_body *body, int socket, size_t max);

#endif
