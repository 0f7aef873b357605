#include "page.h"

#include <stdlib.h>
#include <string.h>

#include "visitor.h"

#define PLAIN 0x80000000u /* marks fetches of pages among those of the node */
#define AGAIN_US 1000000u /* a plain GET that failed is tried again */
#define TAG_SIZE 8u

bool page_is_plain(uint32_t fetch) { return (fetch & PLAIN) != 0; }

void page_free(page *p) {
  free(p->requests);
  free(p->seen);
  free(p->view_ms);
}

void page_wake(engine_worker *k, visitor *v, uint64_t at_us, uint32_t what, uint32_t which) {
  message *m = engine_message(k, M_PAGE, 0);
  m->a = v->page.visit;
  m->b = what;
  m->c = which;
  engine_send(k, v->number, v->number, at_us, m);
}

static request *request_of(visitor *v, uint32_t id) {
  page *p = &v->page;
  uint32_t place = id - p->id_first;
  if (place >= p->request_count || p->requests[place].ended) return NULL;
  return &p->requests[place];
}

/* --- by HTTP -------------------------------------------------------------------------------- */

static void to_origin(world *w, engine_worker *k, visitor *v, message *m) {
  engine_send(k, v->number, w->origin_actor,
              engine_now_us(k) + w->people[v->number].origin_delay_us, m);
}

static void plain_credit(world *w, engine_worker *k, visitor *v, const request *r, uint64_t more) {
  message *m = engine_message(k, M_CREDIT, 0);
  m->a = r->id | PLAIN;
  m->c = more;
  to_origin(w, k, v, m);
}

static void plain_get(world *w, engine_worker *k, visitor *v, request *r) {
  message *m = engine_message(k, M_GET, 0);
  r->plain = true;
  m->a = r->id | PLAIN;
  m->b = r->file;
  m->c = r->at + r->received;
  m->d = r->end - m->c;
  m->flags = 1;
  to_origin(w, k, v, m);
  plain_credit(w, k, v, r, r->credit - r->received);
}

/* --- requests ------------------------------------------------------------------------------- */

static void node_credit(world *w, engine_worker *k, visitor *v, const request *r, uint64_t more) {
  pt_event in = {.kind = PT_IN_REQUEST_CREDIT, .id = r->id, .length = more};
  visitor_input(w, k, v, &in);
}

request *page_ask(world *w, engine_worker *k, visitor *v, uint32_t file, uint64_t at,
                  uint64_t credit) {
  page *p = &v->page;
  if (p->request_count == p->request_cap) {
    p->request_cap = p->request_cap ? p->request_cap * 2 : 4;
    p->requests = realloc(p->requests, p->request_cap * sizeof *p->requests);
    if (!p->requests) abort();
  }
  uint32_t id = p->id_first + p->request_count;
  uint64_t length = w->site->files[file].length;
  p->requests[p->request_count++] = (request){.id = id,
                                              .file = file,
                                              .at = at,
                                              .end = length,
                                              .credit = credit < length ? credit : length,
                                              .asked_us = engine_now_us(k)};
  p->open_count++;
  if (!v->node) {
    plain_get(w, k, v, &p->requests[id - p->id_first]);
    return &p->requests[id - p->id_first];
  }
  const char *path = w->site->files[file].path;
  pt_event in = {.kind = PT_IN_REQUEST,
                 .id = id,
                 .code = w->s.page.kind == PAGE_VIDEO ? PT_URGENCY_PLAYER : PT_URGENCY_NORMAL,
                 .offset = at,
                 .length = PT_TO_END,
                 .text = {(const uint8_t *)path, strlen(path)}};
  visitor_input(w, k, v, &in);
  if (request_of(v, id)) node_credit(w, k, v, request_of(v, id), request_of(v, id)->credit);
  return &p->requests[id - p->id_first];
}

void page_credit(world *w, engine_worker *k, visitor *v, request *r, uint64_t more) {
  if (r->ended) return;
  r->credit += more;
  if (r->plain)
    plain_credit(w, k, v, r, more);
  else
    node_credit(w, k, v, r, more);
}

