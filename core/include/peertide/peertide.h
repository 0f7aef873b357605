/* Peertide core: the whole interface between the core and its hosts.
 *
 * The core does no I/O. A host (browser worker, native program, simulator)
 * tells it what happened with pt_node_input(), carries out what it asks for
 * with pt_node_poll(), and calls again no later than pt_node_deadline().
 *
 * Rules:
 *  - After every input, outputs are polled until there are none left, before
 *    the next input. A debug build asserts it.
 *  - now_us never goes backwards (any origin, microseconds).
 *  - Pointers in an output are valid until the next call on the same node.
 *  - Pointers in an input need only live for the call.
 *  - What peers, servers and files say is never trusted: faults come back as
 *    outputs (PT_OUT_FAULT, PT_OUT_BAN), never as a crash.
 *  - Same configuration, same seed, same inputs: same outputs, everywhere.
 */
#ifndef PEERTIDE_H
#define PEERTIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PT_VERSION "0.1.0"

#define PT_ID_SIZE 20        /* peer ids and swarm keys, bytes */
#define PT_HASH_SIZE 32      /* SHA-256, bytes */
#define PT_TO_END UINT64_MAX /* pt_event.length of a request: to the end */
#define PT_NEVER UINT64_MAX  /* pt_node_deadline(): nothing to wait for */

/* Errors are negative. -1..-99: the call; -100..-199: a document or message
 * is wrong; -200..-299: delivery failed; -900..: fatal, delete the node. */
enum {
  PT_OK = 0,
  PT_ERR_ARG = -1,           /* an argument is out of its documented range */
  PT_ERR_LIMIT = -2,         /* a limit of base/limits.h is reached */
  PT_ERR_STATE = -3,         /* not possible now (closed, not started, unknown id) */
  PT_ERR_FULL = -4,          /* the given buffer is too small */
  PT_ERR_MORE = -5,          /* the input ends too early: come back with more */
  PT_ERR_SYNTAX = -100,      /* not the format at all */
  PT_ERR_RANGE = -101,       /* a field's value is not allowed */
  PT_ERR_HASH = -102,        /* a hash does not match */
  PT_ERR_UNSUPPORTED = -103, /* right, but a kind we do not handle */
  PT_ERR_UNKNOWN = -200,     /* no such asset in the index */
  PT_ERR_UNREACHABLE = -201, /* neither peers nor the origin could deliver */
  PT_ERR_STALE = -202,       /* the origin's bytes do not match the index */
  PT_ERR_CANCELLED = -203,   /* the host cancelled it */
  PT_ERR_NOMEM = -900        /* out of memory */
};

/* One line of English for an error, never NULL. */
const char *pt_error_text(int error);

typedef struct pt_bytes {
  const uint8_t *data; /* may be NULL when len is 0 */
  size_t len;
} pt_bytes;

/* What happened (host to core). Fields not named are ignored.
 * "link" is one RTCPeerConnection; the core numbers the links it dials and
 * those it accepts. "channel" is one RTCDataChannel; the host numbers them. */
enum pt_in {
  PT_IN_TICK = 1,        /* nothing but time */
  PT_IN_INDEX,           /* data: the site index, packed (format/index_packed.h);
                            replaces the last one */
  PT_IN_REQUEST,         /* id (chosen by the host), text: URL path, offset,
                            length (or PT_TO_END), code: enum pt_urgency */
  PT_IN_REQUEST_CREDIT,  /* id, length: the consumer takes that many more bytes */
  PT_IN_REQUEST_CANCEL,  /* id: the consumer has gone (no PT_OUT_REQUEST_END) */
  PT_IN_ORIGIN_DATA,     /* id of the fetch, data: the next body bytes */
  PT_IN_ORIGIN_END,      /* id, code: PT_OK, or an error (network, status,
                            wrong range); offset: HTTP status or 0 */
  PT_IN_SERVER_OPENED,   /* the signalling channel is open */
  PT_IN_SERVER_MESSAGE,  /* data: one signalling message, packed
                            (format/signalling_packed.h) */
  PT_IN_SERVER_CLOSED,   /* it closed, or could not be opened */
  PT_IN_PEER_SIGNAL,     /* link, code: enum pt_signal, data: our SDP, or our
                            candidate as JSON text */
  PT_IN_PEER_STATE,      /* link, code: enum pt_link_state */
  PT_IN_CHANNEL_OPENED,  /* id: channel, link, swarm: its label (anything on
                            a link with a WebTorrent client), code: 1 if this
                            side created it, 0 if the peer did */
  PT_IN_CHANNEL_MESSAGE, /* id: channel, data: one message as received */
  PT_IN_CHANNEL_DRAINED, /* id: channel; its send queue is empty */
  PT_IN_CHANNEL_CLOSED,  /* id: channel */
  PT_IN_POLICY,          /* code: enum pt_consent, offset: upload limit in
                            bytes/s, length: upload quota in bytes still
                            allowed (UINT64_MAX: none), id: threshold, the
                            others that a swarm must have before we look for
                            peers in it (they may still look for us) */
  PT_IN_STORE_LIMIT,     /* length: bytes that may be on disk from now on (at
                            first 0: the host has no disk, and what it had is
                            lost), offset: bytes of pieces kept in memory
                            from now on (0: as before) */
  PT_IN_STORED_LAYER,    /* swarm, id, data: what PT_OUT_STORE_LAYER gave, kept
                            from an earlier run. Before the pieces that need it */
  PT_IN_STORED,          /* swarm, data: numbers of its pieces on disk (u32,
                            little-endian), kept from an earlier run. To be given
                            once PT_OUT_INDEXED came, least recently used first;
                            what does not belong comes back as PT_OUT_STORE_DROP */
  PT_IN_STORE_DATA       /* swarm, id: piece, data: the answer to
                            PT_OUT_STORE_READ; or code: why it can't be read.
                            Unasked with a code: it could not be written */
};

