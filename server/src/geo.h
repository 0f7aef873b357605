/* A database of places by address (MaxMind's format, as GeoLite2-City and
 * others have it), read with libmaxminddb. */
#ifndef PT_SERVER_GEO_H
#define PT_SERVER_GEO_H

#include "place.h"

#include <stddef.h>

typedef struct pt_geo pt_geo;

/* Opens a file (mapped into memory, read as needed). NULL with one line in why. */
pt_geo *pt_geo_open(const char *file, char *why, size_t why_cap);
void pt_geo_close(pt_geo *geo); /* NULL is fine */

/* What an address tells: its network, and where it is if the database (NULL:
 * there is none) has it. */
void pt_geo_find(const pt_geo *geo, const struct sockaddr *address, pt_place *out);

#endif
