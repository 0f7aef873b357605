#include "frames.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_FRAME 0x81u /* the only one of its message */
#define PING_FRAME 0x89u
#define HEAD_MAX 10u
#define CAP_FIRST 1024u /* for a message: what most connections ever wait for */
#define CAP_MANY 6144u  /* for the messages that a crowd collects: without growing on the way */

void pt_frames_free(pt_frames *frames) {
  free(frames->data);
  *frames = (pt_frames){0};
}

void pt_frames_sent(pt_frames *frames, size_t len) {
  frames->at += len;
  if (frames->at >= frames->len) pt_frames_free(frames);
}

/* Room for so many more bytes; what is sent already makes place first. */
static bool reserve(pt_frames *frames, size_t more) {
  if (frames->len + more <= frames->cap) return true;
  if (frames->at > 0) {
    memmove(frames->data + PT_FRAMES_ROOM, pt_frames_next(frames), pt_frames_left(frames));
    frames->len -= frames->at;
    frames->at = 0;
  }
  size_t cap = frames->cap ? frames->cap : CAP_FIRST;
  while (cap < frames->len + more) cap = cap < CAP_MANY ? CAP_MANY : 2 * cap;
  if (cap == frames->cap) return true;
  uint8_t *grown = realloc(frames->data, PT_FRAMES_ROOM + cap);
  if (grown == NULL) return false;
  frames->data = grown;
  frames->cap = cap;
  return true;
}

static size_t write_head(uint8_t *out, uint8_t first, size_t len) {
  out[0] = first;
  if (len < 126) {
    out[1] = (uint8_t)len;
    return 2;
  }
  size_t bytes = len < 65536 ? 2 : 8;
  out[1] = bytes == 2 ? 126 : 127;
  for (size_t i = 0; i < bytes; i++) out[2 + i] = (uint8_t)((uint64_t)len >> (8 * (bytes - 1 - i)));
  return 2 + bytes;
}

static bool add(pt_frames *frames, uint8_t first, const void *text, size_t len) {
  if (!reserve(frames, HEAD_MAX + len)) return false;
  uint8_t *to = frames->data + PT_FRAMES_ROOM + frames->len;
  size_t head = write_head(to, first, len);
  if (len) memcpy(to + head, text, len);
  frames->len += head + len;
  return true;
}

bool pt_frames_add(pt_frames *frames, const void *text, size_t len) {
  return add(frames, TEXT_FRAME, text, len);
}

bool pt_frames_add_ping(pt_frames *frames) { return add(frames, PING_FRAME, "p", 1); }
