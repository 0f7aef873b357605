#include "format/json_write.h"
#include "format/tracker.h"

#include <string.h>

static void write_id(pt_writer *w, const uint8_t id[PT_ID_SIZE]) {
  static const char digits[] = "0123456789abcdef";
  uint8_t text[6 * PT_ID_SIZE + 2], *at = text; /* \uXXXX is the longest */
  *at++ = '"';
  for (size_t i = 0; i < PT_ID_SIZE; i++) {
    uint8_t c = id[i];
    if (c >= 0x80) {
      *at++ = (uint8_t)(0xc0 | c >> 6);
      *at++ = (uint8_t)(0x80 | (c & 0x3f));
    } else if (c >= 8 && c <= 13 && c != '\v') {
      *at++ = '\\';
      *at++ = (uint8_t) "btnvfr"[c - 8];
    } else if (c < 0x20) {
      memcpy(at, "\\u00", 4);
      at[4] = (uint8_t)digits[c >> 4];
      at[5] = (uint8_t)digits[c & 15];
      at += 6;
    } else {
      if (c == '"' || c == '\\') *at++ = '\\';
      *at++ = c;
    }
  }
  *at++ = '"';
  pt_write_bytes(w, text, (size_t)(at - text));
}

static void write_named_id(pt_writer *w, const char *name, const uint8_t id[PT_ID_SIZE]) {
  pt_write_text(w, name);
  write_id(w, id);
}

static void write_number(pt_writer *w, const char *name, uint64_t value) {
  pt_write_text(w, name);
  pt_write_u64_decimal(w, value);
}

static void write_raw(pt_writer *w, const char *name, pt_bytes raw) {
  pt_write_text(w, name);
  pt_write_bytes(w, raw.data, raw.len);
}

static void write_announce(pt_writer *w, const pt_tracker_message *m) {
  static const char *const events[] = {[PT_TRACKER_STARTED] = "started",
                                       [PT_TRACKER_STOPPED] = "stopped",
                                       [PT_TRACKER_COMPLETED] = "completed"};
  write_named_id(w, ",\"peer_id\":", m->peer_id);
  if (m->has_left) write_number(w, ",\"left\":", m->left);
  if (m->has_numwant) write_number(w, ",\"numwant\":", m->numwant);
  if (m->event != PT_TRACKER_UPDATE) {
    pt_write_text(w, ",\"event\":");
    pt_json_write_string(w, events[m->event], strlen(events[m->event]));
  }
  if (m->offer_count == 0) return;
  pt_write_text(w, ",\"offers\":[");
  for (size_t i = 0; i < m->offer_count; i++) {
    write_raw(w, i > 0 ? ",{\"offer\":" : "{\"offer\":", m->offers[i].description);
    write_named_id(w, ",\"offer_id\":", m->offers[i].id);
    pt_write_u8(w, '}');
  }
  pt_write_u8(w, ']');
}

static void write_relayed(pt_writer *w, const pt_tracker_message *m) {
  write_named_id(w, ",\"peer_id\":", m->peer_id);
  if (m->has_to) write_named_id(w, ",\"to_peer_id\":", m->to_peer_id);
  write_raw(w, m->kind == PT_TRACKER_OFFER ? ",\"offer\":" : ",\"answer\":", m->description);
  write_named_id(w, ",\"offer_id\":", m->offer_id);
}

static void write_reply(pt_writer *w, const pt_tracker_message *m) {
  write_number(w, ",\"interval\":", m->interval);
  write_number(w, ",\"complete\":", m->complete);
  write_number(w, ",\"incomplete\":", m->incomplete);
}

static void write_scrape(pt_writer *w, const pt_tracker_message *m) {
  if (m->scraped_count == 0) return;
  pt_write_text(w, ",\"info_hash\":[");
  for (size_t i = 0; i < m->scraped_count; i++)
    write_named_id(w, i > 0 ? "," : "", m->scraped[i].info_hash);
  pt_write_u8(w, ']');
}

static void write_scraped(pt_writer *w, const pt_tracker_message *m) {
  pt_write_text(w, ",\"files\":{");
  for (size_t i = 0; i < m->scraped_count; i++) {
    const pt_tracker_count *count = &m->scraped[i];
    write_named_id(w, i > 0 ? "," : "", count->info_hash);
    write_number(w, ":{\"complete\":", count->complete);
    write_number(w, ",\"incomplete\":", count->incomplete);
    write_number(w, ",\"downloaded\":", count->downloaded);
    pt_write_u8(w, '}');
  }
  pt_write_u8(w, '}');
}

void pt_tracker_encode(pt_writer *w, const pt_tracker_message *m) {
  bool of_scrape = m->kind == PT_TRACKER_SCRAPE || m->kind == PT_TRACKER_SCRAPED ||
                   (m->kind == PT_TRACKER_FAILURE && m->of_scrape);
  pt_write_text(w, of_scrape ? "{\"action\":\"scrape\"" : "{\"action\":\"announce\"");
  if (m->has_info_hash && m->kind != PT_TRACKER_SCRAPE && m->kind != PT_TRACKER_SCRAPED)
    write_named_id(w, ",\"info_hash\":", m->info_hash);
  switch (m->kind) {
  case PT_TRACKER_ANNOUNCE:
    write_announce(w, m);
    break;
  case PT_TRACKER_ANSWER:
  case PT_TRACKER_OFFER:
    write_relayed(w, m);
    break;
  case PT_TRACKER_SCRAPE:
    write_scrape(w, m);
    break;
  case PT_TRACKER_REPLY:
    write_reply(w, m);
    break;
  case PT_TRACKER_SCRAPED:
    write_scraped(w, m);
    break;
  case PT_TRACKER_FAILURE:
    write_raw(w, ",\"failure reason\":\"", m->reason);
    pt_write_u8(w, '"');
    break;
  default:
    w->failed = true;
    break;
  }
  pt_write_u8(w, '}');
}

void pt_tracker_describe(pt_writer *w, bool is_offer, pt_bytes sdp) {
  pt_write_text(w, is_offer ? "{\"type\":\"offer\",\"sdp\":" : "{\"type\":\"answer\",\"sdp\":");
  pt_json_write_string(w, sdp.data, sdp.len);
  pt_write_u8(w, '}');
}
