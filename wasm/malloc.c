/* malloc for the wasm build, in a third of the bytes of libc's smallest. The
 * core allocates large things (pieces, buffers) and few at a time.
 *
 * Memory is one row of blocks, each in use or free, never two free ones side by
 * side. Both ends of a block say how long it is, so that free() finds its
 * neighbours. Free blocks are in lists by the highest bit of their length; of
 * its own list malloc() takes the first that is long enough, of those above any.
 *
 *     length | 1 if in use    one word
 *     what malloc() gave      of a free block: its neighbours in its list
 *     length | 1 if in use    one word */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifndef PT_HEAP_PAGE /* tests/unit/test_malloc.c has another memory */
#define PT_HEAP_PAGE 65536u
extern uint8_t __heap_base;
static uint8_t *heap_begin(void) { return &__heap_base; }
static uint8_t *heap_end(void) { return (uint8_t *)(__builtin_wasm_memory_size(0) * PT_HEAP_PAGE); }
static bool heap_grow(size_t pages) { return __builtin_wasm_memory_grow(0, pages) != SIZE_MAX; }
#endif

#define WORD sizeof(size_t)
#define ALIGN (2 * WORD)
#define BLOCK_MIN (4 * WORD)
#define LISTS (8 * WORD)
#define USED ((size_t)1)

typedef struct block {
  size_t size; /* of the whole block, and USED */
  struct block *next;
  struct block **from; /* what points to it: a list's beginning, or a next */
} block;

static block *lists[LISTS];
static block *border; /* a block of no length at the end, always in use; NULL: not begun */

static block *block_at(block *b, size_t bytes) { return (block *)((uint8_t *)b + bytes); }

static size_t list_of(size_t size) { return LISTS - 1 - (size_t)__builtin_clzl(size); }

static void mark(block *b, size_t size, size_t used) {
  b->size = size | used;
  *(size_t *)block_at(b, size - WORD) = size | used;
}

static void list_put(block *b, size_t size) {
  mark(b, size, 0);
  block **list = &lists[list_of(size)];
  b->next = *list;
  b->from = list;
  if (b->next != NULL) b->next->from = &b->next;
  *list = b;
}

static void list_take(block *b) {
  *b->from = b->next;
  if (b->next != NULL) b->next->from = b->from;
}

static block *find(size_t size) {
  for (size_t i = list_of(size); i < LISTS; i++)
    for (block *b = lists[i]; b != NULL; b = b->next)
      if (b->size >= size) return b;
  return NULL;
}

/* Makes a free block of all that there is behind the last one. */
static void take_in(void) {
  block *b = border;
  border = (block *)(void *)(heap_end() - WORD);
  border->size = USED;
  b->size = (size_t)((uint8_t *)border - (uint8_t *)b) | USED;
  free(&b->next);
}

/* Room for a block of that size; by an eighth at least, since the host has to
 * look at memory anew each time. */
static bool grow(size_t size) {
  size_t pages = size / PT_HEAP_PAGE + 1;
  size_t more = (size_t)(heap_end() - heap_begin()) / PT_HEAP_PAGE / 8;
  if (!(more > pages && heap_grow(more)) && !heap_grow(pages)) return false;
  take_in();
  return true;
}

static void begin(void) {
  uintptr_t at = ((uintptr_t)heap_begin() + WORD + ALIGN - 1) / ALIGN * ALIGN + WORD;
  border = (block *)at;
  ((size_t *)at)[-1] = USED; /* as if a block ended here */
  take_in();
}

void *malloc(size_t len) {
  if (len > SIZE_MAX / 2) return NULL;
  size_t size = (len + 2 * WORD + ALIGN - 1) / ALIGN * ALIGN;
  if (size < BLOCK_MIN) size = BLOCK_MIN;
  if (border == NULL) begin();
  block *b = find(size);
  if (b == NULL && grow(size)) b = find(size);
  if (b == NULL) return NULL;
  list_take(b);
  size_t rest = b->size - size;
  if (rest >= BLOCK_MIN)
    list_put(block_at(b, size), rest);
  else
    size += rest;
  mark(b, size, USED);
  return &b->next;
}

void free(void *memory) {
  if (memory == NULL) return;
  block *b = (block *)(void *)((uint8_t *)memory - WORD);
  size_t size = b->size - USED;
  block *next = block_at(b, size);
  if (!(next->size & USED)) {
    list_take(next);
    size += next->size;
  }
  size_t before = ((size_t *)b)[-1];
  if (!(before & USED)) {
    b = block_at(b, -before);
    list_take(b);
    size += before;
  }
  list_put(b, size);
}

void *calloc(size_t count, size_t size) {
  size_t len = 0;
  if (__builtin_mul_overflow(count, size, &len)) return NULL;
  void *memory = malloc(len);
  return memory != NULL ? memset(memory, 0, len) : NULL;
}

void *realloc(void *memory, size_t len) {
  size_t room = 0;
  if (memory != NULL) room = ((size_t *)memory)[-1] - USED - 2 * WORD;
  if (memory != NULL && len <= room) return memory;
  void *larger = malloc(len);
  if (larger == NULL || memory == NULL) return larger;
  memcpy(larger, memory, room);
  free(memory);
  return larger;
}
