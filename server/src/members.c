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
  pt_membership **grown = realloc(list->items, cap * sizeof(pt_membership *));
  if (grown == NULL) return false;
  list->items = grown;
  list->cap = cap;
  return true;
}

static void append(pt_membership *m) {
  pt_member_list *list = list_of(m);
  m->place = list->count;
  list->items[list->count++] = m;
}

/* The last of the list takes the free place. */
static void take_out(pt_membership *m) {
  pt_member_list *list = list_of(m);
  pt_membership *last = list->items[--list->count];
  list->items[m->place] = last;
  last->place = m->place;
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

pt_membership *pt_members_join(pt_members *members, pt_memberships *mine,
                               const uint8_t peer[PT_ID_SIZE], const uint8_t key[PT_ID_SIZE],
                               uint64_t left) {
  bool is_seed = left == 0;
  pt_membership *m = pt_members_find(mine, key);
  if (m && m->is_seed == is_seed) return m;
  if (m == NULL && mine->count == PT_MEMBERSHIPS_MAX) return NULL;
  pt_member_swarm *swarm = m ? m->swarm : swarm_of(members, key);
  if (swarm == NULL) return NULL;
  bool is_new = m == NULL;
  if (is_new) m = calloc(1, sizeof *m);
  if (m == NULL || !reserve(is_seed ? &swarm->seeds : &swarm->leechers)) {
    if (is_new) free(m);
    drop_if_empty(members, swarm);
    return NULL;
  }
  if (is_new) {
    memcpy(m->peer, peer, PT_ID_SIZE);
    m->swarm = swarm;
    mine->items[mine->count++] = m;
  } else {
    take_out(m);
  }
  m->is_seed = is_seed;
  append(m);
  return m;
}

void pt_members_leave(pt_members *members, pt_memberships *mine, pt_membership *membership) {
  for (size_t i = 0; i < mine->count; i++) {
    if (mine->items[i] != membership) continue;
    mine->items[i] = mine->items[--mine->count];
    break;
  }
  take_out(membership);
  drop_if_empty(members, membership->swarm);
  free(membership);
}

void pt_members_leave_all(pt_members *members, pt_memberships *mine) {
  while (mine->count > 0) pt_members_leave(members, mine, mine->items[mine->count - 1]);
}

size_t pt_members_choose(const pt_membership *membership, uint32_t want, pt_random *random,
                         pt_sig_peer *out) {
  const pt_member_swarm *swarm = membership->swarm;
  pt_match_choice choices[PT_MATCH_MAX];
  pt_match match = {.seed_count = swarm->seeds.count,
                    .leecher_count = swarm->leechers.count,
                    .joiner_is_seed = membership->is_seed,
                    .joiner = membership->place};
  if (want > PT_SIGNAL_PEERS_MAX) want = PT_SIGNAL_PEERS_MAX;
  size_t count = pt_match_choose(&match, want, random, choices);
  for (size_t i = 0; i < count; i++) {
    const pt_member_list *list = choices[i].is_seed ? &swarm->seeds : &swarm->leechers;
    out[i] = (pt_sig_peer){0};
    memcpy(out[i].peer, list->items[choices[i].place]->peer, PT_ID_SIZE);
  }
  return count;
}
