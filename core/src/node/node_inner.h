/* The node's parts, for the files of this folder only.
 *
 *   node.c     routes inputs to the parts, collects outputs, keeps the peace
 *   assets.c   the site index in use, and the swarms that it names
 *   links.c    connections to other visitors: dialling, signals, channels
 *   session.c  the signalling server: hello, join, peers, reports
 *   node_invariant.c  what must be true of all that, for tests */
#ifndef PT_NODE_INNER_H
#define PT_NODE_INNER_H

#include "base/table.h"
#include "format/index_packed.h"
#include "format/signalling.h"
#include "swarm/units.h"

enum pt_link_phase { PT_PHASE_DIALLING = 1, PT_PHASE_ANSWERING, PT_PHASE_CONNECTED };

typedef struct pt_link {
  pt_remote remote;
  enum pt_link_phase phase;
  bool dialled; /* we made the offer */
  char nonce[PT_NONCE_LEN_MAX + 1];
  uint64_t expires_us;  /* must have a channel by then, or have one now */
  uint32_t swarm_count; /* swarms to share: a channel was or will be asked for */
  uint8_t swarms[PT_LINK_SWARMS_MAX][PT_ID_SIZE];
  uint32_t opened_count; /* of them, those whose channel the host was asked for */
  uint32_t channels;     /* open ones */
  uint64_t opening_us;   /* channels asked for are expected to open until then */
} pt_link;

enum pt_session_phase {
  PT_SESSION_CLOSED = 0,
  PT_SESSION_OPENING,
  PT_SESSION_GREETING, /* hello is sent */
  PT_SESSION_WELCOME
};

typedef struct pt_seen { /* an offer, so that it can't be played again */
  uint8_t peer[PT_ID_SIZE];
  char nonce[PT_NONCE_LEN_MAX + 1];
} pt_seen;

typedef struct pt_session {
  enum pt_session_phase phase;
  uint32_t attempt;
  uint32_t failures;  /* in a row */
  uint64_t open_us;   /* when to open it again */
  uint64_t silent_us; /* opening: from then on nobody waits for its answer */
  uint64_t late_us;   /* opening: given up then */
  uint64_t stats_us;  /* when to tell the server our counters */
  pt_stats told;      /* what it knows */
  char resume[128];
  size_t resume_len;
  uint32_t seen_next;
  pt_signalling message;               /* the one being read or written */
  uint8_t packed[PT_SIGNAL_BYTES_MAX]; /* to be sent */
  pt_seen seen[PT_REPLAY_MAX];
} pt_session;

/* The context first, which most reach by a pointer of their own. Behind it, and in it, what is long
 * comes last: what is nearer to the beginning is reached in fewer bytes of WebAssembly. */
struct pt_node {
  pt_context cx;
  uint32_t peers_max;
  uint32_t threshold; /* others that a swarm must have before we meet any */
  uint32_t swarm_count;
  uint32_t link_next; /* id of the next link */
  uint64_t links_us;  /* when links are to be looked after */
  uint64_t due_us;    /* when the host was to call at the latest */
  uint32_t send_turn; /* the swarm whose channels may send next */
  bool declined;      /* somebody we dialled had no place for us */
  bool drained;       /* all outputs were polled since the last input */
  pt_table streams;   /* id -> pt_stream */
  pt_table channels;  /* id -> pt_peer */
  pt_index index;     /* in use; zeros before the first */
  pt_config config;
  pt_link *links[PT_PEERS_MAX];
  pt_swarm *swarms[PT_SWARMS_MAX];
  pt_session session;
  uint8_t sending[PT_CHANNEL_SEND_MAX];
};

/* assets.c. Installing an index emits PT_OUT_INDEXED; swarms that are not in
 * it any more are dropped with their streams and peers. */
int pt_assets_install(pt_node *n, pt_bytes packed);
/* The swarm of the index with that key, made at first use; NULL when the index
 * does not have it or a limit is reached. */
pt_swarm *pt_assets_swarm(pt_node *n, const uint8_t key[PT_ID_SIZE]);
/* The same, but NULL unless it is there already. */
pt_swarm *pt_assets_known(const pt_node *n, const uint8_t key[PT_ID_SIZE]);
/* The same by either of its info-hashes. */
pt_swarm *pt_assets_named(const pt_node *n, const uint8_t info_hash[PT_ID_SIZE]);

/* links.c */
void pt_links_meet(pt_node *n, const pt_sig_peer *peer, const uint8_t swarm[PT_ID_SIZE]);
/* How many more visitors we would dial. */
uint32_t pt_links_to_dial(const pt_node *n);
void pt_links_remote_signal(pt_node *n, const pt_signalling *m);
void pt_links_undelivered(pt_node *n, const uint8_t peer[PT_ID_SIZE]);
int pt_links_local_signal(pt_node *n, const pt_event *in);
int pt_links_state(pt_node *n, const pt_event *in);
int pt_links_channel_opened(pt_node *n, const pt_event *in);
void pt_links_channel_closed(pt_node *n, uint32_t channel);
/* Closes what is broken, condemned or too late. */
void pt_links_settle(pt_node *n);
void pt_links_close_all(pt_node *n);
uint64_t pt_links_deadline(const pt_node *n);
/* The swarm is no more: what links share of it is forgotten. */
void pt_links_forget(pt_node *n, const uint8_t swarm[PT_ID_SIZE]);
/* Takes a peer out of its swarm; tell: the host is to close the channel. */
void pt_links_drop_peer(pt_node *n, pt_peer *p, bool tell);

/* session.c */
void pt_session_opened(pt_node *n);
void pt_session_closed(pt_node *n);
void pt_session_message(pt_node *n, pt_bytes packed);
void pt_session_settle(pt_node *n);
uint64_t pt_session_deadline(const pt_node *n);
/* n->session.message, emptied, but for the action. */
pt_signalling *pt_session_compose(pt_node *n, enum pt_signalling_action action);
/* Sends it. */
void pt_session_send(pt_node *n);
bool pt_session_open(const pt_node *n);

/* Something happened that the planning of all swarms should see. */
void pt_node_dirty(pt_node *n);
void pt_node_end_stream(pt_node *n, pt_stream *st);

/* node_invariant.c: the first statement found untrue of a node whose outputs
 * were all polled, or NULL. For tests and fuzzers. */
const char *pt_node_invariant(const pt_node *n);

#endif
