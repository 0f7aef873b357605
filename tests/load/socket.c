/* WebSocket connections: the handshake, then messages. */
#include "load.h"

#include <stdio.h>
#include <string.h>

void load_socket_connected(load *l, load_connection *c) {
  char head[2048];
  const load_options *o = l->options;
  int len = snprintf(head, sizeof head,
                     "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     "Sec-WebSocket-Key: cGVlcnRpZGVsb2FkZ2VuIQ==\r\nSec-WebSocket-Version: 13\r\n"
                     "%s%s%s\r\n",
                     o->path, o->host_header, l->work->protocol ? "Sec-WebSocket-Protocol: " : "",
                     l->work->protocol ? l->work->protocol : "", l->work->protocol ? "\r\n" : "");
  load_connection_send(c, head, (size_t)len);
}

bool load_send_text(load *l, load_connection *c, size_t len) {
  size_t total;
  uint32_t mask = (uint32_t)pt_random_u64(&l->random) | 1u; /* 0 would be a gift to servers */
  uint8_t *frame = load_frame_make(l->out, len, LOAD_TEXT, mask, &total);
  return load_connection_send(c, frame, total);
}

static long read_handshake(load *l, load_connection *c, const uint8_t *data, size_t len) {
  const uint8_t *end = memmem(data, len, "\r\n\r\n", 4);
  if (end == NULL) return len < 16384 ? 0 : -1;
  if (len < 12 || memcmp(data, "HTTP/1.1 101", 12) != 0) {
    char why[64];
    snprintf(why, sizeof why, "refused: %.40s", (const char *)data);
    why[strcspn(why, "\r\n")] = 0;
    load_connection_close(c, why);
    return 0;
  }
  c->is_open = true;
  l->work->prepare(l, c);
  return end + 4 - data;
}

static void answer_ping(load *l, load_connection *c, const load_frame *frame) {
  size_t total;
  if (frame->len > 125) return;
  memcpy(l->out + LOAD_FRAME_HEAD_MAX, frame->payload, frame->len);
  uint8_t *pong = load_frame_make(l->out, frame->len, LOAD_PONG, 0x5eed5eedu, &total);
  load_connection_send(c, pong, total);
}

long load_socket_received(load *l, load_connection *c, const uint8_t *data, size_t len) {
  if (!c->is_open) return read_handshake(l, c, data, len);
  size_t at = 0;
  load_frame frame;
  while (at < len && !c->closing) {
    int got = load_frame_read(data + at, len - at, &frame);
    if (got < 0) return -1;
    if (got == 0) break;
    at += frame.total;
    if (frame.opcode == LOAD_PING) {
      answer_ping(l, c, &frame);
    } else if (frame.opcode == LOAD_CLOSE) {
      load_connection_close(c, "closed by the server");
    } else if (frame.opcode != LOAD_PONG) {
      if (!frame.is_last || frame.opcode == 0) return -1; /* no server we know sends fragments */
      l->work->message(l, c, (const char *)frame.payload, frame.len);
    }
  }
  return (long)at;
}
