/* A visitor's access line, its connections to others and their channels.
 *
 * The uplink sends one message at a time, connections taking turns; small
 * messages of a connection that has nothing else to send slip in between, as
 * packets would. What travels is 3% and 60 bytes longer than what is sent
 * (SCTP, DTLS, UDP and IP). Nothing is lost: channels are reliable. */
#ifndef SCALE_WIRES_H
#define SCALE_WIRES_H

#include "frames.h"
#include "scale.h"

typedef struct channel {
  uint32_t id; /* the host's number: its place + 1 */
  uint32_t link;
  uint32_t stream; /* its number in the connection, the same at both ends */
  uint8_t label[PT_ID_SIZE];
  bool open;          /* the node knows of it */
  uint32_t queued;    /* sends waiting for the line */
  uint32_t undrained; /* bytes sent since the node last heard of an empty queue */
  frames out, in;
} channel;

enum link_stage { LINK_FREE, LINK_DIALLED, LINK_OFFERED, LINK_UP };

typedef struct link {
  uint32_t id; /* the node's number */
  uint8_t stage;
  bool dialled, queueing; /* by us; it is in the queue for the line */
  uint32_t peer, peer_link;
  uint32_t delay_us;
  uint32_t stream_next;
  uint32_t first_channel; /* list by channel_next, as ids; 0: none */
  uint64_t last_us;       /* when the last message will have left */
  uint8_t label[PT_ID_SIZE];
  message *head, *tail; /* waiting for the line */
} link;

typedef struct wires {
  link *links;
  uint16_t link_cap, link_count; /* places; those in use */
  uint16_t *place_of;            /* link id -> place + 1 */
  uint32_t place_cap;
  channel *channels;
  uint32_t *channel_next; /* of the same link */
  uint32_t channel_cap, channel_count;
  uint64_t up_free_ns, down_free_ns;
  uint64_t debt_ns; /* of the uplink: what slipped in while it was sending */
  uint32_t sending; /* the channel whose message is on the line, as id */
  bool waiting;     /* M_UPLINK is under way */
  uint16_t *turns;  /* places of links that wait for the line: a ring */
  uint32_t turn_first, turn_count, turn_cap;
  /* counters */
  /* constructions; refused: no way; cut: by a partition */
  uint64_t dials, answers, connected, refused, cuts;
  uint64_t kinds[FRAMES_KINDS]; /* messages sent */
  uint64_t sent_bytes, sends;
  frames_faults faults;
} wires;

void wires_free(wires *x);

/* What the node asks for. */
void wires_dial(world *w, engine_worker *k, visitor *v, const pt_event *out);
void wires_signal(world *w, engine_worker *k, visitor *v, const pt_event *out);
void wires_close_link(world *w, engine_worker *k, visitor *v, uint32_t link_id);
void wires_open_channel(world *w, engine_worker *k, visitor *v, const pt_event *out);
void wires_close_channel(world *w, engine_worker *k, visitor *v, uint32_t id);
void wires_send(world *w, engine_worker *k, visitor *v, const pt_event *out);
/* Closes everything; the others hear of it after so long. */
void wires_close_all(world *w, engine_worker *k, visitor *v, uint64_t after_us);

/* Messages; true: it was one of theirs. */
bool wires_take(world *w, engine_worker *k, visitor *v, message *m);
/* When the downlink has brought in so many bytes, us. */
uint64_t wires_down_us(const world *w, visitor *v, uint64_t now_us, uint32_t bytes);
uint64_t wires_framed(uint64_t bytes);

#endif