/* What should be done (core to host). */
enum pt_out {
  PT_OUT_REQUEST_DATA = 1, /* id, offset: place in the file, data: verified
                              bytes, code: enum pt_source, peer: who gave it
                              (when PT_SOURCE_PEER). In order, within credit */
  PT_OUT_REQUEST_END,      /* id, code: PT_OK or an error: then use plain HTTP */
  PT_OUT_ORIGIN_GET,       /* id, text: URL path, offset, length; length
                              PT_TO_END with offset 0: whole, no Range header */
  PT_OUT_ORIGIN_CANCEL,    /* id: abort that fetch, no PT_IN_ORIGIN_END wanted */
  PT_OUT_SERVER_OPEN,      /* open the signalling channel; id: attempt number */
  PT_OUT_SERVER_SEND,      /* data: one signalling message, packed likewise */
  PT_OUT_SERVER_CLOSE,     /* close it */
  PT_OUT_PEER_DIAL,        /* link, peer, swarm: make an RTCPeerConnection with
                              one channel labelled with swarm, and an offer */
  PT_OUT_PEER_SIGNAL,      /* link, peer, code: enum pt_signal, data: the
                              peer's SDP or candidate. An offer makes the link */
  PT_OUT_PEER_CLOSE,       /* link: close the RTCPeerConnection and forget it */
  PT_OUT_CHANNEL_OPEN,     /* link, swarm: create a channel with that label */
  PT_OUT_CHANNEL_SEND,     /* id: channel, data: one message, at most 64 KiB */
  PT_OUT_CHANNEL_CLOSE,    /* id: channel */
  PT_OUT_INDEXED,          /* the index given with PT_IN_INDEX is in use; code:
                              PT_OK, or why it was refused (the old one stays);
                              length: number of assets */
  PT_OUT_INDEX_STALE,      /* the index changed: fetch it and give it again */
  PT_OUT_SERVER_WELCOME,   /* the server's welcome was taken: what it says of
                              ICE servers and settings holds */
  PT_OUT_PEER_UP,          /* link, peer: it exchanges data with us now */
  PT_OUT_PEER_DOWN,        /* link, peer */
  PT_OUT_PIECE,            /* a piece is verified. swarm, id: its number,
                              text: URL path, offset, length: its bytes in the
                              file, code: enum pt_source, peer */
  PT_OUT_FALLBACK,         /* id: request, text: path, code: enum
                              pt_fallback: urgent bytes go to the origin */
  PT_OUT_BAN,              /* peer, swarm, offset: piece, code: the error */
  PT_OUT_FAULT,            /* peer (or zeros: the server), code, text: what it
                              did; it was dropped */
  PT_OUT_STORE_WRITE,      /* swarm, id: piece, data: its verified bytes, to be
                              kept on disk. length: of the swarm's pieces, none
                              is longer. Writes, reads and drops are in order */
  PT_OUT_STORE_LAYER,      /* swarm, id: file, data: hashes that its pieces on
                              disk are checked with, to be kept */
  PT_OUT_STORE_READ,       /* swarm, id: piece, to be given by PT_IN_STORE_DATA
                              within 3 s: else the disk counts as gone */
  PT_OUT_STORE_DROP        /* swarm, id: piece, to be deleted; length PT_TO_END:
                              everything of that swarm */
};

/* Bits of pt_event.flags. */
enum pt_flag {
  /* PT_OUT_PEER_DIAL, PT_OUT_PEER_SIGNAL: the peer is a WebTorrent client. It
   * hears no candidates, so they belong into our SDP: gather them all first. It
   * has one channel per link, and when it makes that, with a label of its own. */
  PT_FLAG_LEGACY = 1
};

