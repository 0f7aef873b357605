#include "format/json_tokens.h"
#include "format/tracker.h"

#include <string.h>

enum field {
  ACTION,
  INFO_HASH,
  PEER_ID,
  TO_PEER_ID,
  OFFER_ID,
  OFFER,
  ANSWER,
  OFFERS,
  EVENT,
  LEFT,
  NUMWANT,
  INTERVAL,
  COMPLETE,
  INCOMPLETE,
  FILES,
  REASON,
  FIELD_COUNT
};

static const char *const names[FIELD_COUNT] = {
    "action",   "info_hash",  "peer_id", "to_peer_id",    "offer_id", "offer",
    "answer",   "offers",     "event",   "left",          "numwant",  "interval",
    "complete", "incomplete", "files",   "failure reason"};

typedef struct decoder {
  pt_json json;
  size_t at[FIELD_COUNT]; /* the fields' values; 0: absent or null */
  pt_tracker_message *m;
} decoder;

/* One walk over the members finds all fields: messages come by the thousand. */
static void find_fields(decoder *d) {
  for (size_t key = pt_json_first(&d->json, 0); key != 0; key = pt_json_next(&d->json, 0, key)) {
    pt_bytes raw = pt_json_raw(&d->json, key);
    for (size_t f = 0; f < FIELD_COUNT; f++) {
      if (raw.len < strlen(names[f]) + 2 || !pt_json_text_is(&d->json, key, names[f])) continue;
      d->at[f] = pt_json_type_of(&d->json, key + 1) == PT_JSON_NULL ? 0 : key + 1;
      break;
    }
  }
}

/* 20 characters of one byte each. */
static bool read_id(const pt_json *json, size_t value, uint8_t out[PT_ID_SIZE]) {
  if (value == 0 || pt_json_type_of(json, value) != PT_JSON_STRING) return false;
  pt_bytes inside = pt_json_raw(json, value);
  inside = (pt_bytes){inside.data + 1, inside.len - 2};
  uint32_t character = 0;
  size_t count = 0;
  while (pt_json_char(&inside, &character)) {
    if (count == PT_ID_SIZE || character > 0xff) return false;
    out[count++] = (uint8_t)character;
  }
  return count == PT_ID_SIZE;
}

static bool read_u32(const decoder *d, enum field f, uint32_t *out) {
  uint64_t v = 0;
  if (d->at[f] == 0 || pt_json_uint(&d->json, d->at[f], UINT32_MAX, &v) != PT_OK) return false;
  *out = (uint32_t)v;
  return true;
}

/* An object whose "sdp" is a string and whose "type" is the one expected. */
static bool read_description(const pt_json *json, size_t value, const char *type, pt_bytes *out) {
  if (value == 0 || pt_json_type_of(json, value) != PT_JSON_OBJECT) return false;
  size_t sdp = pt_json_get(json, value, "sdp"), kind = pt_json_get(json, value, "type");
  if (sdp == 0 || pt_json_type_of(json, sdp) != PT_JSON_STRING) return false;
  if (kind == 0 || !pt_json_text_is(json, kind, type)) return false;
  *out = pt_json_raw(json, value);
  return out->len <= PT_SDP_LEN_MAX;
}

static bool read_offers(decoder *d) {
  size_t list = d->at[OFFERS];
  pt_tracker_message *m = d->m;
  if (list == 0) return true;
  if (pt_json_type_of(&d->json, list) != PT_JSON_ARRAY) return false;
  for (size_t v = pt_json_first(&d->json, list); v != 0 && m->offer_count < PT_TRACKER_OFFERS_MAX;
       v = pt_json_next(&d->json, list, v)) {
    pt_tracker_offer *offer = &m->offers[m->offer_count];
    if (read_id(&d->json, pt_json_get(&d->json, v, "offer_id"), offer->id) &&
        read_description(&d->json, pt_json_get(&d->json, v, "offer"), "offer", &offer->description))
      m->offer_count++;
  }
  return true;
}

