/* The WebTorrent tracker dialect: JSON messages over a WebSocket, both ways.
 * There is no BEP; what counts is what bittorrent-tracker's client says and
 * understands.
 *
 * Info-hashes, peer ids and offer ids are 20 bytes, on the wire a string of 20
 * characters U+0000..U+00FF, one per byte. Session descriptions are relayed as
 * they stand: an object { "type", "sdp" } whose text was checked.
 *
 * Decoding allocates nothing; views point into the message. */
#ifndef PT_FORMAT_TRACKER_H
#define PT_FORMAT_TRACKER_H

#include "base/cursor.h"
#include "base/limits.h"

enum pt_tracker_kind {
  PT_TRACKER_ANNOUNCE = 1, /* c>s info_hash, peer_id, left, event, numwant, offers */
  PT_TRACKER_ANSWER,       /* c>s info_hash, peer_id, to_peer_id, offer_id, description;
                              s>c the same without to_peer_id */
  PT_TRACKER_SCRAPE,       /* c>s scraped (hashes only); none: all swarms */
  PT_TRACKER_REPLY,        /* s>c info_hash, interval, complete, incomplete */
  PT_TRACKER_OFFER,        /* s>c info_hash, peer_id, offer_id, description */
  PT_TRACKER_SCRAPED,      /* s>c scraped */
  PT_TRACKER_FAILURE       /* s>c reason, of_scrape, info_hash if it is known */
};

enum pt_tracker_event {
  PT_TRACKER_UPDATE = 0, /* none, or one that we do not know ("paused", "empty") */
  PT_TRACKER_STARTED,
  PT_TRACKER_STOPPED,
  PT_TRACKER_COMPLETED
};

typedef struct pt_tracker_offer {
  uint8_t id[PT_ID_SIZE];
  pt_bytes description; /* raw JSON object */
} pt_tracker_offer;

typedef struct pt_tracker_count { /* one swarm of a scrape */
  uint8_t info_hash[PT_ID_SIZE];
  uint32_t complete, incomplete, downloaded;
} pt_tracker_count;

typedef struct pt_tracker_message {
  enum pt_tracker_kind kind;
  bool has_info_hash; /* always, but for failures and scrapes */
  bool has_to;        /* to_peer_id is set */
  bool has_left;      /* else not said, as of a magnet link: a leecher */
  bool has_numwant;
  bool of_scrape; /* a failure: of a scrape, not of an announce */
  uint8_t info_hash[PT_ID_SIZE], peer_id[PT_ID_SIZE], to_peer_id[PT_ID_SIZE];
  uint8_t offer_id[PT_ID_SIZE];
  enum pt_tracker_event event;
  uint64_t left;    /* bytes missing */
  uint32_t numwant; /* peers asked for */
  size_t offer_count;
  pt_tracker_offer offers[PT_TRACKER_OFFERS_MAX];
  pt_bytes description; /* raw JSON object */
  uint32_t interval;    /* seconds */
  uint32_t complete, incomplete;
  size_t scraped_count;
  pt_tracker_count scraped[PT_TRACKER_SCRAPE_MAX];
  pt_bytes reason; /* the inside of a JSON string, escaped as it stands there */
} pt_tracker_message;

/* Reads one message. PT_ERR_LIMIT, PT_ERR_SYNTAX, PT_ERR_RANGE (a needed field
 * is absent or not allowed; *field then names it, if not NULL). What was read
 * before an error stays in *out: of_scrape and the info_hash belong into the
 * answer. Lenient where clients differ: `left`, `numwant` and `event` of another
 * type count as absent, offers without a description or an id are left out, as
 * are those past PT_TRACKER_OFFERS_MAX. Unknown fields are ignored, null is the
 * same as absent. Needs some 22 KiB of stack. */
int pt_tracker_decode(pt_bytes json, pt_tracker_message *out, const char **field);

/* Appends one message; w->failed when it does not fit, or the kind is none. */
void pt_tracker_encode(pt_writer *w, const pt_tracker_message *m);

/* The SDP inside a description, unescaped (a view of it, or of what was
 * appended to `arena`). PT_OK, or an error when there is none. */
int pt_tracker_sdp(pt_bytes description, pt_writer *arena, pt_bytes *sdp);
/* Appends a description. */
void pt_tracker_describe(pt_writer *w, bool is_offer, pt_bytes sdp);

#endif
