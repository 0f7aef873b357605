#include "lobby.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct pt_lobby_guest {
  uv_poll_t poll;
  pt_lobby *lobby;
  int fd;
  void *ticket;
  uint64_t since_us;
  TAILQ_ENTRY(pt_lobby_guest) next;
};

enum state { WAITS, READY, GONE };

/* Has it all been said that is needed? If not: the socket is made to stay quiet
 * until there is more than what has been looked at. */
static enum state look(const pt_lobby *lobby, int fd) {
  static uint8_t head[PT_LOBBY_HEAD_MAX]; /* one thread */
  ssize_t len;
  do len = recv(fd, head, sizeof head, MSG_PEEK | MSG_DONTWAIT);
  while (len < 0 && errno == EINTR);
  if (len < 0) return errno == EAGAIN ? WAITS : GONE;
  if (len == 0) return GONE;
  if (lobby->encrypted || len == sizeof head || memmem(head, (size_t)len, "\r\n\r\n", 4))
    return READY;
  int wanted = (int)len + 1;
  return setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &wanted, sizeof wanted) == 0 ? WAITS : READY;
}

static void hand_on(pt_lobby *lobby, int fd, void *ticket) {
  int one = 1;
  setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &one, sizeof one);
  lobby->owner.ready(lobby->owner.context, fd, ticket);
}

static void on_closed(uv_handle_t *handle) { free(handle->data); }

/* The guest leaves; its descriptor stays open. */
static void leave(pt_lobby_guest *guest) {
  TAILQ_REMOVE(&guest->lobby->guests, guest, next);
  uv_close((uv_handle_t *)&guest->poll, on_closed);
}

static void dismiss(pt_lobby_guest *guest, bool was_late) {
  pt_lobby *lobby = guest->lobby;
  void *ticket = guest->ticket;
  leave(guest);
  close(guest->fd);
  lobby->owner.gone(lobby->owner.context, ticket, was_late);
}

static void on_event(uv_poll_t *poll, int status, int events) {
  pt_lobby_guest *guest = poll->data;
  enum state state = status < 0 ? GONE : look(guest->lobby, guest->fd);
  if (state == WAITS && !(events & UV_DISCONNECT)) return;
  if (state != READY) {
    dismiss(guest, false);
    return;
  }
  pt_lobby *lobby = guest->lobby;
  int fd = guest->fd;
  void *ticket = guest->ticket;
  leave(guest);
  hand_on(lobby, fd, ticket);
}

void pt_lobby_init(pt_lobby *lobby, uv_loop_t *loop, bool encrypted, const pt_lobby_owner *owner) {
  *lobby = (pt_lobby){.loop = loop, .encrypted = encrypted, .owner = *owner};
  TAILQ_INIT(&lobby->guests);
}

void pt_lobby_enter(pt_lobby *lobby, int fd, void *ticket, uint64_t now_us) {
  enum state state = look(lobby, fd);
  if (state == READY) {
    hand_on(lobby, fd, ticket);
    return;
  }
  pt_lobby_guest *guest = state == WAITS ? calloc(1, sizeof *guest) : NULL;
  if (guest == NULL || uv_poll_init(lobby->loop, &guest->poll, fd) != 0) {
    free(guest);
    close(fd);
    lobby->owner.gone(lobby->owner.context, ticket, false);
    return;
  }
  guest->poll.data = guest;
  guest->lobby = lobby;
  guest->fd = fd;
  guest->ticket = ticket;
  guest->since_us = now_us;
  TAILQ_INSERT_TAIL(&lobby->guests, guest, next);
  /* Half-closed counts as gone: nobody waits for an answer to half a request. */
  uv_poll_start(&guest->poll, UV_READABLE | UV_DISCONNECT, on_event);
}

void pt_lobby_expire(pt_lobby *lobby, uint64_t before_us) {
  for (pt_lobby_guest *guest; (guest = TAILQ_FIRST(&lobby->guests)) != NULL;) {
    if (guest->since_us >= before_us) return;
    dismiss(guest, true);
  }
}

void pt_lobby_close(pt_lobby *lobby) {
  for (pt_lobby_guest *guest; (guest = TAILQ_FIRST(&lobby->guests)) != NULL;) dismiss(guest, false);
}
