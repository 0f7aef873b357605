/* Time, events and threads.
 *
 * Everything that acts is an actor: it reads and writes only what is its own,
 * and learns of others by messages. A message to another actor is at least
 * `lookahead_us` under way, so all actors can run through a window of that
 * length without hearing of one another, on as many threads as there are:
 *
 *   window k            | barrier |            window k + 1
 *   actors handle what  | messages for others  | ...
 *   is due, each its own| reach their agendas  |
 *
 * An actor handles its messages by (time, sender, the sender's count), which
 * no thread can change: the outcome is the same for every number of threads. */
#ifndef SCALE_ENGINE_H
#define SCALE_ENGINE_H

#include "peertide/peertide.h"

#define ENGINE_THREADS_MAX 64u

typedef struct engine engine;
typedef struct engine_worker engine_worker;

/* What happens to an actor. The meaning of all but the first fields is a
 * matter of `kind`. */
typedef struct message {
  uint64_t at_us;
  uint32_t from, count; /* the sender's count: orders what is due at once */
  uint32_t to;
  uint16_t kind, flags;
  uint32_t a, b;
  uint32_t size; /* virtual bytes */
  uint32_t len;  /* of data */
  uint64_t c, d;
  struct message *next; /* for queues of whoever holds it */
  uint8_t data[];
} message;

/* Handles a message; it is gone afterwards unless engine_again() was called. */
typedef void engine_handler(void *world, engine_worker *w, message *m);
/* Called between windows, while no actor runs; false ends the run. now_us:
 * nothing happens before; PT_NEVER: nothing is left to happen. */
typedef bool engine_pause(void *world, engine *e, uint64_t now_us);

engine *engine_new(uint32_t actors, uint32_t threads, uint64_t lookahead_us,
                   engine_handler *handler, engine_pause *pause, void *world);
/* Frees what is still under way too. */
void engine_del(engine *e);
/* Runs until nothing is left to happen, or a pause ends it. What was sent
 * before is due no sooner than lookahead_us, even to oneself. */
void engine_run(engine *e);
/* For pauses: a message to an actor from itself, at now_us or later. */
void engine_post(engine *e, uint32_t to, uint64_t at_us, message *m);
uint64_t engine_events(const engine *e);
/* The worker to send with before the run begins. */
engine_worker *engine_first_worker(engine *e);

uint64_t engine_now_us(const engine_worker *w);
/* Which of the workers it is, from 0. */
uint32_t engine_worker_number(const engine_worker *w);
/* A new message with zeroed fields and room for len bytes. */
message *engine_message(engine_worker *w, uint16_t kind, uint32_t len);
void engine_free(engine_worker *w, message *m);
/* Sends it; to another actor no sooner than lookahead_us from now. */
void engine_send(engine_worker *w, uint32_t from, uint32_t to, uint64_t at_us, message *m);
/* The message being handled comes again to the same actor, as if it had sent
 * it to itself. */
void engine_again(engine_worker *w, message *m, uint64_t at_us);

#endif
