/* The hash each piece must have. The index gives a file's root; the layer of
 * its piece hashes comes from peers (BEP 52 hash requests, with the proof up
 * to the root) or from the site, which has the layers of all files of a swarm
 * in one document, and is checked against the root either way.
 *
 * The leaves of a piece, the hashes of its blocks, are asked of peers in the
 * same way: with the first pieces a peer is to give, and when one is wrong. */
#include <stdlib.h>
#include <string.h>

#include "base/apart.h"
#include "base/bits.h"
#include "base/hex.h"
#include "swarm/content.h"
#include "swarm/units.h"

#define PT_LAYER_PATIENCE_US (1u * PT_SECOND_US)
#define PT_LEAVES_PATIENCE_US (500u * PT_MS_US)
#define PT_LEAVES_ASK_MAX 3u /* peers, for those of a wrong piece */
#define PT_LAYERS_RETRY_US (2u * PT_SECOND_US)
#define PT_HASHLESS_US (5u * PT_SECOND_US)
#define PT_LAYERS_MISSING_US (30u * PT_SECOND_US)
#define PT_LAYERS_STALL_US (8u * PT_SECOND_US)
#define PT_HASHES_PER_SECOND (128u << 10) /* computed for one peer: some 50 ms of a slow CPU */
#define PT_LEAF_COST 512u                 /* hashing a block, in hashes: 4 MiB per second */
#define PT_LAYER_ASK_MAX 8u               /* chunks asked for at once */

const uint8_t *pt_layers_hash(const pt_swarm *s, uint32_t piece) {
  const pt_file *f = pt_swarm_file_of(s, piece);
  if (f->piece_count == 1) return f->root;
  uint32_t at = piece - f->piece_first;
  return f->chunks[at / PT_LAYER_CHUNK] ? f->layer[at] : NULL;
}

/* Hashes in one request of this file: a power of two that covers the padded
 * layer when it is small. */
static uint32_t chunk_length(const pt_swarm *s, const pt_file *f) {
  uint64_t padded = (uint64_t)1 << (f->height - s->piece_height);
  return padded < PT_LAYER_CHUNK ? (uint32_t)padded : PT_LAYER_CHUNK;
}

static void chunk_known(pt_file *f, uint32_t chunk) {
  if (f->chunks[chunk]) return;
  f->chunks[chunk] = 1;
  f->chunks_known++;
}

/* Has it one of these pieces, and may it be asked about them? */
static bool may_know(const pt_peer *p, uint32_t first, uint32_t count) {
  uint64_t now = p->swarm->cx->now_us;
  if (p->has_count == 0) return false;
  if (!p->bits_known || !p->hashes || p->broken || p->remote->condemned) return false;
  if (now < p->snubbed_until_us || now < p->hashless_until_us) return false;
  for (uint32_t i = 0; i < count; i++)
    if (pt_bits_get(p->has, first + i)) return true;
  return false;
}

/* Whom to ask: the one behind who was asked last, so that all get their turn. */
static pt_peer *holder_of(pt_swarm *s, uint32_t first, uint32_t count, uint32_t asked_of) {
  pt_peer *found = NULL;
  bool behind = false;
  for (pt_peer *p = s->peers; p; p = p->next) {
    if (may_know(p, first, count)) {
      if (behind) return p;
      if (!found) found = p;
    }
    behind |= p->channel == asked_of;
  }
  return found;
}

bool pt_layers_coming(pt_swarm *s, uint32_t piece) {
  if (pt_layers_hash(s, piece)) return false;
  const pt_file *f = pt_swarm_file_of(s, piece);
  if (!f->asked_us && holder_of(s, f->piece_first, f->piece_count, 0)) {
    s->dirty = true; /* it is asked when all is planned */
    return true;
  }
  if (s->layers_fetch) return true;
  return f->asked_us && !f->rejected && s->cx->now_us < f->asked_us + PT_LAYER_PATIENCE_US;
}

