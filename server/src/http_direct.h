/* Connections that ask for simple things (http_head.h) without encryption, as most
 * do: each is a descriptor and a poll, and a request takes no more system calls than
 * its answer does. Requests are looked at before they are taken from the socket:
 * what is not simple stays there, for somebody else to read. */
#ifndef PT_SERVER_HTTP_DIRECT_H
#define PT_SERVER_HTTP_DIRECT_H

#include "http_body.h"

#include <sys/queue.h>
#include <uv.h>

#define PT_HTTP_KEEP_ALIVE_S 75u /* longer than proxies keep idle connections */

typedef struct pt_direct_session pt_direct_session;

typedef struct pt_direct_owner {
  /* Writes the head of the answer, of at most PT_HTTP_HEAD_MAX bytes, and returns its
   * length; *body is what follows. 0: there is none. */
  size_t (*answer)(void *context, const pt_request *request, pt_http_body *body, char *head);
  /* So much of a body was handed to its socket. */
  void (*sent)(void *context, const pt_http_body *body, size_t bytes);
  /* Takes over a descriptor: what it asks for next is not (yet) simple. */
  void (*leaves)(void *context, int fd, void *ticket);
  /* It is over; the descriptor is closed. */
  void (*gone)(void *context, void *ticket);
  void *context;
} pt_direct_owner;

TAILQ_HEAD(pt_direct_list, pt_direct_session);

typedef struct pt_direct {
  uv_loop_t *loop;
  pt_direct_owner owner;
  /* Who has waited longest is first. */
  struct pt_direct_list asking;  /* for the next request */
  struct pt_direct_list sending; /* for room in the socket */
  uint8_t *chunk;                /* PT_HTTP_HEAD_MAX + PT_HTTP_CHUNK bytes */
  size_t budget;                 /* what may still be sent in this turn */
} pt_direct;

/* `chunk` is used while a function of this unit runs only. */
void pt_direct_init(pt_direct *direct, uv_loop_t *loop, uint8_t *chunk,
                    const pt_direct_owner *owner);
/* Takes over a connection with a request in its socket, and answers. False, and
 * nothing has happened, when that is not simple or there is no memory. The ticket is
 * what the owner knows it by. */
bool pt_direct_enter(pt_direct *direct, int fd, void *ticket);
/* Now and then: lets go of those who ask for nothing, or read nothing. */
void pt_direct_tick(pt_direct *direct);
/* Lets go of all; the loop finishes it. */
void pt_direct_close(pt_direct *direct);

#endif
