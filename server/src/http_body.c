#include "http_body.h"

#include <errno.h>
#include <string.h>
#include <sys/sendfile.h>
#include <unistd.h>

pt_http_body pt_http_body_of(pt_response *response, bool sends) {
  pt_http_body body = {.fd = response->fd,
                       .blob = response->blob,
                       .at = response->offset,
                       .left = sends ? response->length : 0,
                       .is_asset = response->is_asset};
  response->fd = -1;
  response->blob = NULL;
  return body;
}

void pt_http_body_end(pt_http_body *body) {
  if (body->fd >= 0) close(body->fd);
  pt_blob_unref(body->blob);
  *body = (pt_http_body){.fd = -1};
}

size_t pt_http_body_read(pt_http_body *body, uint8_t *to, size_t cap) {
  size_t want = body->left < cap ? (size_t)body->left : cap;
  if (want == 0) return 0;
  if (body->blob) {
    memcpy(to, body->blob->data + body->at, want);
  } else {
    ssize_t got;
    do got = pread(body->fd, to, want, (off_t)body->at);
    while (got < 0 && errno == EINTR);
    want = got > 0 ? (size_t)got : 0;
  }
  body->at += want;
  body->left -= want;
  return want;
}

void pt_http_body_unread(pt_http_body *body, size_t len) {
  body->at -= len;
  body->left += len;
}

bool pt_http_body_may_pass(const pt_http_body *body) { return body->fd >= 0 && !body->copies; }

ssize_t pt_http_body_pass(pt_http_body *body, int socket, size_t max) {
  off_t at = (off_t)body->at;
  ssize_t sent;
  do sent = sendfile(socket, body->fd, &at, body->left < max ? (size_t)body->left : max);
  while (sent < 0 && errno == EINTR);
  if (sent == 0) return -1;
  if (sent < 0 && errno != EAGAIN) {
    body->copies = errno == EINVAL || errno == ENOSYS;
    return body->copies ? 0 : -1;
  }
  if (sent < 0) return 0;
  body->at += (uint64_t)sent;
  body->left -= (uint64_t)sent;
  return sent;
}
