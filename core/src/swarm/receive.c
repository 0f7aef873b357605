/* What comes in on a channel. Nothing here is trusted: every number is checked
 * against the swarm, every message against what may come now. */
#include <stdlib.h>
#include <string.h>

#include "base/apart.h"
#include "base/bits.h"
#include "swarm/units.h"

/* Of what is read for a peer it is to take a part: a byte of each piece would cost us all of them.
 */
#define PT_READ_FACTOR 8u
#define PT_READ_AHEAD (64u << 20) /* bytes */

/* Our extension ids (send.c tells them). */
enum { PT_EXT_METADATA = 1, PT_EXT_DONTHAVE = 2, PT_EXT_WANT = 3 };

static void has_now(pt_peer *p, uint32_t piece) {
  if (pt_bits_get(p->has, piece)) return;
  pt_bits_set(p->has, piece);
  p->has_count++;
  p->swarm->pieces[piece].available++;
  const pt_want *w = pt_swarm_want_of(p->swarm, piece);
  if (w && (!p->interesting || (!w->from && !w->fetch))) pt_peer_hungers(p);
}

static void has_no_more(pt_peer *p, uint32_t piece) {
  if (!pt_bits_get(p->has, piece)) return;
  pt_bits_clear(p->has, piece);
  p->has_count--;
  p->swarm->pieces[piece].available--;
  /* While it had the piece itself it was not told that it is here. */
  if (pt_bits_get(p->swarm->have, piece)) pt_peer_say_have(p, piece);
  pt_want *w = pt_swarm_want_of(p->swarm, piece);
  if (w && w->from == p) {
    w->from = NULL;
    pt_peer_cancel(p, piece);
  }
  p->swarm->dirty = true;
  if (p->lossy) return;
  p->lossy = true;
  pt_peer_say_wants(p); /* while it had all it heard nothing of them */
}

/* False: it has said so already. */
static bool pieces_known(pt_peer *p) {
  if (p->bits_known) {
    pt_peer_fault(p, PT_ERR_STATE, "sent its bitfield twice");
    return false;
  }
  p->bits_known = p->swarm->dirty = true;
  p->swarm->met_us = p->swarm->cx->now_us;
  return true;
}

PT_APART static void take_bitfield(pt_peer *p, pt_bytes bits) {
  pt_swarm *s = p->swarm;
  if (!pieces_known(p)) return;
  if (bits.len != pt_bits_size(s->piece_count) || !pt_bits_tail_clear(bits.data, s->piece_count)) {
    pt_peer_fault(p, PT_ERR_RANGE, "sent a malformed message");
    return;
  }
  for (uint32_t i = 0; i < s->piece_count; i++)
    if (pt_bits_get(bits.data, i)) has_now(p, i);
}

static void take_have_all(pt_peer *p, bool all) {
  if (!pieces_known(p)) return;
  for (uint32_t i = 0; all && i < p->swarm->piece_count; i++) has_now(p, i);
}

/* To BitTorrent v1 a file that ends within a piece is followed by a file of
 * zeros up to its border, except the last: it asks for those as well. */
static uint32_t size_for(const pt_peer *p, uint32_t piece) {
  const pt_swarm *s = p->swarm;
  bool padded = p->remote->legacy && s->hybrid && piece + 1 < s->piece_count;
  return padded ? s->piece_length : pt_swarm_piece_size(s, piece);
}

static bool block_valid(const pt_peer *p, uint32_t piece, uint32_t begin, uint32_t length) {
  if (piece >= p->swarm->piece_count || length == 0 || length > PT_WIRE_REQUEST_MAX) return false;
  uint32_t size = size_for(p, piece);
  return begin < size && length <= size - begin;
}

static void reject(pt_peer *p, const pt_wire_message *request) {
  pt_wire_message no = *request;
  no.kind = PT_WIRE_REJECT;
  if (p->fast) pt_peer_say(p, &no);
}

PT_APART static void take_request(pt_peer *p, const pt_wire_message *m) {
  pt_swarm *s = p->swarm;
  if (!block_valid(p, m->index, m->begin, m->length)) {
    pt_peer_fault(p, PT_ERR_RANGE, "named bytes that do not exist");
    return;
  }
  p->interested = true; /* who asks counts as such, whatever it says */
  const pt_remote *r = p->remote;
  bool can = !p->choking && s->pieces[m->index].state == PT_PIECE_HAVE &&
             m->length <= PT_UPLOAD_LENGTH_MAX && p->upload_count < PT_UPLOAD_QUEUE_MAX &&
             r->bytes_read <= r->bytes_out * PT_READ_FACTOR + PT_READ_AHEAD &&
             pt_context_may_upload(s->cx, m->length);
  if (!can) {
    reject(p, m);
    return;
  }
  uint32_t slot = (p->upload_head + p->upload_count++) % PT_UPLOAD_QUEUE_MAX;
  p->uploads[slot] = (pt_upload){m->index, m->begin, m->length};
  pt_peer_talks(p);
  pt_store_touch(&s->pieces[m->index]);
  pt_disk_read(s, m->index, p->remote);
}

