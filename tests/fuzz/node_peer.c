/* What peers do to the node of fuzz_node.c: some of it honest, most not. */
#include <stdlib.h>
#include <string.h>

#include "format/metainfo.h"
#include "node_host.h"

host_peer *peer_with(host *h, const uint8_t id[PT_ID_SIZE]) {
  for (uint32_t i = 0; i < HOST_PEERS; i++)
    if (memcmp(h->peers[i].id, id, PT_ID_SIZE) == 0) return &h->peers[i];
  return NULL;
}

/* The node's own record of who is behind some channel, or NULL. */
static pt_peer *some_peer(host *h) { return pt_table_get(&h->node->channels, take_u8(h) & 0x0f); }

static void say(host *h, const pt_peer *p, pt_bytes bytes) {
  pt_event in = {.kind = PT_IN_CHANNEL_MESSAGE, .id = p->channel, .data = bytes};
  give(h, &in);
}

static void lies(host *h, const pt_peer *p) { peer_with(h, p->remote->id)->liar = true; }

void peer_greets(host *h) {
  pt_peer *p = some_peer(h);
  uint8_t how = take_u8(h);
  if (!p) return;
  uint8_t text[512], bits[64];
  pt_writer w = pt_writer_of(text, sizeof text);
  pt_wire_handshake hello = {0};
  pt_wire_reserved(hello.reserved, true);
  if (how & 1) hello.reserved[7] = 0;
  memcpy(hello.info_hash, p->swarm->key, PT_ID_SIZE);
  memcpy(hello.peer_id, p->remote->id, PT_ID_SIZE);
  pt_wire_handshake_encode(&w, &hello);
  if (how & 2) {
    uint8_t ext[128];
    pt_writer e = pt_writer_of(ext, sizeof ext);
    pt_wire_extensions offer = {.lt_donthave = 7, .pt_want = how & 4 ? 9 : 0};
    pt_wire_extensions_encode(&e, &offer);
    pt_wire_message m = {.kind = PT_WIRE_EXTENDED, .data = {ext, e.len}};
    pt_wire_encode(&w, &m);
  }
  pt_wire_message m = {.kind = how & 8 ? PT_WIRE_HAVE_ALL : PT_WIRE_HAVE_NONE};
  if (how & 16) {
    size_t len = (p->swarm->piece_count + 7) / 8;
    pt_bytes given = take_bytes(h, len);
    memset(bits, 0, sizeof bits);
    if (given.len) memcpy(bits, given.data, given.len);
    m = (pt_wire_message){.kind = PT_WIRE_BITFIELD, .data = {bits, len}};
  }
  pt_wire_encode(&w, &m);
  m = (pt_wire_message){.kind = PT_WIRE_UNCHOKE};
  if (how & 32) pt_wire_encode(&w, &m);
  m.kind = PT_WIRE_INTERESTED;
  if (how & 64) pt_wire_encode(&w, &m);
  say(h, p, (pt_bytes){text, w.len});
}

/* The site's bytes of a block, if its files lie as the swarm says. */
static pt_bytes block_of(const host *h, const pt_swarm *s, const pt_asked *a) {
  const pt_file *f = pt_swarm_file_of(s, a->piece);
  pt_bytes body = site_get(h->site, (pt_bytes){(const uint8_t *)f->path, strlen(f->path)});
  uint64_t at = (uint64_t)(a->piece - f->piece_first) * s->piece_length + a->begin;
  if (!body.data || at + a->length > body.len) return (pt_bytes){NULL, 0};
  return (pt_bytes){body.data + at, a->length};
}

/* Up to eight blocks that were asked for, one of them perhaps with a wrong bit. */
void peer_answers(host *h) {
  pt_peer *p = some_peer(h);
  uint8_t count = take_u8(h), wrong = take_u8(h);
  for (uint8_t i = 0; p && i <= count % 8 && p->asked_count; i++) {
    uint32_t channel = p->channel;
    pt_asked asked = p->asked[count & 0x80 ? p->asked_count - 1 : 0];
    pt_bytes block = block_of(h, p->swarm, &asked);
    if (!block.data) return;
    uint8_t *text = malloc(block.len + 16);
    pt_writer w = pt_writer_of(text, block.len + 16);
    pt_wire_message m = {
        .kind = PT_WIRE_PIECE, .index = asked.piece, .begin = asked.begin, .data = block};
    pt_wire_encode(&w, &m);
    if (wrong == i + 1) {
      text[13 + wrong] ^= 4;
      lies(h, p);
    }
    say(h, p, (pt_bytes){text, w.len});
    free(text);
    p = pt_table_get(&h->node->channels, channel);
  }
}

