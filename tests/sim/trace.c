/* trace SEED: runs a small world from one seed and prints a digest of every
 * output of every node. The same seed must give the same line natively and in
 * wasm: a visitor's browser decides exactly as the simulator does. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "world.h"

static void run(const site *s, uint64_t seed) {
  world_options options = {.seed = seed,
                           .link_delay_us = 15000,
                           .server_delay_us = 30000,
                           .uplink_rate = 3000000,
                           .origin_rate = 12000000};
  world *w = world_new(s, options);
  for (uint32_t i = 0; i < 6; i++) {
    uint32_t v = world_arrive(w);
    for (uint32_t f = 0; f < s->file_count; f++) world_ask(w, v, f, 0, 0);
    world_run(w, i < 3 ? 0 : 400000, NULL, NULL);
  }
  world_corrupt(w, 0, 13);
  world_run(w, 1000000, NULL, NULL);
  world_kill(w, 1);
  world_run(w, 120000000, world_all_done, NULL);
  printf("seed %" PRIu64 " time %" PRIu64 " origin %" PRIu64 " bans %u digest %016" PRIx64 "\n",
         seed, world_now(w), world_origin_bytes(w), world_bans(w, 0), world_digest(w));
  world_del(w);
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: trace SEED\n");
    return 2;
  }
  uint64_t seed = strtoull(argv[1], NULL, 10);
  const uint64_t lengths[] = {9000, 16384, 70000, 400000, 1500001, 6000000};
  site *s = site_new(seed, lengths, 6, 32768);
  run(s, seed);
  site_del(s);
  return 0;
}
