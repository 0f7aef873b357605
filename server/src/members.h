/* Who is in which swarm. */
#ifndef PT_SERVER_MEMBERS_H
#define PT_SERVER_MEMBERS_H

#include "base/limits.h"
#include "id_table.h"
#include "place.h"
#include "swarm/match.h"

#define PT_MEMBERSHIPS_MAX PT_SWARMS_MAX /* swarms of one peer */
#define PT_MEMBERS_CHOSEN_MAX PT_SIGNAL_PEERS_MAX

typedef struct pt_membership pt_membership;

/* The place is that of member->of, once more: choosing looks at many of them,
 * and in a large crowd what a pointer leads to is rarely in the processor's cache. */
typedef struct pt_listed_member {
  pt_membership *member;
  pt_place place;
} pt_listed_member;

typedef struct pt_member_list {
  uint32_t count, cap;
  pt_listed_member *items;
} pt_member_list;

typedef struct pt_member_swarm {
  uint8_t key[PT_ID_SIZE];
  uint8_t v1[PT_ID_SIZE]; /* its other info-hash, once a member came with that */
  uint32_t downloaded;    /* members that became complete */
  uint32_t told;          /* members when all were last told how many there are */
  pt_member_list seeds, leechers;
} pt_member_swarm;

/* One peer and the swarms it is in, in no order. */
typedef struct pt_memberships {
  uint8_t peer[PT_ID_SIZE];
  bool legacy;    /* it speaks the WebTorrent dialect */
  void *owner;    /* its pt_session, or its pt_tracker_peer */
  pt_place place; /* stays as it is while it is in a swarm */
  bool anywhere;  /* it does not want peers nearby more than others */
  uint32_t count, cap;
  pt_membership **items;
} pt_memberships;

struct pt_membership {
  pt_memberships *of;
  pt_member_swarm *swarm;
  uint32_t place;  /* on the swarm's list of seeds or leechers */
  uint32_t seen_s; /* legacy: when it announced last */
  bool is_seed;
  bool by_v1; /* legacy: it knows the swarm by swarm->v1 */
};

typedef struct pt_members {
  pt_id_table swarms; /* of pt_member_swarm; only those that have members */
} pt_members;

void pt_members_init(pt_members *members, size_t swarms_max, uint64_t seed);
/* All memberships must be left before. */
void pt_members_free(pt_members *members);

/* A peer that is in no swarm; nothing to free while it is in none. */
void pt_memberships_init(pt_memberships *mine, const uint8_t peer[PT_ID_SIZE], bool legacy,
                         void *owner);
/* Makes the peer a member (or notes that it became a seed or no longer is one:
 * left is what it misses, in bytes). NULL with too many swarms or no memory. */
pt_membership *pt_members_join(pt_members *members, pt_memberships *mine,
                               const uint8_t key[PT_ID_SIZE], uint64_t left);
pt_membership *pt_members_find(const pt_memberships *mine, const uint8_t key[PT_ID_SIZE]);
void pt_members_leave(pt_members *members, pt_membership *membership);
void pt_members_leave_all(pt_members *members, pt_memberships *mine);

/* Have so many come that all should be told how many there are now? Half as
 * many again as when they last were: a few messages for each member in all.
 * Who fetches from the origin in a crowd depends on its size. */
bool pt_members_grown(pt_member_swarm *swarm);

/* Peers for a member to meet, those nearby first unless it wants them anywhere
 * (see pt_match_choose()); out has room for PT_MEMBERS_CHOSEN_MAX. */
size_t pt_members_choose(const pt_membership *membership, uint32_t want, pt_random *random,
                         const pt_membership **out);

/* The info-hash by which a member knows its swarm. */
static inline const uint8_t *pt_member_info_hash(const pt_membership *m) {
  return m->by_v1 ? m->swarm->v1 : m->swarm->key;
}

#endif
