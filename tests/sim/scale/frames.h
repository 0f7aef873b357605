/* Channel messages without the bytes of blocks: of each BitTorrent `piece`
 * message only its header and the block's tag are kept while it travels.
 * Sender and receiver follow the same stream of messages, each with its own
 * frames, since a message may begin in one send and end in the next. */
#ifndef SCALE_FRAMES_H
#define SCALE_FRAMES_H

#include "peertide/peertide.h"

#define FRAMES_KINDS 24u /* BitTorrent's message kinds; 23: pt_want */
#define FRAMES_WANT 23u

typedef struct frames {
  bool greeted;
  uint8_t head[4], head_len; /* of a message whose length has not come whole */
  uint32_t skip;             /* bytes left of a message begun before */
} frames;

typedef struct frames_faults {
  bool mute;            /* blocks are left out */
  uint32_t corrupt_nth; /* every so many-th block is wrong; 0: none */
  uint32_t blocks;      /* counted for corrupt_nth */
  uint64_t corrupted;   /* blocks sent wrong */
} frames_faults;

typedef struct frames_sum { /* what was in a send */
  uint32_t size;            /* bytes it stands for */
  uint32_t blocks;          /* piece messages */
} frames_sum;

/* Packs one send into out (which has room for len bytes); returns its length
 * there. Counts messages by kind. */
uint32_t frames_pack(frames *f, const uint8_t *in, size_t len, uint8_t *out,
                     uint64_t kinds[FRAMES_KINDS], frames_faults *faults, frames_sum *sum);
/* Unpacks into out (PT_CHANNEL_SEND_MAX bytes; what is not a tag stays as it
 * was); returns the send's length. */
size_t frames_unpack(frames *f, const uint8_t *in, size_t len, uint8_t *out);

#endif
