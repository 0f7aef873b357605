/* The iceServers that clients are given: a STUN or TURN server, with coturn's
 * REST credentials (use-auth-secret; draft-uberti-behave-turn-rest-00). */
#ifndef PT_SERVER_TURN_H
#define PT_SERVER_TURN_H

#include "peertide/peertide.h"

#define PT_TURN_SECRET_MAX 256u
#define PT_TURN_TTL_S 43200u /* credentials last that long */

typedef struct pt_turn {
  const char *url;   /* "": no server */
  size_t secret_len; /* 0: no credentials */
  char secret[PT_TURN_SECRET_MAX];
} pt_turn;

/* Reads the secret: the file's first line. False, with one line in why, when it
 * can't be read or is empty or too long. */
bool pt_turn_read(pt_turn *turn, const char *url, const char *secret_file, char *why,
                  size_t why_cap);

/* A malloc()ed JSON array for a peer at that time (seconds since 1970), or
 * NULL when out of memory. */
char *pt_turn_json(const pt_turn *turn, const uint8_t peer[PT_ID_SIZE], uint64_t now_s);

#endif
