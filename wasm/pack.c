/* The core on its way to a visitor: packs a wasm file, and unpacks it again. A context-mixing
 * coder (M. Mahoney, "Adaptive Weighing of Context Models for Lossless Data Compression", 2005)
 * predicts each binary decision from what came before, and spends bits on surprises alone. It
 * knows more than the bytes say, as it walks through them as a decoder of instructions does:
 * whether an operation comes next, or whose operand.
 *
 * Built twice, for the same walk through `file`: as it is it unpacks, once; with PT_PACK it
 * packs. pack.mjs prepares what is packed and makes one file of it and of what unpacks it. */
#include <stdbool.h>
#include <stdint.h>

#ifndef PT_FILE_MAX            /* tests/fuzz/fuzz_unpack.c has less patience */
#define PT_FILE_MAX (1u << 18) /* bytes */
#define PT_LINES_BITS 15       /* a context has so many lines */
#endif
#define BODY_SIZE 5u /* bytes of a function's length: a LEB128 as long as they get */

enum {
  CONTEXTS = 4,
  LINE = 16,       /* decisions that are kept side by side */
  DECISIONS = 520, /* of one byte: more than there are */
  HALF = 2048,     /* of the estimates there are */
  AHEAD = 4,       /* bytes of code that are looked at */
  COUNT_MAX = 15,  /* of the corrections that an estimate remembers */
  END = 0x0b,      /* the operation that closes a block */
  PREFIXES = 0xfc, /* from here on an operation has a number */
};

/* What a byte can be besides an operand of the operation with this number: in numbers that no
 * operation has which takes operands. */
enum {
  OPERATION = 0x00,
  OUTSIDE = 0x01,
  VARIABLES = 0x05,
  BULK = 0xc5,
  SIMD = 0xd2,
  KINDS = 0x100
};
enum { BULK_LAST = 12, SIMD_LAST = 35 }; /* what follows those behind these is nothing */

#define SQUARED 6   /* e^-x is nearly 1 - x / 64, squared so often */
#define USUAL 0.34f /* how far contexts are believed in the beginning */
#define RATE 0.005f /* how fast that changes */

typedef float vector[CONTEXTS]; /* how far each is believed: a 64th of it */

/* What is being done. (In one struct, the large parts last: addresses are shorter.) */
static struct {
  uint32_t length;    /* of the file, so far */
  uint32_t code_at;   /* where the code goes on; as it is read */
  uint32_t low, high; /* of the arithmetic coder: where in 0 to 1 (32 bits) the code still can be */
  uint32_t window;    /* of the code: what is to be compared with that */
  uint32_t operations;         /* the last four */
  uint32_t bytes;              /* the last four */
  uint32_t contexts[CONTEXTS]; /* what a decision is made in */
  float in[CONTEXTS];          /* what they say of it */
  int16_t *lines[CONTEXTS];    /* where they keep that */
  uint8_t last[KINDS];         /* the last byte of each kind */
  /* How much more than usual each is believed: by kind (of an operation: by the one before it), and
   * by decision. */
  vector by_kind[2 * KINDS], by_decision[2][DECISIONS];
  float stretched[2 * HALF]; /* ln(p / (1 - p)) of an estimate */
  /* By a hash of context and place: in 12 bits an estimate of how likely a 1 is (zero is a half),
   * in 4 how often it was corrected. */
  int16_t tables[CONTEXTS][1 << PT_LINES_BITS][LINE];
} now = {0};

/* The file, packed. README.md says more of it. */
struct {
  uint16_t head, functions, tail; /* bytes, number, bytes */
  uint8_t order[256];             /* operations, the most frequent one first */
  uint8_t shapes[256];            /* what follows an operation */
  uint8_t code[1 << 16];
} packed;

/* The file; each function's length takes BODY_SIZE bytes. */
uint8_t file[PT_FILE_MAX + BODY_SIZE];

/* Takes one decision: gives what is read, or `wanted`, which is written. */
static bool decide(vector *first, vector *second, uint32_t number, bool wanted) {
  float e = 1;
  for (int i = 0; i < CONTEXTS; i++) {
    now.in[i] = (now.stretched + HALF)[now.lines[i][number % LINE] >> 4];
    e -= now.in[i] * ((*first)[i] + (*second)[i] + USUAL / 64);
  }
  for (int i = 0; i < SQUARED; i++) e *= e;
  const float p = 1 / (1 + e);

  /* What is decided goes out, and code comes in: in the beginning all of it. */
  for (; (now.low ^ now.high) < 1u << 24; now.low <<= 8, now.high = now.high << 8 | 255) {
#ifdef PT_PACK
    if (now.code_at >= AHEAD) packed.code[now.code_at - AHEAD] = (uint8_t)(now.high >> 24);
    now.code_at++;
#else
    now.window = now.window << 8 | packed.code[now.code_at++ % sizeof packed.code];
#endif
  }
  const uint32_t middle =
      now.low + ((now.high - now.low) >> 16) * ((uint32_t)(int32_t)(p * 65504) + 16);
#ifdef PT_PACK
  const bool bit = wanted;
#else
  (void)wanted;
  const bool bit = now.window <= middle;
#endif
  if (bit)
    now.high = middle;
  else
    now.low = middle + 1;

  for (int i = 0; i < CONTEXTS; i++) {
    const float correction = now.in[i] * ((float)bit - p) * (RATE / 64);
    (*first)[i] += correction;
    (*second)[i] += correction;
    int16_t *const slot = &now.lines[i][number % LINE];
    const int32_t count = *slot & COUNT_MAX, estimate = *slot >> 4;
    const int32_t next = estimate + 4 * ((bit ? HALF - 1 : -HALF) - estimate) / (4 * count + 5);
    *slot = (int16_t)(next * 16 + count + (count < COUNT_MAX));
  }
  return bit;
}