/* The chunk that is needed first, then those behind it, round to the others. */
static void ask_peer(pt_swarm *s, pt_file *f, pt_peer *p, uint32_t first) {
  uint32_t length = chunk_length(s, f), asked = 0;
  for (uint32_t i = 0; i < f->chunk_count && asked < PT_LAYER_ASK_MAX; i++) {
    uint32_t chunk = (first + i) % f->chunk_count;
    if (f->chunks[chunk]) continue;
    pt_wire_message m = {.kind = PT_WIRE_HASH_REQUEST,
                         .root = f->root,
                         .base_layer = s->piece_height,
                         .index = chunk * PT_LAYER_CHUNK,
                         .length = length,
                         .proof_layers = f->height - s->piece_height - 1};
    pt_peer_say(p, &m);
    asked++;
  }
  f->asked_us = s->cx->now_us ? s->cx->now_us : 1;
  f->asked_of = p->channel;
  f->rejected = false;
}

uint32_t pt_layers_height(const pt_swarm *s, const pt_file *f) {
  return f->piece_count > 1 ? s->piece_height : f->height;
}

bool pt_layers_ask_leaves(pt_peer *p, uint32_t number) {
  const pt_swarm *s = p->swarm;
  pt_assembly *a = s->pieces[number].assembly;
  if (!p->hashes || a->block_count == 1 || a->leaves || !pt_layers_hash(s, number)) return false;
  if (a->asked_of == p->channel) return false;
  const pt_file *f = pt_swarm_file_of(s, number);
  uint32_t height = pt_layers_height(s, f);
  pt_wire_message m = {.kind = PT_WIRE_HASH_REQUEST,
                       .root = f->root,
                       .index = (number - f->piece_first) << height,
                       .length = 1u << height};
  pt_peer_say(p, &m);
  a->asked_us = s->cx->now_us;
  a->asked_of = p->channel;
  return true;
}

bool pt_layers_doubt(pt_swarm *s, uint32_t number) {
  pt_assembly *a = s->pieces[number].assembly;
  if (!a->doubts || s->cx->now_us >= a->asked_us + PT_LEAVES_PATIENCE_US) {
    pt_peer *p = holder_of(s, number, 1, a->asked_of);
    if (!p || a->doubts++ == PT_LEAVES_ASK_MAX || !pt_layers_ask_leaves(p, number)) return false;
  }
  pt_swarm_wake(s, a->asked_us + PT_LEAVES_PATIENCE_US);
  return true;
}

/* How long the site's document of this swarm is: the layers of all files that
 * have more than one piece, one behind the other. */
static size_t document_size(const pt_swarm *s) {
  size_t pieces = 0;
  for (uint32_t i = 0; i < s->file_count; i++)
    if (s->files[i].piece_count > 1) pieces += s->files[i].piece_count;
  return pieces * sizeof(pt_hash);
}

void pt_layers_ask_origin(pt_swarm *s) {
  uint64_t now = s->cx->now_us;
  if (s->layers_fetch || s->layers_useless) return;
  if (now < s->layers_retry_us) {
    pt_swarm_wake(s, s->layers_retry_us);
    return;
  }
  if (!s->document) s->document = malloc(document_size(s));
  if (!s->document) return;
  char path[96] = "/.peertide/layers/";
  pt_hex_encode(s->key, PT_ID_SIZE, path + strlen(path));
  strcat(path, ".bin");
  s->layers_fetch = s->cx->fetch_next++;
  s->document_len = 0;
  s->layers_progress_us = now;
  pt_swarm_wake(s, now + PT_LAYERS_STALL_US);
  s->cx->stats.origin_requests++;
  pt_event event = {.kind = PT_OUT_ORIGIN_GET,
                    .id = s->layers_fetch,
                    .text = {(const uint8_t *)path, strlen(path)},
                    .length = PT_TO_END};
  pt_outbox_push(&s->cx->out, &event);
}

