#include "people.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "format/fingerprint.h"
#include "lots.h"

enum { LOT_PRINT = 1, LOT_LINE, LOT_NAT, LOT_HIDDEN, LOT_DELAY, LOT_FAULT, LOT_ARRIVAL };

#define S_US 1e6

static double unit_of(uint64_t key) { return (double)(lots_mix(key, 7) >> 11) * 0x1p-53; }

static uint64_t key_of(const world *w, uint32_t number, uint32_t lot) {
  return lots_mix(lots_mix(w->s.seed, lot), number);
}

static uint32_t ms_us(uint64_t key, range_ms r) {
  return (uint32_t)lots_between(key, (uint64_t)(r.low * 1000), (uint64_t)(r.high * 1000));
}

/* --- what is between two people ----------------------------------------------------------- */

uint64_t world_delay_us(const world *w, uint32_t from, uint32_t to) {
  uint32_t low = from < to ? from : to, high = from < to ? to : from;
  return ms_us(lots_mix(key_of(w, low, LOT_DELAY), high), w->s.network.delay);
}

bool world_can_connect(const world *w, uint32_t a, uint32_t b) {
  uint8_t x = w->people[a].nat, y = w->people[b].nat;
  if (x == NAT_SYMMETRIC) return y != NAT_SYMMETRIC && y != NAT_RESTRICTED;
  return y != NAT_SYMMETRIC || x != NAT_RESTRICTED;
}

bool world_apart(const world *w, uint32_t a, uint32_t b, uint64_t now_us) {
  if (w->people[a].other_side == w->people[b].other_side) return false;
  return spans_hold(&w->s.faults.partition_when, now_us);
}

uint32_t world_find(const world *w, const uint8_t id[PT_ID_SIZE]) {
  uint32_t at = (uint32_t)pt_hash64(id, PT_ID_SIZE, 0) & (w->by_id_cap - 1);
  for (; w->by_id[at]; at = (at + 1) & (w->by_id_cap - 1))
    if (memcmp(w->people[w->by_id[at] - 1].id, id, PT_ID_SIZE) == 0) return w->by_id[at] - 1;
  return UINT32_MAX;
}

/* --- who they are ------------------------------------------------------------------------- */

static void give_line(const world *w, person *p, uint64_t key) {
  double sum = 0, lot = unit_of(key);
  for (uint32_t i = 0; i < w->s.network.class_count; i++) sum += w->s.network.classes[i].share;
  lot *= sum;
  uint32_t class = 0;
  while (class + 1 < w->s.network.class_count && lot >= w->s.network.classes[class].share)
    lot -= w->s.network.classes[class ++].share;
  p->up = (uint64_t)(w->s.network.classes[class].up / 8);
  p->down = (uint64_t)(w->s.network.classes[class].down / 8);
}

static void give_nat(const world *w, person *p, uint64_t key) {
  double sum = 0, lot = unit_of(key);
  for (uint32_t i = 0; i < NAT_KINDS; i++) sum += w->s.network.nat[i];
  lot *= sum;
  while (p->nat + 1u < NAT_KINDS && lot >= w->s.network.nat[p->nat])
    lot -= w->s.network.nat[p->nat++];
}

/* One fault for each at most, so that shares mean what they say. */
static void give_faults(const world *w, person *p, uint64_t key) {
  double lot = unit_of(key);
  p->vanish_us = PT_NEVER;
  p->other_side = unit_of(lots_mix(key, 1)) < w->s.faults.partition;
  if ((lot -= w->s.faults.corrupt) < 0) {
    p->corrupt = true;
  } else if ((lot -= w->s.faults.mute) < 0) {
    p->mute = true;
  } else if ((lot -= w->s.faults.slow) < 0) {
    p->slow = true;
    p->up = (uint64_t)((double)p->up / w->s.faults.slow_factor) + 1;
  } else if (lot - w->s.faults.vanish < 0) {
    pt_random random;
    pt_random_init(&random, key);
    p->vanish_us = lots_wait_us(&random, w->s.faults.vanish_after_s * S_US);
  }
}

static void add_id(world *w, uint32_t number) {
  uint32_t at = (uint32_t)pt_hash64(w->people[number].id, PT_ID_SIZE, 0) & (w->by_id_cap - 1);
  while (w->by_id[at]) at = (at + 1) & (w->by_id_cap - 1);
  w->by_id[at] = number + 1;
}

static void make_person(world *w, uint32_t number) {
  person *p = &w->people[number];
  pt_random random;
  pt_random_init(&random, key_of(w, number, LOT_PRINT));
  for (size_t i = 0; i < PT_HASH_SIZE; i++) p->fingerprint[i] = (uint8_t)pt_random_u64(&random);
  pt_peer_id_of(p->fingerprint, p->id);
  uint64_t delays = key_of(w, number, LOT_DELAY);
  p->origin_delay_us = ms_us(lots_mix(delays, 1u << 31), w->s.network.origin_delay);
  p->server_delay_us = ms_us(lots_mix(delays, 2u << 30), w->s.network.server_delay);
  give_line(w, p, key_of(w, number, LOT_LINE));
  give_nat(w, p, key_of(w, number, LOT_NAT));
  p->hidden = unit_of(key_of(w, number, LOT_HIDDEN)) < w->s.network.hidden;
  p->sybil = number >= w->visitor_count;
  if (!p->sybil) give_faults(w, p, key_of(w, number, LOT_FAULT));
  add_id(w, number);
}

/* --- when they come ----------------------------------------------------------------------- */

/* A day: few at its ends, many in its middle (a triangle over a floor). */
static uint64_t moment_of_day(const world *w, pt_random *random) {
  for (;;) {
    double t = lots_unit(random), half = t < 0.5 ? t * 2 : 2 - t * 2;
    if (lots_unit(random) < (0.3 + 1.4 * half) / 1.7)
      return (uint64_t)(t * w->s.arrivals.day_s * S_US);
  }
}

static double stay_us(const world *w) {
  if (w->s.arrivals.stay_s > 0) return w->s.arrivals.stay_s * S_US;
  return (double)w->site->files[0].length * 8 / w->s.page.bit_rate * S_US;
}

static void plan_arrivals(world *w) {
  pt_random random;
  pt_random_init(&random, lots_mix(w->s.seed, LOT_ARRIVAL));
  double now_us = 0;
  double gap_us = stay_us(w) / w->s.arrivals.concurrency / (1 - w->s.leave.returns);
  for (uint32_t i = 0; i < w->people_count; i++) {
    uint64_t at_us = 0;
    bool sybil = i >= w->visitor_count; /* they are there from the start */
    if (w->s.arrivals.kind == ARRIVE_TOGETHER || sybil) {
      at_us = (uint64_t)(lots_unit(&random) * w->s.arrivals.spread_s * S_US);
    } else if (w->s.arrivals.kind == ARRIVE_POISSON) {
      now_us += (double)lots_wait_us(&random, gap_us);
      at_us = (uint64_t)now_us;
    } else {
      at_us = moment_of_day(w, &random);
    }
    w->people[i].arrive_us = at_us + w->lookahead_us;
  }
}

void people_make(world *w) {
  w->people = calloc(w->people_count, sizeof *w->people);
  for (w->by_id_cap = 64; w->by_id_cap < 2 * w->people_count;) w->by_id_cap *= 2;
  w->by_id = calloc(w->by_id_cap, sizeof *w->by_id);
  if (!w->people || !w->by_id) abort();
  for (uint32_t i = 0; i < w->people_count; i++) make_person(w, i);
  plan_arrivals(w);
}

void people_free(world *w) {
  free(w->people);
  free(w->by_id);
}
