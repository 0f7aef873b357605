/* Signalling messages, from a client or a server. What is read must be written
 * so that it reads the same. */
#include "format/signalling.h"

#include <stdlib.h>
#include <string.h>

/* Escapes make text longer: six bytes for one. */
#define TEXT_MAX (7u * PT_SIGNAL_BYTES_MAX)

static void require(bool holds) {
  if (!holds) abort();
}

static size_t encode(const pt_signalling *m, uint8_t *out) {
  pt_writer w = pt_writer_of(out, TEXT_MAX);
  pt_signalling_encode(&w, m);
  require(!w.failed);
  return w.len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static pt_signalling message, back;
  static uint8_t first[TEXT_MAX], second[TEXT_MAX];
  uint8_t *arena = malloc(size + 1);
  const char *field = NULL;
  if (arena == NULL) return 0;
  int error = pt_signalling_decode((pt_bytes){data, size}, &message, arena, size, &field);
  require(error != PT_ERR_FULL);
  require(error != PT_ERR_RANGE || field != NULL);
  if (error == PT_OK) {
    size_t first_len = encode(&message, first);
    if (first_len <= PT_SIGNAL_BYTES_MAX) {
      static uint8_t back_arena[PT_SIGNAL_BYTES_MAX];
      pt_bytes again = {first, first_len};
      require(pt_signalling_decode(again, &back, back_arena, first_len, NULL) == PT_OK);
      require(encode(&back, second) == first_len && memcmp(first, second, first_len) == 0);
    }
  }
  free(arena);
  return 0;
}
