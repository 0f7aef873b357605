/* peertide-load: connects, warms up, measures, prints. */
#include "load.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define CONNECTING_MAX 100u /* at once: less than any server's backlog */
#define DRAIN_S 5.0         /* open loop: for answers that are still to come */

static void next_phase(load *l);
static void connect_more(load *l);

static load *load_of(load_connection *c) { return c->owner; }

static void stop(load *l) {
  if (l->phase == LOAD_DONE) return;
  l->phase = LOAD_DONE;
  if (l->pace_fd >= 0) uv_close((uv_handle_t *)&l->pace, NULL);
  uv_close((uv_handle_t *)&l->phase_timer, NULL);
  uv_close((uv_handle_t *)&l->progress_timer, NULL);
  for (uint32_t i = 0; i < l->started; i++) {
    if (l->connections[i].poll.data) load_connection_close(&l->connections[i], "");
  }
}

static void fail(load *l, const char *what, const char *why) {
  if (l->phase != LOAD_DONE) fprintf(stderr, "\npeertide-load: %s: %s\n", what, why);
  l->failed = true;
  stop(l);
}

/* ---- the connections ---- */

static void on_connected(load_connection *c) {
  load *l = load_of(c);
  if (l->work->is_http)
    load_http_connected(l, c);
  else
    load_socket_connected(l, c);
}

static long on_received(load_connection *c, const uint8_t *data, size_t len) {
  load *l = load_of(c);
  return l->work->is_http ? load_http_received(l, c, data, len)
                          : load_socket_received(l, c, data, len);
}

static void on_skipped(load_connection *c) { load_http_skipped(load_of(c), c); }

static void on_closed(load_connection *c, const char *why) {
  load *l = load_of(c);
  if (l->phase == LOAD_DONE) return;
  if (l->phase == LOAD_CONNECTING) {
    fail(l, "a connection can't be made", why);
    return;
  }
  if (l->lost++ == 0) snprintf(l->first_loss, sizeof l->first_loss, "%s", why);
  if (l->lost == l->options->connections) fail(l, "all connections are lost", l->first_loss);
}

static const load_events events = {
    .connected = on_connected, .received = on_received, .skipped = on_skipped, .closed = on_closed};

static void connect_more(load *l) {
  while (l->phase == LOAD_CONNECTING && l->started < l->options->connections &&
         l->started - l->ready < CONNECTING_MAX) {
    load_connection *c = &l->connections[l->started];
    c->events = &events;
    c->owner = l;
    if (!load_connection_start(c, l->loop, l->options, l->started)) {
      fail(l, "a connection can't be made", strerror(errno));
      return;
    }
    l->started++;
  }
}

void load_ready(load *l, load_connection *c) {
  if (c->is_ready) return;
  c->is_ready = true;
  l->ready++;
  if (l->ready == l->options->connections && l->phase == LOAD_CONNECTING)
    next_phase(l);
  else
    connect_more(l);
}

/* ---- requests ---- */

void load_answered(load *l, load_connection *c, uint64_t due_ns) {
  uint64_t now_ns = uv_hrtime();
  l->counts.replies++;
  bool open_loop = l->options->rate > 0;
  bool counts = open_loop ? due_ns >= l->measure_from_ns && due_ns < l->measure_to_ns
                          : l->phase == LOAD_MEASURING;
  if (counts && l->phase >= LOAD_MEASURING) load_histogram_add(&l->latency, now_ns - due_ns);
  if (l->phase == LOAD_DRAINING && l->counts.replies == l->counts.requests) next_phase(l);
  if (!open_loop && !l->options->idle && c->is_ready && l->phase >= LOAD_WARMUP &&
      l->phase <= LOAD_MEASURING)
    l->work->act(l, c, now_ns);
}

void load_error(load *l, const char *text, size_t len) {
  if (l->counts.errors++ == 0)
    snprintf(l->first_error, sizeof l->first_error, "%.*s", (int)(len < 200 ? len : 200), text);
}

static void start_closed_loop(load *l) {
  for (uint32_t i = 0; i < l->options->window; i++) {
    for (uint32_t at = 0; at < l->options->connections && l->phase != LOAD_DONE; at++) {
      if (l->connections[at].is_ready) l->work->act(l, &l->connections[at], uv_hrtime());
    }
  }
}

/* ---- open loop ---- */

static double uniform(load *l) {
  return ((double)(pt_random_u64(&l->random) >> 11) + 0.5) / 9007199254740992.0;
}

static void arm_pace(load *l) {
  uint64_t now_ns = uv_hrtime(), in_ns = l->next_due_ns > now_ns ? l->next_due_ns - now_ns : 1;
  struct itimerspec when = {.it_value = {.tv_sec = (time_t)(in_ns / 1000000000u),
                                         .tv_nsec = (long)(in_ns % 1000000000u)}};
  timerfd_settime(l->pace_fd, 0, &when, NULL);
}

