#include "agenda.h"

#include <stdlib.h>
#include <string.h>

static bool earlier(const happening *a, const happening *b) {
  return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

static void swap(happening *a, happening *b) {
  happening c = *a;
  *a = *b;
  *b = c;
}

void agenda_free(agenda *a) {
  for (size_t i = 0; i < a->count; i++) free(a->heap[i].payload);
  free(a->heap);
}

void agenda_add(agenda *a, uint64_t at_us, uint32_t visitor, const pt_event *event) {
  if (a->count == a->cap) {
    a->cap = a->cap ? a->cap * 2 : 1024;
    a->heap = realloc(a->heap, a->cap * sizeof *a->heap);
    if (!a->heap) abort();
  }
  happening h = {.at_us = at_us, .order = a->order++, .visitor = visitor, .event = *event};
  size_t size = event->text.len + event->data.len;
  if (size) {
    h.payload = malloc(size);
    if (!h.payload) abort();
    if (event->text.len) memcpy(h.payload, event->text.data, event->text.len);
    if (event->data.len) memcpy(h.payload + event->text.len, event->data.data, event->data.len);
    h.event.text.data = h.payload;
    h.event.data.data = h.payload + event->text.len;
  }
  size_t at = a->count++;
  a->heap[at] = h;
  for (; at && earlier(&a->heap[at], &a->heap[(at - 1) / 2]); at = (at - 1) / 2)
    swap(&a->heap[at], &a->heap[(at - 1) / 2]);
}

uint64_t agenda_next_us(const agenda *a) { return a->count ? a->heap[0].at_us : UINT64_MAX; }

happening agenda_take(agenda *a) {
  happening top = a->heap[0];
  a->heap[0] = a->heap[--a->count];
  for (size_t at = 0;;) {
    size_t least = at, left = 2 * at + 1, right = left + 1;
    if (left < a->count && earlier(&a->heap[left], &a->heap[least])) least = left;
    if (right < a->count && earlier(&a->heap[right], &a->heap[least])) least = right;
    if (least == at) return top;
    swap(&a->heap[at], &a->heap[least]);
    at = least;
  }
}
