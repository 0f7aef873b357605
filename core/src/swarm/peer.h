/* One peer in one swarm: the state of the wire protocol on one channel.
 *
 * Questions this structure answers: what has it got, may we ask, what have we
 * asked for, how fast does it answer, what did it ask of us, and how much is
 * in its channel's queue? */
#ifndef PT_SWARM_PEER_H
#define PT_SWARM_PEER_H

#include "format/wire.h"
#include "swarm/swarm.h"

/* Who was asked and brings nothing for so long is passed over; starving
 * streams are rescued earlier. */
#define PT_STALL_US (2u * PT_SECOND_US)

typedef struct pt_asked { /* a block asked of the peer */
  uint32_t piece, begin, length;
  uint64_t sent_us;
} pt_asked;

typedef struct pt_upload { /* a block the peer asked for */
  uint32_t piece, begin, length;
} pt_upload;

/* Pieces a peer wants and would fetch from the origin, or is fetching. */
typedef struct pt_range {
  uint32_t first, count;
  bool under_way;
} pt_range;

struct pt_peer {
  pt_swarm *swarm;
  pt_remote *remote;
  pt_peer *next; /* in swarm->peers */
  pt_peer *next_hungry, *next_talker;
  bool hungry, talking; /* is in swarm->hungry, swarm->talkers */
  uint32_t channel;     /* the host's number */
  bool created_here;    /* we created the channel */
  bool unasked;         /* not all blocks of a piece it is to give fitted in asked[] */

  bool greeted;                   /* its handshake has come */
  bool bits_known;                /* its bitfield (or have all/none) has come */
  bool fast;                      /* BEP 6 in use */
  bool hashes;                    /* it knows BEP 52's messages */
  bool broken;                    /* to be closed: protocol fault or overflow */
  uint8_t ext_donthave, ext_want; /* its ids for extensions */
  bool choking, choked;           /* we choke it / it chokes us */
  bool interested, interesting;   /* it is interested / we told it that we are */
  bool favoured;                  /* unchoked because it has least */

  uint8_t *has;
  uint32_t has_count;
  uint64_t had_us; /* when it last said that it has a piece more */
  pt_range *wants; /* what it said it wants (pt_want) */
  uint32_t want_count;
  bool wants_known; /* it has said so at least once */
  bool lossy;       /* it lets go of pieces: when it has all that need not last */
  bool fetching;    /* something of it from the origin, now */

  uint32_t asked_count; /* of asked[], at the end */
  uint32_t pipeline;    /* how many blocks to keep asked for */
  bool refilling;       /* half of that is not asked for: worth a message */
  uint64_t answered_us; /* last block, or the first request of an idle line */
  uint64_t snubbed_until_us;
  uint64_t silent_us;                        /* snubbed since, without a block; 0: it answers */
  uint64_t rate_in, rate_out;                /* bytes/s, smoothed */
  uint64_t in_window, out_window, window_us; /* for the rates */
  uint32_t rtt_min_us;
  uint64_t unchoked_us;

  uint64_t hashless_until_us; /* it rejected a hash request: not to be asked again before */
  uint64_t since_us;          /* when the channel opened */

  pt_upload *uploads; /* ring of PT_UPLOAD_QUEUE_MAX */
  uint32_t upload_head, upload_count;
  uint64_t serving_us; /* blocks were last put into its queue, which has them still; 0: none */
  uint32_t serving;    /* of this piece */
  uint8_t *control;    /* encoded messages that are no blocks */
  size_t control_len, control_cap;
  uint32_t queued; /* bytes in the channel's queue, as far as we know */

  uint8_t *partial; /* an incomplete message from a byte-stream peer */
  size_t partial_len;

  pt_asked asked[PT_PIPELINE_MAX];
};

/* Adds a peer to the swarm and greets it (handshake, extensions, bitfield).
 * The remote must outlive it. NULL: no memory. */
pt_peer *pt_peer_new(pt_swarm *s, pt_remote *remote, uint32_t channel, bool created_here);
/* Takes it out: what was asked of it is free again. */
void pt_peer_del(pt_peer *p);

/* By which of its names the peer knows the swarm. */
static inline const uint8_t *pt_peer_info_hash(const pt_peer *p) {
  return p->remote->legacy ? p->remote->info_hash : p->swarm->key;
}

/* receive.c: one message from the channel. Faults set p->broken (and
 * remote->condemned where it must have been malice) and queue PT_OUT_FAULT. */
void pt_peer_receive(pt_peer *p, pt_bytes message);
void pt_peer_fault(pt_peer *p, int error, const char *what);

/* send.c: the next channel message into out (PT_CHANNEL_SEND_MAX bytes);
 * returns its length, 0 when there is nothing to send now. */
size_t pt_peer_send(pt_peer *p, uint8_t *out);
/* Its channel's queue is empty, or gone. */
void pt_peer_drained(pt_peer *p);
/* When a block asked of us may be sent, if nothing else happens; PT_NEVER
 * while something else must happen first. */
uint64_t pt_peer_upload_at(const pt_peer *p);
/* Appends a control message. A peer whose queue overflows is broken. */
void pt_peer_say(pt_peer *p, const pt_wire_message *m);
void pt_peer_say_kind(pt_peer *p, enum pt_wire_kind kind);
void pt_peer_say_have(pt_peer *p, uint32_t piece);
void pt_peer_say_donthave(pt_peer *p, uint32_t piece);
void pt_peer_say_wants(pt_peer *p);
void pt_peer_greet(pt_peer *p);

/* It may be asked for more: the picker looks at it soon. */
void pt_peer_hungers(pt_peer *p);
/* It has something to be sent, or room for it. */
void pt_peer_talks(pt_peer *p);
/* The swarm's first in line to send, or NULL; it stays there until
 * pt_peer_hushes(), when it has nothing that can be sent now. */
void pt_peer_hushes(pt_peer *p);

/* Asks for every block of a piece that is not here yet. */
void pt_peer_ask(pt_peer *p, uint32_t piece);
/* Takes back what was asked of it for a piece (BEP 3 cancel). */
void pt_peer_cancel(pt_peer *p, uint32_t piece);
/* Takes everything back: its pieces may be asked of others. */
void pt_peer_release(pt_peer *p, bool cancel);
/* Its pieces may be asked of others, while it may still bring them. */
void pt_peer_disown(pt_peer *p);
/* Can it be asked for this piece now? */
bool pt_peer_offers(const pt_peer *p, uint32_t piece);
bool pt_peer_wants(const pt_peer *p, uint32_t piece);
/* Is it fetching this piece from the origin now? */
bool pt_peer_fetches(const pt_peer *p, uint32_t piece);
bool pt_peer_usable(const pt_peer *p);

/* A block has come, asked for at sent_us / has gone: rates and counters. */
void pt_peer_count_in(pt_peer *p, uint32_t bytes, uint64_t sent_us);
void pt_peer_count_out(pt_peer *p, uint32_t bytes);

/* choke.c: who may ask us for blocks (at most PT_UNCHOKED_MAX). */
void pt_swarm_rechoke(pt_swarm *s);
/* A peer has become interested: unchoke it if a slot is free. */
void pt_choke_consider(pt_peer *p);
/* Chokes it, and rejects what it had asked for. */
void pt_choke_peer(pt_peer *p);

#endif
