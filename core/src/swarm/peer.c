#include "swarm/peer.h"

#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "swarm/units.h"

#define PT_PIPELINE_START 16u
#define PT_PIPELINE_LEAST 8u
#define PT_PIPELINE_RTT_MOST_US (300u * PT_MS_US) /* what is longer is our own queueing */

pt_peer *pt_peer_new(pt_swarm *s, pt_remote *remote, uint32_t channel, bool created_here) {
  pt_peer *p = calloc(1, sizeof *p);
  if (!p) return NULL;
  p->has = calloc(1, pt_bits_size(s->piece_count));
  p->uploads = malloc(PT_UPLOAD_QUEUE_MAX * sizeof *p->uploads);
  if (!p->has || !p->uploads) {
    free(p->has);
    free(p->uploads);
    free(p);
    return NULL;
  }
  p->swarm = s;
  p->remote = remote;
  p->channel = channel;
  p->created_here = created_here;
  p->choking = p->choked = true;
  p->pipeline = PT_PIPELINE_START;
  p->window_us = p->since_us = s->cx->now_us;
  p->next = s->peers;
  s->peers = p;
  s->peer_count++;
  if (s->rechoke_us == PT_NEVER) s->rechoke_us = s->cx->now_us + PT_SECOND_US;
  s->dirty = true;
  pt_peer_greet(p);
  return p;
}

void pt_peer_hungers(pt_peer *p) {
  if (p->hungry) return;
  p->hungry = true;
  p->next_hungry = p->swarm->hungry;
  p->swarm->hungry = p;
}

static void sate(pt_peer *p) {
  if (!p->hungry) return;
  pt_peer **at = &p->swarm->hungry;
  while (*at != p) at = &(*at)->next_hungry;
  *at = p->next_hungry;
  p->hungry = false;
}

void pt_peer_talks(pt_peer *p) {
  pt_swarm *s = p->swarm;
  if (p->talking) return;
  p->talking = true;
  p->next_talker = NULL;
  if (s->talkers)
    s->talkers_last->next_talker = p;
  else
    s->talkers = p;
  s->talkers_last = p;
}

void pt_peer_hushes(pt_peer *p) {
  pt_swarm *s = p->swarm;
  if (!p->talking) return;
  pt_peer *before = NULL;
  for (pt_peer *q = s->talkers; q != p; q = q->next_talker) before = q;
  if (before)
    before->next_talker = p->next_talker;
  else
    s->talkers = p->next_talker;
  if (s->talkers_last == p) s->talkers_last = before;
  p->talking = false;
}

/* Pieces that only this peer had are lost now: elections wait anew. */
static void forget_pieces(pt_peer *p) {
  pt_swarm *s = p->swarm;
  for (uint32_t i = 0; i < s->piece_count; i++)
    if (pt_bits_get(p->has, i)) s->pieces[i].available--;
  for (uint32_t i = 0; i < s->want_count; i++)
    if (pt_bits_get(p->has, s->wants[i].piece) && s->pieces[s->wants[i].piece].available == 0)
      s->wants[i].lost_us = s->cx->now_us;
}

void pt_peer_del(pt_peer *p) {
  pt_swarm *s = p->swarm;
  pt_peer_release(p, false);
  forget_pieces(p);
  pt_peer_drained(p);
  pt_peer_hushes(p);
  sate(p);
  s->company -= p->want_count > 0;
  pt_peer **at = &s->peers;
  while (*at != p) at = &(*at)->next;
  *at = p->next;
  s->peer_count--;
  if (!s->peers) s->rechoke_us = PT_NEVER;
  s->dirty = true;
  free(p->has);
  free(p->wants);
  free(p->uploads);
  free(p->control);
  free(p->partial);
  free(p);
}

void pt_peer_fault(pt_peer *p, int error, const char *what) {
  p->broken = p->swarm->cx->attend = true;
  p->swarm->dirty = true;
  pt_outbox_fault(&p->swarm->cx->out, error, what, p->remote->id, p->swarm->key);
}

bool pt_peer_usable(const pt_peer *p) {
  return p->bits_known && !p->choked && !p->broken && !p->remote->condemned &&
         p->swarm->cx->now_us >= p->snubbed_until_us;
}

bool pt_peer_offers(const pt_peer *p, uint32_t piece) {
  return pt_peer_usable(p) && pt_bits_get(p->has, piece);
}

static const pt_range *range_with(const pt_peer *p, uint32_t piece) {
  for (uint32_t i = 0; i < p->want_count; i++)
    if (piece >= p->wants[i].first && piece - p->wants[i].first < p->wants[i].count)
      return &p->wants[i];
  return NULL;
}

bool pt_peer_wants(const pt_peer *p, uint32_t piece) { return range_with(p, piece) != NULL; }

bool pt_peer_fetches(const pt_peer *p, uint32_t piece) {
  const pt_range *range = range_with(p, piece);
  return range && range->under_way;
}

static bool asked_already(const pt_peer *p, uint32_t piece, uint32_t begin) {
  for (uint32_t i = 0; i < p->asked_count; i++)
    if (p->asked[i].piece == piece && p->asked[i].begin == begin) return true;
  return false;
}