static void read_event(decoder *d) {
  static const char *const words[] = {[PT_TRACKER_STARTED] = "started",
                                      [PT_TRACKER_STOPPED] = "stopped",
                                      [PT_TRACKER_COMPLETED] = "completed"};
  for (enum pt_tracker_event e = PT_TRACKER_STARTED; d->at[EVENT] && e <= PT_TRACKER_COMPLETED; e++)
    if (pt_json_text_is(&d->json, d->at[EVENT], words[e])) d->m->event = e;
}

static enum field read_announce(decoder *d) {
  pt_tracker_message *m = d->m;
  m->kind = PT_TRACKER_ANNOUNCE;
  if (!read_id(&d->json, d->at[PEER_ID], m->peer_id)) return PEER_ID;
  read_event(d);
  m->has_left = d->at[LEFT] != 0 &&
                pt_json_uint(&d->json, d->at[LEFT], PT_JSON_INTEGER_MAX, &m->left) == PT_OK;
  m->has_numwant = read_u32(d, NUMWANT, &m->numwant);
  return read_offers(d) ? FIELD_COUNT : OFFERS;
}

/* An answer, or an offer as the server passes it on. */
static enum field read_relayed(decoder *d, bool is_offer) {
  pt_tracker_message *m = d->m;
  m->kind = is_offer ? PT_TRACKER_OFFER : PT_TRACKER_ANSWER;
  if (!read_id(&d->json, d->at[PEER_ID], m->peer_id)) return PEER_ID;
  if (!read_id(&d->json, d->at[OFFER_ID], m->offer_id)) return OFFER_ID;
  m->has_to = !is_offer && d->at[TO_PEER_ID] != 0;
  if (m->has_to && !read_id(&d->json, d->at[TO_PEER_ID], m->to_peer_id)) return TO_PEER_ID;
  enum field f = is_offer ? OFFER : ANSWER;
  bool ok = read_description(&d->json, d->at[f], is_offer ? "offer" : "answer", &m->description);
  return ok ? FIELD_COUNT : f;
}

static enum field read_reply(decoder *d) {
  d->m->kind = PT_TRACKER_REPLY;
  if (!read_u32(d, INTERVAL, &d->m->interval)) return INTERVAL;
  if (!read_u32(d, COMPLETE, &d->m->complete)) return COMPLETE;
  return read_u32(d, INCOMPLETE, &d->m->incomplete) ? FIELD_COUNT : INCOMPLETE;
}

static int add_scraped(decoder *d, size_t value, pt_tracker_count **out) {
  if (d->m->scraped_count == PT_TRACKER_SCRAPE_MAX) return PT_ERR_LIMIT;
  *out = &d->m->scraped[d->m->scraped_count];
  if (!read_id(&d->json, value, (*out)->info_hash)) return PT_ERR_RANGE;
  d->m->scraped_count++;
  return PT_OK;
}

static int read_scrape(decoder *d) {
  size_t list = d->at[INFO_HASH];
  pt_tracker_count *unused;
  d->m->kind = PT_TRACKER_SCRAPE;
  if (list == 0) return PT_OK;
  if (pt_json_type_of(&d->json, list) != PT_JSON_ARRAY) return add_scraped(d, list, &unused);
  int error = PT_OK;
  for (size_t v = pt_json_first(&d->json, list); v != 0 && error == PT_OK;
       v = pt_json_next(&d->json, list, v))
    error = add_scraped(d, v, &unused);
  return error;
}