void page_cancel(world *w, engine_worker *k, visitor *v, request *r) {
  if (r->ended) return;
  r->ended = true;
  v->page.open_count--;
  if (r->plain) {
    message *m = engine_message(k, M_CANCEL, 0);
    m->a = r->id | PLAIN;
    to_origin(w, k, v, m);
    return;
  }
  pt_event in = {.kind = PT_IN_REQUEST_CANCEL, .id = r->id};
  visitor_input(w, k, v, &in);
}

/* --- visits --------------------------------------------------------------------------------- */

void page_started(visitor *v, uint64_t now_us) {
  if (v->page.start_count++ == 0) v->page.start_us = now_us - v->page.begun_us;
}

void page_sample(visitor *v, uint64_t took_us) {
  page *p = &v->page;
  if (p->view_count == p->view_cap) {
    p->view_cap = p->view_cap ? p->view_cap * 2 : 1;
    p->view_ms = realloc(p->view_ms, p->view_cap * sizeof *p->view_ms);
    if (!p->view_ms) abort();
  }
  p->view_ms[p->view_count++] = took_us / 10 < UINT32_MAX ? (uint32_t)(took_us / 10) : UINT32_MAX;
}

void page_complete(world *w, engine_worker *k, visitor *v) {
  page *p = &v->page;
  if (!p->open) return;
  p->open = false;
  if (p->visits_done++ == 0) p->done_us = engine_now_us(k) - p->begun_us;
  visitor_done(w, k, v);
}

static void forget_requests(page *p) {
  p->id_first += p->request_count;
  p->request_count = 0;
}

/* By HTTP the browser's cache has what was loaded before; else the node has. */
static bool cached(const world *w, visitor *v, uint32_t file) {
  page *p = &v->page;
  if (!w->s.http) return false;
  if (!p->seen) p->seen = calloc(w->site->file_count / 8 + 1, 1);
  if (!p->seen) abort();
  return (p->seen[file / 8] >> file % 8 & 1) != 0;
}

static void ask_all(world *w, engine_worker *k, visitor *v, uint32_t first, uint32_t count) {
  for (uint32_t i = 0; i < count; i++)
    if (!cached(w, v, first + i)) page_ask(w, k, v, first + i, 0, UINT64_MAX);
}

static void view_done(world *w, engine_worker *k, visitor *v) {
  page *p = &v->page;
  uint64_t now_us = engine_now_us(k);
  page_sample(v, now_us - p->view_us);
  page_started(v, now_us);
  p->views_done++;
  if (--p->views_left == 0) {
    page_complete(w, k, v);
    return;
  }
  page_wake(k, v, now_us + 1 + lots_wait_us(&v->random, w->s.page.pause_s * 1e6), PAGE_VIEW, 0);
}

/* Which page of the site is looked at: popular ones more often. */
static uint32_t draw_page(const world *w, visitor *v, uint32_t pages) {
  lots_zipf zipf;
  lots_zipf_init(&zipf, pages, w->s.page.zipf);
  uint32_t drawn = lots_zipf_draw(&zipf, &v->random);
  lots_zipf_free(&zipf);
  return drawn;
}

static void view(world *w, engine_worker *k, visitor *v) {
  page *p = &v->page;
  forget_requests(p);
  p->view_us = engine_now_us(k);
  uint32_t files = w->site->file_count;
  p->open_count++; /* what is there already ends at once: not before all was asked for */
  if (w->s.page.kind == PAGE_SITE) {
    uint32_t common = (uint32_t)w->s.page.common_files, own = (uint32_t)w->s.page.view_files;
    uint32_t number = draw_page(w, v, (files - common) / own);
    ask_all(w, k, v, 0, common);
    ask_all(w, k, v, common + number * own, own);
  } else {
    ask_all(w, k, v, 0, files);
  }
  if (--p->open_count == 0) view_done(w, k, v);
}

/* Geometric, with that mean. */
static uint32_t draw_views(visitor *v, double mean) {
  uint32_t views = 1;
  while (views < 1000 && lots_unit(&v->random) * mean >= 1) views++;
  return views;
}

void page_begin(world *w, engine_worker *k, visitor *v) {
  page *p = &v->page;
  p->visit++;
  p->open = true;
  p->begun_us = engine_now_us(k);
  p->views_left = w->s.page.kind == PAGE_SITE ? draw_views(v, w->s.page.views) : 1;
  if (w->s.page.kind == PAGE_VIDEO) {
    forget_requests(p);
    player_begin(w, k, v);
  } else {
    view(w, k, v);
  }
}

