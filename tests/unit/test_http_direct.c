/* Connections without libwebsockets: a reader, however slow, gets each answer whole
 * and in order, and nothing that is not simple is lost on the way to somebody else. */
#include "http_direct.h"
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define ROOM (1u << 20)

typedef struct world {
  uv_loop_t loop;
  pt_direct direct;
  uint8_t chunk[PT_HTTP_HEAD_MAX + PT_HTTP_CHUNK];
  int client, server;
  /* What the next answers have. */
  size_t head_len;
  uint64_t body_len;
  int file; /* -1: documents */
  bool no_answer;
  /* What happened. */
  unsigned answers, left, gone;
  uint64_t sent;
  char paths[4096];
  uint8_t *expected;
  size_t expected_len;
} world;

static size_t answer(void *context, const pt_request *request, pt_http_body *body, char *head) {
  world *w = context;
  if (w->no_answer) return 0;
  w->answers++;
  strcat(strcat(w->paths, request->path), " ");
  memset(head, 'A' + (int)w->answers % 26, w->head_len);
  pt_response response = {.fd = w->file >= 0 ? dup(w->file) : -1, .length = w->body_len};
  uint8_t *bytes = unit_bytes(ROOM, 7); /* (the file has the same) */
  if (w->file < 0 && w->body_len > 0) response.blob = pt_blob_new(bytes, w->body_len, "");
  assert_true(w->expected_len + w->head_len + w->body_len <= 64 * ROOM);
  memcpy(w->expected + w->expected_len, head, w->head_len);
  memcpy(w->expected + w->expected_len + w->head_len, bytes, w->body_len);
  w->expected_len += w->head_len + w->body_len;
  *body = pt_http_body_of(&response, request->method == PT_METHOD_GET);
  free(bytes);
  return w->head_len;
}

static void sent(void *context, const pt_http_body *body, size_t bytes) {
  (void)body;
  ((world *)context)->sent += bytes;
}

static void leaves(void *context, int fd, void *ticket) {
  world *w = context;
  assert_int_equal(fd, w->server);
  assert_ptr_equal(ticket, &w->answers);
  w->left++;
}

static void gone(void *context, void *ticket) {
  world *w = context;
  assert_ptr_equal(ticket, &w->answers);
  w->gone++;
}

static int setup(void **state) {
  world *w = calloc(1, sizeof *w);
  int pair[2], little = 4096;
  assert_non_null(w);
  assert_int_equal(uv_loop_init(&w->loop), 0);
  pt_direct_owner owner = {answer, sent, leaves, gone, w};
  pt_direct_init(&w->direct, &w->loop, w->chunk, &owner);
  assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
  setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &little, sizeof little);
  w->server = pair[0];
  w->client = pair[1];
  w->file = -1;
  w->expected = malloc(64 * ROOM);
  assert_non_null(w->expected);
  *state = w;
  return 0;
}

static int teardown(void **state) {
  world *w = *state;
  pt_direct_close(&w->direct);
  assert_int_equal(w->left + w->gone, 1); /* never both, never twice */
  if (w->left) close(w->server);
  if (w->file >= 0) close(w->file);
  close(w->client);
  uv_run(&w->loop, UV_RUN_DEFAULT);
  assert_int_equal(uv_loop_close(&w->loop), 0);
  free(w->expected);
  free(w);
  return 0;
}

static void say(world *w, const char *text) {
  assert_int_equal(write(w->client, text, strlen(text)), strlen(text));
}

static void turn(world *w) { uv_run(&w->loop, UV_RUN_NOWAIT); }

#define REQUEST(path) "GET " path " HTTP/1.1\r\nHost: x\r\n\r\n"

/* Reads at most `step` bytes per turn until `answers` have come whole. */
static void read_answers(world *w, unsigned answers, size_t step) {
  uint8_t *bytes = malloc(step);
  size_t at = 0;
  assert_non_null(bytes);
  for (unsigned idle = 0; w->answers < answers || at < w->expected_len;) {
    turn(w);
    ssize_t len = read(w->client, bytes, step);
    if (len < 0) {
      assert_int_equal(errno, EAGAIN);
      assert_true(idle++ < 1000);
      continue;
    }
    assert_true(len > 0);
    assert_true(at + (size_t)len <= w->expected_len);
    assert_memory_equal(bytes, w->expected + at, (size_t)len);
    at += (size_t)len;
    idle = 0;
  }
  free(bytes);
  assert_int_equal(w->answers, answers);
  assert_true(read(w->client, &at, 1) < 0 && errno == EAGAIN);
}

static void make_file(world *w, size_t len) {
  uint8_t *bytes = unit_bytes(ROOM, 7);
  w->file = memfd_create("body", MFD_CLOEXEC);
  assert_true(w->file >= 0);
  assert_int_equal(write(w->file, bytes, len), len);
  free(bytes);
}

static void enter(world *w) { assert_true(pt_direct_enter(&w->direct, w->server, &w->answers)); }