static int read_scraped(decoder *d) {
  size_t files = d->at[FILES];
  d->m->kind = PT_TRACKER_SCRAPED;
  if (pt_json_type_of(&d->json, files) != PT_JSON_OBJECT) return PT_ERR_RANGE;
  for (size_t key = pt_json_first(&d->json, files); key != 0;
       key = pt_json_next(&d->json, files, key)) {
    pt_tracker_count *count;
    int error = add_scraped(d, key, &count);
    if (error != PT_OK) return error;
    static const char *const members[] = {"complete", "incomplete", "downloaded"};
    uint32_t *const numbers[] = {&count->complete, &count->incomplete, &count->downloaded};
    for (size_t i = 0; i < 3; i++) {
      size_t value = pt_json_get(&d->json, key + 1, members[i]);
      uint64_t v = 0;
      if (value == 0 || pt_json_uint(&d->json, value, UINT32_MAX, &v) != PT_OK) return PT_ERR_RANGE;
      *numbers[i] = (uint32_t)v;
    }
  }
  return PT_OK;
}

static int read_failure(decoder *d) {
  d->m->kind = PT_TRACKER_FAILURE;
  if (pt_json_type_of(&d->json, d->at[REASON]) != PT_JSON_STRING) return PT_ERR_RANGE;
  pt_bytes raw = pt_json_raw(&d->json, d->at[REASON]);
  d->m->reason = (pt_bytes){raw.data + 1, raw.len - 2};
  return PT_OK;
}

static enum field read_announced(decoder *d) {
  if (!d->m->has_info_hash) return INFO_HASH;
  if (d->at[ANSWER]) return read_relayed(d, false);
  if (d->at[OFFER]) return read_relayed(d, true);
  return d->at[INTERVAL] && !d->at[PEER_ID] ? read_reply(d) : read_announce(d);
}

static int read_message(decoder *d, const char **field) {
  pt_tracker_message *m = d->m;
  size_t action = d->at[ACTION];
  m->of_scrape = action != 0 && pt_json_text_is(&d->json, action, "scrape");
  m->has_info_hash = read_id(&d->json, d->at[INFO_HASH], m->info_hash);
  enum field wrong = FIELD_COUNT;
  int error = PT_OK;
  if (!m->of_scrape && (action == 0 || !pt_json_text_is(&d->json, action, "announce"))) {
    wrong = ACTION;
  } else if (d->at[REASON]) {
    error = read_failure(d);
    *field = names[REASON];
  } else if (m->of_scrape) {
    error = d->at[FILES] ? read_scraped(d) : read_scrape(d);
    *field = names[d->at[FILES] ? FILES : INFO_HASH];
  } else {
    wrong = read_announced(d);
  }
  if (wrong != FIELD_COUNT) {
    error = PT_ERR_RANGE;
    *field = names[wrong];
  }
  if (error == PT_OK) *field = NULL;
  return error;
}

int pt_tracker_decode(pt_bytes json, pt_tracker_message *out, const char **field) {
  const char *unused = NULL;
  if (field == NULL) field = &unused;
  *field = NULL;
  memset(out, 0, sizeof *out);
  if (json.len > PT_SIGNAL_BYTES_MAX) return PT_ERR_LIMIT;
  pt_json_token tokens[PT_TRACKER_TOKENS_MAX];
  decoder d = {.m = out};
  int error = pt_json_parse(json, tokens, PT_TRACKER_TOKENS_MAX, &d.json);
  if (error != PT_OK) return error;
  if (pt_json_type_of(&d.json, 0) != PT_JSON_OBJECT) return PT_ERR_SYNTAX;
  find_fields(&d);
  return read_message(&d, field);
}

int pt_tracker_sdp(pt_bytes description, pt_writer *arena, pt_bytes *sdp) {
  pt_json_token tokens[PT_TRACKER_TOKENS_MAX];
  pt_json json;
  int error = pt_json_parse(description, tokens, PT_TRACKER_TOKENS_MAX, &json);
  if (error != PT_OK) return error;
  size_t value = pt_json_get(&json, 0, "sdp");
  if (value == 0) return PT_ERR_RANGE;
  error = pt_json_text(&json, value, arena, sdp);
  return error == PT_OK && sdp->len > PT_SDP_LEN_MAX ? PT_ERR_LIMIT : error;
}
