/* A visitor: a node of the core, its host, and the page. */
#ifndef SCALE_VISITOR_H
#define SCALE_VISITOR_H

#include "page.h"
#include "people.h"
#include "wires.h"

enum visitor_stage { VISITOR_COMING, VISITOR_HERE, VISITOR_AWAY, VISITOR_GONE };

struct visitor {
  uint32_t number;
  uint8_t stage;
  bool polling; /* outputs of the node are being carried out */
  pt_node *node;
  uint64_t timer_us; /* when M_TIMER comes, or PT_NEVER */
  uint32_t server_connection;
  bool server_open;
  uint32_t inputs; /* since the last check of the invariant */
  uint32_t visits;
  wires wires;
  page page;
  pt_random random;
  /* counters */
  uint64_t digest;
  uint64_t input_count;
  uint64_t bans, wrong_bans, fallbacks[8];
  pt_stats last; /* of the node, before it was deleted */
};

void visitor_handle(world *w, engine_worker *k, visitor *v, message *m);
/* Tells the node what happened and does what it asks for. */
void visitor_input(world *w, engine_worker *k, visitor *v, const pt_event *in);
void visitor_stats(const visitor *v, pt_stats *out);
void visitor_free(world *w, visitor *v);
/* The visit is over: it leaves now or later, as the scenario says. */
void visitor_done(world *w, engine_worker *k, visitor *v);

#endif
