/* memcpy for browsers with bulk memory, where it is one instruction; what is
 * compiled with -mbulk-memory has that in place of a call. libc's, which its
 * allocator calls, is half a kilobyte of loops. */
#include <string.h>

void *memcpy(void *restrict to, const void *restrict from, size_t len) {
  return __builtin_memcpy(to, from, len);
}
