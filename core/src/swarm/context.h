/* What all swarms of a node share: time, randomness, policy, the outputs and
 * the counters. The node owns it and passes it down. */
#ifndef PT_SWARM_CONTEXT_H
#define PT_SWARM_CONTEXT_H

#include "base/limits.h"
#include "base/outbox.h"
#include "base/random.h"

#define PT_SECOND_US 1000000u
#define PT_MS_US 1000u

/* Who gave a block: an index of pt_context.names, or one of these. */
enum { PT_GIVER_NONE = 0, PT_GIVER_ORIGIN = 1, PT_GIVER_DISK = 2, PT_GIVER_FIRST = 3 };

/* The other end of a link as the swarms see it. */
typedef struct pt_remote {
  uint8_t id[PT_ID_SIZE];
  bool legacy;                   /* a WebTorrent client: its id is bound to nothing, */
  uint8_t info_hash[PT_ID_SIZE]; /* and this is what it calls its one swarm; else zeros */
  uint32_t link;
  uint16_t name;  /* its place in pt_context.names */
  bool up;        /* a handshake with it is complete in some swarm */
  bool condemned; /* it broke the protocol or sent wrong bytes: to be closed */
  bool proven;    /* it gave the first and the last of a right piece, most likely all */
  uint64_t bytes_in, bytes_out; /* block bytes */
  uint64_t bytes_read;          /* from disk, and hashed, to send it some of them */
  uint64_t reported_in;         /* of bytes_in, already told to the server */
  uint32_t queued;              /* bytes in the queues of all its channels */
  uint32_t rtt_us;
  uint32_t hashed;    /* hashes computed for it, */
  uint64_t hashed_us; /* in the second that began then */
} pt_remote;

/* A peer that sent wrong bytes, for the server to know. */
typedef struct pt_report {
  uint8_t peer[PT_ID_SIZE];
  uint8_t swarm[PT_ID_SIZE];
  uint32_t piece;
} pt_report;

struct pt_piece;

/* Verified pieces are in memory, on disk, or both: two lists by last use. */
enum pt_place { PT_IN_MEMORY = 0, PT_ON_DISK = 1 };

/* A piece that the host is reading from disk. */
typedef struct pt_reading {
  struct pt_piece *piece;
  uint64_t since_us;
} pt_reading;

typedef struct pt_context {
  uint64_t now_us;
  uint64_t grace_us; /* we were late ourselves: until then nobody else is found late */
  pt_random random;
  pt_outbox out;
  pt_stats stats;
  uint8_t self[PT_ID_SIZE];
  uint64_t memory_max;
  uint64_t pinned_bytes;                  /* of pieces in the windows of page requests */
  int32_t consent;                        /* enum pt_consent */
  bool savings;                           /* the origin comes last */
  uint64_t upload_rate_max;               /* bytes/s, 0: none */
  uint64_t upload_quota;                  /* bytes left to send */
  uint64_t upload_paid_us;                /* what was sent is paid for, at that rate, then */
  uint64_t head_start;                    /* bytes that may still be taken from the origin
                                             while the first connections are being made */
  uint32_t small_start;                   /* bytes that were taken so */
  bool attend;                            /* a link or a peer is to be looked after */
  bool server_silent;                     /* the server can't name peers (closed or refused) */
  uint32_t dials;                         /* links being connected */
  uint64_t dial_news_us;                  /* when one of them last made progress */
  uint32_t fetch_next;                    /* id of the next origin fetch */
  uint32_t fetches;                       /* under way */
  uint64_t origin_retry_us;               /* the origin failed: not before this time */
  uint32_t origin_failures;               /* in a row */
  uint64_t origin_span_us;                /* smoothed time of one fetch, for backups */
  struct pt_piece *newest[2], *oldest[2]; /* by enum pt_place */
  struct pt_piece *unwritten;             /* to be given to the host for its disk */
  uint64_t disk_max;                      /* bytes; 0: there is no disk */
  bool read_ended;                        /* who waits for a read is to look again */
  uint32_t reading_count;
  uint32_t assembly_serial;
  uint32_t banned_next, banned_count;
  bool banned_new;       /* since links were last compared with the bans */
  uint32_t report_count; /* bans the server has not been told of */
  uint32_t names_next;

  pt_reading reading[PT_READS_MAX];
  pt_report reports[PT_REPORTS_MAX];
  uint8_t banned[PT_BANNED_MAX][PT_ID_SIZE];
  uint8_t names[PT_NAMES_MAX][PT_ID_SIZE];
} pt_context;

/* Gives a peer id a number by which pieces remember their giver: the one it
 * has, or that of the oldest name. */
uint16_t pt_context_name(pt_context *cx, const uint8_t id[PT_ID_SIZE]);

/* Bans a peer for wrong bytes in a piece: says so (PT_OUT_BAN) and queues a
 * report to the server. The oldest ban is forgotten at PT_BANNED_MAX. */
void pt_context_ban(pt_context *cx, const uint8_t peer[PT_ID_SIZE], const uint8_t swarm[PT_ID_SIZE],
                    uint32_t piece, int error);
bool pt_context_banned(const pt_context *cx, const uint8_t peer[PT_ID_SIZE]);

/* Limits what we send to that many bytes/s, 0: no limit. */
void pt_context_limit_upload(pt_context *cx, uint64_t rate_max);
/* Do consent and quota allow to send that many block bytes at all? */
bool pt_context_may_upload(const pt_context *cx, uint32_t bytes);
/* Takes that many bytes (at most PT_UPLOAD_LENGTH_MAX) from quota and rate limit;
 * false when they can't be sent now. Overdraw: it is enough that what was sent
 * before is paid for. (What comes seldom would never find enough beside blocks.) */
bool pt_context_take_upload(pt_context *cx, uint32_t bytes, bool overdraw);
/* When pt_context_take_upload() of as many may succeed, or PT_NEVER. */
uint64_t pt_context_upload_at(const pt_context *cx, uint32_t bytes);

#endif
