#include "swarm/context.h"

#include <string.h>

#define PT_RATE_UNLIMITED (1ull << 40) /* bytes/s: nobody sends that fast */

/* Room for one second of tokens, and never less than the longest block. */
static uint64_t bucket_size(const pt_context *cx) {
  return cx->upload_rate_max > PT_UPLOAD_LENGTH_MAX ? cx->upload_rate_max : PT_UPLOAD_LENGTH_MAX;
}

uint16_t pt_context_name(pt_context *cx, const uint8_t id[PT_ID_SIZE]) {
  for (uint32_t i = PT_GIVER_FIRST; i < PT_NAMES_MAX; i++)
    if (memcmp(cx->names[i], id, PT_ID_SIZE) == 0) return (uint16_t)i;
  uint32_t slot = cx->names_next < PT_GIVER_FIRST ? PT_GIVER_FIRST : cx->names_next;
  memcpy(cx->names[slot], id, PT_ID_SIZE);
  cx->names_next = slot + 1 < PT_NAMES_MAX ? slot + 1 : PT_GIVER_FIRST;
  return (uint16_t)slot;
}

static void refill(pt_context *cx) {
  if (!cx->upload_rate_max) return;
  uint64_t rate = cx->upload_rate_max, cap = bucket_size(cx);
  uint64_t elapsed_us = cx->now_us - cx->upload_filled_us;
  uint64_t room = cap - cx->upload_tokens;
  if (elapsed_us / PT_SECOND_US > room / rate) {
    cx->upload_tokens = cap;
    cx->upload_filled_us = cx->now_us;
    return;
  }
  uint64_t more =
      elapsed_us / PT_SECOND_US * rate + elapsed_us % PT_SECOND_US * rate / PT_SECOND_US;
  if (more > room) more = room;
  if (more == 0) return;
  cx->upload_tokens += more;
  /* Only the time that was turned into tokens: many short steps must add up. */
  uint64_t used_us = (more * PT_SECOND_US + rate - 1) / rate;
  cx->upload_filled_us = cx->upload_tokens == cap ? cx->now_us : cx->upload_filled_us + used_us;
}

void pt_context_limit_upload(pt_context *cx, uint64_t rate_max) {
  refill(cx); /* the time until now counts at the old rate */
  cx->upload_rate_max = rate_max < PT_RATE_UNLIMITED ? rate_max : 0;
  cx->upload_filled_us = cx->now_us;
  if (cx->upload_tokens > bucket_size(cx)) cx->upload_tokens = bucket_size(cx);
}

bool pt_context_may_upload(const pt_context *cx, uint32_t bytes) {
  return cx->consent == PT_CONSENT_GRANTED && cx->upload_quota >= bytes;
}

bool pt_context_take_upload(pt_context *cx, uint32_t bytes) {
  if (!pt_context_may_upload(cx, bytes)) return false;
  if (cx->upload_rate_max) {
    refill(cx);
    if (cx->upload_tokens < bytes) return false;
    cx->upload_tokens -= bytes;
  }
  if (cx->upload_quota != UINT64_MAX) cx->upload_quota -= bytes;
  return true;
}

uint64_t pt_context_upload_at(const pt_context *cx, uint32_t bytes) {
  if (!pt_context_may_upload(cx, bytes)) return PT_NEVER;
  if (!cx->upload_rate_max || cx->upload_tokens >= bytes) return cx->now_us;
  uint64_t lack = bytes - cx->upload_tokens;
  return cx->upload_filled_us + lack * PT_SECOND_US / cx->upload_rate_max + 1;
}

bool pt_context_banned(const pt_context *cx, const uint8_t peer[PT_ID_SIZE]) {
  for (uint32_t i = 0; i < cx->banned_count; i++)
    if (memcmp(cx->banned[i], peer, PT_ID_SIZE) == 0) return true;
  return false;
}

void pt_context_ban(pt_context *cx, const uint8_t peer[PT_ID_SIZE], const uint8_t swarm[PT_ID_SIZE],
                    uint32_t piece, int error) {
  if (pt_context_banned(cx, peer)) return;
  memcpy(cx->banned[cx->banned_next], peer, PT_ID_SIZE);
  cx->banned_next = (cx->banned_next + 1) % PT_BANNED_MAX;
  if (cx->banned_count < PT_BANNED_MAX) cx->banned_count++;
  cx->banned_new = cx->attend = true;
  cx->stats.peers_banned++;
  if (cx->report_count < PT_REPORTS_MAX) {
    pt_report *report = &cx->reports[cx->report_count++];
    memcpy(report->peer, peer, PT_ID_SIZE);
    memcpy(report->swarm, swarm, PT_ID_SIZE);
    report->piece = piece;
  }
  pt_event event = {.kind = PT_OUT_BAN, .code = error, .offset = piece};
  memcpy(event.peer, peer, PT_ID_SIZE);
  memcpy(event.swarm, swarm, PT_ID_SIZE);
  pt_outbox_push(&cx->out, &event);
}