/* A fetch of the layers that brings nothing is given up. */
static void look_after_fetch(pt_swarm *s) {
  if (!s->layers_fetch) return;
  if (s->cx->now_us < s->layers_progress_us + PT_LAYERS_STALL_US) {
    pt_swarm_wake(s, s->layers_progress_us + PT_LAYERS_STALL_US);
    return;
  }
  pt_outbox_say(&s->cx->out, PT_OUT_ORIGIN_CANCEL, s->layers_fetch);
  pt_layers_origin_end(s, PT_ERR_UNREACHABLE, 0);
}

void pt_layers_plan(pt_swarm *s) {
  uint64_t now = s->cx->now_us;
  look_after_fetch(s);
  for (uint32_t i = 0; i < s->want_count; i++) {
    if (pt_layers_hash(s, s->wants[i].piece)) {
      pt_assembly_doubt(s, s->wants[i].piece);
      continue;
    }
    pt_file *f = pt_swarm_file_of(s, s->wants[i].piece);
    if (f->asked_us && !f->rejected && now < f->asked_us + PT_LAYER_PATIENCE_US) {
      pt_swarm_wake(s, f->asked_us + PT_LAYER_PATIENCE_US);
      continue;
    }
    bool asked_in_vain = f->asked_us != 0;
    pt_peer *p = holder_of(s, f->piece_first, f->piece_count, f->asked_of);
    if (p) ask_peer(s, f, p, (s->wants[i].piece - f->piece_first) / PT_LAYER_CHUNK);
    pt_swarm_wake(s, now + PT_LAYER_PATIENCE_US);
    /* A download of which nothing comes yet has time: who will bring pieces knows their hashes.
     * (8 KiB for each of a large crowd keep the site busy when it has better things to give.) */
    const pt_want *w = &s->wants[i];
    bool comes = w->fetch || s->pieces[w->piece].assembly;
    if (asked_in_vain || (!p && (comes || !w->patient))) pt_layers_ask_origin(s);
  }
}

bool pt_layers_adopt(pt_swarm *s, pt_file *f, const uint8_t *hashes) {
  const pt_hash *layer = (const pt_hash *)(const void *)hashes;
  pt_hash *scratch = malloc(f->piece_count * sizeof *scratch);
  bool right = scratch && pt_merkle_verify_layer(f->root, f->height, layer, f->piece_count,
                                                 s->piece_height, scratch);
  free(scratch);
  if (!right) return false;
  memcpy(f->layer, hashes, f->piece_count * sizeof(pt_hash));
  for (uint32_t chunk = 0; chunk < f->chunk_count; chunk++) chunk_known(f, chunk);
  return true;
}

void pt_layers_origin_data(pt_swarm *s, pt_bytes data) {
  s->cx->stats.origin_bytes += data.len;
  s->layers_progress_us = s->cx->now_us;
  if (data.len == 0 || s->layers_useless) return;
  s->layers_useless = data.len > document_size(s) - s->document_len;
  if (s->layers_useless) return;
  memcpy(s->document + s->document_len, data.data, data.len);
  s->document_len += data.len;
}

/* Takes over the layers of all files; false when one is not what the index
 * means. */
static bool adopt_document(pt_swarm *s) {
  if (s->document_len != document_size(s)) return false;
  const uint8_t *layer = s->document;
  for (uint32_t i = 0; i < s->file_count; i++) {
    pt_file *f = &s->files[i];
    if (f->piece_count < 2) continue;
    if (f->chunks_known != f->chunk_count) {
      if (!pt_layers_adopt(s, f, layer)) return false;
      pt_assembly_retry(s, f);
    }
    layer += f->piece_count * sizeof(pt_hash);
  }
  return true;
}