/* Hashes as the node asks for them, of a file of the site. */
void peer_tells_hashes(host *h) {
  pt_peer *p = some_peer(h);
  uint8_t number = take_u8(h), how = take_u8(h);
  if (!p) return;
  const pt_file *f = &p->swarm->files[number % p->swarm->file_count];
  pt_metainfo torrent;
  if (f->piece_count < 2 ||
      pt_metainfo_parse((pt_bytes){h->site->torrents[0], h->site->torrent_lens[0]}, &torrent))
    return;
  const pt_metainfo_file *theirs = NULL;
  for (size_t i = 0; i < torrent.file_count; i++)
    if (memcmp(torrent.files[i].root, f->root, PT_HASH_SIZE) == 0) theirs = &torrent.files[i];
  if (theirs && theirs->length == f->length && torrent.piece_length == p->swarm->piece_length) {
    pt_hash hashes[64];
    uint32_t length = 1u << (f->height - p->swarm->piece_height);
    for (uint32_t i = 0; i < length && i < 64; i++)
      pt_merkle_node(theirs->layer, f->piece_count, p->swarm->piece_height, p->swarm->piece_height,
                     i, hashes[i]);
    if (how & 1) {
      hashes[how % length][3] ^= 8;
      lies(h, p);
    }
    uint8_t text[64 * PT_HASH_SIZE + 64];
    pt_writer w = pt_writer_of(text, sizeof text);
    pt_wire_message m = {.kind = how & 2 ? PT_WIRE_HASH_REJECT : PT_WIRE_HASHES,
                         .root = f->root,
                         .base_layer = p->swarm->piece_height,
                         .length = length,
                         .data = {hashes[0], length * PT_HASH_SIZE}};
    pt_wire_encode(&w, &m);
    say(h, p, (pt_bytes){text, w.len});
  }
  pt_metainfo_free(&torrent);
}

static uint32_t wild(host *h) {
  uint8_t choice = take_u8(h);
  switch (choice >> 5) {
  case 0:
    return choice & 31;
  case 1:
    return (choice & 31u) * PT_BLOCK_SIZE;
  case 2:
    return PT_BLOCK_SIZE + choice - 64u;
  case 3:
    return UINT32_MAX - (choice & 31u);
  case 4:
    return take_u16(h);
  case 5:
    return take_u32(h);
  case 6:
    return 1u << (choice & 31);
  default:
    return PT_BLOCK_SIZE;
  }
}

/* Several well-formed messages with any numbers, cut anywhere. */
void peer_says(host *h) {
  static const uint16_t kinds[] = {0,  1,  2,  3,  4,  5,  6,  6,  6,  7,  8,  9,  13,
                                   14, 15, 16, 17, 20, 20, 20, 21, 21, 22, 23, 256};
  static uint8_t text[1 << 16];
  pt_peer *p = some_peer(h);
  if (!p) return;
  pt_writer w = pt_writer_of(text, sizeof text);
  uint8_t root[PT_HASH_SIZE] = {0};
  uint8_t how = take_u8(h), file = take_u8(h);
  memcpy(root, p->swarm->files[file % p->swarm->file_count].root, sizeof root);
  uint32_t repeat = how & 8 ? 600 : 1;
  for (uint8_t i = 0; i <= (how & 7); i++) {
    uint8_t kind = take_u8(h);
    pt_wire_message m = {.kind = (enum pt_wire_kind)kinds[kind % (sizeof kinds / sizeof *kinds)],
                         .index = wild(h),
                         .begin = wild(h),
                         .length = wild(h),
                         .base_layer = take_u8(h) & 7,
                         .proof_layers = take_u8(h) & 15,
                         .extension = take_u8(h) & 3,
                         .root = root};
    m.data = take_bytes(h, take_u8(h));
    if (m.kind == PT_WIRE_PIECE || m.kind == PT_WIRE_HASHES) lies(h, p);
    for (uint32_t r = 0; r < repeat; r++, m.index += how >> 7) pt_wire_encode(&w, &m);
  }
  size_t cut = how & 16 ? take_u16(h) % (w.len + 1) : w.len;
  uint32_t channel = p->channel;
  say(h, p, (pt_bytes){text, cut});
  if (cut == w.len || !pt_table_get(&h->node->channels, channel)) return;
  say(h, pt_table_get(&h->node->channels, channel), (pt_bytes){text + cut, w.len - cut});
}

void peer_raw(host *h) {
  pt_peer *p = some_peer(h);
  pt_bytes raw = take_bytes(h, take_u8(h));
  if (!p) return;
  lies(h, p);
  say(h, p, raw);
}
