/* What is remembered of a peer whose connection closed, so that it can come
 * back as the same: its token and its swarms. Bounded; two minutes. */
#ifndef PT_SERVER_RESUME_H
#define PT_SERVER_RESUME_H

#include "id_table.h"
#include "members.h"

#define PT_RESUME_TOKEN_SIZE 16u /* random bytes; 32 hex digits on the wire */
#define PT_RESUMES_MAX 8192u
#define PT_RESUME_US (120u * 1000000ull)

typedef struct pt_resume {
  uint8_t peer[PT_ID_SIZE];
  uint8_t token[PT_RESUME_TOKEN_SIZE];
  uint64_t since_us;
  bool taken;             /* superseded: only waits to be freed */
  struct pt_resume *next; /* younger */
  size_t swarm_count;
  uint8_t swarms[][PT_ID_SIZE];
} pt_resume;

typedef struct pt_resumes {
  pt_id_table table;
  pt_resume *oldest, *youngest;
  size_t count;
} pt_resumes;

void pt_resumes_init(pt_resumes *resumes, uint64_t seed);
void pt_resumes_free(pt_resumes *resumes);
/* Remembers the swarms a peer is in. */
void pt_resumes_keep(pt_resumes *resumes, const uint8_t peer[PT_ID_SIZE],
                     const uint8_t token[PT_RESUME_TOKEN_SIZE], const pt_memberships *mine,
                     uint64_t now_us);
/* What is known of a peer that shows its token (text, as in the message), or
 * NULL; valid until the next pt_resumes_keep() or pt_resumes_expire(). */
const pt_resume *pt_resumes_find(const pt_resumes *resumes, const uint8_t peer[PT_ID_SIZE],
                                 pt_bytes token);
void pt_resumes_expire(pt_resumes *resumes, uint64_t now_us);

/* Does the text spell this token? Takes the same time for every wrong one. */
bool pt_resume_token_is(const uint8_t token[PT_RESUME_TOKEN_SIZE], pt_bytes text);

#endif