void pt_peer_ask(pt_peer *p, uint32_t piece) {
  pt_swarm *s = p->swarm;
  uint32_t size = pt_swarm_piece_size(s, piece);
  if (!p->interesting) {
    p->interesting = true;
    pt_peer_say_kind(p, PT_WIRE_INTERESTED);
  }
  if (p->asked_count == 0) {
    p->answered_us = s->cx->now_us;
    if (!p->rate_in) p->window_us = s->cx->now_us;
    pt_swarm_wake(s, s->cx->now_us + PT_STALL_US);
  }
  /* Until it has proven itself its blocks are checked one by one. */
  if (!p->remote->proven) pt_layers_ask_leaves(p, piece);
  for (uint32_t begin = 0; begin < size; begin += PT_BLOCK_SIZE) {
    if (!pt_assembly_lacks(s, piece, begin / PT_BLOCK_SIZE) || asked_already(p, piece, begin))
      continue;
    if (p->asked_count == PT_PIPELINE_MAX) {
      p->unasked = true;
      return;
    }
    uint32_t length = size - begin < PT_BLOCK_SIZE ? size - begin : PT_BLOCK_SIZE;
    p->asked[p->asked_count++] = (pt_asked){piece, begin, length, s->cx->now_us};
    pt_wire_message m = {.kind = PT_WIRE_REQUEST, .index = piece, .begin = begin, .length = length};
    pt_peer_say(p, &m);
  }
}

void pt_peer_cancel(pt_peer *p, uint32_t piece) {
  for (uint32_t i = p->asked_count; i-- > 0;) {
    if (p->asked[i].piece != piece) continue;
    pt_wire_message m = {.kind = PT_WIRE_CANCEL,
                         .index = piece,
                         .begin = p->asked[i].begin,
                         .length = p->asked[i].length};
    pt_peer_say(p, &m);
    p->asked[i] = p->asked[--p->asked_count];
    pt_peer_hungers(p);
  }
}

void pt_peer_disown(pt_peer *p) {
  pt_swarm *s = p->swarm;
  for (uint32_t i = 0; i < s->want_count; i++)
    if (s->wants[i].from == p) s->wants[i].from = NULL;
  s->dirty = true;
}

void pt_peer_release(pt_peer *p, bool cancel) {
  pt_swarm *s = p->swarm;
  for (uint32_t i = 0; i < s->want_count; i++) {
    if (s->wants[i].from != p) continue;
    s->wants[i].from = NULL;
    if (cancel) pt_peer_cancel(p, s->wants[i].piece);
  }
  p->asked_count = 0;
  s->dirty = true;
}

static void turn_rates(pt_peer *p) {
  uint64_t now = p->swarm->cx->now_us, span_us = now - p->window_us;
  if (span_us < 250 * PT_MS_US) return;
  uint64_t in = p->in_window * PT_SECOND_US / span_us, out = p->out_window * PT_SECOND_US / span_us;
  p->rate_in = p->rate_in ? (p->rate_in * 3 + in) / 4 : in;
  p->rate_out = p->rate_out ? (p->rate_out * 3 + out) / 4 : out;
  p->in_window = p->out_window = 0;
  p->window_us = now;
  /* Half of it, when more is asked for, is enough to keep the line full for a round trip and
   * a busy moment. Who was never asked for little has only seen answers that waited behind
   * others. */
  uint64_t rtt_us = p->rtt_min_us;
  if (rtt_us > PT_PIPELINE_RTT_MOST_US) rtt_us = PT_PIPELINE_RTT_MOST_US;
  uint64_t bytes = p->rate_in / 1000 * (2 * rtt_us / PT_MS_US + 100);
  uint64_t blocks = bytes / PT_BLOCK_SIZE + 4;
  if (blocks < PT_PIPELINE_LEAST) blocks = PT_PIPELINE_LEAST;
  p->pipeline = blocks < PT_PIPELINE_MAX ? (uint32_t)blocks : PT_PIPELINE_MAX;
}

void pt_peer_count_in(pt_peer *p, uint32_t bytes, uint64_t sent_us) {
  pt_context *cx = p->swarm->cx;
  uint64_t took_us = cx->now_us - sent_us;
  uint32_t sample = took_us > UINT32_MAX ? UINT32_MAX : (uint32_t)took_us;
  if (sample == 0) sample = 1;
  if (p->rtt_min_us == 0 || sample < p->rtt_min_us) p->rtt_min_us = sample;
  p->remote->rtt_us = p->rtt_min_us;
  p->remote->bytes_in += bytes;
  cx->stats.peer_bytes_in += bytes;
  pt_rate_add(&p->swarm->rate_in, cx->now_us, bytes);
  p->swarm->block_us = cx->now_us;
  p->in_window += bytes;
  p->answered_us = cx->now_us;
  p->snubbed_until_us = p->silent_us = 0;
  turn_rates(p);
  /* Until the rate is known each block that comes lets one more be asked for (as TCP starts,
   * RFC 5681). */
  if (!p->rate_in && p->pipeline < PT_PIPELINE_MAX) p->pipeline++;
}

void pt_peer_count_out(pt_peer *p, uint32_t bytes) {
  p->remote->bytes_out += bytes;
  p->swarm->cx->stats.peer_bytes_out += bytes;
  p->out_window += bytes;
  turn_rates(p);
}
