#include "file_hash.h"

#include "base/limits.h"
#include "format/sha1.h"
#include "site_path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RETRIES_MAX 5
#define RACY_NS 50000000 /* file systems stamp with the clock of the last tick */

static uint64_t divide_up(uint64_t a, uint64_t b) { return (a + b - 1) / b; }

static bool cancelled(const pt_file_hash_make *make) {
  return make->cancel && atomic_load_explicit(make->cancel, memory_order_relaxed);
}

/* Reads exactly len bytes at `at`; false when the file has become shorter. */
static bool read_at(int fd, uint8_t *buffer, size_t len, uint64_t at) {
  while (len > 0) {
    ssize_t got = pread(fd, buffer, len, (off_t)at);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    buffer += got;
    at += (uint64_t)got;
    len -= (size_t)got;
  }
  return true;
}

static bool allocate(pt_file_hash *out, uint64_t size) {
  out->count = (size_t)divide_up(size, out->base_length);
  out->layer = malloc(out->count * sizeof *out->layer);
  if (out->v1_length) {
    out->v1_count = (size_t)divide_up(size, out->v1_length);
    out->v1 = malloc(out->v1_count * PT_ID_SIZE);
  }
  return out->layer && (out->v1 || out->v1_length == 0);
}

/* Hashes `len` bytes of SHA-1 pieces that begin with the piece `index`. */
static void hash_v1(pt_file_hash *out, uint8_t *data, size_t len, size_t index, bool at_end) {
  for (size_t at = 0; at < len; at += out->v1_length, index++) {
    size_t left = len - at;
    if (left >= out->v1_length) {
      pt_sha1(data + at, out->v1_length, out->v1 + index * PT_ID_SIZE);
      if (left == out->v1_length && at_end)
        memcpy(out->v1_last, out->v1 + index * PT_ID_SIZE, PT_ID_SIZE);
      continue;
    }
    pt_sha1(data + at, left, out->v1_last);
    memset(data + len, 0, out->v1_length - left);
    pt_sha1(data + at, out->v1_length, out->v1 + index * PT_ID_SIZE);
  }
}

/* Hashes the whole file in steps of `step` bytes: a multiple of both lengths. */
static enum pt_file_hash_result hash_pieces(const pt_file_hash_make *make, int fd, uint64_t size,
                                            pt_file_hash *out, uint8_t *buffer, size_t step,
                                            pt_hash *leaves) {
  uint32_t height = out->count > 1 ? pt_merkle_piece_height(out->base_length)
                                   : pt_merkle_height(pt_merkle_leaf_count(size));
  for (uint64_t at = 0; at < size; at += step) {
    if (cancelled(make)) return PT_FILE_HASH_CANCELLED;
    size_t len = size - at < step ? (size_t)(size - at) : step;
    if (!read_at(fd, buffer, len, at)) return PT_FILE_HASH_CHANGING;
    for (size_t b = 0; b < len; b += out->base_length) {
      size_t part = len - b < out->base_length ? len - b : out->base_length;
      size_t index = (size_t)((at + b) / out->base_length);
      pt_merkle_piece(buffer + b, part, height, leaves, out->layer[index]);
    }
    if (out->v1_length) hash_v1(out, buffer, len, (size_t)(at / out->v1_length), at + len == size);
    if (make->progress) make->progress(make->context, len);
  }
  return PT_FILE_HASH_OK;
}

static bool set_root(pt_file_hash *out, uint64_t size) {
  if (out->count == 1) {
    memcpy(out->root, out->layer[0], sizeof out->root);
    return true;
  }
  pt_hash *scratch = malloc(out->count * sizeof *scratch);
  if (scratch == NULL) return false;
  memcpy(scratch, out->layer, out->count * sizeof *scratch);
  pt_merkle_fold(scratch, out->count, pt_merkle_piece_height(out->base_length),
                 pt_merkle_height(pt_merkle_leaf_count(size)), out->root);
  free(scratch);
  return true;
}

static bool is_racy(struct timespec mtime, struct timespec now) {
  int64_t age = (int64_t)(now.tv_sec - mtime.tv_sec) * 1000000000 + (now.tv_nsec - mtime.tv_nsec);
  return age < RACY_NS && age > -1000000000; /* a date far in the future was set by hand */
}

/* One reading of the open file. */
static enum pt_file_hash_result hash_once(const pt_file_hash_make *make, int fd,
                                          pt_file_hash *out) {
  struct stat before, after;
  struct timespec now;
  if (fstat(fd, &before) != 0 || !S_ISREG(before.st_mode) || before.st_size <= 0)
    return PT_FILE_HASH_GONE;
  uint64_t size = (uint64_t)before.st_size;
  if (size > (uint64_t)PT_SWARM_PIECES_MAX * PT_PIECE_LENGTH_MAX) return PT_FILE_HASH_GONE;
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  *out = (pt_file_hash){.state = pt_file_state_of(&before),
                        .base_length = make->base_length,
                        .v1_length = make->v1_length,
                        .racy = is_racy(before.st_mtim, now)};
  size_t step = make->v1_length > make->base_length ? make->v1_length : make->base_length;
  uint8_t *buffer = malloc(step);
  pt_hash *leaves = malloc(make->base_length / PT_BLOCK_SIZE * sizeof *leaves);
  enum pt_file_hash_result result = PT_FILE_HASH_NOMEM;
  if (buffer && leaves && allocate(out, size)) {
    result = hash_pieces(make, fd, size, out, buffer, step, leaves);
    if (result == PT_FILE_HASH_OK && !set_root(out, size)) result = PT_FILE_HASH_NOMEM;
  }
  free(buffer);
  free(leaves);
  if (result == PT_FILE_HASH_OK && fstat(fd, &after) == 0) {
    pt_file_state state = pt_file_state_of(&after);
    if (!pt_file_state_equal(&state, &out->state)) result = PT_FILE_HASH_CHANGING;
  }
  if (result != PT_FILE_HASH_OK) pt_file_hash_free(out);
  return result;
}

enum pt_file_hash_result pt_file_hash_run(const pt_file_hash_make *make, pt_file_hash *out) {
  enum pt_file_hash_result result = PT_FILE_HASH_GONE;
  *out = (pt_file_hash){0};
  for (int i = 0; i < RETRIES_MAX; i++) {
    /* Opened anew each time: it may have been replaced by a rename. */
    int fd = pt_site_open(make->dir_fd, make->path, O_RDONLY);
    if (fd < 0) return PT_FILE_HASH_GONE;
    result = hash_once(make, fd, out);
    close(fd);
    if (result != PT_FILE_HASH_CHANGING) return result;
  }
  return result;
}

void pt_file_hash_free(pt_file_hash *hash) {
  free(hash->layer);
  free(hash->v1);
  *hash = (pt_file_hash){0};
}

pt_hash *pt_file_hash_layer(const pt_file_hash *hash, uint32_t piece_length, size_t *count) {
  *count = (size_t)divide_up(hash->state.size, piece_length);
  pt_hash *layer = malloc(*count * sizeof *layer);
  if (layer == NULL) return NULL;
  uint32_t base = pt_merkle_piece_height(hash->base_length);
  if (*count == 1) {
    memcpy(layer[0], hash->root, sizeof layer[0]);
  } else if (piece_length == hash->base_length) {
    memcpy(layer, hash->layer, *count * sizeof *layer);
  } else {
    uint32_t height = pt_merkle_piece_height(piece_length);
    for (size_t i = 0; i < *count; i++)
      pt_merkle_node((const pt_hash *)hash->layer, hash->count, base, height, i, layer[i]);
  }
  return layer;
}
