/* A visitor's access line: what it sends, in which order, and when it comes. */
#ifndef SCALE_LINE_H
#define SCALE_LINE_H

#include "wires.h"

/* One send of the node on a channel. */
void line_send(world *w, engine_worker *k, visitor *v, link *l, channel *c, pt_bytes data);
/* What the channel still has to send is not sent. */
void line_forget(engine_worker *k, wires *x, link *l, channel *c);
/* The connection does not wait for its turn any more. */
void line_leave(wires *x, link *l);
/* The uplink has sent what it was sending. */
void line_free(world *w, engine_worker *k, visitor *v);
/* The channel's queue may be empty: the node is to know. */
void line_drained(world *w, engine_worker *k, visitor *v, uint32_t id);

#endif