void page_leave(world *w, engine_worker *k, visitor *v) {
  page *p = &v->page;
  for (uint32_t i = 0; i < p->request_count; i++) page_cancel(w, k, v, &p->requests[i]);
  p->open = false;
  p->visit++; /* its timers are nothing now */
}

/* --- what comes ----------------------------------------------------------------------------- */

static void arrived(world *w, engine_worker *k, visitor *v, request *r, uint64_t bytes) {
  uint64_t now_us = engine_now_us(k);
  if (!r->first_us) r->first_us = now_us;
  r->received += bytes;
  v->page.bytes += bytes;
  w->scratch[engine_worker_number(k)].bytes_taken += bytes;
  if (w->s.page.kind == PAGE_DOWNLOAD) page_started(v, now_us);
  if (w->s.page.kind == PAGE_VIDEO) player_fed(w, k, v);
}

static void ended(world *w, engine_worker *k, visitor *v, request *r) {
  page *p = &v->page;
  r->ended = true;
  r->ended_us = engine_now_us(k);
  p->open_count--;
  if (p->seen) p->seen[r->file / 8] |= (uint8_t)(1u << r->file % 8);
  if (p->open_count > 0 || w->s.page.kind == PAGE_VIDEO) return;
  view_done(w, k, v);
}

/* Nothing unverified may ever get here. */
static void verify(const world *w, uint64_t now_us, const visitor *v, const request *r,
                   const pt_event *out) {
  if (out->offset != r->at + r->received || out->offset + out->data.len > r->end ||
      r->received + out->data.len > r->credit)
    world_broken(w, now_us, v->number, "bytes %llu and %zu more were not asked for",
                 (unsigned long long)out->offset, out->data.len);
  uint64_t first = out->offset / PT_BLOCK_SIZE;
  uint64_t last = (out->offset + out->data.len - 1) / PT_BLOCK_SIZE;
  for (uint64_t block = first; block <= last; block++) {
    uint64_t tag = tagsite_tag(w->site, r->file, block);
    if (memcmp(&tag, out->data.data + (block - first) * TAG_SIZE, TAG_SIZE) != 0)
      world_broken(w, now_us, v->number, "a page got wrong bytes of %s",
                   w->site->files[r->file].path);
  }
}

void page_data(world *w, engine_worker *k, visitor *v, const pt_event *out) {
  request *r = request_of(v, out->id);
  if (!r) return;
  verify(w, engine_now_us(k), v, r, out);
  arrived(w, k, v, r, out->data.len);
}

void page_end(world *w, engine_worker *k, visitor *v, const pt_event *out) {
  request *r = request_of(v, out->id);
  if (!r) return;
  if (out->code != PT_OK) {
    v->page.failed++;
    plain_get(w, k, v, r);
    return;
  }
  if (r->received != r->end - r->at)
    world_broken(w, engine_now_us(k), v->number, "a request ended with %llu of %llu bytes",
                 (unsigned long long)r->received, (unsigned long long)(r->end - r->at));
  ended(w, k, v, r);
}

void page_body(world *w, engine_worker *k, visitor *v, const message *m) {
  request *r = request_of(v, m->a & ~PLAIN);
  if (!r || m->c != r->at + r->received) return;
  v->page.plain_bytes += m->d;
  arrived(w, k, v, r, m->d);
}

void page_body_end(world *w, engine_worker *k, visitor *v, const message *m) {
  request *r = request_of(v, m->a & ~PLAIN);
  if (!r) return;
  if (!(m->flags & 2) && r->received == r->end - r->at) {
    ended(w, k, v, r);
    return;
  }
  v->page.plain_errors++;
  page_wake(k, v, engine_now_us(k) + AGAIN_US, PAGE_AGAIN, r->id);
}

void page_timer(world *w, engine_worker *k, visitor *v, const message *m) {
  if (m->a != v->page.visit) return;
  if (m->b == PAGE_VIEW) {
    view(w, k, v);
  } else if (m->b == PAGE_PLAY) {
    player_tick(w, k, v, (uint32_t)m->c);
  } else {
    request *r = request_of(v, (uint32_t)m->c);
    if (r) plain_get(w, k, v, r);
  }
}