static void on_pace(uv_poll_t *poll, int status, int flags) {
  load *l = poll->data;
  uint64_t expired;
  (void)status;
  (void)flags;
  if (read(l->pace_fd, &expired, sizeof expired) < 0 || l->phase > LOAD_MEASURING) return;
  while (l->next_due_ns <= uv_hrtime() && l->phase != LOAD_DONE) {
    load_connection *c = &l->connections[pt_random_below(&l->random, l->options->connections)];
    if (c->is_ready) l->work->act(l, c, l->next_due_ns);
    l->next_due_ns += (uint64_t)(-log(uniform(l)) / l->options->rate * 1e9);
  }
  arm_pace(l);
}

static bool start_open_loop(load *l) {
  l->pace_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  if (l->pace_fd < 0 || uv_poll_init(l->loop, &l->pace, l->pace_fd) != 0) return false;
  l->pace.data = l;
  uv_poll_start(&l->pace, UV_READABLE, on_pace);
  l->next_due_ns = uv_hrtime();
  arm_pace(l);
  return true;
}

/* ---- phases ---- */

static void on_phase_end(uv_timer_t *timer) { next_phase(timer->data); }

static void enter(load *l, enum load_phase phase, double seconds) {
  l->phase = phase;
  uv_timer_start(&l->phase_timer, on_phase_end, (uint64_t)(seconds * 1000), 0);
}

static void measure(load *l) {
  l->measure_from_ns = uv_hrtime();
  l->measure_to_ns = l->measure_from_ns + (uint64_t)(l->options->seconds * 1e9);
  l->from = l->counts;
  if (l->options->pid) load_process_usage(l->options->pid, &l->server[1]);
  load_process_usage(getpid(), &l->self[0]);
  enter(l, LOAD_MEASURING, l->options->seconds);
}

static void end_measure(load *l) {
  l->measure_to_ns = uv_hrtime();
  l->measured = l->counts;
  if (l->options->pid) load_process_usage(l->options->pid, &l->server[2]);
  load_process_usage(getpid(), &l->self[1]);
}

static void next_phase(load *l) {
  const load_options *o = l->options;
  switch (l->phase) {
  case LOAD_CONNECTING:
    enter(l, LOAD_SETTLING, o->settle_s);
    break;
  case LOAD_SETTLING:
    if (o->idle) {
      if (o->pid) load_process_usage(o->pid, &l->server[1]);
      stop(l);
      break;
    }
    enter(l, LOAD_WARMUP, o->warmup_s);
    if (o->rate <= 0)
      start_closed_loop(l);
    else if (!start_open_loop(l))
      fail(l, "no timer", strerror(errno));
    break;
  case LOAD_WARMUP:
    measure(l);
    break;
  case LOAD_MEASURING:
    end_measure(l);
    if (o->rate > 0 && l->counts.replies < l->counts.requests)
      enter(l, LOAD_DRAINING, DRAIN_S);
    else
      stop(l);
    break;
  default:
    stop(l);
    break;
  }
}

static void on_progress(uv_timer_t *timer) {
  static const char *const names[] = {"connecting",          "settling", "warming up", "measuring",
                                      "waiting for answers", "done"};
  load *l = timer->data;
  fprintf(stderr, "\r%s: %u of %u connections, %llu requests, %llu answered, %u lost   ",
          names[l->phase], l->ready, l->options->connections,
          (unsigned long long)l->counts.requests, (unsigned long long)l->counts.replies, l->lost);
}

/* ---- the program ---- */

static const load_work *work_named(const char *name) {
  static const load_work *const works[] = {&load_announce, &load_join, &load_signal, &load_get};
  for (size_t i = 0; i < sizeof works / sizeof works[0]; i++) {
    if (strcmp(works[i]->name, name) == 0) return works[i];
  }
  return NULL;
}

/* As many descriptors as we may have. */
static void raise_descriptor_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

static int run(const load_options *options) {
  static load l;
  l = (load){.options = options,
             .work = work_named(options->work),
             .loop = uv_default_loop(),
             .pace_fd = -1};
  pt_random_init(&l.random, options->seed);
  l.connections = calloc(options->connections, sizeof *l.connections);
  if (l.connections == NULL) return 1;
  uv_timer_init(l.loop, &l.phase_timer);
  uv_timer_init(l.loop, &l.progress_timer);
  l.phase_timer.data = l.progress_timer.data = &l;
  if (!options->quiet) uv_timer_start(&l.progress_timer, on_progress, 500, 500);
  if (options->pid && !load_process_usage(options->pid, &l.server[0]))
    fail(&l, "--pid", "no such process, or not ours to look at");
  connect_more(&l);
  uv_run(l.loop, UV_RUN_DEFAULT);
  if (!options->quiet) fputc('\n', stderr);
  if (!l.failed) load_report(&l);
  for (uint32_t i = 0; i < l.started; i++) load_connection_free(&l.connections[i]);
  free(l.connections);
  if (l.pace_fd >= 0) close(l.pace_fd);
  uv_loop_close(l.loop);
  return l.failed ? 1 : 0;
}

int main(int argc, char **argv) {
  load_options options;
  signal(SIGPIPE, SIG_IGN);
  int status = load_options_read(argc, argv, &options);
  if (status < 0) {
    raise_descriptor_limit();
    status = run(&options);
  }
  free(options.swarms);
  return status;
}
