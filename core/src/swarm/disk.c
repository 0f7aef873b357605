/* Verified pieces on the host's disk. A piece is given to the host once, and
 * counts as had from then on; its bytes may leave memory. When they are needed
 * again the host reads them, and they are checked against their hash as if a
 * stranger had sent them: whatever happened on the disk, a wrong piece is
 * dropped, peers hear that it is gone, and it is got again. */
#include <stdlib.h>
#include <string.h>

#include "swarm/content.h"
#include "swarm/units.h"

#define PT_READ_PATIENCE_US (3u * PT_SECOND_US)

static uint32_t number_of(const pt_piece *piece) {
  return (uint32_t)(piece - piece->swarm->pieces);
}

static bool say(const pt_swarm *s, enum pt_out kind, uint32_t id, uint64_t length, pt_bytes data) {
  pt_event event = {.kind = (uint16_t)kind, .id = id, .length = length, .data = data};
  memcpy(event.swarm, s->key, PT_ID_SIZE);
  return pt_outbox_push(&s->cx->out, &event);
}

static void say_drop(const pt_swarm *s, uint32_t piece) {
  say(s, PT_OUT_STORE_DROP, piece, 0, (pt_bytes){0});
}

/* --- writing ------------------------------------------------------------------ */

/* Can the piece be checked when it comes back in another run? */
static bool provable(pt_swarm *s, pt_file *f) {
  if (f->piece_count == 1 || f->layer_on_disk) return true;
  if (f->chunks_known < f->chunk_count) return false;
  pt_bytes layer = {f->layer[0], f->piece_count * sizeof(pt_hash)};
  f->layer_on_disk = say(s, PT_OUT_STORE_LAYER, (uint32_t)(f - s->files), 0, layer);
  /* What was verified before the whole layer was known goes to disk as well. */
  for (uint32_t i = 0; f->layer_on_disk && i < f->piece_count; i++)
    pt_disk_keep(&s->pieces[f->piece_first + i]);
  return f->layer_on_disk;
}

void pt_disk_keep(pt_piece *piece) {
  pt_swarm *s = piece->swarm;
  pt_context *cx = s->cx;
  if (piece->state != PT_PIECE_HAVE || piece->on_disk || cx->disk_max < s->piece_length) return;
  if (!provable(s, pt_swarm_file_of(s, number_of(piece))) || piece->on_disk) return;
  pt_store_link(piece, PT_ON_DISK);
  piece->unwritten = true;
  piece->unwritten_next = cx->unwritten;
  cx->unwritten = piece;
}

bool pt_disk_poll(pt_context *cx, pt_event *out) {
  pt_piece *piece = cx->unwritten;
  if (!piece) return false;
  const pt_swarm *s = piece->swarm;
  uint32_t number = number_of(piece);
  cx->unwritten = piece->unwritten_next;
  piece->unwritten = false;
  *out = (pt_event){.kind = PT_OUT_STORE_WRITE,
                    .id = number,
                    .length = s->piece_length,
                    .data = pt_content_view(piece->content, 0, pt_swarm_piece_size(s, number))};
  memcpy(out->swarm, s->key, PT_ID_SIZE);
  return true;
}

static void stop_reading(pt_piece *piece) {
  pt_context *cx = piece->swarm->cx;
  piece->reading = false;
  cx->read_ended = true;
  for (uint32_t i = 0; i < cx->reading_count; i++)
    if (cx->reading[i].piece == piece) cx->reading[i--] = cx->reading[--cx->reading_count];
}

void pt_disk_forget(pt_piece *piece) {
  if (!piece->on_disk) return;
  pt_store_unlink(piece, PT_ON_DISK);
  if (piece->reading) stop_reading(piece);
  if (!piece->unwritten) return;
  pt_piece **at = &piece->swarm->cx->unwritten;
  while (*at != piece) at = &(*at)->unwritten_next;
  *at = piece->unwritten_next;
  piece->unwritten = false;
}

/* The piece is not on disk any more; when it is not in memory either, it is
 * not had, and wanted again by those who wait for it. */
static void lose(pt_piece *piece) {
  if (piece->content) {
    pt_disk_forget(piece);
    return;
  }
  pt_store_remove(piece);
  pt_stream_want_again(piece->swarm, number_of(piece));
}

void pt_disk_trim(pt_context *cx) {
  pt_piece *piece = cx->oldest[PT_ON_DISK];
  while (piece && cx->stats.disk_bytes > cx->disk_max) {
    pt_piece *newer = piece->newer[PT_ON_DISK];
    if (piece->content || piece->pins == 0) {
      if (!piece->unwritten) say_drop(piece->swarm, number_of(piece));
      lose(piece);
    }
    piece = newer;
  }
}

/* Where there is more room, what is in memory only takes it. (A limit that falls
 * says that the disk is full: to write all of that again would evict what is there.) */
