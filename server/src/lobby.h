/* Connections that have not asked for anything yet. They wait here, where one
 * costs little, until the head of their first request is there: only then are
 * they handed on. Who says nothing, or a byte now and then, takes nobody's place. */
#ifndef PT_SERVER_LOBBY_H
#define PT_SERVER_LOBBY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <uv.h>

#define PT_LOBBY_HEAD_MAX 16384u /* a head that is longer is handed on as it is */

typedef struct pt_lobby_guest pt_lobby_guest;

typedef struct pt_lobby_owner {
  /* Takes over the descriptor. */
  void (*ready)(void *context, int fd, void *ticket);
  /* It closed, or said nothing for too long; the descriptor is closed. */
  void (*gone)(void *context, void *ticket, bool was_late);
  void *context;
} pt_lobby_owner;

typedef struct pt_lobby {
  uv_loop_t *loop;
  pt_lobby_owner owner;
  bool encrypted; /* nothing can be read here: the first byte counts */
  TAILQ_HEAD(pt_lobby_guests, pt_lobby_guest) guests; /* who came first is first */
} pt_lobby;

void pt_lobby_init(pt_lobby *lobby, uv_loop_t *loop, bool encrypted, const pt_lobby_owner *owner);
/* Takes over a connection; ready() or gone() follow, perhaps at once. The ticket
 * is what the owner knows it by. */
void pt_lobby_enter(pt_lobby *lobby, int fd, void *ticket, uint64_t now_us);
/* Lets go of those who came before then. */
void pt_lobby_expire(pt_lobby *lobby, uint64_t before_us);
/* Lets go of all; the loop finishes it. */
void pt_lobby_close(pt_lobby *lobby);

#endif
