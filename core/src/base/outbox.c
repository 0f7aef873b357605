#include "base/outbox.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

void pt_outbox_init(pt_outbox *box) { memset(box, 0, sizeof *box); }

void pt_outbox_free(pt_outbox *box) {
  free(box->entries);
  free(box->arena);
  pt_outbox_init(box);
}

static bool grow_entries(pt_outbox *box) {
  if (box->head + box->count < box->cap) return true;
  if (box->head > 0) {
    memmove(box->entries, box->entries + box->head, box->count * sizeof *box->entries);
    box->head = 0;
    return true;
  }
  size_t cap = box->cap ? box->cap * 2 : 32;
  if (cap > PT_OUTBOX_EVENTS_MAX) return false;
  pt_outbox_entry *entries = realloc(box->entries, cap * sizeof *entries);
  if (!entries) return false;
  box->entries = entries;
  box->cap = cap;
  return true;
}

static bool grow_arena(pt_outbox *box, size_t more) {
  size_t need = box->arena_len + more;
  if (need <= box->arena_cap) return true;
  if (need > PT_OUTBOX_BYTES_MAX) return false;
  size_t cap = box->arena_cap ? box->arena_cap : 4096;
  while (cap < need) cap *= 2;
  uint8_t *arena = realloc(box->arena, cap);
  if (!arena) return false;
  box->arena = arena;
  box->arena_cap = cap;
  return true;
}

static size_t keep(pt_outbox *box, pt_bytes bytes) {
  size_t at = box->arena_len;
  if (bytes.len) memcpy(box->arena + at, bytes.data, bytes.len);
  box->arena_len += bytes.len;
  return at;
}

bool pt_outbox_push(pt_outbox *box, const pt_event *event) {
  if (box->count == 0) {
    box->head = 0;
    box->arena_len = 0;
  }
  if (!grow_entries(box) || !grow_arena(box, event->text.len + event->data.len)) {
    box->dropped++;
    return false;
  }
  pt_outbox_entry *entry = &box->entries[box->head + box->count++];
  entry->event = *event;
  entry->text_at = keep(box, event->text);
  entry->data_at = keep(box, event->data);
  return true;
}

void pt_outbox_say(pt_outbox *box, enum pt_out kind, uint32_t id) {
  pt_event event = {.kind = (uint16_t)kind, .id = id};
  pt_outbox_push(box, &event);
}

void pt_outbox_fault(pt_outbox *box, int code, const char *text, const uint8_t *peer,
                     const uint8_t *swarm) {
  pt_event event = {
      .kind = PT_OUT_FAULT, .code = code, .text = {(const uint8_t *)text, strlen(text)}};
  if (peer) memcpy(event.peer, peer, PT_ID_SIZE);
  if (swarm) memcpy(event.swarm, swarm, PT_ID_SIZE);
  pt_outbox_push(box, &event);
}

bool pt_outbox_pop(pt_outbox *box, pt_event *out) {
  if (box->count == 0) return false;
  pt_outbox_entry *entry = &box->entries[box->head++];
  box->count--;
  *out = entry->event;
  out->text.data = out->text.len ? box->arena + entry->text_at : NULL;
  out->data.data = out->data.len ? box->arena + entry->data_at : NULL;
  return true;
}
