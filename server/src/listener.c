#include "listener.h"

#include "log.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ACCEPTS_MAX 64 /* at once, so that those who are connected get their turn */

static uint16_t port_of(int fd) {
  struct sockaddr_storage address;
  socklen_t len = sizeof address;
  if (getsockname(fd, (struct sockaddr *)&address, &len) != 0) return 0;
  return ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port
                                             : ((struct sockaddr_in *)&address)->sin_port);
}

static void set_port(struct sockaddr *address, uint16_t port) {
  if (address->sa_family == AF_INET6)
    ((struct sockaddr_in6 *)address)->sin6_port = htons(port);
  else
    ((struct sockaddr_in *)address)->sin_port = htons(port);
}

/* The descriptor, or -1 with errno. */
static int open_one(const struct addrinfo *info) {
  int on = 1;
  int fd = socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (info->ai_family == AF_INET6) {
    /* "::" takes IPv4 as well, as one expects of "any address". */
    const struct in6_addr *address = &((struct sockaddr_in6 *)info->ai_addr)->sin6_addr;
    on = !IN6_IS_ADDR_UNSPECIFIED(address);
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  }
  if (bind(fd, info->ai_addr, info->ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0) return fd;
  int error = errno;
  close(fd);
  errno = error;
  return -1;
}

bool pt_listener_open(pt_listener *listener, const char *host, uint16_t port, char *why,
                      size_t why_cap) {
  *listener = (pt_listener){.port = port};
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *list = NULL;
  int error = getaddrinfo(*host ? host : NULL, "0", &hints, &list);
  if (error) {
    snprintf(why, why_cap, "host %s: %s", host, gai_strerror(error));
    return false;
  }
  int first_error = 0;
  for (struct addrinfo *i = list; i && listener->count < PT_LISTENERS_MAX; i = i->ai_next) {
    set_port(i->ai_addr, listener->port);
    int fd = open_one(i);
    if (fd < 0) {
      /* A name may have addresses that this machine lacks; a taken port is an
       * error all the same. */
      if (first_error == 0 || errno == EADDRINUSE) first_error = errno;
      continue;
    }
    listener->fds[listener->count++] = fd;
    if (listener->port == 0) listener->port = port_of(fd);
  }
  freeaddrinfo(list);
  if (listener->count > 0 && first_error != EADDRINUSE) return true;
  if (first_error == EADDRINUSE)
    snprintf(why, why_cap, "port %u is in use already", listener->port);
  else
    snprintf(why, why_cap, "%s port %u: %s", host, port, strerror(first_error));
  pt_listener_close(listener);
  return false;
}

static void pause_all(pt_listener *listener) {
  listener->paused = true;
  for (size_t i = 0; i < listener->count; i++) uv_poll_stop(&listener->polls[i]);
}

static void on_readable(uv_poll_t *poll, int status, int events) {
  (void)events;
  pt_listener *listener = poll->data;
  if (status < 0) return;
  int listening = listener->fds[poll - listener->polls];
  for (int i = 0; i < ACCEPTS_MAX; i++) {
    struct sockaddr_storage from = {.ss_family = AF_UNSPEC};
    socklen_t from_len = sizeof from;
    int fd = accept4(listening, (struct sockaddr *)&from, &from_len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM)) {
      pt_log(PT_LOG_WARN, "no new connections for a moment: %s", strerror(errno));
      pause_all(listener); /* else the loop would spin on it */
    }
    if (fd < 0) return;
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    listener->accepted(listener->context, fd, (struct sockaddr *)&from);
  }
}

static bool poll_all(pt_listener *listener) {
  for (size_t i = 0; i < listener->count; i++) {
    if (uv_poll_start(&listener->polls[i], UV_READABLE, on_readable) != 0) return false;
  }
  return true;
}

bool pt_listener_start(pt_listener *listener, uv_loop_t *loop,
                       void (*accepted)(void *context, int fd, const struct sockaddr *from),
                       void *context) {
  listener->accepted = accepted;
  listener->context = context;
  for (size_t i = 0; i < listener->count; i++) {
    if (uv_poll_init(loop, &listener->polls[i], listener->fds[i]) != 0) return false;
    listener->polls[i].data = listener;
    listener->open++;
  }
  return poll_all(listener);
}

void pt_listener_resume(pt_listener *listener) {
  if (!listener->paused) return;
  listener->paused = false;
  (void)poll_all(listener);
}

static void on_closed(uv_handle_t *handle) {
  pt_listener *listener = handle->data;
  close(listener->fds[(uv_poll_t *)handle - listener->polls]);
  listener->open--;
}

void pt_listener_close(pt_listener *listener) {
  listener->paused = false;
  for (size_t i = 0; i < listener->count; i++) {
    if (i < listener->open)
      uv_close((uv_handle_t *)&listener->polls[i], on_closed);
    else
      close(listener->fds[i]);
  }
  listener->count = 0;
}
