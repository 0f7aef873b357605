/* WebTorrent clients of a tracker. */
#include "load.h"

#include <stdio.h>
#include <string.h>

/* Text that grows in l->out, behind the room for a frame's head. */
typedef struct writer {
  char *at;
} writer;

static writer begin(load *l) { return (writer){(char *)l->out + LOAD_FRAME_HEAD_MAX}; }
static size_t length(const load *l, const writer *w) {
  return (size_t)(w->at - (const char *)l->out) - LOAD_FRAME_HEAD_MAX;
}

static void put(writer *w, const char *text, size_t len) {
  memcpy(w->at, text, len);
  w->at += len;
}
#define PUT(w, literal) put(w, literal, sizeof literal - 1)

/* Twenty bytes as JSON.stringify writes a string of that many characters. */
static void put_id(writer *w, const uint8_t id[PT_ID_SIZE]) {
  static const char digits[] = "0123456789abcdef";
  for (size_t i = 0; i < PT_ID_SIZE; i++) {
    uint8_t c = id[i];
    if (c >= 0x80) {
      *w->at++ = (char)(0xc0 | c >> 6);
      *w->at++ = (char)(0x80 | (c & 0x3f));
    } else if (c >= 8 && c <= 13 && c != '\v') {
      *w->at++ = '\\';
      *w->at++ = "btnvfr"[c - 8];
    } else if (c < 0x20) {
      PUT(w, "\\u00");
      *w->at++ = digits[c >> 4];
      *w->at++ = digits[c & 15];
    } else {
      if (c == '"' || c == '\\') *w->at++ = '\\';
      *w->at++ = (char)c;
    }
  }
}

static void put_sdp(writer *w, uint32_t bytes) {
  static const char start[] = "v=0\\r\\no=- 1 2 IN IP4 127.0.0.1\\r\\ns=-\\r\\n";
  size_t len = sizeof start - 1 < bytes ? sizeof start - 1 : bytes;
  put(w, start, len);
  memset(w->at, 'a', bytes - len);
  w->at += bytes - len;
}

static void put_offers(load *l, writer *w, uint32_t count) {
  PUT(w, ",\"numwant\":");
  w->at += sprintf(w->at, "%u", count);
  PUT(w, ",\"offers\":[");
  for (uint32_t i = 0; i < count; i++) {
    uint8_t id[PT_ID_SIZE + 4];
    for (size_t byte = 0; byte < PT_ID_SIZE; byte += 8) {
      uint64_t random = pt_random_u64(&l->random);
      memcpy(id + byte, &random, PT_ID_SIZE - byte < 8 ? PT_ID_SIZE - byte : 8);
    }
    if (i > 0) PUT(w, ",");
    PUT(w, "{\"offer\":{\"type\":\"offer\",\"sdp\":\"");
    put_sdp(w, l->options->offer_bytes);
    PUT(w, "\"},\"offer_id\":\"");
    put_id(w, id);
    PUT(w, "\"}");
  }
  PUT(w, "]");
}

static void put_announce(load *l, load_connection *c, writer *w) {
  PUT(w, "{\"action\":\"announce\",\"info_hash\":\"");
  put_id(w, load_swarm_of(l, c));
  PUT(w, "\",\"peer_id\":\"");
  put_id(w, c->id);
  PUT(w, "\",\"uploaded\":0,\"downloaded\":0,\"left\":1000000");
}

static void prepare(load *l, load_connection *c) {
  char id[PT_ID_SIZE + 1];
  snprintf(id, sizeof id, "-WW0200-%04x%08x", (unsigned)(l->options->seed & 0xffff), c->index);
  memcpy(c->id, id, PT_ID_SIZE);
  writer w = begin(l);
  put_announce(l, c, &w);
  PUT(&w, ",\"event\":\"started\",\"numwant\":0,\"offers\":[]}");
  load_send_text(l, c, length(l, &w));
}

static void act(load *l, load_connection *c, uint64_t due_ns) {
  writer w = begin(l);
  put_announce(l, c, &w);
  put_offers(l, &w, l->options->offers);
  PUT(&w, "}");
  if (!load_send_text(l, c, length(l, &w))) return;
  l->counts.requests++;
  load_times_put(&c->waiting, due_ns);
}

static bool has(const char *text, size_t len, const char *word) {
  return memmem(text, len, word, strlen(word)) != NULL;
}

/* Finds "name":"..." and copies it, quotes included, as it stands. */
static bool copy_string(writer *w, const char *text, size_t len, const char *name) {
  const char *at = memmem(text, len, name, strlen(name)), *end = text + len;
  if (at == NULL) return false;
  at += strlen(name);
  const char *stop = at + 1;
  while (stop < end && *stop != '"') stop += *stop == '\\' ? 2 : 1;
  if (stop >= end || stop - at > 6 * (int)PT_ID_SIZE + 2) return false;
  put(w, at, (size_t)(stop + 1 - at));
  return true;
}

static void answer_offer(load *l, load_connection *c, const char *text, size_t len) {
  writer w = begin(l);
  PUT(&w, "{\"action\":\"announce\",\"info_hash\":\"");
  put_id(&w, load_swarm_of(l, c));
  PUT(&w, "\",\"peer_id\":\"");
  put_id(&w, c->id);
  PUT(&w, "\",\"to_peer_id\":");
  if (!copy_string(&w, text, len, "\"peer_id\":")) return;
  PUT(&w, ",\"offer_id\":");
  if (!copy_string(&w, text, len, "\"offer_id\":")) return;
  PUT(&w, ",\"answer\":{\"type\":\"answer\",\"sdp\":\"");
  put_sdp(&w, l->options->offer_bytes);
  PUT(&w, "\"}}");
  load_send_text(l, c, length(l, &w));
}

static bool lucky(load *l) {
  return l->options->answers > 0 &&
         pt_random_below(&l->random, 1000000) < (uint32_t)(l->options->answers * 1000000);
}

static void message(load *l, load_connection *c, const char *text, size_t len) {
  uint64_t due_ns;
  if (has(text, len, "\"offer\":{")) {
    l->counts.offers++;
    if (lucky(l)) answer_offer(l, c, text, len);
  } else if (has(text, len, "\"answer\":{")) {
    l->counts.answers++;
  } else if (has(text, len, "\"failure reason\"")) {
    load_error(l, text, len);
  } else if (has(text, len, "\"interval\":")) {
    if (!c->is_ready)
      load_ready(l, c);
    else if (load_times_take(&c->waiting, &due_ns))
      load_answered(l, c, due_ns);
  } else {
    l->counts.other++;
  }
}

const load_work load_announce = {
    .name = "announce", .prepare = prepare, .act = act, .message = message};
