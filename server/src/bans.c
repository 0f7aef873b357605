#include "bans.h"

#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

void pt_bans_init(pt_bans *bans, uint64_t seed) {
  *bans = (pt_bans){0};
  pt_id_table_init(&bans->table, PT_BANNED_MAX, seed);
}

static void drop_oldest(pt_bans *bans) {
  pt_ban *ban = bans->oldest;
  bans->oldest = ban->next;
  if (bans->oldest == NULL) bans->youngest = NULL;
  pt_id_table_remove(&bans->table, ban->peer);
  free(ban);
}

void pt_bans_free(pt_bans *bans) {
  while (bans->oldest) drop_oldest(bans);
  pt_id_table_free(&bans->table);
}

static pt_ban *add(pt_bans *bans, const uint8_t peer[PT_ID_SIZE], uint64_t now_us) {
  if (bans->table.count == PT_BANNED_MAX) drop_oldest(bans);
  pt_ban *ban = calloc(1, sizeof *ban);
  if (ban == NULL) return NULL;
  memcpy(ban->peer, peer, PT_ID_SIZE);
  ban->since_us = now_us;
  if (!pt_id_table_put(&bans->table, peer, ban)) {
    free(ban);
    return NULL;
  }
  if (bans->youngest)
    bans->youngest->next = ban;
  else
    bans->oldest = ban;
  bans->youngest = ban;
  return ban;
}

bool pt_bans_report(pt_bans *bans, const uint8_t peer[PT_ID_SIZE],
                    const uint8_t reporter[PT_ID_SIZE], uint64_t now_us) {
  pt_ban *ban = pt_id_table_get(&bans->table, peer);
  if (ban == NULL) ban = add(bans, peer, now_us);
  if (ban == NULL) return false;
  if (ban->reports < UINT32_MAX) ban->reports++;
  for (uint32_t i = 0; i < ban->reporter_count; i++) {
    if (memcmp(ban->reporters[i], reporter, PT_ID_SIZE) == 0) return false;
  }
  if (ban->reporter_count == PT_BAN_REPORTERS) return false;
  memcpy(ban->reporters[ban->reporter_count++], reporter, PT_ID_SIZE);
  return ban->reporter_count == PT_BAN_REPORTERS;
}

bool pt_bans_has(const pt_bans *bans, const uint8_t peer[PT_ID_SIZE]) {
  const pt_ban *ban = pt_id_table_get(&bans->table, peer);
  return ban && ban->reporter_count == PT_BAN_REPORTERS;
}

void pt_bans_expire(pt_bans *bans, uint64_t now_us) {
  while (bans->oldest && now_us - bans->oldest->since_us >= PT_BAN_US) drop_oldest(bans);
}
