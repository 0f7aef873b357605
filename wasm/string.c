/* What the core uses of <string.h>, a byte at a time: libc's, a word at a time,
 * are half a kilobyte more, and texts here are short. */
#include <string.h>

size_t strlen(const char *text) {
  size_t len = 0;
  while (text[len] != '\0') len++;
  return len;
}

void *memchr(const void *memory, int value, size_t len) {
  const unsigned char *at = memory;
  for (; len > 0; at++, len--)
    if (*at == (unsigned char)value) return (void *)(size_t)at;
  return NULL;
}

char *strchr(const char *text, int value) { return memchr(text, value, strlen(text) + 1); }

int strncmp(const char *a, const char *b, size_t len) {
  for (; len > 0; a++, b++, len--)
    if (*a != *b || *a == '\0') return (unsigned char)*a - (unsigned char)*b;
  return 0;
}

int strcmp(const char *a, const char *b) { return strncmp(a, b, (size_t)-1); }