void pt_layers_origin_end(pt_swarm *s, int code, uint64_t status) {
  s->layers_fetch = 0;
  s->dirty = true;
  s->layers_missing = code != PT_OK && (status == 404 || status == 410);
  if (code == PT_OK) {
    s->layers_useless = s->layers_useless || !adopt_document(s);
    if (s->layers_useless)
      pt_outbox_fault(&s->cx->out, PT_ERR_HASH,
                      "the site sent piece hashes that do not fit the index", NULL, NULL);
  } else if (s->layers_missing) {
    /* Peers may still have the hashes; the origin itself is well. */
    s->layers_retry_us = s->cx->now_us + PT_LAYERS_MISSING_US;
  } else {
    s->layers_retry_us = s->cx->now_us + PT_LAYERS_RETRY_US;
    pt_origin_failed(s);
  }
  free(s->document);
  s->document = NULL;
  s->document_len = 0;
}

static pt_file *file_with_root(const pt_swarm *s, const uint8_t *root) {
  for (uint32_t i = 0; i < s->file_count; i++)
    if (memcmp(s->files[i].root, root, PT_HASH_SIZE) == 0) return &s->files[i];
  return NULL;
}

static uint32_t log2_of(uint32_t power) {
  uint32_t n = 0;
  while (power > 1) {
    power >>= 1;
    n++;
  }
  return n;
}

/* Can we answer this hash request from a layer that we know whole? */
static bool answerable(const pt_swarm *s, const pt_file *f, const pt_wire_message *m) {
  if (!f || f->piece_count < 2 || f->chunks_known != f->chunk_count) return false;
  if (m->base_layer < s->piece_height || m->base_layer >= f->height) return false;
  if (m->length < 1 || m->length > PT_LAYER_CHUNK || (m->length & (m->length - 1))) return false;
  if (m->index % m->length != 0 || m->proof_layers > f->height - m->base_layer) return false;
  return (uint64_t)m->index + m->length <= (uint64_t)1 << (f->height - m->base_layer);
}

/* Answers cost us hashing, their queue and the line: a peer gets so much a second. */
static bool affordable(pt_peer *p, uint32_t hashes, uint32_t cost) {
  uint64_t now = p->swarm->cx->now_us;
  pt_remote *r = p->remote;
  if (now >= r->hashed_us + PT_SECOND_US || r->hashed == 0) {
    r->hashed_us = now;
    r->hashed = 0;
  } else if (r->hashed + cost > PT_HASHES_PER_SECOND) {
    return false;
  }
  if (p->control_len > PT_CONTROL_BYTES_MAX / 2) return false;
  r->hashed += cost;
  return pt_context_take_upload(p->swarm->cx, hashes * PT_HASH_SIZE, true);
}

/* The piece whose leaves the message is about, or NULL. */
static pt_piece *piece_of(const pt_swarm *s, const pt_file *f, const pt_wire_message *m) {
  if (!f || m->base_layer >= s->piece_height || m->proof_layers) return NULL;
  if (m->length != 1u << pt_layers_height(s, f) || m->length > PT_LAYER_CHUNK) return NULL;
  uint32_t at = m->index / m->length;
  return m->index % m->length == 0 && at < f->piece_count ? &s->pieces[f->piece_first + at] : NULL;
}

