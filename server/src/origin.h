/* Which pages may use this server: their own, and those of allowed origins. */
#ifndef PT_SERVER_ORIGIN_H
#define PT_SERVER_ORIGIN_H

#include "config.h"

/* Is a request with this Origin header (NULL: absent) to this Host from a page
 * of the site itself, from no page at all, or from an allowed origin? */
bool pt_origin_allowed(const pt_words *allowed, const char *origin, const char *host);

/* What Access-Control-Allow-Origin should say, or NULL: nothing. */
const char *pt_origin_cors(const pt_words *allowed, const char *origin);

#endif
