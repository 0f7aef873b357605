/* The peer wire protocol: BEP 3 with 6 (fast), 10 (extensions), 9 (metadata),
 * 52 (hash transfer) and 54 (lt_donthave). Pure functions, no state. */
#ifndef PT_FORMAT_WIRE_H
#define PT_FORMAT_WIRE_H

#include "base/cursor.h"
#include "base/limits.h"
#include "format/merkle.h"

#define PT_WIRE_HANDSHAKE_SIZE 68u

enum pt_wire_kind {
  PT_WIRE_CHOKE = 0,
  PT_WIRE_UNCHOKE = 1,
  PT_WIRE_INTERESTED = 2,
  PT_WIRE_NOT_INTERESTED = 3,
  PT_WIRE_HAVE = 4,
  PT_WIRE_BITFIELD = 5,
  PT_WIRE_REQUEST = 6,
  PT_WIRE_PIECE = 7,
  PT_WIRE_CANCEL = 8,
  PT_WIRE_PORT = 9,
  PT_WIRE_SUGGEST = 13,
  PT_WIRE_HAVE_ALL = 14,
  PT_WIRE_HAVE_NONE = 15,
  PT_WIRE_REJECT = 16,
  PT_WIRE_ALLOWED_FAST = 17,
  PT_WIRE_EXTENDED = 20,
  PT_WIRE_HASH_REQUEST = 21,
  PT_WIRE_HASHES = 22,
  PT_WIRE_HASH_REJECT = 23,
  PT_WIRE_KEEPALIVE = 256, /* length 0 on the wire */
  PT_WIRE_UNKNOWN = 257    /* well-framed, but a kind we do not know: skip it */
};

typedef struct pt_wire_handshake {
  uint8_t reserved[8];
  uint8_t info_hash[PT_ID_SIZE];
  uint8_t peer_id[PT_ID_SIZE];
} pt_wire_handshake;

/* Our reserved bits: BEP 10, BEP 6 and, with v2, BEP 52 support (by which one
 * who greets by a v1 info-hash is asked to go on by the v2 one). */
void pt_wire_reserved(uint8_t reserved[8], bool v2);
bool pt_wire_has_fast(const uint8_t reserved[8]);
bool pt_wire_has_extensions(const uint8_t reserved[8]);
bool pt_wire_has_v2(const uint8_t reserved[8]);

typedef struct pt_wire_message {
  enum pt_wire_kind kind;
  uint32_t index;      /* have, request, piece, cancel, suggest, reject, allowed fast */
  uint32_t begin;      /* request, piece, cancel, reject: offset in the piece, bytes */
  uint32_t length;     /* request, cancel, reject: bytes. hashes*: number of hashes */
  uint32_t base_layer; /* hash request, hashes, hash reject (BEP 52) */
  uint32_t proof_layers;
  uint8_t extension;   /* extended: its id (0: the extension handshake) */
  const uint8_t *root; /* hash request, hashes, hash reject: 32 bytes, a view */
  pt_bytes data;       /* piece: the block; bitfield; extended: payload;
                          hashes: the hashes, 32 bytes each; port: 2 bytes */
} pt_wire_message;

/* Handshake at the front of `in`. PT_OK; PT_ERR_MORE while it may still become
 * one; PT_ERR_SYNTAX. Uses PT_WIRE_HANDSHAKE_SIZE bytes. */
int pt_wire_handshake_decode(pt_bytes in, pt_wire_handshake *out);
void pt_wire_handshake_encode(pt_writer *w, const pt_wire_handshake *h);

/* The message at the front of `in`; views point into it; *used is its length
 * with the prefix. PT_ERR_MORE: come back with more bytes (*used: how many the
 * message needs in all, when known, else 0). PT_ERR_LIMIT: longer than
 * PT_WIRE_MESSAGE_MAX. PT_ERR_SYNTAX: wrong length for its kind. */
int pt_wire_decode(pt_bytes in, pt_wire_message *out, size_t *used);
/* Appends a message, length prefix included. w->failed when it does not fit. */
void pt_wire_encode(pt_writer *w, const pt_wire_message *m);
/* Appends a PIECE message with room for its block: returns where the `length`
 * bytes belong, to be written before the message is sent. NULL (and w->failed)
 * when there is no room. */
uint8_t *pt_wire_encode_piece(pt_writer *w, uint32_t index, uint32_t begin, uint32_t length);

/* BEP 10 extension handshake. Ids are 0 when not offered. */
typedef struct pt_wire_extensions {
  uint8_t ut_metadata;
  uint8_t lt_donthave;
  uint8_t pt_want;        /* ours: the pieces a peer would fetch from the origin */
  uint32_t metadata_size; /* 0: unknown */
  uint32_t reqq;          /* 0: not said */
  pt_bytes client;        /* "v" */
} pt_wire_extensions;
int pt_wire_extensions_decode(pt_bytes payload, pt_wire_extensions *out);
void pt_wire_extensions_encode(pt_writer *w, const pt_wire_extensions *e);

/* BEP 9 ut_metadata. */
enum pt_metadata_kind { PT_METADATA_REQUEST = 0, PT_METADATA_DATA = 1, PT_METADATA_REJECT = 2 };
typedef struct pt_wire_metadata {
  enum pt_metadata_kind kind;
  uint32_t piece;
  uint32_t total_size; /* data only */
  pt_bytes data;       /* data only, at most 16 KiB */
} pt_wire_metadata;
int pt_wire_metadata_decode(pt_bytes payload, pt_wire_metadata *out);
void pt_wire_metadata_encode(pt_writer *w, const pt_wire_metadata *m);

#endif
