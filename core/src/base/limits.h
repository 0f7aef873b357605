/* Every bound of the core in one place. A table, queue, message or string that
 * is not bounded here is a bug; each bound has a test that reaches it. */
#ifndef PT_BASE_LIMITS_H
#define PT_BASE_LIMITS_H

#define PT_BLOCK_SIZE 16384u /* BEP 3 request size and BEP 52 leaf */
#define PT_PIECE_LENGTH_MIN 16384u
#define PT_PIECE_LENGTH_MAX 1048576u       /* what we make; */
#define PT_PIECE_LENGTH_READ_MAX 16777216u /* what we read (other makers' torrents) */
#define PT_BLOCKS_PER_PIECE_MAX (PT_PIECE_LENGTH_READ_MAX / PT_BLOCK_SIZE)

#define PT_SWARMS_MAX 256u
#define PT_SWARM_FILES_MAX 4096u
#define PT_SWARM_PIECES_MAX 65536u
#define PT_ASSETS_MAX 65536u
#define PT_PATH_LEN_MAX 1024u /* a URL path, bytes */
#define PT_TYPE_LEN_MAX 128u  /* a media type, bytes */
#define PT_INDEX_BYTES_MAX (32u << 20)
#define PT_INDEX_TOKENS_MAX (1u << 21) /* values and keys of its JSON */
#define PT_INDEX_SHARDS_MAX 1024u
#define PT_TORRENT_BYTES_MAX (16u << 20)
#define PT_BENCODE_DEPTH_MAX 32u
#define PT_BENCODE_NODES_MAX 1048576u

#define PT_SIGNAL_BYTES_MAX 65536u /* one signalling message */
#define PT_SIGNAL_TOKENS_MAX 4096u
#define PT_SDP_LEN_MAX 16384u
#define PT_NONCE_LEN_MAX 40u     /* an offer id of the WebTorrent dialect in hex fits */
#define PT_TOKEN_LEN_MAX 4096u   /* an admission token */
#define PT_SIGNAL_PEERS_MAX 64u  /* peers in one message */
#define PT_SIGNAL_SWARMS_MAX 64u /* swarms in one message */
#define PT_SIGNAL_SERVERS_MAX 8u
#define PT_URL_LEN_MAX 512u
#define PT_SIGNAL_ID_LEN_MAX 64u     /* a request's "id", bytes */
#define PT_SIGNAL_TEXT_LEN_MAX 1024u /* texts of a message without a bound of their own */
#define PT_CANDIDATE_LEN_MAX 2048u   /* an ICE candidate as JSON, bytes */

#define PT_TRACKER_TOKENS_MAX 1024u /* WebTorrent dialect: values of one message */
#define PT_TRACKER_OFFERS_MAX 20u   /* offers of one announce; more are not looked at */
#define PT_TRACKER_SCRAPE_MAX 64u   /* info-hashes of one scrape */

#define PT_WIRE_MESSAGE_MAX (320u << 10) /* one BitTorrent message, bytes: as many hashes */
#define PT_WIRE_REQUEST_MAX 131072u      /* longest block request we answer */
#define PT_CHANNEL_SEND_MAX 81920u  /* one data channel message we send: four blocks, and more */
#define PT_UPLOAD_LENGTH_MAX 65536u /* longest block we send: in one such message */
#define PT_LINK_QUEUE_MAX 81920u    /* bytes of blocks in the send queues of a link */
#define PT_HASHES_PER_MESSAGE_MAX 8192u /* BEP 52: hashes asked for at once */
#define PT_PROOF_LAYERS_MAX 32u

#define PT_PEERS_MAX 128u /* links at once, hard bound */
#define PT_PEERS_DEFAULT 24u
#define PT_CHANNELS_MAX 1024u
#define PT_REQUESTS_MAX 4096u /* page requests at once */
#define PT_FETCHES_MAX 64u    /* origin fetches at once */
#define PT_READS_MAX 16u      /* pieces being read from disk at once */
#define PT_BANNED_MAX 4096u
#define PT_REPLAY_MAX 1024u      /* remembered offer nonces */
#define PT_UPLOAD_QUEUE_MAX 512u /* block requests a peer may have open */
#define PT_PIPELINE_MAX 256u     /* block requests we keep open per channel */

#define PT_OUTBOX_EVENTS_MAX 65536u       /* outputs waiting to be polled */
#define PT_OUTBOX_BYTES_MAX (8u << 20)    /* and their payloads */
#define PT_NAMES_MAX 1024u                /* peer ids remembered as givers of pieces */
#define PT_LINK_SWARMS_MAX 64u            /* swarms shared with one peer */
#define PT_CONTROL_BYTES_MAX (256u << 10) /* messages waiting for one channel */
#define PT_REPORTS_MAX 16u                /* bans waiting to be told to the server */
#define PT_WANT_RANGES_MAX 256u           /* ranges in one pt_want message */
#define PT_WANT_UNDER_WAY 0x80000000u     /* in a range's count: being fetched now */
#define PT_AUTO_JOIN_MAX 32u              /* swarms joined before anything is asked */
#define PT_PAGE_FILE_MAX (4u << 20)       /* a longer file is no part of a page */

#endif