void pt_disk_limit(pt_context *cx, uint64_t disk_max) {
  bool more = disk_max > cx->disk_max;
  cx->disk_max = disk_max;
  if (more) {
    for (pt_piece *p = cx->oldest[PT_IN_MEMORY]; p; p = p->newer[PT_IN_MEMORY]) pt_disk_keep(p);
  } else if (disk_max == 0) {
    while (cx->oldest[PT_ON_DISK]) lose(cx->oldest[PT_ON_DISK]);
  }
}

/* --- what an earlier run left ---------------------------------------------------- */

void pt_disk_stored_layer(pt_swarm *s, uint32_t file, pt_bytes hashes) {
  if (file >= s->file_count) return;
  pt_file *f = &s->files[file];
  if (f->piece_count < 2 || hashes.len != f->piece_count * sizeof(pt_hash)) return;
  if (!pt_layers_adopt(s, f, hashes.data)) return;
  f->layer_on_disk = true;
  pt_assembly_retry(s, f);
}

static void take_stored(pt_swarm *s, uint32_t number) {
  pt_piece *piece = number < s->piece_count ? &s->pieces[number] : NULL;
  bool gathering = piece && piece->assembly;
  const pt_file *f = piece ? pt_swarm_file_of(s, number) : NULL;
  if (!f || gathering || (f->piece_count > 1 && !f->layer_on_disk)) {
    say_drop(s, number);
    return;
  }
  if (piece->on_disk) return;
  pt_store_link(piece, PT_ON_DISK);
  if (piece->state == PT_PIECE_HAVE) return;
  piece->giver = PT_GIVER_DISK;
  pt_swarm_have(s, number);
}

void pt_disk_stored(pt_swarm *s, pt_bytes numbers) {
  for (size_t at = 0; at + 4 <= numbers.len; at += 4) {
    const uint8_t *n = numbers.data + at;
    take_stored(s,
                (uint32_t)n[0] | (uint32_t)n[1] << 8 | (uint32_t)n[2] << 16 | (uint32_t)n[3] << 24);
  }
}

/* --- reading ----------------------------------------------------------------------- */

void pt_disk_read(pt_swarm *s, uint32_t number, pt_remote *whose) {
  pt_context *cx = s->cx;
  pt_piece *piece = &s->pieces[number];
  if (!piece->on_disk || piece->content || piece->reading) return;
  if (cx->reading_count == PT_READS_MAX) return;
  if (!say(s, PT_OUT_STORE_READ, number, 0, (pt_bytes){0})) return;
  piece->reading = true;
  if (whose) whose->bytes_read += s->piece_length;
  cx->reading[cx->reading_count++] = (pt_reading){piece, cx->now_us};
}

/* Bytes from the disk. False: they are not the piece. */
static bool take_back(pt_piece *piece, pt_bytes data) {
  pt_swarm *s = piece->swarm;
  uint32_t number = number_of(piece), size = pt_swarm_piece_size(s, number);
  if (data.len != size) return false;
  piece->content = pt_content_new(size);
  if (!piece->content) return false;
  pt_content_write(piece->content, 0, data);
  if (!pt_assembly_right(s, number)) {
    pt_content_del(piece->content);
    piece->content = NULL;
    return false;
  }
  piece->giver = PT_GIVER_DISK;
  s->cx->stats.stored_bytes += size;
  pt_store_link(piece, PT_IN_MEMORY);
  if (!piece->told) pt_assembly_tell(s, number);
  s->deliverable = true;
  return true;
}

void pt_disk_data(pt_swarm *s, uint32_t number, int code, pt_bytes data) {
  if (number >= s->piece_count) return;
  pt_piece *piece = &s->pieces[number];
  if (!piece->on_disk || (code == PT_OK && !piece->reading)) return;
  if (piece->reading) stop_reading(piece);
  if (code == PT_OK && take_back(piece, data)) return;
  if (code == PT_OK) {
    s->cx->stats.pieces_failed++;
    pt_outbox_fault(&s->cx->out, PT_ERR_HASH, "a piece on disk is not what was written", NULL,
                    NULL);
  }
  say_drop(s, number);
  lose(piece);
}

/* A disk that does not answer is as good as none. */
void pt_disk_settle(pt_context *cx) {
  if (pt_disk_deadline(cx) <= cx->now_us) pt_disk_limit(cx, 0);
  pt_disk_trim(cx);
}

uint64_t pt_disk_deadline(const pt_context *cx) {
  uint64_t at = PT_NEVER;
  for (uint32_t i = 0; i < cx->reading_count; i++)
    if (cx->reading[i].since_us + PT_READ_PATIENCE_US < at)
      at = cx->reading[i].since_us + PT_READ_PATIENCE_US;
  return at;
}
