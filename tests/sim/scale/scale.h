/* The simulated world at large: what all its parts know, and the messages
 * between them.
 *
 *   engine     time, events, threads: everything below are its actors
 *   visitor    a node of the core and its host
 *   wires      a visitor's access line, connections and channels
 *   page       what a visitor's page asks for
 *   origin     the site's HTTP server
 *   server     the signalling server
 *   people     who the visitors are: lines, places, faults
 *   figures    what came out
 *
 * Actors 0..people-1 are visitors, then come origin and server. Nothing that
 * `world` points to changes while the engine runs, but for an actor's own
 * state and a worker's own scratch. */
#ifndef SCALE_SCALE_H
#define SCALE_SCALE_H

#include "base/limits.h"
#include "base/table.h"
#include "engine.h"
#include "scenario.h"
#include "tagsite.h"

typedef struct visitor visitor;
typedef struct person person;
typedef struct origin origin;
typedef struct server server;

typedef struct scratch { /* of one worker */
  uint8_t packed[PT_CHANNEL_SEND_MAX];
  uint8_t full[PT_CHANNEL_SEND_MAX];
  uint64_t pages_done;  /* visits that ended well or badly */
  uint64_t returns;     /* visits that will follow on visits */
  uint64_t bytes_taken; /* by pages */
} scratch;

typedef struct world {
  scenario s;
  uint64_t lookahead_us, until_us;
  tagsite *site;
  engine *engine;
  uint32_t threads;
  uint32_t visitor_count; /* with pages */
  uint32_t people_count;  /* and Sybils */
  person *people;
  visitor *visitors;
  uint32_t *by_id; /* peer id -> person, open addressing: number + 1 */
  uint32_t by_id_cap;
  uint32_t origin_actor, server_actor;
  origin *origin;
  server *server;
  scratch *scratch; /* by worker */
  uint32_t watched; /* whose events are told on stderr; UINT32_MAX: nobody's */
  bool closing;     /* set in a pause: all are leaving */
} world;

enum message_kind {
  /* a visitor to itself */
  M_ARRIVE = 1,
  M_LEAVE,
  M_VANISH,
  M_TIMER,
  M_PAGE,      /* the page's timer; a: visit, b: which */
  M_LOCAL_SDP, /* a: link, b: enum pt_signal */
  M_SHAKEN,    /* a: link: DTLS is nearly done */
  M_UPLINK,    /* the line is free */
  M_DRAINED,   /* a: channel */
  /* a visitor to another; a: the receiver's link */
  M_LINK_UP, /* b: the sender's link */
  M_LINK_CLOSED,
  M_CHANNEL_OPEN,   /* b: stream, data: label */
  M_CHANNEL_OPENED, /* b: stream */
  M_CHANNEL_CLOSED, /* b: stream */
  M_CHANNEL_DATA,   /* b: stream, data: packed frames */
  /* a visitor to the origin; a: fetch */
  M_GET,    /* b: number, c: offset, d: length; flags: windowed */
  M_CREDIT, /* c: bytes */
  M_CANCEL,
  /* the origin to a visitor; a: fetch */
  M_BODY,     /* b: number, c: offset, d: length */
  M_BODY_END, /* b: status, flags: 2: it failed */
  /* a visitor to the server and back; a: the connection */
  M_SERVER_OPEN,
  M_SERVER_TEXT,
  M_SERVER_CLOSE,
  M_SERVER_OPENED,
  M_SERVER_CLOSED,
  /* the origin or the server to itself */
  M_SERVE,
  M_OUTAGE
};

/* One way from one person to another, us. */
uint64_t world_delay_us(const world *w, uint32_t from, uint32_t to);
/* The person with that peer id, or UINT32_MAX. */
uint32_t world_find(const world *w, const uint8_t id[PT_ID_SIZE]);
/* Can they connect at all, and is there a way between them now? */
bool world_can_connect(const world *w, uint32_t a, uint32_t b);
bool world_apart(const world *w, uint32_t a, uint32_t b, uint64_t now_us);

/* Ends the program: something that must hold does not. Says seed, time, actor. */
_Noreturn void world_broken(const world *w, uint64_t now_us, uint32_t actor, const char *format,
                            ...);

#endif
