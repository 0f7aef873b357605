/* The whole interface between the core as wasm and its JavaScript host: one
 * node per instance, events in batches. wasm/README.md draws the bytes.
 *
 * A record, in both directions: one pt_event as wasm32 lays it out, its text
 * bytes, its data bytes, zeros to a multiple of 8. Of the two pt_bytes only
 * `len` counts. Addresses are good until the next call of pt_wasm_in or
 * pt_wasm_run; both may grow the memory, which detaches JavaScript's views. */
#include "peertide/peertide.h"

#include "format/sha256.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define PT_WASM_EXPORT(name) __attribute__((export_name(#name), used)) pt_wasm_##name

#define PT_RECORD_ALIGN 8u
#define PT_WASM_IN_BYTES_MAX (64u << 20)  /* one batch; the longest index is 32 MiB */
#define PT_WASM_OUT_BYTES_SOFT (1u << 20) /* outputs of one run, but for the last one */

static_assert(sizeof(pt_event) % PT_RECORD_ALIGN == 0, "records need no padding of their own");
static_assert(sizeof(pt_event) == 2 * sizeof(uint16_t) + 3 * sizeof(uint32_t) +
                                      2 * sizeof(uint64_t) + 2 * PT_ID_SIZE + 2 * sizeof(pt_bytes),
              "a hidden hole in pt_event would carry stale bytes to the host");

typedef struct buffer {
  uint8_t *data;
  size_t len;
  size_t cap;
} buffer;

static pt_config config;
static pt_node *node;
static uint64_t latest_us; /* the clock never goes backwards */
static buffer in;
static buffer out;
static bool undrained; /* the last run ended at the soft bound */

/* Room for `bytes` in all; false when there is no memory. */
static bool buffer_reserve(buffer *b, size_t bytes) {
  if (bytes <= b->cap) return true;
  size_t cap = b->cap < 65536 ? 65536 : b->cap * 2;
  if (cap < bytes) cap = bytes;
  uint8_t *data = realloc(b->data, cap);
  if (data == NULL) return false;
  b->data = data;
  b->cap = cap;
  return true;
}

static size_t record_size(size_t text_len, size_t data_len) {
  size_t size = sizeof(pt_event) + text_len + data_len;
  return (size + PT_RECORD_ALIGN - 1) & ~(size_t)(PT_RECORD_ALIGN - 1);
}

/* Appends an output. There is nobody to tell that there is no memory for it
 * (and dropping it would break the core's word), so then the instance traps:
 * the host ends it and goes on with plain HTTP. */
static void out_append(const pt_event *event) {
  size_t size = record_size(event->text.len, event->data.len);
  if (!buffer_reserve(&out, out.len + size)) __builtin_trap();
  uint8_t *at = out.data + out.len;
  pt_event head = *event;
  head.text.data = NULL;
  head.data.data = NULL;
  memcpy(at, &head, sizeof head);
  size_t used = sizeof head;
  if (event->text.len > 0) memcpy(at + used, event->text.data, event->text.len);
  used += event->text.len;
  if (event->data.len > 0) memcpy(at + used, event->data.data, event->data.len);
  used += event->data.len;
  memset(at + used, 0, size - used);
  out.len += size;
}

/* The host broke a rule: it learns of it as it learns of everybody's faults. */
static void out_append_fault(int code, const char *text) {
  pt_event fault = {.kind = PT_OUT_FAULT, .code = code};
  fault.text = (pt_bytes){(const uint8_t *)text, strlen(text)};
  out_append(&fault);
}

/* Moves outputs until there are none or the soft bound is reached. */
static void drain(void) {
  pt_event event;
  while (out.len < PT_WASM_OUT_BYTES_SOFT) {
    if (!pt_node_poll(node, &event)) {
      undrained = false;
      return;
    }
    out_append(&event);
  }
  undrained = true;
}

/* Microseconds from JavaScript's clock. One that goes backwards or is no
 * number stands still. */
static uint64_t clock_us(double now_us) {
  if (now_us > (double)latest_us && now_us < 0x1p63) latest_us = (uint64_t)now_us;
  return latest_us;
}

/* Reads the record at `at`. Its size, or 0 when it does not end within `len`. */
static size_t record_read(const uint8_t *at, size_t len, pt_event *event) {
  if (len < sizeof *event) return 0;
  memcpy(event, at, sizeof *event);
  size_t left = len - sizeof *event;
  if (event->text.len > left || event->data.len > left - event->text.len) return 0;
  event->text.data = at + sizeof *event;
  event->data.data = event->text.data + event->text.len;
  size_t size = record_size(event->text.len, event->data.len);
  return size <= len ? size : 0;
}

