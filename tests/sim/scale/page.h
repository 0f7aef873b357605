/* What a visitor's page asks for, and how it fares. */
#ifndef SCALE_PAGE_H
#define SCALE_PAGE_H

#include "lots.h"
#include "scale.h"

typedef struct request {
  uint32_t id, file;
  uint64_t at, end;  /* bytes of the file */
  uint64_t received; /* of them, in order */
  bool ended, plain; /* plain: by HTTP, without the node */
  uint64_t credit;   /* given in all */
  uint64_t asked_us, first_us, ended_us;
} request;

enum player_state { PLAYER_WAITS, PLAYER_PLAYS, PLAYER_ENDED };

typedef struct player {
  uint8_t state;
  bool seeking, started;
  uint64_t since_us;    /* in this state */
  uint64_t played_from; /* byte that played at since_us */
  uint64_t watched_us;
  uint64_t seek_at_us;
  uint32_t round; /* timers of earlier ones are nothing */
} player;

typedef struct page {
  uint32_t visit; /* its number; timers of earlier ones are nothing */
  bool open;
  request *requests;
  uint32_t request_count, request_cap, open_count;
  uint32_t id_first; /* of requests[0] */
  player player;
  uint32_t views_left;
  uint64_t begun_us, view_us;
  uint8_t *seen; /* site, HTTP: bit per file that the browser's cache has */
  /* counters */
  uint64_t visits_done, views_done, failed; /* failed: ended with an error */
  uint64_t bytes;                           /* taken */
  uint64_t plain_bytes, plain_errors;
  uint64_t start_us, start_count; /* of the first; see page.c what starting is */
  uint64_t done_us;               /* from the first arrival to the end of all */
  uint64_t stalls, stalled_us, played_us, seeks, seek_us;
  uint32_t view_cap, view_count;
  uint32_t *view_ms; /* how long each view took, 0.01 ms */
} page;

/* What a page's parts share (page.c, player.c). */
enum page_timer { PAGE_VIEW, PAGE_PLAY, PAGE_AGAIN };
request *page_ask(world *w, engine_worker *k, visitor *v, uint32_t file, uint64_t at,
                  uint64_t credit);
void page_credit(world *w, engine_worker *k, visitor *v, request *r, uint64_t more);
void page_cancel(world *w, engine_worker *k, visitor *v, request *r);
void page_wake(engine_worker *k, visitor *v, uint64_t at_us, uint32_t what, uint32_t which);
void page_started(visitor *v, uint64_t now_us);
void page_sample(visitor *v, uint64_t took_us);
/* The visit has reached its end. */
void page_complete(world *w, engine_worker *k, visitor *v);
void player_begin(world *w, engine_worker *k, visitor *v);
/* Bytes have come. */
void player_fed(world *w, engine_worker *k, visitor *v);
void player_tick(world *w, engine_worker *k, visitor *v, uint32_t round);

void page_free(page *p);
/* The visitor has come (again). */
void page_begin(world *w, engine_worker *k, visitor *v);
/* It leaves: open requests are cancelled. */
void page_leave(world *w, engine_worker *k, visitor *v);
/* Outputs of the node. */
void page_data(world *w, engine_worker *k, visitor *v, const pt_event *out);
void page_end(world *w, engine_worker *k, visitor *v, const pt_event *out);
/* Its timer; a plain GET's answer. */
void page_timer(world *w, engine_worker *k, visitor *v, const message *m);
void page_body(world *w, engine_worker *k, visitor *v, const message *m);
void page_body_end(world *w, engine_worker *k, visitor *v, const message *m);
bool page_is_plain(uint32_t fetch);

#endif
