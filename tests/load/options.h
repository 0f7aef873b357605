/* What is asked for on the command line. */
#ifndef PT_LOAD_OPTIONS_H
#define PT_LOAD_OPTIONS_H

#include "peertide/peertide.h"

#include <netinet/in.h>

#define LOAD_SWARMS_MAX 4096u
#define LOAD_OFFERS_MAX 20u
#define LOAD_OFFER_BYTES_MAX 4096u

typedef struct load_options {
  char host[256]; /* an IPv4 address */
  char host_header[300];
  uint16_t port;
  char path[1024];
  char work[16];
  uint32_t connections;
  uint32_t swarm_count;
  uint8_t (*swarms)[PT_ID_SIZE]; /* swarm_count of them */
  uint32_t offers, offer_bytes;
  double answers;  /* the part of all offers received that is answered, 0..1 */
  double rate;     /* requests per second of all connections; 0: closed loop */
  uint32_t window; /* closed loop: requests under way per connection */
  double seconds, warmup_s, settle_s;
  uint64_t seed;
  uint32_t sources; /* our addresses: 127.0.0.1, 127.0.1.1, ... */
  bool idle;        /* only connect and join, then measure memory */
  bool quiet;
  long pid; /* the server's; 0: unknown */
} load_options;

/* -1: go on; otherwise the status to exit with, everything being said. */
int load_options_read(int argc, char **argv, load_options *out);

#endif
