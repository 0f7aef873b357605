/* The listening sockets: bound by ourselves, so that errors are clear and any
 * address works; accepted connections are handed on. */
#ifndef PT_SERVER_LISTENER_H
#define PT_SERVER_LISTENER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#define PT_LISTENERS_MAX 4u /* addresses of one host name */

typedef struct pt_listener {
  uv_poll_t polls[PT_LISTENERS_MAX];
  int fds[PT_LISTENERS_MAX];
  size_t count;
  size_t open;   /* polls that are not closed yet */
  bool paused;   /* out of descriptors: waits for pt_listener_resume() */
  uint16_t port; /* as bound */
  /* Takes over the connection's descriptor. */
  void (*accepted)(void *context, int fd, const struct sockaddr *from);
  void *context;
} pt_listener;

/* Binds and listens on all addresses of the host (a name or an address), with
 * one port; port 0: any free one. False with one line in why. */
bool pt_listener_open(pt_listener *listener, const char *host, uint16_t port, char *why,
                      size_t why_cap);
/* Starts accepting. */
bool pt_listener_start(pt_listener *listener, uv_loop_t *loop,
                       void (*accepted)(void *context, int fd, const struct sockaddr *from),
                       void *context);
/* Goes on after a pause, if there was one. */
void pt_listener_resume(pt_listener *listener);
/* Stops listening; the loop finishes it. */
void pt_listener_close(pt_listener *listener);

#endif
