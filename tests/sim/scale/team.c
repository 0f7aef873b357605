#ifndef __EMSCRIPTEN__
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <unistd.h>
#endif

#include "team.h"

#include <stdio.h>
#include <stdlib.h>

#ifdef __EMSCRIPTEN__

uint32_t team_cores(void) { return 1; }

void team_run(uint32_t threads, team_work *work, void *context) {
  (void)threads;
  work(context, NULL, 0);
}

void team_meet(team *t) { (void)t; }

#else

struct team {
  uint32_t threads;
  pthread_barrier_t barrier;
  team_work *work;
  void *context;
};

typedef struct member {
  team *team;
  uint32_t number;
  pthread_t thread;
} member;

uint32_t team_cores(void) {
  long cores = sysconf(_SC_NPROCESSORS_ONLN);
  return cores > 1 ? (uint32_t)cores : 1;
}

static void *begin(void *context) {
  member *m = context;
  m->team->work(m->team->context, m->team, m->number);
  return NULL;
}

void team_run(uint32_t threads, team_work *work, void *context) {
  team t = {.threads = threads, .work = work, .context = context};
  member *members = calloc(threads, sizeof *members);
  if (!members || pthread_barrier_init(&t.barrier, NULL, threads) != 0) abort();
  for (uint32_t i = 1; i < threads; i++) {
    members[i] = (member){.team = &t, .number = i};
    if (pthread_create(&members[i].thread, NULL, begin, &members[i]) != 0) {
      fputs("peertide-sim: can't start a thread; try --threads 1\n", stderr);
      exit(1);
    }
  }
  work(context, &t, 0);
  for (uint32_t i = 1; i < threads; i++) pthread_join(members[i].thread, NULL);
  pthread_barrier_destroy(&t.barrier);
  free(members);
}

void team_meet(team *t) {
  if (t->threads > 1) pthread_barrier_wait(&t->barrier);
}

#endif
