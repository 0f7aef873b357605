/* What must be true of a whole node; see swarm/invariant.h. */
#include <string.h>

#include "node/node_inner.h"
#include "swarm/invariant.h"

#define REQUIRE(what)                                                                              \
  do {                                                                                             \
    if (!(what)) return #what;                                                                     \
  } while (0)

static const pt_link *link_with(const pt_node *n, const pt_remote *remote) {
  for (uint32_t i = 0; i < PT_PEERS_MAX; i++)
    if (n->links[i] && &n->links[i]->remote == remote) return n->links[i];
  return NULL;
}

static uint32_t peers_over(const pt_node *n, const pt_link *link) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < n->swarm_count; i++)
    for (const pt_peer *p = n->swarms[i]->peers; p; p = p->next)
      count += p->remote == &link->remote;
  return count;
}

static bool differ(const pt_link *a, const pt_link *b) {
  return a->remote.link != b->remote.link &&
         (memcmp(a->remote.id, b->remote.id, PT_ID_SIZE) != 0 ||
          memcmp(a->remote.info_hash, b->remote.info_hash, PT_ID_SIZE) != 0);
}

static const char *check_links(const pt_node *n) {
  uint32_t count = 0, up = 0;
  for (uint32_t i = 0; i < PT_PEERS_MAX; i++) {
    const pt_link *link = n->links[i];
    if (!link) continue;
    count++;
    up += link->remote.up;
    REQUIRE(link->channels == peers_over(n, link));
    REQUIRE(link->opened_count <= link->swarm_count && link->swarm_count <= PT_LINK_SWARMS_MAX);
    REQUIRE(!pt_context_banned(&n->cx, link->remote.id));
    REQUIRE(memcmp(link->remote.id, n->cx.self, PT_ID_SIZE) != 0);
    for (uint32_t j = 0; j < i; j++) REQUIRE(!n->links[j] || differ(n->links[j], link));
    REQUIRE(!link->remote.legacy || (link->swarm_count == 1 && link->channels <= 1));
  }
  REQUIRE(count <= n->peers_max);
  REQUIRE(up == n->cx.stats.peers_connected);
  return NULL;
}

static const char *check_tables(const pt_node *n) {
  size_t streams = 0, channels = 0;
  for (uint32_t i = 0; i < n->swarm_count; i++) {
    const pt_swarm *s = n->swarms[i];
    for (const pt_stream *st = s->streams; st; st = st->next, streams++)
      REQUIRE(pt_table_get(&n->streams, st->id) == st);
    for (const pt_peer *p = s->peers; p; p = p->next, channels++) {
      REQUIRE(pt_table_get(&n->channels, p->channel) == p);
      REQUIRE(link_with(n, p->remote));
      REQUIRE(!p->broken && !p->remote->condemned);
    }
  }
  REQUIRE(streams == n->streams.count && streams <= PT_REQUESTS_MAX);
  REQUIRE(channels == n->channels.count && channels <= PT_CHANNELS_MAX);
  return NULL;
}

const char *pt_node_invariant(const pt_node *n) {
  const char *wrong = pt_context_invariant(&n->cx, n->swarms, n->swarm_count);
  if (!wrong) wrong = check_links(n);
  if (!wrong) wrong = check_tables(n);
  if (wrong) return wrong;
  REQUIRE(n->drained);
  REQUIRE(n->cx.out.count == 0 && n->cx.out.dropped == 0);
  return NULL;
}