/* Finds the lines for what is decided `where`, in all contexts. */
static void find_lines(uint32_t where) {
  for (int i = 0; i < CONTEXTS; i++) {
    uint32_t hash = (now.contexts[i] ^ where * 0x2c1b3c6d) * 0x9e3779b1;
    hash = (hash ^ hash >> 15) * 0x85ebca6b;
    now.lines[i] = now.tables[i][hash >> (32 - PT_LINES_BITS)];
  }
}

/* Passes one byte of the file: of this kind, and of a LEB128 the `position`-th. */
static uint32_t pass(uint32_t kind, uint32_t position) {
  if (now.length >= PT_FILE_MAX)
    return END; /* of something damaged; this ends all that is open, too */
  const uint32_t where = kind * 4 + position;
  now.contexts[0] = now.operations & 0xff;
  now.contexts[1] = (now.operations & 0xffff) << 8 | now.last[kind];
  now.contexts[2] = now.bytes & 0xffff;
  now.contexts[3] = kind == OPERATION ? now.operations : now.operations & 0xffffff;
  vector *const first = now.by_decision[kind == OPERATION];
  vector *const second = &now.by_kind[kind == OPERATION ? KINDS + (now.operations & 0xff) : kind];
  uint32_t wanted = 0;
#ifdef PT_PACK
  wanted = file[now.length];
  if (kind == OPERATION)
    for (wanted = 0; packed.order[wanted] != file[now.length]; wanted++)
      ;
  wanted++;
#endif
  /* An Elias gamma code of a number from 1 on: how many bits follow its highest one, then these. */
  uint32_t count = 0, number = 1, line = 0;
  find_lines(where);
  while (count < 8 && decide(first + count, second, count, wanted >> count > 1)) count++;
  for (uint32_t left = count; left-- > 0;) {
    const uint32_t decision = 6 + (1u << count) + number;
    if (decision / LINE != line) find_lines(where + 0x1000 * (line = decision / LINE));
    number = number * 2 + decide(first + decision, second, decision, wanted >> left & 1);
  }
  uint8_t byte = (uint8_t)(number - 1);
  if (kind == OPERATION) byte = packed.order[byte];
  file[now.length++] = now.last[kind] = byte;
  now.bytes = now.bytes << 8 | byte;
  return byte;
}

static void pass_all(uint32_t kind, uint32_t count) {
  while (count-- > 0) pass(kind, 0);
}

/* Passes a LEB128; gives its lowest 14 bits, and of longer ones nothing that makes sense. */
static uint32_t pass_number(uint32_t kind, uint32_t position) {
  uint32_t value = 0;
  for (uint32_t shift = 0;; shift += 7) {
    const uint32_t byte = pass(kind, position);
    position += position < 3;
    value |= (byte & 127) << (shift & 15);
    if (byte < 128) return value;
  }
}

/* Passes a function: variables, and operations up to the END that closes none of its blocks. */
static void pass_function(void) {
  const uint32_t begin = now.length += BODY_SIZE;
  for (uint32_t runs = pass_number(VARIABLES, 0); runs > 0; runs--) {
    pass_number(VARIABLES, 1);
    pass(VARIABLES, 1);
  }
  for (uint32_t depth = 1; depth > 0;) {
    uint32_t kind = pass(OPERATION, 0);
    now.operations = now.operations << 8 | kind;
    depth += kind > 1 && kind < 5 ? 1u : kind == END ? -1u : 0; /* block, loop, if */
    if (kind >= PREFIXES) {
      const uint32_t number = pass_number(kind, 0);
      kind = kind == PREFIXES ? BULK + (number < BULK_LAST ? number : BULK_LAST)
                              : SIMD + (number < SIMD_LAST ? number : SIMD_LAST);
    }
    const uint32_t shape = packed.shapes[kind];
    uint32_t numbers = shape & 3, position = 0;
    if (numbers == 3) numbers = 1 + pass_number(kind, position++); /* br_table */
    for (; numbers > 0; numbers--, position = 1) pass_number(kind, position);
    pass_all(kind, shape >> 2);
  }
  for (uint32_t at = begin - BODY_SIZE, left = now.length - begin; at < begin; left >>= 7)
    file[at++] = (uint8_t)(left | 128);
  file[begin - 1] &= 127;
}

/* Gives the length of the file, or (PT_PACK) of the code. */
#ifdef PT_PACK
uint32_t pack(void) {
#else
uint32_t unpack(void) {
#endif
  float sum = -8.895f; /* of 1 / (p * (1 - p)), the derivative */
  for (int i = 0; i < 2 * HALF;) {
    now.stretched[i++] = sum;
    sum += 2.f * HALF / (float)(i * (2 * HALF - i));
  }
  pass_all(OUTSIDE, packed.head);
  for (uint32_t left = packed.functions; left > 0 && now.length < PT_FILE_MAX; left--)
    pass_function();
  pass_all(OUTSIDE, packed.tail);
#ifdef PT_PACK
  for (; now.high != 0; now.high <<= 8)
    packed.code[now.code_at++ - AHEAD] = (uint8_t)(now.high >> 24);
  return now.code_at - AHEAD;
#else
  return now.length;
#endif
}
