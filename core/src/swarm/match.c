#include "swarm/match.h"

/* Draws `want` different places of a list of `count` without `skip`; want <= what
 * there is. One of each of `want` stretches, which begin anywhere: so none comes
 * twice, and all are equally likely. */
static void draw(uint32_t count, uint32_t skip, uint32_t want, bool is_seed, pt_random *random,
                 pt_match_choice *out) {
  if (want == 0) return;
  bool skips = skip < count;
  uint32_t usable = skips ? count - 1 : count;
  uint32_t begin = pt_random_below(random, usable);
  for (uint32_t i = 0, from = 0; i < want; i++) {
    uint32_t to = (uint32_t)((uint64_t)usable * (i + 1) / want);
    uint32_t place = begin + from + pt_random_below(random, to - from);
    from = to;
    if (place >= usable) place -= usable;
    if (skips && place >= skip) place++; /* numbered without the joiner so far */
    out[i] = (pt_match_choice){.is_seed = is_seed, .place = place};
  }
}

static void shuffle(pt_match_choice *list, uint32_t count, pt_random *random) {
  for (uint32_t i = count; i > 1; i--) { /* Fisher and Yates */
    uint32_t j = pt_random_below(random, i);
    pt_match_choice swap = list[i - 1];
    list[i - 1] = list[j];
    list[j] = swap;
  }
}

static uint32_t least(uint32_t a, uint32_t b) { return a < b ? a : b; }

/* The same as draw(), but most of them the nearest of a larger draw. */
static void draw_near(const pt_match *match, uint32_t count, uint32_t skip, uint32_t want,
                      bool is_seed, pt_random *random, pt_match_choice *out) {
  if (want == 0) return;
  pt_match_choice pool[PT_MATCH_MAX];
  uint32_t distance[PT_MATCH_MAX];
  uint32_t pool_count = least(count - (skip < count ? 1 : 0), PT_MATCH_MAX);
  draw(count, skip, pool_count, is_seed, random, pool);
  shuffle(pool, pool_count, random);
  for (uint32_t i = 0; i < pool_count; i++)
    distance[i] = match->distance(match->context, is_seed, pool[i].place);
  for (uint32_t i = 0; i < want - want / 4; i++) {
    uint32_t nearest = i;
    for (uint32_t j = i + 1; j < pool_count; j++)
      if (distance[j] < distance[nearest]) nearest = j;
    pt_match_choice swap = pool[i];
    pool[i] = pool[nearest];
    pool[nearest] = swap;
    distance[nearest] = distance[i];
  }
  for (uint32_t i = 0; i < want; i++) out[i] = pool[i];
}

size_t pt_match_choose(const pt_match *match, uint32_t want, pt_random *random,
                       pt_match_choice *out) {
  uint32_t skip_seed = match->joiner_is_seed ? match->joiner : PT_MATCH_NONE;
  uint32_t skip_leecher = match->joiner_is_seed ? PT_MATCH_NONE : match->joiner;
  uint32_t seeds = match->joiner_is_seed ? 0 : match->seed_count;
  uint32_t leechers = match->leecher_count - (skip_leecher < match->leecher_count ? 1 : 0);
  want = least(want, PT_MATCH_MAX);
  uint32_t from_seeds = least(seeds, want - least(leechers, want / 2));
  uint32_t from_leechers = least(leechers, want - from_seeds);

  if (match->distance) {
    draw_near(match, match->seed_count, skip_seed, from_seeds, true, random, out);
    draw_near(match, match->leecher_count, skip_leecher, from_leechers, false, random,
              out + from_seeds);
  } else {
    draw(match->seed_count, skip_seed, from_seeds, true, random, out);
    draw(match->leecher_count, skip_leecher, from_leechers, false, random, out + from_seeds);
  }
  uint32_t count = from_seeds + from_leechers;
  shuffle(out, count, random);
  return count;
}
