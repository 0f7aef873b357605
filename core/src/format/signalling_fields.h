/* Which fields each signalling message has: one table for both directions. */
#ifndef PT_FORMAT_SIGNALLING_FIELDS_H
#define PT_FORMAT_SIGNALLING_FIELDS_H

#include "format/signalling.h"

/* How a field is written, and what of pt_signalling holds it. */
enum pt_sig_type {
  PT_SIG_TYPE_ID = 1,  /* 40 hex digits: uint8_t[20] */
  PT_SIG_TYPE_HASH,    /* 64 hex digits: uint8_t[32] */
  PT_SIG_TYPE_TEXT,    /* string: pt_bytes */
  PT_SIG_TYPE_U32,     /* uint32_t */
  PT_SIG_TYPE_U64,     /* uint64_t, at most 2^53 */
  PT_SIG_TYPE_ARRAY,   /* any array, raw: pt_bytes */
  PT_SIG_TYPE_OBJECT,  /* any object, raw: pt_bytes */
  PT_SIG_TYPE_LIMITS,  /* an object, raw; its "message" is message_max */
  PT_SIG_TYPE_PEERS,   /* [{ peer, near }]: peers */
  PT_SIG_TYPE_SEEDS,   /* [id]: peers */
  PT_SIG_TYPE_SERVERS, /* [url]: servers */
  PT_SIG_TYPE_JOINED,  /* [{ h, left, want }]: swarms */
  PT_SIG_TYPE_LEFT,    /* [id]: swarms */
  PT_SIG_TYPE_EDGES,   /* { id: bytes }: edges */
  PT_SIG_TYPE_KIND,    /* a word: kind */
  PT_SIG_TYPE_CAPS     /* an array, kept for later versions: written empty */
};

#define PT_SIG_BIT(action) ((uint16_t)(1u << (action)))

typedef struct pt_sig_field {
  const char *name;
  uint16_t actions; /* PT_SIG_BIT of those that have it */
  uint16_t needed;  /* and of those that are wrong without it */
  uint8_t type;     /* enum pt_sig_type */
  uint16_t offset;  /* in pt_signalling, where the type does not tell */
  uint32_t len_max; /* of texts and raw values, bytes */
} pt_sig_field;

extern const pt_sig_field pt_sig_fields[];
extern const size_t pt_sig_field_count;

/* The word of an action (NULL for PT_SIG_UNKNOWN) or of a kind of signal. */
const char *pt_sig_action_word(enum pt_signalling_action action);
const char *pt_sig_kind_word(enum pt_signal kind);

/* What a signal needs depends on its kind: PT_OK, or PT_ERR_RANGE and *field. */
int pt_sig_check_signal(const pt_signalling *m, const char **field);

/* Is the text of a request id one that stands for a JSON number? */
bool pt_sig_id_is_number(pt_bytes id);

#endif