/* Zeroed at first; to be filled before pt_wasm_start. */
pt_config *PT_WASM_EXPORT(config)(void) { return &config; }

/* Makes the node. PT_OK, PT_ERR_STATE when there is one, PT_ERR_NOMEM. */
int PT_WASM_EXPORT(start)(double now_us) {
  if (node != NULL) return PT_ERR_STATE;
  node = pt_node_new(&config, clock_us(now_us));
  return node != NULL ? PT_OK : PT_ERR_NOMEM;
}

/* Where the next run's records go: room for `bytes` at least. NULL when there
 * is no memory or it is more than one batch may have (64 MiB). */
uint8_t *PT_WASM_EXPORT(in)(uint32_t bytes) {
  if (bytes > PT_WASM_IN_BYTES_MAX || !buffer_reserve(&in, bytes)) return NULL;
  return in.data;
}

/* Gives the node the records in the input buffer's first in_bytes, one after
 * the other, and collects what it wants done. Returns how many bytes are done
 * with: fewer when the outputs reached their soft bound (1 MiB). Then read the
 * outputs and call again with the number of bytes left, which have been moved
 * to the front of the buffer. With in_bytes 0 it only goes on collecting. A
 * record that does not end within in_bytes ends the batch with a fault. */
uint32_t PT_WASM_EXPORT(run)(double now_us, uint32_t in_bytes) {
  uint64_t now = clock_us(now_us);
  size_t len = in_bytes < in.cap ? in_bytes : in.cap;
  size_t done = 0;
  out.len = 0;
  if (node == NULL) {
    out_append_fault(PT_ERR_STATE, "not started");
    return in_bytes;
  }
  if (undrained) drain();
  while (!undrained && done < len) {
    pt_event event;
    size_t size = record_read(in.data + done, len - done, &event);
    if (size == 0) {
      out_append_fault(PT_ERR_ARG, "a record is longer than the batch");
      return in_bytes;
    }
    int error = pt_node_input(node, now, &event);
    done += size;
    if (error != PT_OK) out_append_fault(error, "an input was refused");
    drain();
  }
  if (done > 0 && done < len) memmove(in.data, in.data + done, len - done);
  return done < len ? (uint32_t)done : in_bytes;
}

/* 1 when the node has more outputs than the last run collected: run again
 * (with the rest of the batch, or 0 bytes) before giving more input. */
int PT_WASM_EXPORT(pending)(void) { return undrained ? 1 : 0; }

/* The outputs of the last run. */
const uint8_t *PT_WASM_EXPORT(out)(void) { return out.data; }
uint32_t PT_WASM_EXPORT(out_len)(void) { return (uint32_t)out.len; }

/* When to run a PT_IN_TICK if nothing else happens; Infinity: no need. */
double PT_WASM_EXPORT(deadline)(void) {
  uint64_t deadline_us = node != NULL ? pt_node_deadline(node) : PT_NEVER;
  return deadline_us == PT_NEVER ? __builtin_inf() : (double)deadline_us;
}

/* Our peer id (PT_ID_SIZE bytes), NULL before the start. */
const uint8_t *PT_WASM_EXPORT(id)(void) { return node != NULL ? pt_node_id(node) : NULL; }

const pt_stats *PT_WASM_EXPORT(stats)(void) {
  static pt_stats stats;
  memset(&stats, 0, sizeof stats);
  if (node != NULL) pt_node_stats(node, &stats);
  return &stats;
}

/* Statistics of the link number `slot`; NULL past the last. */
const pt_peer_stats *PT_WASM_EXPORT(peer_stats)(uint32_t slot) {
  static pt_peer_stats stats;
  memset(&stats, 0, sizeof stats);
  return node != NULL && pt_node_peer_stats(node, slot, &stats) ? &stats : NULL;
}

/* Which SHA-256 is built in: "simd128" or "scalar". */
const char *PT_WASM_EXPORT(backend)(void) { return pt_sha256_backend(); }

/* libc tells the host when memory has grown; ours looks after each call, and
 * with this the file imports nothing at all. */
void emscripten_notify_memory_growth(size_t memory_index);
void emscripten_notify_memory_growth(size_t memory_index) { (void)memory_index; }
