#include "format/signalling_fields.h"

#include <string.h>

#define AT(member) ((uint16_t)offsetof(pt_signalling, member))
#define HELLO PT_SIG_BIT(PT_SIG_HELLO)
#define WELCOME PT_SIG_BIT(PT_SIG_WELCOME)
#define JOIN PT_SIG_BIT(PT_SIG_JOIN)
#define LEAVE PT_SIG_BIT(PT_SIG_LEAVE)
#define PEERS PT_SIG_BIT(PT_SIG_PEERS)
#define SIGNAL PT_SIG_BIT(PT_SIG_SIGNAL)
#define UNDELIVERED PT_SIG_BIT(PT_SIG_UNDELIVERED)
#define STATS PT_SIG_BIT(PT_SIG_STATS)
#define REPORT PT_SIG_BIT(PT_SIG_REPORT)
#define DRAIN PT_SIG_BIT(PT_SIG_DRAIN)
#define ERROR PT_SIG_BIT(PT_SIG_ERROR)
#define TEXT_MAX PT_SIGNAL_TEXT_LEN_MAX
#define RAW_MAX PT_SIGNAL_BYTES_MAX

/* In the order in which they are written. */
const pt_sig_field pt_sig_fields[] = {
    {"peer", HELLO | REPORT, HELLO | REPORT, PT_SIG_TYPE_ID, AT(peer), 0},
    {"fingerprint", HELLO, HELLO, PT_SIG_TYPE_HASH, AT(fingerprint), 0},
    {"token", HELLO, 0, PT_SIG_TYPE_TEXT, AT(token), PT_TOKEN_LEN_MAX},
    {"anywhere", HELLO, 0, PT_SIG_TYPE_U32, AT(anywhere), 0},
    {"caps", HELLO, 0, PT_SIG_TYPE_CAPS, 0, RAW_MAX},

    {"ring", WELCOME, 0, PT_SIG_TYPE_TEXT, AT(ring), TEXT_MAX},
    {"salt", WELCOME, 0, PT_SIG_TYPE_TEXT, AT(salt), TEXT_MAX},
    {"epoch", WELCOME, 0, PT_SIG_TYPE_U64, AT(epoch), 0},
    {"iceServers", WELCOME, 0, PT_SIG_TYPE_ARRAY, AT(ice_servers), RAW_MAX},
    {"limits", WELCOME, 0, PT_SIG_TYPE_LIMITS, AT(limits), RAW_MAX},
    {"settings", WELCOME, 0, PT_SIG_TYPE_OBJECT, AT(settings), RAW_MAX},
    {"seeds", WELCOME, 0, PT_SIG_TYPE_SEEDS, 0, 0},
    {"resume", HELLO | WELCOME, 0, PT_SIG_TYPE_TEXT, AT(resume), TEXT_MAX},

    {"swarms", JOIN, JOIN, PT_SIG_TYPE_JOINED, 0, 0},
    {"swarms", LEAVE, LEAVE, PT_SIG_TYPE_LEFT, 0, 0},

    {"h", PEERS, PEERS, PT_SIG_TYPE_ID, AT(swarm), 0},
    {"peers", PEERS, PEERS, PT_SIG_TYPE_PEERS, 0, 0},
    {"complete", PEERS, 0, PT_SIG_TYPE_U32, AT(complete), 0},
    {"incomplete", PEERS, 0, PT_SIG_TYPE_U32, AT(incomplete), 0},
    {"interval", PEERS, 0, PT_SIG_TYPE_U32, AT(interval), 0},

    {"to", SIGNAL | UNDELIVERED, UNDELIVERED, PT_SIG_TYPE_ID, AT(to), 0},
    {"from", SIGNAL, 0, PT_SIG_TYPE_ID, AT(from), 0},
    {"legacy", SIGNAL, 0, PT_SIG_TYPE_ID, AT(legacy), 0},
    {"kind", SIGNAL, SIGNAL, PT_SIG_TYPE_KIND, 0, 0},
    {"nonce", SIGNAL | UNDELIVERED, 0, PT_SIG_TYPE_TEXT, AT(nonce), PT_NONCE_LEN_MAX},
    {"sdp", SIGNAL, 0, PT_SIG_TYPE_TEXT, AT(sdp), PT_SDP_LEN_MAX},
    {"candidate", SIGNAL, 0, PT_SIG_TYPE_OBJECT, AT(candidate), PT_CANDIDATE_LEN_MAX},
    {"reason", UNDELIVERED, 0, PT_SIG_TYPE_TEXT, AT(reason), TEXT_MAX},

    {"originBytes", STATS, 0, PT_SIG_TYPE_U64, AT(origin_bytes), 0},
    {"peerBytesIn", STATS, 0, PT_SIG_TYPE_U64, AT(peer_bytes_in), 0},
    {"peerBytesOut", STATS, 0, PT_SIG_TYPE_U64, AT(peer_bytes_out), 0},
    {"wasted", STATS, 0, PT_SIG_TYPE_U64, AT(wasted), 0},
    {"from", STATS, 0, PT_SIG_TYPE_EDGES, 0, 0},

    {"kind", REPORT, REPORT, PT_SIG_TYPE_TEXT, AT(report_kind), TEXT_MAX},
    {"swarm", REPORT, 0, PT_SIG_TYPE_ID, AT(swarm), 0},
    {"piece", REPORT, 0, PT_SIG_TYPE_U32, AT(piece), 0},

    {"afterMs", DRAIN, DRAIN, PT_SIG_TYPE_U64, AT(after_ms), 0},
    {"servers", WELCOME | DRAIN, 0, PT_SIG_TYPE_SERVERS, 0, 0},

    {"code", ERROR, ERROR, PT_SIG_TYPE_TEXT, AT(code), TEXT_MAX},
    {"message", ERROR, 0, PT_SIG_TYPE_TEXT, AT(message), TEXT_MAX},
};
const size_t pt_sig_field_count = sizeof pt_sig_fields / sizeof pt_sig_fields[0];

