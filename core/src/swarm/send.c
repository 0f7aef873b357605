/* What goes out on a channel: small messages first, then blocks, packed into
 * sends of at most PT_CHANNEL_SEND_MAX bytes, while the queue is short.
 *
 * The channels of a link share one SCTP association, and so one queue: what is
 * in the queues of the others counts. With a long queue browsers send bursts
 * that lose packets, and then wait out a retransmission timer (400 ms and
 * more, doubling). What is in flight is not in the queue: how much that may be
 * SCTP finds out itself, so that a short queue costs nothing on a long path. */
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "swarm/content.h"
#include "swarm/units.h"

#define PT_QUEUE_FULL (2u << 20) /* not even small messages are added */
#define PT_PIECE_HEADER 13u      /* length, kind, index, begin */
#define PT_SERVING_MOST_US (500u * PT_MS_US)
#define PT_REJECT_SIZE 17u /* length, kind, index, begin, length */

/* Our ids of extension messages, told in the extension handshake. */
enum { PT_EXT_METADATA = 1, PT_EXT_DONTHAVE = 2, PT_EXT_WANT = 3 };

static bool reserve(pt_peer *p, size_t more) {
  size_t need = p->control_len + more;
  if (need <= p->control_cap) return true;
  if (need > PT_CONTROL_BYTES_MAX) return false;
  size_t cap = p->control_cap ? p->control_cap : 1024;
  while (cap < need) cap *= 2;
  uint8_t *control = realloc(p->control, cap);
  if (!control) return false;
  p->control = control;
  p->control_cap = cap;
  return true;
}

void pt_peer_say(pt_peer *p, const pt_wire_message *m) {
  if (p->broken) return;
  if (!reserve(p, m->data.len + 128)) {
    pt_peer_fault(p, PT_ERR_LIMIT, "does not read what it is sent");
    return;
  }
  pt_writer w = pt_writer_of(p->control + p->control_len, p->control_cap - p->control_len);
  pt_wire_encode(&w, m);
  if (!w.failed) p->control_len += w.len;
  pt_peer_talks(p);
}

void pt_peer_say_kind(pt_peer *p, enum pt_wire_kind kind) {
  pt_wire_message m = {.kind = kind};
  pt_peer_say(p, &m);
}

void pt_peer_say_have(pt_peer *p, uint32_t piece) {
  pt_wire_message m = {.kind = PT_WIRE_HAVE, .index = piece};
  pt_peer_say(p, &m);
}

static void say_extended(pt_peer *p, uint8_t id, pt_bytes payload) {
  pt_wire_message m = {.kind = PT_WIRE_EXTENDED, .extension = id, .data = payload};
  pt_peer_say(p, &m);
}

void pt_peer_say_donthave(pt_peer *p, uint32_t piece) {
  if (!p->ext_donthave) return;
  uint8_t payload[4];
  pt_writer w = pt_writer_of(payload, sizeof payload);
  pt_write_u32(&w, piece);
  say_extended(p, p->ext_donthave, (pt_bytes){payload, w.len});
}

/* What pt_want says of a piece. */
enum { UNWANTED = 0, WANTED, UNDER_WAY };

static void write_ranges(pt_writer *w, const uint8_t *pieces, uint32_t count) {
  for (uint32_t i = 0, run; i < count && w->len + 8 <= w->cap; i += run) {
    run = 1;
    while (i + run < count && pieces[i + run] == pieces[i]) run++;
    if (pieces[i] == UNWANTED) continue;
    pt_write_u32(w, i);
    pt_write_u32(w, run | (pieces[i] == UNDER_WAY ? PT_WANT_UNDER_WAY : 0));
  }
}

void pt_peer_say_wants(pt_peer *p) {
  pt_swarm *s = p->swarm;
  bool seed = p->has_count == s->piece_count && !p->lossy;
  if (!p->ext_want || seed) return; /* a seed holds no election */
  uint8_t *pieces = calloc(s->piece_count, 1);
  uint8_t *payload = malloc(PT_WANT_RANGES_MAX * 8);
  if (pieces && payload) {
    for (uint32_t i = 0; i < s->want_count; i++) {
      const pt_want *w = &s->wants[i];
      /* Only these would we fetch from the origin. */
      if (w->near || w->fetch) pieces[w->piece] = w->fetch ? UNDER_WAY : WANTED;
    }
    pt_writer w = pt_writer_of(payload, PT_WANT_RANGES_MAX * 8);
    write_ranges(&w, pieces, s->piece_count);
    say_extended(p, p->ext_want, (pt_bytes){payload, w.len});
  }
  free(pieces);
  free(payload);
}

static void say_pieces(pt_peer *p) {
  pt_swarm *s = p->swarm;
  pt_wire_message m = {.kind = PT_WIRE_BITFIELD, .data = {s->have, pt_bits_size(s->piece_count)}};
  if (p->remote->legacy)
    ; /* older clients have no fast extension */
  else if (s->have_count == 0)
    m = (pt_wire_message){.kind = PT_WIRE_HAVE_NONE};
  else if (pt_swarm_complete(s))
    m = (pt_wire_message){.kind = PT_WIRE_HAVE_ALL};
  pt_peer_say(p, &m);
}

