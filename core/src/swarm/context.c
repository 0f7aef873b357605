#include "swarm/context.h"

#include <string.h>

/* Room for one second of tokens, and never less than one send. */
static uint64_t bucket_size(const pt_context *cx) {
  return cx->upload_rate_max > PT_CHANNEL_SEND_MAX ? cx->upload_rate_max : PT_CHANNEL_SEND_MAX;
}

uint16_t pt_context_name(pt_context *cx, const uint8_t id[PT_ID_SIZE]) {
  uint32_t slot = cx->names_next < PT_GIVER_FIRST ? PT_GIVER_FIRST : cx->names_next;
  memcpy(cx->names[slot], id, PT_ID_SIZE);
  cx->names_next = slot + 1 < PT_NAMES_MAX ? slot + 1 : PT_GIVER_FIRST;
  return (uint16_t)slot;
}

static void refill(pt_context *cx) {
  uint64_t elapsed_us = cx->now_us - cx->upload_filled_us;
  uint64_t cap = bucket_size(cx);
  uint64_t more =
      elapsed_us >= PT_SECOND_US ? cap : elapsed_us * cx->upload_rate_max / PT_SECOND_US;
  if (more == 0) return; /* keep the time: many short steps must add up */
  cx->upload_filled_us = cx->now_us;
  cx->upload_tokens = cx->upload_tokens + more < cap ? cx->upload_tokens + more : cap;
}

bool pt_context_take_upload(pt_context *cx, uint32_t bytes) {
  if (cx->consent != PT_CONSENT_GRANTED || cx->upload_quota < bytes) return false;
  if (cx->upload_rate_max) {
    refill(cx);
    if (cx->upload_tokens < bytes) return false;
    cx->upload_tokens -= bytes;
  }
  if (cx->upload_quota != UINT64_MAX) cx->upload_quota -= bytes;
  return true;
}

uint64_t pt_context_upload_at(const pt_context *cx) {
  if (cx->consent != PT_CONSENT_GRANTED || !cx->upload_rate_max) return PT_NEVER;
  if (cx->upload_quota < PT_BLOCK_SIZE) return PT_NEVER;
  uint64_t lack = cx->upload_tokens < PT_BLOCK_SIZE ? PT_BLOCK_SIZE - cx->upload_tokens : 0;
  return cx->upload_filled_us + 1000 + lack * PT_SECOND_US / cx->upload_rate_max;
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