const char *pt_sig_action_word(enum pt_signalling_action action) {
  static const char *const words[] = {[PT_SIG_HELLO] = "hello",
                                      [PT_SIG_WELCOME] = "welcome",
                                      [PT_SIG_JOIN] = "join",
                                      [PT_SIG_LEAVE] = "leave",
                                      [PT_SIG_PEERS] = "peers",
                                      [PT_SIG_SIGNAL] = "signal",
                                      [PT_SIG_UNDELIVERED] = "undelivered",
                                      [PT_SIG_STATS] = "stats",
                                      [PT_SIG_REPORT] = "report",
                                      [PT_SIG_INDEXED] = "indexed",
                                      [PT_SIG_DRAIN] = "drain",
                                      [PT_SIG_ERROR] = "error"};
  return action >= PT_SIG_HELLO && action < PT_SIG_UNKNOWN ? words[action] : NULL;
}

const char *pt_sig_kind_word(enum pt_signal kind) {
  static const char *const words[] = {[PT_SIGNAL_OFFER] = "offer",
                                      [PT_SIGNAL_ANSWER] = "answer",
                                      [PT_SIGNAL_CANDIDATE] = "candidate",
                                      [PT_SIGNAL_BYE] = "bye"};
  return kind >= PT_SIGNAL_OFFER && kind <= PT_SIGNAL_BYE ? words[kind] : NULL;
}

bool pt_sig_id_is_number(pt_bytes id) {
  if (id.len == 0 || id.len > 15) return false; /* 15 digits stay below 2^53 */
  if (id.data[0] == '0' && id.len > 1) return false;
  for (size_t i = 0; i < id.len; i++)
    if (id.data[i] < '0' || id.data[i] > '9') return false;
  return true;
}

static bool is_zero(const uint8_t id[PT_ID_SIZE]) {
  static const uint8_t zero[PT_ID_SIZE];
  return memcmp(id, zero, PT_ID_SIZE) == 0;
}

int pt_sig_check_signal(const pt_signalling *m, const char **field) {
  *field = "kind";
  if (m->kind < PT_SIGNAL_OFFER || m->kind > PT_SIGNAL_BYE) return PT_ERR_RANGE;
  bool is_description = m->kind == PT_SIGNAL_OFFER || m->kind == PT_SIGNAL_ANSWER;
  if (is_zero(m->to) && is_zero(m->from))
    *field = "to";
  else if (m->nonce.len == 0 && m->kind != PT_SIGNAL_BYE)
    *field = "nonce";
  else if (is_description && m->sdp.len == 0)
    *field = "sdp";
  else if (m->kind == PT_SIGNAL_CANDIDATE && m->candidate.len == 0)
    *field = "candidate";
  else
    *field = NULL;
  return *field == NULL ? PT_OK : PT_ERR_RANGE;
}
