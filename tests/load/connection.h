/* One client's TCP connection: what arrives is handed on in one piece with what
 * was left over, what can't be sent at once waits. */
#ifndef PT_LOAD_CONNECTION_H
#define PT_LOAD_CONNECTION_H

#include "options.h"

#include <uv.h>

typedef struct load_connection load_connection;

/* What the owner of connections is told. */
typedef struct load_events {
  void (*connected)(load_connection *c);
  /* How many bytes were used; the rest comes again with more behind it. Negative:
   * end the connection. */
  long (*received)(load_connection *c, const uint8_t *data, size_t len);
  /* Bytes that were skipped (load_connection_skip()), of the kernel's mercy. */
  void (*skipped)(load_connection *c);
  void (*closed)(load_connection *c, const char *why);
} load_events;

/* When requests that wait for an answer were due, oldest first. */
typedef struct load_times {
  uint64_t *due_ns;
  uint32_t first, count, cap; /* cap: a power of two, or 0 */
} load_times;

struct load_connection {
  uv_poll_t poll;
  int fd;
  bool is_connected, is_open, is_ready, closing;
  uint32_t index;
  const load_events *events;
  void *owner;
  uint8_t *rest; /* of the input */
  size_t rest_len, rest_cap;
  uint8_t *out; /* not sent yet */
  size_t out_at, out_len, out_cap;
  uint64_t skip; /* bytes of a body still to come */
  load_times waiting;
  uint8_t id[PT_ID_SIZE];
};

/* Starts connecting. False with errno. */
bool load_connection_start(load_connection *c, uv_loop_t *loop, const load_options *options,
                           uint32_t index);
/* Sends, now or later. False: it is closing, or there is no memory. */
bool load_connection_send(load_connection *c, const void *data, size_t len);
/* The next so many bytes are of no interest; skipped() tells when they are in. */
void load_connection_skip(load_connection *c, uint64_t bytes);
/* closed() is called at once, with the reason. */
void load_connection_close(load_connection *c, const char *why);
/* Frees what it holds, after its handle is closed. */
void load_connection_free(load_connection *c);

bool load_times_put(load_times *times, uint64_t due_ns);
/* The oldest; false without any. */
bool load_times_take(load_times *times, uint64_t *due_ns);

#endif
