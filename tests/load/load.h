/* A run: its connections, its clock, what it has counted so far. */
#ifndef PT_LOAD_LOAD_H
#define PT_LOAD_LOAD_H

#include "base/random.h"
#include "connection.h"
#include "frame.h"
#include "histogram.h"
#include "process.h"

#define LOAD_MESSAGE_MAX (256u << 10) /* that we send */

enum load_phase {
  LOAD_CONNECTING,
  LOAD_SETTLING,
  LOAD_WARMUP,
  LOAD_MEASURING,
  LOAD_DRAINING,
  LOAD_DONE
};

typedef struct load_counts {
  uint64_t requests;                        /* sent */
  uint64_t replies;                         /* of these, answered */
  uint64_t offers, answers, signals, other; /* messages received beside */
  uint64_t errors;                          /* messages that say that something is wrong */
  uint64_t bytes;                           /* of HTTP bodies */
} load_counts;

typedef struct load load;

/* A kind of work. */
typedef struct load_work {
  const char *name;
  const char *protocol; /* WebSocket subprotocol; NULL: none */
  bool is_http;
  /* Says what comes before all requests; load_ready() follows when it is answered. */
  void (*prepare)(load *l, load_connection *c);
  /* Makes one request. */
  void (*act)(load *l, load_connection *c, uint64_t due_ns);
  /* A message came. */
  void (*message)(load *l, load_connection *c, const char *text, size_t len);
} load_work;

struct load {
  const load_options *options;
  const load_work *work;
  uv_loop_t *loop;
  uv_timer_t phase_timer, progress_timer;
  uv_poll_t pace; /* open loop: a timerfd, finer than the loop's own timers */
  int pace_fd;
  enum load_phase phase;
  pt_random random;
  load_connection *connections;
  uint32_t started, connecting, ready, lost;
  char first_loss[128]; /* why the first connection was lost */
  char first_error[256];
  uint64_t measure_from_ns, measure_to_ns, next_due_ns;
  load_counts counts, from; /* all; at the begin of the measured time */
  load_counts measured;
  load_histogram latency;
  load_usage server[3]; /* before connecting, at the begin and at the end of measuring */
  load_usage self[2];
  bool failed;
  /* One message at a time, with room for a frame's head. */
  uint8_t out[LOAD_FRAME_HEAD_MAX + LOAD_MESSAGE_MAX];
};

extern const load_work load_announce, load_join, load_signal, load_get;

/* Sends the first len bytes of l->out + LOAD_FRAME_HEAD_MAX as one text message. */
bool load_send_text(load *l, load_connection *c, size_t len);
/* The connection is ready for requests. */
void load_ready(load *l, load_connection *c);
/* A request is answered that was due then; in a closed loop the connection makes the next. */
void load_answered(load *l, load_connection *c, uint64_t due_ns);
/* The server said that something is wrong. */
void load_error(load *l, const char *text, size_t len);
/* The swarm of a connection. */
static inline const uint8_t *load_swarm_of(const load *l, const load_connection *c) {
  return l->options->swarms[c->index % l->options->swarm_count];
}

/* Reads what came over a connection (load_http.c, load_socket.c). */
void load_socket_connected(load *l, load_connection *c);
long load_socket_received(load *l, load_connection *c, const uint8_t *data, size_t len);
void load_http_connected(load *l, load_connection *c);
long load_http_received(load *l, load_connection *c, const uint8_t *data, size_t len);
void load_http_skipped(load *l, load_connection *c);

/* Prints the result as JSON (report.c). */
void load_report(const load *l);

#endif
