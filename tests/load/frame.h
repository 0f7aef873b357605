/* WebSocket frames (RFC 6455, 5.2) as a client writes and reads them. */
#ifndef PT_LOAD_FRAME_H
#define PT_LOAD_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOAD_FRAME_HEAD_MAX 14u           /* of a masked frame */
#define LOAD_FRAME_PAYLOAD_MAX (1u << 20) /* that is taken from a server */

enum { LOAD_TEXT = 1, LOAD_BINARY = 2, LOAD_CLOSE = 8, LOAD_PING = 9, LOAD_PONG = 10 };

typedef struct load_frame {
  uint8_t opcode;
  bool is_last;
  const uint8_t *payload;
  size_t len;   /* of the payload */
  size_t total; /* with its head */
} load_frame;

/* Makes one frame of the payload at buffer + LOAD_FRAME_HEAD_MAX: masks it and
 * writes the head before it. Returns where the frame begins. */
uint8_t *load_frame_make(uint8_t *buffer, size_t len, uint8_t opcode, uint32_t mask, size_t *total);

/* The frame at the front of data: 1, 0 when it is not all there yet, -1 when no
 * server sends such a thing. */
int load_frame_read(const uint8_t *data, size_t len, load_frame *out);

#endif