enum pt_urgency {
  PT_URGENCY_NORMAL = 0,
  PT_URGENCY_BLOCKING = 1, /* the page can't render without it (style, script, font, document) */
  /* A player takes it as it plays, by credit for what it has room for, and must not run dry. Not
   * for a reader that keeps bytes of its own before they are played: to the core it looks as if
   * it were always about to run dry. In the file for browsers it is PT_URGENCY_NORMAL. */
  PT_URGENCY_PLAYER = 2
};
enum pt_source { PT_SOURCE_ORIGIN = 0, PT_SOURCE_PEER = 1, PT_SOURCE_STORE = 2 };
enum pt_signal { PT_SIGNAL_OFFER = 1, PT_SIGNAL_ANSWER, PT_SIGNAL_CANDIDATE, PT_SIGNAL_BYE };
enum pt_link_state { PT_LINK_CONNECTED = 1, PT_LINK_FAILED, PT_LINK_CLOSED };
enum pt_consent { PT_CONSENT_GRANTED = 0, PT_CONSENT_DOWNLOAD_ONLY, PT_CONSENT_DENIED };
enum pt_fallback {
  PT_FALLBACK_ALONE = 1, /* nobody else is known */
  PT_FALLBACK_ELECTED,   /* this visitor fetches it for the neighbourhood */
  PT_FALLBACK_BACKUP,    /* the elected one did not deliver in time */
  PT_FALLBACK_URGENT,    /* can't wait for peers */
  PT_FALLBACK_RESCUE     /* a peer stalled */
};

/* One record for both directions: 8-byte aligned, no hidden padding. */
typedef struct pt_event {
  uint16_t kind;  /* enum pt_in or enum pt_out */
  uint16_t flags; /* enum pt_flag */
  int32_t code;
  uint32_t id;
  uint32_t link;
  uint64_t offset;
  uint64_t length;
  uint8_t peer[PT_ID_SIZE];
  uint8_t swarm[PT_ID_SIZE];
  pt_bytes text; /* UTF-8, not terminated */
  pt_bytes data;
} pt_event;

typedef struct pt_config {
  uint64_t seed;                     /* of all the node's randomness */
  uint64_t memory_max;               /* bytes of pieces in memory; 0: 512 MiB */
  uint64_t upload_rate_max;          /* bytes/s; 0: no limit */
  uint64_t upload_quota;             /* bytes in all; 0: no limit */
  uint32_t peers_max;                /* links at once; 0: 24 */
  int32_t consent;                   /* enum pt_consent */
  uint32_t anywhere;                 /* 1: the server is not to prefer peers nearby */
  uint32_t savings;                  /* 0: never slower than the origin; 1: the origin comes
                                        last, whoever may have something is waited for */
  uint8_t fingerprint[PT_HASH_SIZE]; /* SHA-256 fingerprint of our DTLS
                                        certificate; the peer id follows from it */
} pt_config;

typedef struct pt_stats {
  uint64_t origin_bytes; /* body bytes received from the origin */
  uint64_t origin_requests;
  uint64_t peer_bytes_in;   /* block bytes received from peers */
  uint64_t peer_bytes_out;  /* block bytes sent to peers */
  uint64_t wasted_bytes;    /* received twice, or thrown away */
  uint64_t verified_bytes;  /* in verified pieces since the start */
  uint64_t stored_bytes;    /* in memory now */
  uint64_t disk_bytes;      /* on disk now */
  uint64_t delivered_bytes; /* handed to requests */
  uint64_t pieces_failed;   /* wrong pieces of which nothing could be kept */
  uint64_t blocks_failed;   /* wrong blocks whose piece was kept but for them */
  uint32_t peers_connected;
  uint32_t peers_banned;
  uint32_t swarms;
  uint32_t assets;
} pt_stats;

typedef struct pt_peer_stats {
  uint8_t peer[PT_ID_SIZE];
  uint32_t link;
  uint64_t bytes_in;  /* block bytes received from it */
  uint64_t bytes_out; /* block bytes sent to it */
  uint32_t rtt_us;    /* smoothed round trip of block requests; 0: unknown */
  uint32_t connected; /* 1: PT_OUT_PEER_UP was given */
} pt_peer_stats;

typedef struct pt_node pt_node;

/* A new node, or NULL when there is no memory. The configuration is copied. */
pt_node *pt_node_new(const pt_config *config, uint64_t now_us);
void pt_node_del(pt_node *node);

/* Tells the node what happened. PT_OK, or an error when the host broke a rule
 * (PT_ERR_ARG, PT_ERR_STATE, PT_ERR_LIMIT): then nothing changed. Ids of
 * requests, fetches, links and channels that are gone are no error: what was
 * under way when the core let go of it is ignored. */
int pt_node_input(pt_node *node, uint64_t now_us, const pt_event *input);

/* The next thing to do: true and *output, or false when there is nothing. */
bool pt_node_poll(pt_node *node, pt_event *output);

/* When to give the next PT_IN_TICK if nothing else happens, or PT_NEVER. */
uint64_t pt_node_deadline(const pt_node *node);

/* Our peer id: the first 20 bytes of SHA-256 over the fingerprint. */
const uint8_t *pt_node_id(const pt_node *node);

void pt_node_stats(const pt_node *node, pt_stats *stats);

/* Statistics of the link number `slot` (0, 1, 2, …); false past the last. */
bool pt_node_peer_stats(const pt_node *node, uint32_t slot, pt_peer_stats *stats);

#ifdef __cplusplus
}
#endif
#endif
