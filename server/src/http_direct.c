#include "http_direct.h"

#include "http_head.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define REQUESTS_MAX 64u /* in one turn, so that others get theirs */

struct pt_direct_session {
  uv_poll_t poll;
  pt_direct *direct;
  int fd;
  void *ticket;
  bool is_sending;
  pt_http_body body; /* of the answer that is being sent */
  uint8_t *unsent;   /* of its head; NULL: nothing */
  size_t unsent_len;
  uint64_t since_ms; /* loop time of the last progress */
  TAILQ_ENTRY(pt_direct_session) next;
};

static char heads[PT_HTTP_HEAD_MAX]; /* one thread */

static void on_event(uv_poll_t *poll, int status, int events);

/* ---- coming and going ---- */

static struct pt_direct_list *list_of(pt_direct_session *session) {
  return session->is_sending ? &session->direct->sending : &session->direct->asking;
}

/* There was progress, and now it waits for that. */
static void wait_for(pt_direct_session *session, bool is_sending) {
  bool changes = session->is_sending != is_sending;
  TAILQ_REMOVE(list_of(session), session, next);
  session->is_sending = is_sending;
  session->since_ms = uv_now(session->direct->loop);
  TAILQ_INSERT_TAIL(list_of(session), session, next);
  if (changes) uv_poll_start(&session->poll, is_sending ? UV_WRITABLE : UV_READABLE, on_event);
}

static void on_closed(uv_handle_t *handle) { free(handle->data); }

/* The session ends; its descriptor stays open. */
static void leave(pt_direct_session *session) {
  TAILQ_REMOVE(list_of(session), session, next);
  pt_http_body_end(&session->body);
  free(session->unsent);
  session->unsent = NULL;
  uv_close((uv_handle_t *)&session->poll, on_closed);
}

static void end(pt_direct_session *session) {
  const pt_direct_owner *owner = &session->direct->owner;
  void *ticket = session->ticket;
  leave(session);
  close(session->fd);
  owner->gone(owner->context, ticket);
}

static void hand_on(pt_direct_session *session) {
  const pt_direct_owner *owner = &session->direct->owner;
  int fd = session->fd;
  void *ticket = session->ticket;
  leave(session);
  owner->leaves(owner->context, fd, ticket);
}

/* ---- sending ---- */

enum progress { SENT, BLOCKED, BROKEN };

static enum progress keep_head(pt_direct_session *session, const uint8_t *head, size_t len) {
  session->unsent = malloc(len);
  if (session->unsent == NULL) return BROKEN;
  memcpy(session->unsent, head, len);
  session->unsent_len = len;
  return BLOCKED;
}

static void count_sent(pt_direct_session *session, size_t bytes) {
  pt_direct *direct = session->direct;
  direct->budget -= bytes < direct->budget ? bytes : direct->budget;
  direct->owner.sent(direct->owner.context, &session->body, bytes);
}

/* Sends head_len bytes that are in the chunk, with what fits of the body behind
 * them if that shall be copied. */
static enum progress send_chunk(pt_direct_session *session, size_t head_len, bool copies) {
  uint8_t *chunk = session->direct->chunk;
  pt_http_body *body = &session->body;
  size_t len = copies ? pt_http_body_read(body, chunk + head_len, PT_HTTP_CHUNK) : 0;
  if (copies && len == 0 && body->left > 0) return BROKEN;
  ssize_t sent =
      send(session->fd, chunk, head_len + len, MSG_NOSIGNAL | (body->left ? MSG_MORE : 0));
  if (sent < 0 && errno != EAGAIN && errno != EINTR) return BROKEN;
  size_t done = sent > 0 ? (size_t)sent : 0;
  size_t done_body = done > head_len ? done - head_len : 0;
  pt_http_body_unread(body, len - done_body);
  count_sent(session, done_body);
  if (done < head_len) return keep_head(session, chunk + done, head_len - done);
  return done_body == len ? SENT : BLOCKED;
}

static enum progress pass(pt_direct_session *session) {
  pt_http_body *body = &session->body;
  size_t budget = session->direct->budget;
  ssize_t sent = pt_http_body_pass(body, session->fd, budget);
  if (sent < 0) return BROKEN;
  count_sent(session, (size_t)sent);
  /* When it took less than it might, it is full: asking again would only say so. */
  bool is_full = body->left > 0 && (size_t)sent < budget && pt_http_body_may_pass(body);
  return is_full ? BLOCKED : SENT;
}

/* Sends head_len bytes that are in the chunk, and of the body what the socket takes
 * in one turn. */
static enum progress send_answer(pt_direct_session *session, size_t head_len) {
  pt_http_body *body = &session->body;
  enum progress progress = SENT;
  if (head_len > 0) {
    bool copies = body->left <= PT_HTTP_CHUNK || !pt_http_body_may_pass(body);
    progress = send_chunk(session, head_len, copies);
  }
  while (progress == SENT && body->left > 0) {
    if (session->direct->budget == 0) return BLOCKED;
    progress = pt_http_body_may_pass(body) ? pass(session) : send_chunk(session, 0, true);
  }
  if (progress == SENT) pt_http_body_end(body);
  return progress;
}