void pt_peer_greet(pt_peer *p) {
  pt_wire_handshake h;
  pt_wire_reserved(h.reserved, !p->remote->legacy);
  memcpy(h.info_hash, pt_peer_info_hash(p), PT_ID_SIZE);
  memcpy(h.peer_id, p->swarm->cx->self, PT_ID_SIZE);
  if (!reserve(p, PT_WIRE_HANDSHAKE_SIZE)) {
    p->broken = p->swarm->cx->attend = true;
    return;
  }
  pt_writer w = pt_writer_of(p->control, p->control_cap);
  pt_wire_handshake_encode(&w, &h);
  p->control_len = w.len;
  pt_wire_extensions e = {
      .lt_donthave = PT_EXT_DONTHAVE,
      .pt_want = PT_EXT_WANT,
      .reqq = PT_UPLOAD_QUEUE_MAX,
      .client = {(const uint8_t *)"Peertide " PT_VERSION, sizeof "Peertide " PT_VERSION - 1}};
  uint8_t payload[256];
  pt_writer ext = pt_writer_of(payload, sizeof payload);
  pt_wire_extensions_encode(&ext, &e);
  say_extended(p, 0, (pt_bytes){payload, ext.len});
  say_pieces(p);
}

/* What lies past the end of a piece's bytes is zeros: only to BitTorrent v1. */
static void read_block(const pt_swarm *s, const pt_upload *u, uint8_t *out) {
  uint32_t size = pt_swarm_piece_size(s, u->piece);
  uint32_t here = u->begin < size ? size - u->begin : 0;
  if (here > u->length) here = u->length;
  if (here) pt_content_read(s->pieces[u->piece].content, u->begin, here, out);
  memset(out + here, 0, u->length - here);
}

/* The blocks that fit behind what is in out already. */
static size_t put_blocks(pt_peer *p, pt_writer *w) {
  pt_swarm *s = p->swarm;
  while (p->upload_count) {
    const pt_upload u = p->uploads[p->upload_head];
    const pt_piece *piece = &s->pieces[u.piece];
    if (piece->state == PT_PIECE_HAVE && !piece->content) {
      pt_disk_read(s, u.piece, p->remote);
      break;
    }
    bool gone = piece->state != PT_PIECE_HAVE || !pt_context_may_upload(s->cx, u.length);
    size_t size = gone ? PT_REJECT_SIZE : PT_PIECE_HEADER + u.length;
    if (size > w->cap - w->len || (!gone && !pt_context_take_upload(s->cx, u.length, false))) break;
    p->upload_head = (p->upload_head + 1) % PT_UPLOAD_QUEUE_MAX;
    p->upload_count--;
    if (gone) {
      pt_wire_message no = {
          .kind = PT_WIRE_REJECT, .index = u.piece, .begin = u.begin, .length = u.length};
      if (p->fast) pt_wire_encode(w, &no);
      continue;
    }
    uint8_t *block = pt_wire_encode_piece(w, u.piece, u.begin, u.length);
    if (!block) break;
    read_block(s, &u, block);
    p->serving = u.piece;
    p->serving_us = s->cx->now_us ? s->cx->now_us : 1; /* 0: none */
    pt_peer_count_out(p, u.length);
  }
  return w->len;
}

/* Bytes of blocks that may be added to the queue. */
static uint32_t room_of(const pt_peer *p) {
  uint32_t queued = p->queued > p->remote->queued ? p->queued : p->remote->queued;
  return queued < PT_LINK_QUEUE_MAX ? PT_LINK_QUEUE_MAX - queued : 0;
}

/* Who plays a film serves one peer at a time, a piece each: of what is sent to
 * many at once all comes late, and nobody can pass it on before. A queue that
 * does not empty holds up the others for a moment only; pace.c asks again. */
static bool may_serve(const pt_peer *p) {
  if (p->serving_us || !pt_pace_looks_after(p->swarm)) return true;
  for (const pt_peer *q = p->swarm->peers; q; q = q->next)
    if (q->serving_us && p->swarm->cx->now_us < q->serving_us + PT_SERVING_MOST_US) return false;
  return true;
}

uint64_t pt_peer_upload_at(const pt_peer *p) {
  if (!p->upload_count || p->broken || p->remote->condemned) return PT_NEVER;
  const pt_upload *next = &p->uploads[p->upload_head];
  const pt_piece *piece = &p->swarm->pieces[next->piece];
  if (piece->state == PT_PIECE_HAVE && !piece->content) return PT_NEVER; /* it is being read */
  uint32_t length = next->length;
  if (!may_serve(p) || room_of(p) < PT_PIECE_HEADER + length)
    return PT_NEVER; /* drained: it is looked at again */
  return pt_context_upload_at(p->swarm->cx, length);
}

size_t pt_peer_send(pt_peer *p, uint8_t *out) {
  if (p->broken || p->remote->condemned) return 0;
  if (p->queued >= PT_QUEUE_FULL) return 0;
  pt_writer w = pt_writer_of(out, PT_CHANNEL_SEND_MAX);
  size_t take = p->control_len < w.cap ? p->control_len : w.cap;
  if (take) {
    pt_write_bytes(&w, p->control, take);
    memmove(p->control, p->control + take, p->control_len - take);
    p->control_len -= take;
  }
  size_t room = room_of(p);
  if (p->control_len == 0 && room > w.len && may_serve(p)) {
    if (room < w.cap) w.cap = room;
    put_blocks(p, &w);
  }
  p->queued += (uint32_t)w.len;
  p->remote->queued += (uint32_t)w.len;
  return w.len;
}

void pt_peer_drained(pt_peer *p) {
  pt_remote *r = p->remote;
  r->queued -= p->queued < r->queued ? p->queued : r->queued;
  p->queued = 0;
  const pt_upload *next = &p->uploads[p->upload_head];
  bool within = p->upload_count && next->piece == p->serving && next->begin > 0;
  if (p->serving_us && !within) {
    p->serving_us = 0;
    for (pt_peer *q = p->swarm->peers; q; q = q->next)
      if (q != p && q->upload_count) pt_peer_talks(q);
  }
  if (p->upload_count || p->control_len) pt_peer_talks(p);
}