static void take_cancel(pt_peer *p, const pt_wire_message *m) {
  for (uint32_t i = 0; i < p->upload_count; i++) {
    uint32_t at = (p->upload_head + i) % PT_UPLOAD_QUEUE_MAX;
    const pt_upload *u = &p->uploads[at];
    if (u->piece != m->index || u->begin != m->begin || u->length != m->length) continue;
    for (uint32_t j = i; j + 1 < p->upload_count; j++)
      p->uploads[(p->upload_head + j) % PT_UPLOAD_QUEUE_MAX] =
          p->uploads[(p->upload_head + j + 1) % PT_UPLOAD_QUEUE_MAX];
    p->upload_count--;
    reject(p, m);
    return;
  }
}

static pt_asked *find_asked(pt_peer *p, uint32_t piece, uint32_t begin, uint32_t length) {
  for (uint32_t i = 0; i < p->asked_count; i++)
    if (p->asked[i].piece == piece && p->asked[i].begin == begin && p->asked[i].length == length)
      return &p->asked[i];
  return NULL;
}

static void take_block(pt_peer *p, const pt_wire_message *m) {
  pt_swarm *s = p->swarm;
  pt_asked *asked = find_asked(p, m->index, m->begin, (uint32_t)m->data.len);
  if (!asked) {
    s->cx->stats.wasted_bytes += m->data.len; /* cancelled, or never asked for */
    return;
  }
  uint64_t sent_us = asked->sent_us;
  *asked = p->asked[--p->asked_count];
  pt_peer_count_in(p, (uint32_t)m->data.len, sent_us);
  pt_peer_hungers(p);
  pt_piece *piece = &s->pieces[m->index];
  pt_want *want = pt_swarm_want_of(s, m->index);
  /* A piece that failed is got from one source only, to tell who lied. */
  bool welcome = piece->failures == 0 || (want && want->from == p);
  if (piece->state != PT_PIECE_GATHERING || !welcome ||
      !pt_assembly_takes(s, m->index, p->remote->name) ||
      !pt_assembly_lacks(s, m->index, m->begin / PT_BLOCK_SIZE)) {
    s->cx->stats.wasted_bytes += m->data.len;
    return;
  }
  pt_assembly_put(s, m->index, m->begin, m->data, p->remote->name);
  if (piece->state == PT_PIECE_HAVE && piece->giver == p->remote->name) p->remote->proven = true;
}

static void take_reject(pt_peer *p, const pt_wire_message *m) {
  pt_asked *asked = find_asked(p, m->index, m->begin, m->length);
  if (!asked) return;
  *asked = p->asked[--p->asked_count];
  pt_want *want = pt_swarm_want_of(p->swarm, m->index);
  if (want && want->from == p) want->from = NULL;
  /* Choked, or it let go of the piece: if it is not choking, the latter. */
  if (!p->choked) has_no_more(p, m->index);
  p->swarm->dirty = true;
}

static void take_choke(pt_peer *p, bool choked) {
  p->choked = choked;
  if (choked)
    pt_peer_release(p, false);
  else
    pt_peer_hungers(p);
}

static void take_wants(pt_peer *p, pt_bytes payload) {
  if (payload.len % 8 || payload.len > PT_WANT_RANGES_MAX * 8) {
    pt_peer_fault(p, PT_ERR_RANGE, "sent a malformed message");
    return;
  }
  uint32_t count = (uint32_t)(payload.len / 8);
  pt_range *wants = count ? malloc(count * sizeof *wants) : NULL;
  if (count && !wants) return;
  pt_reader r = pt_reader_of(payload.data, payload.len);
  bool fetching = false;
  for (uint32_t i = 0; i < count; i++) {
    pt_read_u32(&r, &wants[i].first);
    pt_read_u32(&r, &wants[i].count);
    wants[i].under_way = (wants[i].count & PT_WANT_UNDER_WAY) != 0;
    wants[i].count &= ~PT_WANT_UNDER_WAY;
    fetching |= wants[i].under_way;
  }
  p->wants_known = true;
  p->fetching = fetching;
  p->swarm->company += count > 0;
  p->swarm->company -= p->want_count > 0;
  free(p->wants);
  p->wants = wants;
  p->want_count = count;
  p->swarm->dirty = true;
}

PT_APART static void take_extended(pt_peer *p, const pt_wire_message *m) {
  if (m->extension == 0) {
    pt_wire_extensions e;
    if (pt_wire_extensions_decode(m->data, &e) != PT_OK) {
      pt_peer_fault(p, PT_ERR_SYNTAX, "sent a malformed message");
      return;
    }
    p->ext_donthave = e.lt_donthave;
    if (p->ext_want) return; /* it knows what we want */
    p->ext_want = e.pt_want;
    pt_peer_say_wants(p);
  } else if (m->extension == PT_EXT_DONTHAVE) {
    pt_reader r = pt_reader_of(m->data.data, m->data.len);
    uint32_t piece;
    if (pt_read_u32(&r, &piece) && piece < p->swarm->piece_count)
      has_no_more(p, piece);
    else
      pt_peer_fault(p, PT_ERR_RANGE, "sent a malformed message");
  } else if (m->extension == PT_EXT_WANT) {
    take_wants(p, m->data);
  }
}

