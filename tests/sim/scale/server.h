/* The signalling server: the real codec, memberships, matching and bans, with
 * delays in the place of sockets. */
#ifndef SCALE_SERVER_H
#define SCALE_SERVER_H

#include "scale.h"

typedef struct server_sums {
  uint64_t messages_in, messages_out, signals, undelivered, reports, bans, wrong_bans;
} server_sums;

server *server_new(world *w);
void server_del(world *w, server *s);
void server_handle(world *w, engine_worker *k, message *m);
const server_sums *server_counts(const server *s);

/* A Sybil: it joins every swarm, and answers nobody. */
void sybil_handle(world *w, engine_worker *k, uint32_t number, const message *m);

#endif
