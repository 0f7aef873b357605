#include "frames.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "format/wire.h"

#define HEADER 13u /* of a piece message: length, kind, index, begin */
#define TAG_SIZE 8u
#define EXT_WANT 3u /* the core's id of pt_want */

static uint32_t u32_at(const uint8_t *in) {
  return (uint32_t)in[0] << 24 | (uint32_t)in[1] << 16 | (uint32_t)in[2] << 8 | in[3];
}

/* Bytes at the front that are passed on as they are: the rest of a message
 * begun before, the greeting, a length that comes in two parts. 0: a message
 * with its kind begins here. */
static size_t plain(frames *f, const uint8_t *in, size_t len) {
  if (!f->greeted) {
    f->greeted = true;
    f->skip = PT_WIRE_HANDSHAKE_SIZE;
  }
  if (f->skip) {
    size_t take = f->skip < len ? f->skip : len;
    f->skip -= (uint32_t)take;
    return take;
  }
  if (f->head_len == 0 && len >= 5) return 0;
  f->head[f->head_len++] = in[0];
  if (f->head_len == 4) {
    f->skip = u32_at(f->head);
    f->head_len = 0;
  }
  return 1;
}

static uint32_t tag_of(uint32_t length) { return length - 9 < TAG_SIZE ? length - 9 : TAG_SIZE; }

static bool is_block(const uint8_t *in, size_t len, uint32_t length) {
  return in[4] == PT_WIRE_PIECE && length > 9 && len >= HEADER;
}

static uint32_t pack_block(const uint8_t *in, uint32_t length, uint8_t *out,
                           frames_faults *faults) {
  if (faults->mute) return 0;
  memcpy(out, in, HEADER + tag_of(length));
  if (faults->corrupt_nth && ++faults->blocks % faults->corrupt_nth == 0) {
    out[HEADER] ^= 1;
    faults->corrupted++;
  }
  return HEADER + tag_of(length);
}

static void count(const uint8_t *in, size_t len, uint32_t length, uint64_t kinds[FRAMES_KINDS]) {
  uint8_t kind = in[4];
  if (length == 0 || kind >= FRAMES_KINDS) return;
  bool want = kind == PT_WIRE_EXTENDED && len > 5 && in[5] == EXT_WANT;
  kinds[want ? FRAMES_WANT : kind]++;
}

uint32_t frames_pack(frames *f, const uint8_t *in, size_t len, uint8_t *out,
                     uint64_t kinds[FRAMES_KINDS], frames_faults *faults, frames_sum *sum) {
  uint32_t packed = 0;
  *sum = (frames_sum){0};
  for (size_t at = 0, step; at < len; at += step) {
    step = plain(f, in + at, len - at);
    if (step == 0) {
      uint32_t length = u32_at(in + at);
      count(in + at, len - at, length, kinds);
      if (is_block(in + at, len - at, length)) {
        uint32_t more = pack_block(in + at, length, out + packed, faults);
        step = 4 + (size_t)length;
        if (more == 0) continue;
        packed += more;
        sum->size += 4 + length;
        sum->blocks++;
        continue;
      }
      step = 4;
      f->skip = length;
    }
    memcpy(out + packed, in + at, step);
    packed += (uint32_t)step;
    sum->size += (uint32_t)step;
  }
  return packed;
}

size_t frames_unpack(frames *f, const uint8_t *in, size_t len, uint8_t *out) {
  size_t full = 0;
  for (size_t at = 0, step; at < len; at += step) {
    step = plain(f, in + at, len - at);
    size_t grow = step;
    if (step == 0) {
      uint32_t length = u32_at(in + at);
      bool block = is_block(in + at, len - at, length);
      step = block ? HEADER + tag_of(length) : 4;
      grow = block ? 4 + (size_t)length : 4;
      if (!block) f->skip = length;
    }
    if (full + grow > PT_CHANNEL_SEND_MAX) {
      fputs("peertide-sim: a send is longer than a node may make it\n", stderr);
      abort();
    }
    memcpy(out + full, in + at, step);
    full += grow;
  }
  return full;
}