static void take_message(pt_peer *p, const pt_wire_message *m) {
  switch (m->kind) {
  case PT_WIRE_CHOKE:
    take_choke(p, true);
    break;
  case PT_WIRE_UNCHOKE:
    take_choke(p, false);
    break;
  case PT_WIRE_INTERESTED:
    p->interested = true;
    pt_choke_consider(p);
    break;
  case PT_WIRE_NOT_INTERESTED:
    p->interested = false;
    break;
  case PT_WIRE_HAVE:
    if (m->index >= p->swarm->piece_count) {
      pt_peer_fault(p, PT_ERR_RANGE, "named bytes that do not exist");
      break;
    }
    if (!p->bits_known) pieces_known(p); /* BEP 3: no bitfield means none */
    has_now(p, m->index);
    p->had_us = p->swarm->cx->now_us;
    break;
  case PT_WIRE_BITFIELD:
    take_bitfield(p, m->data);
    break;
  case PT_WIRE_HAVE_ALL:
    take_have_all(p, true);
    break;
  case PT_WIRE_HAVE_NONE:
    take_have_all(p, false);
    break;
  case PT_WIRE_REQUEST:
    take_request(p, m);
    break;
  case PT_WIRE_PIECE:
    take_block(p, m);
    break;
  case PT_WIRE_CANCEL:
    take_cancel(p, m);
    break;
  case PT_WIRE_REJECT:
    take_reject(p, m);
    break;
  case PT_WIRE_EXTENDED:
    take_extended(p, m);
    break;
  case PT_WIRE_HASH_REQUEST:
    pt_layers_request(p, m);
    break;
  case PT_WIRE_HASHES:
    pt_layers_hashes(p, m);
    break;
  case PT_WIRE_HASH_REJECT:
    pt_layers_reject(p, m);
    break;
  default:
    break; /* keep-alive, port, suggest, allowed fast, unknown */
  }
}

PT_APART static size_t take_greeting(pt_peer *p, pt_bytes in) {
  pt_wire_handshake h;
  int error = pt_wire_handshake_decode(in, &h);
  if (error == PT_ERR_MORE) return 0;
  bool legacy = p->remote->legacy; /* then it may call itself what it likes */
  if (error != PT_OK || memcmp(h.info_hash, pt_peer_info_hash(p), PT_ID_SIZE) != 0 ||
      (!legacy && memcmp(h.peer_id, p->remote->id, PT_ID_SIZE) != 0)) {
    pt_peer_fault(p, error ? error : PT_ERR_RANGE, "sent a handshake that is not its own");
    return 0;
  }
  p->greeted = true;
  p->fast = pt_wire_has_fast(h.reserved);
  p->hashes = pt_wire_has_v2(h.reserved);
  if (!p->remote->up) {
    p->remote->up = p->swarm->cx->attend = true;
    p->swarm->cx->stats.peers_connected++;
    pt_event event = {.kind = PT_OUT_PEER_UP, .link = p->remote->link};
    memcpy(event.peer, p->remote->id, PT_ID_SIZE);
    pt_outbox_push(&p->swarm->cx->out, &event);
  }
  /* Who has nothing yet will ask soon: spare it the round trip. */
  pt_choke_consider(p);
  return PT_WIRE_HANDSHAKE_SIZE;
}

/* Takes all whole messages; returns the bytes used. */
static size_t take_stream(pt_peer *p, pt_bytes in) {
  size_t used = 0;
  while (!p->broken && !p->remote->condemned && used < in.len) {
    pt_bytes rest = {in.data + used, in.len - used};
    size_t step = 0;
    if (!p->greeted) {
      step = take_greeting(p, rest);
      if (step == 0) break;
    } else {
      pt_wire_message m;
      int error = pt_wire_decode(rest, &m, &step);
      if (error == PT_ERR_MORE) break;
      if (error != PT_OK) {
        pt_peer_fault(p, error, "sent a malformed message");
        break;
      }
      take_message(p, &m);
    }
    used += step;
  }
  return used;
}

/* What a byte-stream peer has begun to say waits for the rest of it. */
static bool keep_partial(pt_peer *p, pt_bytes more) {
  uint8_t *partial = realloc(p->partial, p->partial_len + more.len);
  if (!partial) {
    p->broken = p->swarm->cx->attend = true;
    return false;
  }
  p->partial = partial;
  memcpy(partial + p->partial_len, more.data, more.len);
  p->partial_len += more.len;
  return true;
}

void pt_peer_receive(pt_peer *p, pt_bytes in) {
  if (p->broken || p->remote->condemned) return;
  if (p->partial) {
    if (!keep_partial(p, in)) return;
    in = (pt_bytes){p->partial, p->partial_len};
  }
  uint8_t *joined = p->partial;
  p->partial = NULL;
  p->partial_len = 0;
  size_t used = take_stream(p, in);
  if (used < in.len && !p->broken) keep_partial(p, (pt_bytes){in.data + used, in.len - used});
  free(joined);
}
