/* What waits to be sent over one WebSocket: messages as the frames that they
 * become (RFC 6455, 5.2; a server's, unmasked), one behind the other, so that
 * many leave in one system call. No memory is kept while nothing waits. */
#ifndef PT_SERVER_FRAMES_H
#define PT_SERVER_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PT_FRAMES_ROOM 32u /* bytes before the first frame, for those who send them */

typedef struct pt_frames {
  uint8_t *data; /* with the room in front */
  size_t at;     /* sent up to here; both count without the room */
  size_t len;
  size_t cap;
} pt_frames;

/* Appends a text message. False when there is no memory; nothing is changed then. */
bool pt_frames_add(pt_frames *frames, const void *text, size_t len);
/* Appends a ping with one byte in it (RFC 6455, 5.5.2). */
bool pt_frames_add_ping(pt_frames *frames);
/* The bytes that are next, and how many there are. */
static inline uint8_t *pt_frames_next(const pt_frames *frames) {
  return frames->data + PT_FRAMES_ROOM + frames->at;
}
static inline size_t pt_frames_left(const pt_frames *frames) { return frames->len - frames->at; }
/* So many of them are sent. */
void pt_frames_sent(pt_frames *frames, size_t len);
void pt_frames_free(pt_frames *frames);

#endif