static void slow_readers_get_everything_in_order(void **state) {
  static const uint64_t lengths[] = {0, 1, 4096, 65536, 65537, 1000000};
  static const size_t heads[] = {1, 300, 16000};
  world *w = *state;
  unsigned asked = 0;
  make_file(w, ROOM);
  int file = w->file;
  for (size_t i = 0; i < 6 * 3 * 2; i++) {
    w->body_len = lengths[i % 6];
    w->head_len = heads[i / 6 % 3];
    w->file = i / 18 ? file : -1;
    w->expected_len = 0;
    say(w, REQUEST("/a") REQUEST("/b") REQUEST("/c"));
    if (asked == 0) enter(w);
    read_answers(w, asked += 3, 3001);
  }
  w->file = file;
  w->expected_len = 0;
  w->body_len = 10;
  say(w, REQUEST("/last"));
  read_answers(w, asked + 1, 1);
  assert_int_equal(w->gone + w->left, 0);
}

static void what_follows_stays_in_the_socket(void **state) {
  static const char odd[] = "GET /odd HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\nand more";
  world *w = *state;
  char text[256];
  w->head_len = 10;
  snprintf(text, sizeof text, "%s%s", REQUEST("/1") REQUEST("/2"), odd);
  say(w, text);
  enter(w);
  turn(w);
  assert_int_equal(w->left, 1);
  assert_string_equal(w->paths, "/1 /2 ");
  assert_int_equal(read(w->server, text, sizeof text), sizeof odd - 1);
  assert_memory_equal(text, odd, sizeof odd - 1);
}

static void a_part_of_a_head_is_somebody_elses(void **state) {
  world *w = *state;
  char text[256];
  w->head_len = 10;
  say(w, REQUEST("/1") "GET /2 HT");
  enter(w);
  turn(w);
  assert_int_equal(w->left, 1);
  assert_int_equal(read(w->server, text, sizeof text), 9);
}

static void what_is_not_simple_is_not_taken(void **state) {
  world *w = *state;
  char text[256];
  assert_false(pt_direct_enter(&w->direct, w->server, &w->answers)); /* nothing there */
  say(w, "POST / HTTP/1.1\r\nHost: x\r\n\r\n");
  assert_false(pt_direct_enter(&w->direct, w->server, &w->answers));
  assert_int_equal(read(w->server, text, sizeof text), 28);
  w->left = 1; /* it is ours to close */
}

static void a_file_that_became_shorter_ends_the_connection(void **state) {
  world *w = *state;
  make_file(w, 500000);
  w->head_len = 10;
  w->body_len = ROOM;
  say(w, REQUEST("/a"));
  enter(w);
  uint8_t bytes[4096];
  for (unsigned i = 0; i < 100000 && w->gone == 0; i++) {
    turn(w);
    (void)!read(w->client, bytes, sizeof bytes);
  }
  assert_int_equal(w->gone, 1);
  assert_true(w->sent <= 500000);
}

static void clients_that_close_are_let_go(void **state) {
  world *w = *state;
  w->head_len = 10;
  w->body_len = 1000;
  say(w, REQUEST("/a"));
  enter(w);
  read_answers(w, 1, 100);
  assert_int_equal(w->gone, 0);
  shutdown(w->client, SHUT_WR);
  turn(w);
  assert_int_equal(w->gone, 1);
}

static void nothing_to_answer_ends_it(void **state) {
  world *w = *state;
  w->no_answer = true;
  say(w, REQUEST("/a"));
  enter(w);
  turn(w);
  assert_int_equal(w->gone, 1);
}

/* (The loop reads its clock only when it runs.) */
static void the_slow_are_let_go(void **state) {
  world *w = *state;
  w->head_len = 10;
  w->body_len = ROOM;
  say(w, REQUEST("/a"));
  enter(w);
  turn(w);
  pt_direct_tick(&w->direct);
  assert_int_equal(w->gone, 0);
  w->loop.time += 1000 * PT_HTTP_SLOW_READER_S + 1;
  pt_direct_tick(&w->direct);
  assert_int_equal(w->gone, 1);
}

static void the_idle_are_let_go_later(void **state) {
  world *w = *state;
  w->head_len = w->body_len = 10;
  say(w, REQUEST("/a"));
  enter(w);
  read_answers(w, 1, 100);
  w->loop.time += 1000 * (PT_HTTP_KEEP_ALIVE_S - 1);
  pt_direct_tick(&w->direct);
  assert_int_equal(w->gone, 0);
  w->loop.time += 2000;
  pt_direct_tick(&w->direct);
  assert_int_equal(w->gone, 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(slow_readers_get_everything_in_order, setup, teardown),
      cmocka_unit_test_setup_teardown(what_follows_stays_in_the_socket, setup, teardown),
      cmocka_unit_test_setup_teardown(a_part_of_a_head_is_somebody_elses, setup, teardown),
      cmocka_unit_test_setup_teardown(what_is_not_simple_is_not_taken, setup, teardown),
      cmocka_unit_test_setup_teardown(a_file_that_became_shorter_ends_the_connection, setup,
                                      teardown),
      cmocka_unit_test_setup_teardown(clients_that_close_are_let_go, setup, teardown),
      cmocka_unit_test_setup_teardown(nothing_to_answer_ends_it, setup, teardown),
      cmocka_unit_test_setup_teardown(the_slow_are_let_go, setup, teardown),
      cmocka_unit_test_setup_teardown(the_idle_are_let_go_later, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
