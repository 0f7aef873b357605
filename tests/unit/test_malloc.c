/* The allocator of the wasm files, here in a memory of its own: what it gives
 * must never overlap, and what was given back must be used again, or a page
 * that stays open for a day runs out of memory. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#define PT_HEAP_PAGE 4096u
#define PAGES_MAX 256u
#define PAGES_FIRST 2u
static _Alignas(4096) uint8_t heap[PAGES_MAX * PT_HEAP_PAGE];
static size_t heap_pages = PAGES_FIRST;
static uint8_t *heap_begin(void) { return heap + 24; }
static uint8_t *heap_end(void) { return heap + heap_pages * PT_HEAP_PAGE; }
static bool heap_grow(size_t more) {
  if (more > PAGES_MAX - heap_pages) return false;
  heap_pages += more;
  return true;
}

#undef malloc
#undef calloc
#undef realloc
#undef free
#define malloc own_malloc
#define calloc own_calloc
#define realloc own_realloc
#define free own_free
void *malloc(size_t len);
void *calloc(size_t count, size_t size);
void *realloc(void *memory, size_t len);
void free(void *memory);
#include "../../wasm/malloc.c"

/* Walks over all blocks: each says the same at both ends, no two free ones are
 * neighbours, and the lists hold just the free ones. Returns the free bytes. */
static size_t check(void) {
  size_t free_bytes = 0, free_blocks = 0, listed = 0;
  bool was_free = false;
  uintptr_t first = ((uintptr_t)heap_begin() + WORD + ALIGN - 1) / ALIGN * ALIGN + WORD;
  block *b = (block *)first;
  while (b != border) {
    size_t size = b->size & ~USED;
    assert_true(size >= BLOCK_MIN && size % ALIGN == 0);
    assert_int_equal(((size_t *)block_at(b, size))[-1], b->size);
    bool is_free = !(b->size & USED);
    assert_false(is_free && was_free);
    if (is_free) {
      free_bytes += size;
      free_blocks++;
    }
    was_free = is_free;
    b = block_at(b, size);
  }
  assert_ptr_equal((uint8_t *)border + WORD, heap_end());
  for (size_t i = 0; i < LISTS; i++)
    for (b = lists[i]; b != NULL; b = b->next) {
      assert_int_equal(list_of(b->size), i);
      assert_ptr_equal(*b->from, b);
      listed++;
    }
  assert_int_equal(listed, free_blocks);
  return free_bytes;
}

typedef struct piece {
  uint8_t *data;
  size_t len;
  uint8_t value;
} piece;

static void assert_holds(const piece *p) {
  for (size_t i = 0; i < p->len; i++) assert_int_equal(p->data[i], p->value);
}

static void nothing_overlaps_and_all_comes_back(void **state) {
  (void)state;
  enum { PIECES = 64 };
  static piece pieces[PIECES];
  uint32_t random = 1;
  for (int round = 0; round < 20000; round++) {
    random = random * 1664525u + 1013904223u;
    piece *p = &pieces[(random >> 8) % PIECES];
    size_t len = (random >> 14) % ((random & 7) == 0 ? 20000 : 200);
    assert_holds(p);
    if ((random >> 29) == 0) {
      free(p->data);
      *p = (piece){NULL, 0, 0};
    } else {
      uint8_t *data = realloc(p->data, len);
      if (data == NULL) continue; /* the piece must still be whole: seen next time */
      assert_int_equal((uintptr_t)data % ALIGN, 0);
      size_t kept = p->len < len ? p->len : len;
      for (size_t i = 0; i < kept; i++) assert_int_equal(data[i], p->value);
      *p = (piece){data, len, (uint8_t)random};
      memset(data, p->value, len);
    }
    if (round % 100 == 0) check();
  }
  for (size_t i = 0; i < PIECES; i++) free(pieces[i].data);
  assert_true(check() + 2 * ALIGN + 24 >= heap_pages * PT_HEAP_PAGE);
}

static void memory_grows_to_its_end_and_no_further(void **state) {
  (void)state;
  enum { MOST = PAGES_MAX };
  static void *blocks[MOST];
  size_t count = 0;
  while (count < MOST && (blocks[count] = malloc(PT_HEAP_PAGE)) != NULL) count++;
  assert_true(count >= MOST - MOST / 8 && count < MOST);
  assert_int_equal(heap_pages, PAGES_MAX);
  assert_null(malloc(PT_HEAP_PAGE));
  assert_null(malloc(SIZE_MAX));
  assert_null(malloc(SIZE_MAX / 2));
  assert_null(calloc(SIZE_MAX / 2, 4));
  assert_null(realloc(blocks[0], sizeof heap));
  void *small = malloc(1); /* what is left over is of use */
  assert_non_null(small);
  free(small);
  while (count-- > 0) free(blocks[count]);
  void *all = malloc(sizeof heap - 100);
  assert_non_null(all);
  free(all);
  check();
}

static void calloc_gives_zeros(void **state) {
  (void)state;
  uint8_t *first = malloc(1000);
  memset(first, 0xff, 1000);
  free(first);
  uint8_t *second = calloc(10, 100);
  assert_ptr_equal(first, second);
  for (size_t i = 0; i < 1000; i++) assert_int_equal(second[i], 0);
  free(second);
  free(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nothing_overlaps_and_all_comes_back),
      cmocka_unit_test(memory_grows_to_its_end_and_no_further),
      cmocka_unit_test(calloc_gives_zeros),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
