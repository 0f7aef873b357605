#include "resume.h"

#include "base/hex.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

void pt_resumes_init(pt_resumes *resumes, uint64_t seed) {
  *resumes = (pt_resumes){0};
  pt_id_table_init(&resumes->table, PT_RESUMES_MAX + 1, seed);
}

static void drop_oldest(pt_resumes *resumes) {
  pt_resume *resume = resumes->oldest;
  resumes->oldest = resume->next;
  if (resumes->oldest == NULL) resumes->youngest = NULL;
  resumes->count--;
  if (!resume->taken) pt_id_table_remove(&resumes->table, resume->peer);
  free(resume);
}

void pt_resumes_free(pt_resumes *resumes) {
  while (resumes->oldest) drop_oldest(resumes);
  pt_id_table_free(&resumes->table);
}

void pt_resumes_keep(pt_resumes *resumes, const uint8_t peer[PT_ID_SIZE],
                     const uint8_t token[PT_RESUME_TOKEN_SIZE], const pt_memberships *mine,
                     uint64_t now_us) {
  if (resumes->count == PT_RESUMES_MAX) drop_oldest(resumes);
  pt_resume *old = pt_id_table_get(&resumes->table, peer);
  pt_resume *resume = calloc(1, sizeof *resume + mine->count * PT_ID_SIZE);
  if (resume == NULL || !pt_id_table_put(&resumes->table, peer, resume)) {
    free(resume);
    return;
  }
  if (old) old->taken = true;
  memcpy(resume->peer, peer, PT_ID_SIZE);
  memcpy(resume->token, token, PT_RESUME_TOKEN_SIZE);
  resume->since_us = now_us;
  for (size_t i = 0; i < mine->count; i++)
    memcpy(resume->swarms[resume->swarm_count++], mine->items[i]->swarm->key, PT_ID_SIZE);
  if (resumes->youngest)
    resumes->youngest->next = resume;
  else
    resumes->oldest = resume;
  resumes->youngest = resume;
  resumes->count++;
}

const pt_resume *pt_resumes_find(const pt_resumes *resumes, const uint8_t peer[PT_ID_SIZE],
                                 pt_bytes token) {
  const pt_resume *resume = pt_id_table_get(&resumes->table, peer);
  return resume && pt_resume_token_is(resume->token, token) ? resume : NULL;
}

void pt_resumes_expire(pt_resumes *resumes, uint64_t now_us) {
  while (resumes->oldest && now_us - resumes->oldest->since_us >= PT_RESUME_US)
    drop_oldest(resumes);
}

bool pt_resume_token_is(const uint8_t token[PT_RESUME_TOKEN_SIZE], pt_bytes text) {
  uint8_t bytes[PT_RESUME_TOKEN_SIZE];
  return pt_hex_decode((const char *)text.data, text.len, bytes, sizeof bytes) &&
         CRYPTO_memcmp(bytes, token, sizeof bytes) == 0;
}
