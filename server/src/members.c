#include "members.h"

#include <stdlib.h>
#include <string.h>

void pt_members_init(pt_members *members, size_t swarms_max, uint64_t seed) {
  pt_id_table_init(&members->swarms, swarms_max, seed);
}

void pt_members_free(pt_members *members) { pt_id_table_free(&members->swarms); }

static pt_member_list *list_of(const pt_membership *m) {
  return m->is_seed ? &m->swarm->seeds : &m->swarm->leechers;
}

static bool reserve(pt_member_list *list) {
  if (list->count < list->cap) return true;
  uint32_t cap = list->cap ? 2 * list->cap : 4;
  pt_listed_member *grown = realloc(list->items, cap * sizeof *grown);
  if (grown == NULL) return false;
  list->items = grown;
  list->cap = cap;
  return true;
}

static void append(pt_membership *m) {
  pt_member_list *list = list_of(m);
  m->place = list->count;
  list->items[list->count++] = (pt_listed_member){m, m->of->place};
}

/* The last of the list takes the free place. */
static void take_out(pt_membership *m) {
  pt_member_list *list = list_of(m);
  const pt_listed_member *last = &list->items[--list->count];
  last->member->place = m->place;
  list->items[m->place] = *last;
}

static void drop_if_empty(pt_members *members, pt_member_swarm *swarm) {
  if (swarm->seeds.count + swarm->leechers.count > 0) return;
  pt_id_table_remove(&members->swarms, swarm->key);
  free(swarm->seeds.items);
  free(swarm->leechers.items);
  free(swarm);
}

static pt_member_swarm *swarm_of(pt_members *members, const uint8_t key[PT_ID_SIZE]) {
  pt_member_swarm *swarm = pt_id_table_get(&members->swarms, key);
  if (swarm) return swarm;
  swarm = calloc(1, sizeof *swarm);
  if (swarm == NULL) return NULL;
  memcpy(swarm->key, key, PT_ID_SIZE);
  if (pt_id_table_put(&members->swarms, key, swarm)) return swarm;
  free(swarm);
  return NULL;
}

pt_membership *pt_members_find(const pt_memberships *mine, const uint8_t key[PT_ID_SIZE]) {
  for (size_t i = 0; i < mine->count; i++) {
    if (memcmp(mine->items[i]->swarm->key, key, PT_ID_SIZE) == 0) return mine->items[i];
  }
  return NULL;
}

/* Room for one more of a peer's memberships: most peers have one or two. */
static bool reserve_mine(pt_memberships *mine) {
  if (mine->count < mine->cap) return true;
  if (mine->count == PT_MEMBERSHIPS_MAX) return false;
  uint32_t cap = mine->cap ? 2 * mine->cap : 2;
  pt_membership **grown = realloc(mine->items, cap * sizeof(pt_membership *));
  if (grown == NULL) return false;
  mine->items = grown;
  mine->cap = cap;
  return true;
}

static void release_mine(pt_memberships *mine) {
  if (mine->count > 0) return;
  free(mine->items);
  mine->items = NULL;
  mine->cap = 0;
}

void pt_memberships_init(pt_memberships *mine, const uint8_t peer[PT_ID_SIZE], bool legacy,
                         void *owner) {
  *mine = (pt_memberships){.legacy = legacy, .owner = owner};
  memcpy(mine->peer, peer, PT_ID_SIZE);
}

pt_membership *pt_members_join(pt_members *members, pt_memberships *mine,
                               const uint8_t key[PT_ID_SIZE], uint64_t left) {
  bool is_seed = left == 0;
  pt_membership *m = pt_members_find(mine, key);
  if (m && m->is_seed == is_seed) return m;
  if (m == NULL && !reserve_mine(mine)) return NULL;
  pt_member_swarm *swarm = m ? m->swarm : swarm_of(members, key);
  if (swarm == NULL) {
    release_mine(mine);
    return NULL;
  }
  bool is_new = m == NULL;
  if (is_new) m = calloc(1, sizeof *m);
  if (m == NULL || !reserve(is_seed ? &swarm->seeds : &swarm->leechers)) {
    if (is_new) free(m);
    release_mine(mine);
    drop_if_empty(members, swarm);
    return NULL;
  }
  if (is_new) {
    m->of = mine;
    m->swarm = swarm;
    mine->items[mine->count++] = m;
  } else {
    take_out(m);
  }
  m->is_seed = is_seed;
  append(m);
  return m;
}

void pt_members_leave(pt_members *members, pt_membership *membership) {
  pt_memberships *mine = membership->of;
  for (uint32_t i = 0; i < mine->count; i++) {
    if (mine->items[i] != membership) continue;
    mine->items[i] = mine->items[--mine->count];
    break;
  }
  release_mine(mine);
  take_out(membership);
  drop_if_empty(members, membership->swarm);
  free(membership);
}

void pt_members_leave_all(pt_members *members, pt_memberships *mine) {
  while (mine->count > 0) pt_members_leave(members, mine->items[mine->count - 1]);
}

static const pt_listed_member *listed_at(const pt_member_swarm *swarm, bool is_seed,
                                         uint32_t place) {
  return &(is_seed ? &swarm->seeds : &swarm->leechers)->items[place];
}

static uint32_t distance(const void *context, bool is_seed, uint32_t place) {
  const pt_membership *from = context;
  return pt_place_distance(&from->of->place, &listed_at(from->swarm, is_seed, place)->place);
}

static bool minds_distance(const pt_memberships *peer) {
  return !peer->anywhere && (peer->place.network || peer->place.located);
}

#define GROWN_LEAST 8u

bool pt_members_grown(pt_member_swarm *swarm) {
  uint32_t count = swarm->seeds.count + swarm->leechers.count;
  if (count < swarm->told / 2) swarm->told = count; /* they went: it may grow again */
  if (count < GROWN_LEAST || count < swarm->told + swarm->told / 2) return false;
  swarm->told = count;
  return true;
}

size_t pt_members_choose(const pt_membership *membership, uint32_t want, pt_random *random,
                         const pt_membership **out) {
  const pt_member_swarm *swarm = membership->swarm;
  pt_match_choice choices[PT_MATCH_MAX];
  pt_match match = {.seed_count = swarm->seeds.count,
                    .leecher_count = swarm->leechers.count,
                    .joiner_is_seed = membership->is_seed,
                    .joiner = membership->place,
                    .distance = minds_distance(membership->of) ? distance : NULL,
                    .context = membership};
  if (want > PT_MEMBERS_CHOSEN_MAX) want = PT_MEMBERS_CHOSEN_MAX;
  size_t count = pt_match_choose(&match, want, random, choices);
  for (size_t i = 0; i < count; i++)
    out[i] = listed_at(swarm, choices[i].is_seed, choices[i].place)->member;
  return count;
}
