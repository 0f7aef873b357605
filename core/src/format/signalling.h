/* The signalling messages of subprotocol "peertide.1" (JSON text), both ways:
 * client and server use the same codec. Ids are lowercase hex on the wire and
 * bytes in memory. Decoding allocates nothing; strings that need
 * unescaping go to the caller's arena. */
#ifndef PT_FORMAT_SIGNALLING_H
#define PT_FORMAT_SIGNALLING_H

#include "base/cursor.h"
#include "base/limits.h"

enum pt_signalling_action {
  PT_SIG_HELLO = 1,
  PT_SIG_WELCOME,
  PT_SIG_JOIN,
  PT_SIG_LEAVE,
  PT_SIG_PEERS,
  PT_SIG_SIGNAL,
  PT_SIG_UNDELIVERED,
  PT_SIG_STATS,
  PT_SIG_REPORT,
  PT_SIG_INDEXED,
  PT_SIG_DRAIN,
  PT_SIG_ERROR,
  PT_SIG_UNKNOWN /* well-formed, but an action we do not know: `name` has it */
};

/* (The order of members is that of the packed form, see signalling_packed.h.) */
typedef struct pt_sig_swarm {
  uint64_t left; /* bytes missing */
  uint32_t want; /* peers asked for */
  uint8_t key[PT_ID_SIZE];
} pt_sig_swarm;

typedef struct pt_sig_peer {
  uint8_t peer[PT_ID_SIZE];
  uint8_t legacy[PT_ID_SIZE]; /* zeros, or of a WebTorrent client: the info-hash it knows the
                                 swarm by. Its id is the server's name for it, bound to nothing */
  uint32_t near;              /* 0: unknown; else smaller is nearer */
} pt_sig_peer;

typedef struct pt_sig_edge { /* stats: what we got from a peer since the last */
  uint8_t peer[PT_ID_SIZE];
  uint32_t unused; /* 0 */
  uint64_t bytes;
} pt_sig_edge;

/* One message of any action; the fields each action uses are named. Absent
 * optional ones are 0 / empty. */
typedef struct pt_signalling {
  enum pt_signalling_action action;
  pt_bytes name; /* the action's word */
  pt_bytes id;   /* the request id to repeat in the answer ("id": string
                    or number up to 15 digits, kept as text; a string
                    that looks like a number keeps its quotes, so that
                    the answer repeats it as it came), empty when absent */
  /* hello */
  uint8_t peer[PT_ID_SIZE];          /* hello, report */
  uint8_t fingerprint[PT_HASH_SIZE]; /* hello */
  uint32_t anywhere;                 /* hello: 1: choose peers without regard to where they are */
  pt_bytes token;                    /* hello */
  pt_bytes resume;                   /* hello, welcome */
  /* welcome */
  pt_bytes ring, salt; /* text */
  uint64_t epoch;
  pt_bytes ice_servers;                   /* raw JSON array, for the host */
  pt_bytes limits, settings;              /* raw JSON objects */
  uint32_t message_max;                   /* limits.message: bytes; 0: not said */
  pt_sig_peer peers[PT_SIGNAL_PEERS_MAX]; /* peers; welcome's seeds (near 0) */
  size_t peer_count;
  pt_bytes servers[PT_SIGNAL_SERVERS_MAX]; /* welcome, drain: URLs */
  size_t server_count;
  /* join, leave */
  pt_sig_swarm swarms[PT_SIGNAL_SWARMS_MAX];
  size_t swarm_count;
  /* peers, report */
  uint8_t swarm[PT_ID_SIZE]; /* "h" of peers, "swarm" of report */
  uint32_t complete, incomplete;
  uint32_t interval; /* seconds */
  /* signal, undelivered */
  uint8_t to[PT_ID_SIZE], from[PT_ID_SIZE];
  uint8_t legacy[PT_ID_SIZE]; /* signal: as in pt_sig_peer. An SDP then has all candidates */
  enum pt_signal kind;
  pt_bytes nonce;
  pt_bytes sdp;       /* offer, answer (unescaped) */
  pt_bytes candidate; /* candidate: raw JSON object */
  pt_bytes reason;    /* undelivered */
  /* stats */
  uint64_t origin_bytes, peer_bytes_in, peer_bytes_out, wasted;
  pt_sig_edge edges[PT_SIGNAL_PEERS_MAX];
  size_t edge_count;
  /* report */
  pt_bytes report_kind;
  uint32_t piece;
  /* drain */
  uint64_t after_ms;
  /* error */
  pt_bytes code, message;
} pt_signalling;

/* Reads one message. Views point into `json` or `arena` (arena_cap bytes,
 * json.len is always enough; else PT_ERR_FULL). PT_ERR_LIMIT, PT_ERR_SYNTAX,
 * PT_ERR_RANGE (a needed field is absent or not allowed; *field then names it,
 * if not NULL). Fields that the action does not have are ignored; null is the
 * same as absent; of a field given twice the last counts. Raw values are
 * checked: they are JSON and UTF-8, and can be sent on as they are. Needs some
 * 90 KiB of stack.
 *
 * Needed are: hello: peer, fingerprint. join, leave: swarms. peers: h, peers.
 * signal: kind; to or from; nonce but for a bye; sdp in an offer or answer,
 * candidate in a candidate. undelivered: to. report: peer, kind. drain:
 * afterMs. error: code. */
int pt_signalling_decode(pt_bytes json, pt_signalling *out, uint8_t *arena, size_t arena_cap,
                         const char **field);
/* Appends one message; text is escaped, raw values are copied. Optional texts,
 * ids and raw values are left out when empty (or zero), numbers and lists are
 * always there. w->failed when it does not fit, or the action or kind is none. */
void pt_signalling_encode(pt_writer *w, const pt_signalling *m);

#endif
