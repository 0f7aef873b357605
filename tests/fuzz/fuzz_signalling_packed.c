/* Packed signalling messages. What is read must be packed so that it is the same
 * bytes; and what JSON can say of it must come back the same. */
#include "../packed.h"

static void require(bool holds) {
  if (!holds) abort();
}

static size_t pack(const pt_signalling *m, uint8_t *out) {
  pt_writer w = pt_writer_of(out, PT_SIGNAL_BYTES_MAX);
  pt_signalling_pack(&w, m);
  require(!w.failed);
  return w.len;
}

/* That texts are UTF-8, and a candidate JSON, is the host's word. */
static bool has_texts(enum pt_signalling_action action) {
  return action == PT_SIG_SIGNAL || action == PT_SIG_ERROR || action == PT_SIG_REPORT ||
         action == PT_SIG_HELLO || action == PT_SIG_WELCOME || action == PT_SIG_UNKNOWN;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static pt_signalling message, back;
  static uint8_t first[PT_SIGNAL_BYTES_MAX], second[PT_SIGNAL_BYTES_MAX];
  if (pt_signalling_unpack((pt_bytes){data, size}, &message) != PT_OK) return 0;
  require(pack(&message, first) == size && memcmp(first, data, size) == 0);
  if (has_texts(message.action)) return 0;
  static uint8_t json[PT_SIGNAL_BYTES_MAX];
  pt_bytes text = json_message((pt_bytes){data, size}, &message, json);
  require(text.len > 0);
  pt_bytes again = packed_message(text, &back, second);
  bool says_less = message.action == PT_SIG_LEAVE || message.action == PT_SIG_STATS;
  require(again.len == size && (says_less || memcmp(again.data, data, size) == 0));
  return 0;
}
