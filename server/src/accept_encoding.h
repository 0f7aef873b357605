/* Which content coding a client takes (RFC 9110, section 12.5.3). */
#ifndef PT_SERVER_ACCEPT_ENCODING_H
#define PT_SERVER_ACCEPT_ENCODING_H

#include <stdbool.h>

/* Does this Accept-Encoding value (NULL: absent) allow the coding ("br",
 * "gzip") explicitly, with a weight above 0? "*" does not count: a file made
 * for a coding goes only to those who name it. */
bool pt_accepts_encoding(const char *value, const char *coding);

#endif
