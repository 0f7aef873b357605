/* Which peers of a swarm a joiner is told of: seeds and leechers mixed, drawn
 * at random so that load spreads and the swarm's graph stays connected. Used by
 * whoever introduces peers to one another. Pure: seeded, no state. */
#ifndef PT_SWARM_MATCH_H
#define PT_SWARM_MATCH_H

#include "base/random.h"
#include "peertide/peertide.h"

#define PT_MATCH_MAX 64u /* peers chosen at once, at most */
#define PT_MATCH_NONE UINT32_MAX

/* A swarm as two lists that the caller keeps: its seeds and its leechers. The
 * joiner may be on one of them already. */
typedef struct pt_match {
  uint32_t seed_count;
  uint32_t leecher_count;
  bool joiner_is_seed; /* then seeds are of no use to it */
  uint32_t joiner;     /* its place on the list of its kind, or PT_MATCH_NONE */
  /* How far from the joiner a peer is, smaller is nearer; NULL: all alike. */
  uint32_t (*distance)(const void *context, bool is_seed, uint32_t place);
  const void *context;
} pt_match;

/* Where a chosen peer stands. */
typedef struct pt_match_choice {
  bool is_seed;
  uint32_t place; /* on the list of seeds or that of leechers */
} pt_match_choice;

/* Chooses min(want, PT_MATCH_MAX) different peers, fewer where there are not
 * as many; never the joiner. For a leecher half of them are seeds, more or
 * fewer where one kind is short; for a seed all are leechers. With distances
 * they are the nearest of PT_MATCH_MAX drawn of each kind, all but a quarter of
 * them, which keep the distant parts of a swarm together. Lots decide between
 * equals. Their order is
 * random. Returns how many; `out` has room for that many. */
size_t pt_match_choose(const pt_match *match, uint32_t want, pt_random *random,
                       pt_match_choice *out);

#endif
