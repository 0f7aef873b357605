/* The host of fuzz_node.c: carries out what the node asks for, or does not,
 * and checks what it says. What peers do is in node_peer.c. */
#ifndef FUZZ_NODE_HOST_H
#define FUZZ_NODE_HOST_H

#include "node/node_inner.h"
#include "site.h"

#define HOST_REQUESTS 8u
#define HOST_FETCHES 16u
#define HOST_CHANNELS 16u
#define HOST_PEERS 8u
#define HOST_LINKS 32u
#define HOST_READS PT_READS_MAX

typedef struct host_request {
  bool open;
  uint32_t file;
  uint64_t at, credit;
  const site *site; /* whose bytes it must get */
} host_request;

typedef struct host_fetch {
  bool open;
  uint32_t id;
  pt_bytes body; /* what is left of it */
} host_fetch;

typedef struct host_channel {
  bool open, greeted;
  uint32_t link;
  uint8_t *sent; /* the node's bytes that are no whole message yet */
  size_t sent_len;
} host_channel;

typedef struct host_peer {
  uint8_t fingerprint[PT_HASH_SIZE], id[PT_ID_SIZE];
  char nonce[PT_NONCE_LEN_MAX + 1]; /* of the node's last offer to it */
  bool liar;                        /* it sent something that may be wrong */
} host_peer;

typedef struct host_read { /* a piece that the node wants from disk */
  bool open;
  pt_event event;
} host_read;

typedef struct host {
  pt_node *node;
  uint64_t now_us;
  const uint8_t *at, *end; /* the input */
  site *const *sites;      /* that there are */
  const site *site;
  bool doctored; /* the index is not what the site's owner made */
  uint8_t site_key[PT_ID_SIZE];
  host_request requests[HOST_REQUESTS];
  host_fetch fetches[HOST_FETCHES];
  host_channel channels[HOST_CHANNELS];
  host_read reads[HOST_READS];
  uint64_t disk_max;
  host_peer peers[HOST_PEERS];
  uint32_t links[HOST_LINKS], link_count;
} host;

void require_(bool holds, const char *what, int line);
#define require(what) require_(what, #what, __LINE__)

host *host_new(const uint8_t *data, size_t size);
void host_del(host *h);
/* One input, all outputs, all checks. */
void give(host *h, const pt_event *in);
void close_channel(host_channel *c);
/* The next bytes of the site for a fetch / its end. */
void serve(host *h, uint32_t slot, size_t len);
void end_fetch(host *h, uint32_t slot, int code, uint64_t status);
void server_say(host *h, const pt_signalling *m);
void host_index(host *h);
/* From now on the origin answers, and every request must end. */
void finish(host *h);

/* The input's next bytes; zeros behind its end. */
uint8_t take_u8(host *h);
uint16_t take_u16(host *h);
uint32_t take_u32(host *h);
pt_bytes take_bytes(host *h, size_t len);
uint32_t some_link(host *h);

/* node_disk.c; the first two do what the node says */
void disk_write(host *h, const pt_event *out);
void disk_read(host *h, const pt_event *out);
/* `how`: 0 right, 1 a bit flipped, 2 too short, 3 an error. */
void disk_answer(host *h, uint32_t slot, int how);
void disk_answers(host *h);
void disk_limit(host *h);
void disk_tells(host *h);

/* node_peer.c */
void peer_greets(host *h);
void peer_answers(host *h);
void peer_tells_hashes(host *h);
void peer_says(host *h);
void peer_raw(host *h);
host_peer *peer_with(host *h, const uint8_t id[PT_ID_SIZE]);

#endif
