/* wasm/pack.c: what unpacks the core. Whatever it is given, it comes to an end within its memory.
 */
#define PT_FILE_MAX 4096u
#define PT_LINES_BITS 6
#include "../../wasm/pack.c"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  memset(&now, 0, sizeof now);
  memset(&packed, 0, sizeof packed);
  memcpy(&packed, data, size < sizeof packed ? size : sizeof packed);
  if (unpack() > sizeof file) abort();
  return 0;
}
