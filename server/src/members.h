/* Who is in which swarm. */
#ifndef PT_SERVER_MEMBERS_H
#define PT_SERVER_MEMBERS_H

#include "format/signalling.h"
#include "id_table.h"
#include "swarm/match.h"

#define PT_MEMBERSHIPS_MAX PT_SWARMS_MAX /* swarms of one peer */

typedef struct pt_membership pt_membership;

typedef struct pt_member_list {
  uint32_t count, cap;
  pt_membership **items;
} pt_member_list;

typedef struct pt_member_swarm {
  uint8_t key[PT_ID_SIZE];
  pt_member_list seeds, leechers;
} pt_member_swarm;

struct pt_membership {
  uint8_t peer[PT_ID_SIZE];
  pt_member_swarm *swarm;
  uint32_t place; /* on the swarm's list of seeds or leechers */
  bool is_seed;
};

/* The swarms of one peer, in no order. */
typedef struct pt_memberships {
  size_t count;
  pt_membership *items[PT_MEMBERSHIPS_MAX];
} pt_memberships;

typedef struct pt_members {
  pt_id_table swarms; /* of pt_member_swarm; only those that have members */
} pt_members;

void pt_members_init(pt_members *members, size_t swarms_max, uint64_t seed);
/* All memberships must be left before. */
void pt_members_free(pt_members *members);

/* Makes the peer a member (or notes that it became a seed or no longer is one:
 * left is what it misses, in bytes). NULL with too many swarms or no memory. */
pt_membership *pt_members_join(pt_members *members, pt_memberships *mine,
                               const uint8_t peer[PT_ID_SIZE], const uint8_t key[PT_ID_SIZE],
                               uint64_t left);
pt_membership *pt_members_find(const pt_memberships *mine, const uint8_t key[PT_ID_SIZE]);
void pt_members_leave(pt_members *members, pt_memberships *mine, pt_membership *membership);
void pt_members_leave_all(pt_members *members, pt_memberships *mine);

/* Peers for a member to meet; out has room for PT_SIGNAL_PEERS_MAX. */
size_t pt_members_choose(const pt_membership *membership, uint32_t want, pt_random *random,
                         pt_sig_peer *out);

#endif
