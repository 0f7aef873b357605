/* Peers that others complain about. A peer that two different peers have
 * reported is banned for an hour. Bounded: the oldest complaint gives way. */
#ifndef PT_SERVER_BANS_H
#define PT_SERVER_BANS_H

#include "id_table.h"

#define PT_BAN_REPORTERS 2u            /* different ones that make a ban */
#define PT_BAN_US (3600u * 1000000ull) /* it and complaints last that long */

typedef struct pt_ban {
  uint8_t peer[PT_ID_SIZE];
  uint8_t reporters[PT_BAN_REPORTERS][PT_ID_SIZE];
  uint32_t reporter_count; /* distinct, up to PT_BAN_REPORTERS */
  uint32_t reports;        /* all */
  uint64_t since_us;
  struct pt_ban *next; /* younger */
} pt_ban;

typedef struct pt_bans {
  pt_id_table table;
  pt_ban *oldest, *youngest;
} pt_bans;

void pt_bans_init(pt_bans *bans, uint64_t seed);
void pt_bans_free(pt_bans *bans);
/* Notes a complaint. True when this one made the ban. */
bool pt_bans_report(pt_bans *bans, const uint8_t peer[PT_ID_SIZE],
                    const uint8_t reporter[PT_ID_SIZE], uint64_t now_us);
bool pt_bans_has(const pt_bans *bans, const uint8_t peer[PT_ID_SIZE]);
void pt_bans_expire(pt_bans *bans, uint64_t now_us);

#endif
