#include "frame.h"

#include <string.h>

static void mask_payload(uint8_t *payload, size_t len, uint32_t mask) {
  uint64_t wide = (uint64_t)mask << 32 | mask;
  size_t at = 0;
  for (; at + 8 <= len; at += 8) {
    uint64_t word;
    memcpy(&word, payload + at, 8);
    word ^= wide;
    memcpy(payload + at, &word, 8);
  }
  uint8_t bytes[4];
  memcpy(bytes, &mask, 4);
  for (; at < len; at++) payload[at] ^= bytes[at & 3];
}

uint8_t *load_frame_make(uint8_t *buffer, size_t len, uint8_t opcode, uint32_t mask,
                         size_t *total) {
  uint8_t *payload = buffer + LOAD_FRAME_HEAD_MAX;
  size_t extended = len < 126 ? 0 : len < 65536 ? 2 : 8;
  uint8_t *start = payload - 6 - extended;
  start[0] = (uint8_t)(0x80 | opcode);
  start[1] = (uint8_t)(0x80 | (extended == 0 ? len : extended == 2 ? 126 : 127));
  for (size_t i = 0; i < extended; i++)
    start[2 + i] = (uint8_t)((uint64_t)len >> (8 * (extended - 1 - i)));
  memcpy(payload - 4, &mask, 4);
  mask_payload(payload, len, mask);
  *total = 6 + extended + len;
  return start;
}

int load_frame_read(const uint8_t *data, size_t len, load_frame *out) {
  if (len < 2) return 0;
  if (data[0] & 0x70 || data[1] & 0x80) return -1; /* extensions; masked by a server */
  size_t head = 2;
  uint64_t payload = data[1] & 0x7f;
  if (payload >= 126) {
    size_t extended = payload == 126 ? 2 : 8;
    if (len < 2 + extended) return 0;
    payload = 0;
    for (size_t i = 0; i < extended; i++) payload = payload << 8 | data[2 + i];
    head += extended;
  }
  if (payload > LOAD_FRAME_PAYLOAD_MAX) return -1;
  if (len < head + payload) return 0;
  *out = (load_frame){.opcode = data[0] & 0x0f,
                      .is_last = (data[0] & 0x80) != 0,
                      .payload = data + head,
                      .len = (size_t)payload,
                      .total = head + (size_t)payload};
  return 1;
}
