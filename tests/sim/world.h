/* A world of visitors in one process: nodes of the real core, joined by
 * simulated links, with a simulated origin and signalling server. Everything
 * that happens follows from one seed.
 *
 * Time is simulated microseconds; rates are bytes per second. */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "disk.h"
#include "site.h"

#define WORLD_VISITORS_MAX 64
#define WORLD_REQUESTS_MAX 256

typedef struct world world;

typedef struct world_options {
  uint64_t seed;
  uint64_t link_delay_us;   /* one way between visitors */
  uint64_t server_delay_us; /* one way to server and origin */
  uint64_t uplink_rate;     /* of each visitor */
  uint64_t origin_rate;     /* of the origin, shared */
  uint64_t memory_max;      /* of each visitor; 0: the node's default */
} world_options;

typedef struct world_request {
  uint32_t visitor, id, file;
  uint64_t at, end;  /* range asked for */
  uint64_t received; /* bytes that came */
  uint64_t from_origin, from_peers, from_disk;
  bool done;  /* ended, or cancelled */
  int result; /* of PT_OUT_REQUEST_END */
  bool wrong; /* bytes differed from the site's: must never be */
  uint64_t asked_us, first_us, done_us;
} world_request;

world *world_new(const site *s, world_options options);
void world_del(world *w);

/* A visitor comes: has the index, opens the signalling channel. */
uint32_t world_arrive(world *w);
/* It leaves without a word (the others' channels close after a delay). */
void world_kill(world *w, uint32_t visitor);
/* It flips a bit in every `nth` block it sends (0: honest again). */
void world_corrupt(world *w, uint32_t visitor, uint32_t nth);
/* It takes requests, but nothing it sends arrives any more. */
void world_mute(world *w, uint32_t visitor);
/* It has a disk, of which it may use so many bytes, and whose reads take so
 * long; with what is there from an earlier visitor's time. */
void world_give_disk(world *w, uint32_t visitor, disk *d, uint64_t disk_max, uint64_t delay_us);
void world_consent(world *w, uint32_t visitor, int consent);

void world_origin_fails(world *w, bool fails);
/* It answers 404 for this file, which the index still has. */
void world_origin_lacks(world *w, uint32_t file);
/* The origin serves these bytes instead of the site's (another version). */
void world_origin_site(world *w, const site *s);
void world_server_fails(world *w, bool fails);
/* It accepts, and never says anything. */
void world_server_mutes(world *w);
void world_links_fail(world *w, bool fail);

/* Asks for bytes [at, end) of a file with unlimited credit; end 0: all of it. */
world_request *world_ask(world *w, uint32_t visitor, uint32_t file, uint64_t at, uint64_t end);

/* The same without credit: the page takes what world_credit() says. */
world_request *world_ask_slowly(world *w, uint32_t visitor, uint32_t file, uint64_t at,
                                uint64_t end);
void world_credit(world *w, const world_request *r, uint64_t bytes);
/* The page does not want it any more. */
void world_cancel(world *w, world_request *r);

/* Runs until the predicate holds, nothing is left to happen, or the time is
 * over. True when it held. NULL: for that long. */
bool world_run(world *w, uint64_t for_us, bool (*until)(world *w, void *arg), void *arg);
bool world_all_done(world *w, void *unused);

uint64_t world_now(const world *w);
uint64_t world_origin_bytes(const world *w); /* sent by the origin so far */
/* Fetches from the origin for this reason. */
uint32_t world_fallbacks(const world *w, enum pt_fallback why);
uint32_t world_bans(const world *w, uint32_t visitor); /* visitors that banned this one */
uint32_t world_wrong_bans(const world *w);             /* bans of honest visitors */
pt_node *world_node(world *w, uint32_t visitor);
/* A digest of every output of every node so far. */
uint64_t world_digest(const world *w);

#endif
