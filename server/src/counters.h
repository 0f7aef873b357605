/* What the server counts; /stats.json shows it. */
#ifndef PT_SERVER_COUNTERS_H
#define PT_SERVER_COUNTERS_H

#include <stdint.h>

typedef struct pt_counters {
  uint64_t requests;
  uint64_t body_bytes;     /* of all HTTP bodies, as handed to the sockets */
  uint64_t asset_requests; /* for files in the index */
  uint64_t asset_body_bytes;
  uint64_t origins_refused;   /* WebSockets from pages of other sites */
  uint64_t messages_too_long; /* connections closed for it, as for the next two */
  uint64_t messages_not_utf8;
  uint64_t slow_readers;
  uint64_t silent;  /* connections that asked for nothing, or answered no ping */
  uint64_t sockets; /* WebSockets open now */
} pt_counters;

#endif
