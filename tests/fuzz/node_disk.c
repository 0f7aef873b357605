/* The disk of fuzz_node.c: what it kept, what it says it kept, and answers to
 * reads that are right, wrong or for nobody. */
#include <stdlib.h>
#include <string.h>

#include "format/metainfo.h"
#include "node_host.h"

/* The site's bytes of a piece. */
static pt_bytes piece_of(const site *s, uint32_t piece_length, uint32_t piece) {
  for (uint32_t f = 0; f < s->file_count; f++) {
    const site_file *file = &s->files[f];
    uint32_t count = (uint32_t)((file->length + piece_length - 1) / piece_length);
    if (piece >= count) {
      piece -= count;
      continue;
    }
    uint64_t at = (uint64_t)piece * piece_length, left = file->length - at;
    return (pt_bytes){file->data + at, left < piece_length ? (size_t)left : piece_length};
  }
  return (pt_bytes){0};
}

static uint32_t piece_length_of(const host *h) { return h->site == h->sites[0] ? 32768 : 16384; }

void disk_write(host *h, const pt_event *out) {
  require(h->disk_max >= out->length && out->data.len <= out->length);
  if (h->doctored || memcmp(out->swarm, h->site_key, PT_ID_SIZE) != 0) return;
  pt_bytes right = piece_of(h->site, piece_length_of(h), out->id);
  require(right.len == out->data.len && memcmp(right.data, out->data.data, right.len) == 0);
}

void disk_read(host *h, const pt_event *out) {
  uint32_t slot = 0; /* of those that were let go of meanwhile one may be forgotten */
  while (slot + 1 < HOST_READS && h->reads[slot].open) slot++;
  h->reads[slot] = (host_read){true, *out};
}

void disk_answer(host *h, uint32_t slot, int how) {
  host_read *r = &h->reads[slot % HOST_READS];
  pt_event in = r->event; /* also when it was answered already, or never asked */
  in.kind = PT_IN_STORE_DATA;
  in.code = how == 3 ? PT_ERR_UNREACHABLE : PT_OK;
  in.text = (pt_bytes){0};
  in.data = how == 3 ? (pt_bytes){0} : piece_of(h->site, piece_length_of(h), in.id);
  uint8_t *wrong = malloc(in.data.len + 1);
  if (in.data.len) memcpy(wrong, in.data.data, in.data.len);
  if (how == 1 && in.data.len) wrong[in.data.len / 3] ^= 1;
  if (how == 2) in.data.len /= 2;
  if (how == 1 || how == 2) in.data.data = wrong;
  r->open = false;
  give(h, &in);
  free(wrong);
}

void disk_answers(host *h) {
  uint8_t slot = take_u8(h);
  disk_answer(h, slot, (slot >> 4) & 3);
}

void disk_limit(host *h) {
  static const uint64_t limits[] = {0, 20000, 100000, 1u << 20, 1u << 30, UINT64_MAX};
  uint8_t how = take_u8(h);
  pt_event in = {
      .kind = PT_IN_STORE_LIMIT, .offset = how & 0x80 ? 100000 : 0, .length = limits[how % 6]};
  h->disk_max = in.length;
  give(h, &in);
}

static void tell_layers(host *h, bool wrong) {
  pt_metainfo m;
  pt_bytes torrent = {h->site->torrents[0], h->site->torrent_lens[0]};
  require(pt_metainfo_parse(torrent, &m) == PT_OK);
  for (uint32_t f = 0; f < m.file_count; f++) {
    if (m.files[f].piece_count < 2) continue;
    if (wrong) m.files[f].layer[1][5] ^= 1;
    pt_event in = {.kind = PT_IN_STORED_LAYER,
                   .id = f,
                   .data = {m.files[f].layer[0], m.files[f].piece_count * sizeof(pt_hash)}};
    memcpy(in.swarm, h->site_key, PT_ID_SIZE);
    give(h, &in);
  }
  pt_metainfo_free(&m);
}

void disk_tells(host *h) {
  uint8_t how = take_u8(h), numbers[4 * 16] = {0};
  if (how & 1) tell_layers(h, (how & 6) == 6);
  pt_event in = {.kind = how & 0x40 && how & 0x20 ? PT_IN_STORED_LAYER : PT_IN_STORED,
                 .id = how,
                 .data = {numbers, how & 0x10 ? sizeof numbers - 3 : sizeof numbers}};
  for (size_t i = 0; i < sizeof numbers; i += 4)
    numbers[i] = how & 0x80 ? take_u8(h) : (uint8_t)i / 4;
  memcpy(in.swarm, h->site_key, PT_ID_SIZE);
  in.swarm[0] ^= (how & 0x18) == 0x18;
  give(h, &in);
}
