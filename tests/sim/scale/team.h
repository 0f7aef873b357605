/* Threads that work together and meet at barriers. Where there are none (in
 * wasm) a team of one does everything. */
#ifndef SCALE_TEAM_H
#define SCALE_TEAM_H

#include <stdint.h>

typedef struct team team;
typedef void team_work(void *context, team *t, uint32_t number);

/* The most threads a team can have here, and how many cores there are. */
uint32_t team_cores(void);
/* Runs work() as members 0..threads-1, and waits for all. */
void team_run(uint32_t threads, team_work *work, void *context);
/* Returns when all members have come. */
void team_meet(team *t);

#endif
