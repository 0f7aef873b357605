#include "swarm/context.h"

#include <string.h>

#define PT_RATE_UNLIMITED (1ull << 40) /* bytes/s: nobody sends that fast */

/* What may be sent at once after a pause: a second's worth, and never less than
 * the longest block. */
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

/* How long that many bytes take at the limit. */
static uint64_t span_us(const pt_context *cx, uint64_t bytes) {
  return (bytes * PT_SECOND_US + cx->upload_rate_max - 1) / cx->upload_rate_max;
}

void pt_context_limit_upload(pt_context *cx, uint64_t rate_max) {
  if (rate_max >= PT_RATE_UNLIMITED) rate_max = 0;
  if (rate_max == cx->upload_rate_max) return;
  cx->upload_rate_max = rate_max;
  if (cx->upload_paid_us < cx->now_us) cx->upload_paid_us = cx->now_us;
}

bool pt_context_may_upload(const pt_context *cx, uint32_t bytes) {
  return cx->consent == PT_CONSENT_GRANTED && cx->upload_quota >= bytes;
}

bool pt_context_take_upload(pt_context *cx, uint32_t bytes, bool overdraw) {
  if (!pt_context_may_upload(cx, bytes)) return false;
  if (cx->upload_rate_max) {
    uint64_t now = cx->now_us, saved = span_us(cx, bucket_size(cx)), paid = cx->upload_paid_us;
    if (paid + saved < now) paid = now - saved;
    uint64_t after = paid + span_us(cx, bytes);
    if ((overdraw ? paid : after) > now) return false;
    cx->upload_paid_us = after;
  }
  if (cx->upload_quota != UINT64_MAX) cx->upload_quota -= bytes;
  return true;
}

uint64_t pt_context_upload_at(const pt_context *cx, uint32_t bytes) {
  if (!pt_context_may_upload(cx, bytes)) return PT_NEVER;
  uint64_t at = cx->upload_rate_max ? cx->upload_paid_us + span_us(cx, bytes) : 0;
  return at > cx->now_us ? at : cx->now_us;
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