static void send_on(pt_direct_session *session) {
  size_t head_len = session->unsent ? session->unsent_len : 0;
  if (head_len > 0) memcpy(session->direct->chunk, session->unsent, head_len);
  free(session->unsent);
  session->unsent = NULL;
  enum progress progress = send_answer(session, head_len);
  if (progress == BROKEN)
    end(session);
  else
    wait_for(session, progress == BLOCKED); /* what was asked meanwhile is an event */
}

/* ---- asking ---- */

/* The length of what is there to be read; 0 at the end, -1 with errno. */
static ssize_t peek(int fd) {
  ssize_t len;
  do len = recv(fd, heads, sizeof heads, MSG_PEEK | MSG_DONTWAIT);
  while (len < 0 && errno == EINTR);
  return len;
}

/* Takes from the socket what has been looked at. */
static bool consume(int fd, size_t len) {
  return len == 0 || recv(fd, heads, len, MSG_DONTWAIT) == (ssize_t)len;
}

static enum progress answer(pt_direct_session *session, const pt_request *request) {
  const pt_direct_owner *owner = &session->direct->owner;
  char *head = (char *)session->direct->chunk;
  size_t head_len = owner->answer(owner->context, request, &session->body, head);
  return head_len > 0 ? send_answer(session, head_len) : BROKEN;
}

/* Answers the requests in the first len bytes of `heads`, in their order, as long as
 * the socket takes what is sent. */
static void answer_all(pt_direct_session *session, size_t len) {
  enum progress progress = SENT;
  enum pt_head kind = PT_HEAD_SIMPLE;
  size_t used = 0;
  for (unsigned i = 0; i < REQUESTS_MAX && used < len && session->direct->budget > 0; i++) {
    pt_request request;
    size_t head_len;
    kind = pt_http_head_read(heads + used, len - used, &request, &head_len);
    if (kind != PT_HEAD_SIMPLE) break;
    used += head_len;
    progress = answer(session, &request);
    if (progress != SENT) break;
  }
  if (!consume(session->fd, used) || progress == BROKEN)
    end(session);
  else if (kind != PT_HEAD_SIMPLE)
    hand_on(session);
  else
    wait_for(session, progress == BLOCKED);
}

static void on_event(uv_poll_t *poll, int status, int events) {
  (void)events;
  pt_direct_session *session = poll->data;
  session->direct->budget = PT_HTTP_PASS_MAX;
  if (status < 0) {
    end(session);
  } else if (session->is_sending) {
    send_on(session);
  } else {
    ssize_t len = peek(session->fd);
    if (len > 0)
      answer_all(session, (size_t)len);
    else if (len == 0 || errno != EAGAIN)
      end(session);
  }
}

/* ---- */

void pt_direct_init(pt_direct *direct, uv_loop_t *loop, uint8_t *chunk,
                    const pt_direct_owner *owner) {
  *direct = (pt_direct){.loop = loop, .chunk = chunk, .owner = *owner};
  TAILQ_INIT(&direct->asking);
  TAILQ_INIT(&direct->sending);
}

bool pt_direct_enter(pt_direct *direct, int fd, void *ticket) {
  pt_request request;
  size_t head_len;
  ssize_t len = peek(fd);
  if (len <= 0 || pt_http_head_read(heads, (size_t)len, &request, &head_len) != PT_HEAD_SIMPLE)
    return false;
  pt_direct_session *session = calloc(1, sizeof *session);
  if (session == NULL || uv_poll_init(direct->loop, &session->poll, fd) != 0) {
    free(session);
    return false;
  }
  session->poll.data = session;
  session->direct = direct;
  session->fd = fd;
  session->ticket = ticket;
  session->body.fd = -1;
  session->since_ms = uv_now(direct->loop);
  TAILQ_INSERT_TAIL(&direct->asking, session, next);
  uv_poll_start(&session->poll, UV_READABLE, on_event); /* the request is an event */
  return true;
}

static void expire(struct pt_direct_list *list, uint64_t since_ms) {
  for (pt_direct_session *session; (session = TAILQ_FIRST(list)) != NULL;) {
    if (session->since_ms >= since_ms) return;
    end(session);
  }
}

static uint64_t before(uint64_t now_ms, uint64_t seconds) {
  return now_ms > 1000 * seconds ? now_ms - 1000 * seconds : 0;
}

void pt_direct_tick(pt_direct *direct) {
  uint64_t now_ms = uv_now(direct->loop);
  expire(&direct->asking, before(now_ms, PT_HTTP_KEEP_ALIVE_S));
  expire(&direct->sending, before(now_ms, PT_HTTP_SLOW_READER_S));
}

void pt_direct_close(pt_direct *direct) {
  expire(&direct->asking, UINT64_MAX);
  expire(&direct->sending, UINT64_MAX);
}