PT_APART void pt_layers_request(pt_peer *p, const pt_wire_message *m) {
  pt_swarm *s = p->swarm;
  const pt_file *f = file_with_root(s, m->root);
  const pt_piece *piece = piece_of(s, f, m);
  pt_wire_message answer = *m;
  bool leaves = piece && piece->state == PT_PIECE_HAVE && piece->content &&
                affordable(p, m->length, m->length * PT_LEAF_COST);
  if (!leaves && (!answerable(s, f, m) || !affordable(p, m->length, f->piece_count))) {
    answer.kind = PT_WIRE_HASH_REJECT;
    pt_peer_say(p, &answer);
    return;
  }
  uint32_t inside = log2_of(m->length);
  uint32_t proofs = m->proof_layers + 1 > inside ? m->proof_layers + 1 - inside : 0;
  if (proofs > f->height - m->base_layer - inside) proofs = f->height - m->base_layer - inside;
  pt_hash hashes[PT_LAYER_CHUNK + PT_PROOF_LAYERS_MAX];
  uint32_t count = 0;
  if (leaves) {
    count = m->length;
    memset(hashes, 0, count * sizeof *hashes);
    pt_content_leaves(piece->content, pt_swarm_piece_size(s, (uint32_t)(piece - s->pieces)),
                      hashes);
  }
  for (; count < m->length; count++)
    pt_merkle_node(f->layer, f->piece_count, s->piece_height, m->base_layer, m->index + count,
                   hashes[count]);
  for (uint32_t i = 0; i < proofs; i++) {
    uint64_t ancestor = (uint64_t)m->index >> (inside + i);
    pt_merkle_node(f->layer, f->piece_count, s->piece_height, m->base_layer + inside + i,
                   ancestor ^ 1, hashes[count++]);
  }
  answer.kind = PT_WIRE_HASHES;
  answer.data = (pt_bytes){hashes[0], count * sizeof(pt_hash)};
  pt_peer_say(p, &answer);
}

static void take_hashes(pt_swarm *s, pt_file *f, const pt_wire_message *m) {
  uint32_t take = f->piece_count - m->index;
  if (take > m->length) take = m->length;
  memcpy(f->layer + m->index, m->data.data, take * sizeof(pt_hash));
  chunk_known(f, m->index / PT_LAYER_CHUNK);
  pt_assembly_retry(s, f);
}

PT_APART void pt_layers_hashes(pt_peer *p, const pt_wire_message *m) {
  pt_swarm *s = p->swarm;
  const pt_file *f = file_with_root(s, m->root);
  size_t count = m->data.len / PT_HASH_SIZE;
  const pt_piece *piece = piece_of(s, f, m);
  if (!piece && (!f || f->piece_count < 2 || m->base_layer != s->piece_height ||
                 m->length != chunk_length(s, f) || m->index % PT_LAYER_CHUNK != 0 ||
                 m->index >= f->piece_count))
    return; /* not what we ask for: an answer to nobody */
  const pt_hash *hashes = (const pt_hash *)(const void *)m->data.data;
  uint32_t number = piece ? (uint32_t)(piece - s->pieces) : f->piece_first + m->index;
  const uint8_t *top = piece ? pt_layers_hash(s, number) : f->root;
  uint32_t height = piece ? pt_layers_height(s, f) : f->height;
  if (!top || count < m->length) return;
  if (!pt_merkle_verify(top, height, hashes, m->length, m->base_layer, piece ? 0 : m->index,
                        hashes + m->length, count - m->length)) {
    p->remote->condemned = true;
    pt_peer_fault(p, PT_ERR_HASH, "sent piece hashes that do not fit the index");
    pt_context_ban(s->cx, p->remote->id, s->key, number, PT_ERR_HASH);
    return;
  }
  if (piece) {
    pt_assembly_leaves(s, number, hashes);
    pt_peer_hungers(p);
    return;
  }
  /* The same bytes may be on the site under several names. */
  for (uint32_t i = 0; i < s->file_count; i++)
    if (s->files[i].length == f->length && memcmp(s->files[i].root, f->root, PT_HASH_SIZE) == 0)
      take_hashes(s, &s->files[i], m);
  s->dirty = true;
}

void pt_layers_reject(pt_peer *p, const pt_wire_message *m) {
  pt_swarm *s = p->swarm;
  p->hashless_until_us = s->cx->now_us + PT_HASHLESS_US;
  for (uint32_t i = 0; i < s->file_count; i++) {
    pt_file *f = &s->files[i];
    if (memcmp(f->root, m->root, PT_HASH_SIZE) != 0 || !f->asked_us) continue;
    if (f->chunks_known == f->chunk_count) continue;
    f->rejected = true;
    s->dirty = true;
  }
}
