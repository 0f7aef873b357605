#include "swarm/invariant.h"

#include "base/bits.h"

#define REQUIRE(what)                                                                              \
  do {                                                                                             \
    if (!(what)) return #what;                                                                     \
  } while (0)

static bool has_peer(const pt_swarm *s, const pt_peer *peer) {
  for (const pt_peer *p = s->peers; p; p = p->next)
    if (p == peer) return true;
  return false;
}

static const pt_fetch *fetch_over(const pt_swarm *s, uint32_t piece) {
  for (const pt_fetch *f = s->fetches; f; f = f->next)
    if (piece >= f->first && piece - f->first < f->count) return f;
  return NULL;
}

static bool has_fetch(const pt_swarm *s, const pt_fetch *fetch, uint32_t piece) {
  for (const pt_fetch *f = s->fetches; f; f = f->next)
    if (f == fetch) return piece >= f->first && piece - f->first < f->count;
  return false;
}

static uint32_t pins_of(const pt_swarm *s, uint32_t piece) {
  uint32_t pins = 0;
  for (const pt_stream *st = s->streams; st; st = st->next)
    pins += piece >= st->window_first && piece < st->window_end;
  return pins;
}

static uint32_t holders_of(const pt_swarm *s, uint32_t piece) {
  uint32_t holders = 0;
  for (const pt_peer *p = s->peers; p; p = p->next) holders += pt_bits_get(p->has, piece);
  return holders;
}

static const char *check_assembly(const pt_swarm *s, uint32_t number) {
  const pt_piece *piece = &s->pieces[number];
  const pt_assembly *a = piece->assembly;
  uint32_t here = 0;
  bool mixed = false;
  for (uint32_t i = 0; i < a->block_count; i++) {
    here += a->giver[i] != PT_GIVER_NONE;
    mixed |= a->giver[i] != PT_GIVER_NONE && a->giver[i] != pt_assembly_first_giver(a);
  }
  REQUIRE(here == a->blocks_here);
  REQUIRE((here == a->block_count) == (piece->state == PT_PIECE_FULL));
  REQUIRE(!a->doubts || a->leaves || piece->state == PT_PIECE_FULL);
  REQUIRE(!(piece->failures && mixed));          /* got from one source after a failure */
  REQUIRE(piece->pins || fetch_over(s, number)); /* or it would never go away */
  return NULL;
}

static const char *check_piece(const pt_swarm *s, uint32_t number) {
  const pt_piece *piece = &s->pieces[number];
  bool have = piece->state == PT_PIECE_HAVE;
  bool gathering = piece->state == PT_PIECE_GATHERING || piece->state == PT_PIECE_FULL;
  REQUIRE(piece->swarm == s);
  REQUIRE(piece->content || !(gathering || (have && !piece->on_disk)));
  REQUIRE(!piece->content || gathering || have);
  REQUIRE(!piece->on_disk || have);
  REQUIRE(!piece->reading || (piece->on_disk && !piece->content));
  REQUIRE(!piece->unwritten || (piece->on_disk && piece->content));
  REQUIRE((piece->assembly != NULL) == gathering);
  REQUIRE(pt_bits_get(s->have, number) == have);
  REQUIRE(piece->available == holders_of(s, number));
  REQUIRE(piece->pins == pins_of(s, number));
  REQUIRE((piece->want != 0) == (piece->pins > 0 && !have));
  REQUIRE(piece->want <= s->want_count);
  if (piece->want) REQUIRE(s->wants[piece->want - 1].piece == number);
  return gathering ? check_assembly(s, number) : NULL;
}

static const char *check_pieces(const pt_swarm *s) {
  uint32_t count = 0;
  uint64_t bytes = 0;
  for (uint32_t i = 0; i < s->piece_count; i++) {
    const char *wrong = check_piece(s, i);
    if (wrong) return wrong;
    if (s->pieces[i].state != PT_PIECE_HAVE) continue;
    count++;
    bytes += pt_swarm_piece_size(s, i);
  }
  REQUIRE(count == s->have_count);
  REQUIRE(bytes == s->have_bytes);
  for (uint32_t i = 0; i < s->file_count; i++) {
    const pt_file *f = &s->files[i];
    uint32_t verified = 0, chunks = 0;
    for (uint32_t p = 0; p < f->piece_count; p++)
      verified += s->pieces[f->piece_first + p].state == PT_PIECE_HAVE;
    for (uint32_t c = 0; c < f->chunk_count; c++) chunks += f->chunks[c];
    REQUIRE(verified == f->verified);
    REQUIRE(chunks == f->chunks_known);
  }
  return NULL;
}

static const char *check_wants(const pt_swarm *s) {
  REQUIRE(s->want_count <= s->want_cap);
  for (uint32_t i = 0; i < s->want_count; i++) {
    const pt_want *w = &s->wants[i];
    REQUIRE(w->piece < s->piece_count && s->pieces[w->piece].want == i + 1);
    REQUIRE(!w->from || has_peer(s, w->from));
    REQUIRE(!w->fetch || has_fetch(s, w->fetch, w->piece));
  }
  return NULL;
}

static const char *check_peer(const pt_swarm *s, const pt_peer *p) {
  REQUIRE(p->swarm == s && p->remote);
  REQUIRE(p->has_count == pt_bits_count(p->has, s->piece_count));
  REQUIRE(p->asked_count <= PT_PIPELINE_MAX && p->pipeline <= PT_PIPELINE_MAX);
  REQUIRE(p->upload_count <= PT_UPLOAD_QUEUE_MAX && p->upload_head < PT_UPLOAD_QUEUE_MAX);
  REQUIRE(!(p->choking && p->upload_count));
  REQUIRE(p->control_len <= p->control_cap && p->control_cap <= PT_CONTROL_BYTES_MAX);
  REQUIRE(p->want_count <= PT_WANT_RANGES_MAX);
  REQUIRE((p->partial != NULL) == (p->partial_len > 0));
  for (uint32_t i = 0; i < p->asked_count; i++)
    for (uint32_t j = 0; j < i; j++)
      REQUIRE(p->asked[i].piece != p->asked[j].piece || p->asked[i].begin != p->asked[j].begin);
  return NULL;
}

static const char *check_stream(const pt_swarm *s, const pt_stream *st) {
  REQUIRE(st->swarm == s && st->file < s->file_count);
  const pt_file *f = &s->files[st->file];
  REQUIRE(st->at <= st->end && st->end <= f->length);
  REQUIRE(st->window_first <= st->window_end);
  REQUIRE(st->window_end <= f->piece_first + f->piece_count || st->at == st->end);
  REQUIRE(st->near_end <= st->window_end || st->window_first == st->window_end);
  return NULL;
}

const char *pt_swarm_invariant(const pt_swarm *s) {
  const char *wrong = check_pieces(s);
  if (!wrong) wrong = check_wants(s);
  uint32_t peers = 0;
  for (const pt_peer *p = s->peers; p && !wrong; p = p->next, peers++) wrong = check_peer(s, p);
  for (const pt_stream *st = s->streams; st && !wrong; st = st->next) wrong = check_stream(s, st);
  if (wrong) return wrong;
  REQUIRE(peers == s->peer_count);
  for (const pt_fetch *f = s->fetches; f; f = f->next) {
    REQUIRE(f->at <= f->length);
    REQUIRE(f->count > 0 && f->first + f->count <= s->piece_count);
  }
  return NULL;
}

/* Every verified piece is in the list of each place where it is, and no other. */
static const char *check_places(const pt_context *cx, const uint32_t counts[2]) {
  for (enum pt_place place = PT_IN_MEMORY; place <= PT_ON_DISK; place++) {
    const pt_piece *newer = NULL;
    uint32_t listed = 0;
    for (const pt_piece *p = cx->newest[place]; p; newer = p, p = p->older[place], listed++) {
      REQUIRE(p->newer[place] == newer && p->state == PT_PIECE_HAVE);
      REQUIRE(place == PT_ON_DISK ? p->on_disk : p->content != NULL);
      REQUIRE(listed < counts[place]);
    }
    REQUIRE(cx->oldest[place] == newer && listed == counts[place]);
  }
  for (uint32_t i = 0; i < cx->reading_count; i++) REQUIRE(cx->reading[i].piece->reading);
  return NULL;
}

static const char *count_pieces(const pt_context *cx, pt_swarm *const *swarms, uint32_t count) {
  uint64_t stored = 0, pinned = 0, disk = 0;
  uint32_t places[2] = {0}, reading = 0, unwritten = 0;
  for (uint32_t i = 0; i < count; i++) {
    const pt_swarm *s = swarms[i];
    for (uint32_t n = 0; n < s->piece_count; n++) {
      const pt_piece *p = &s->pieces[n];
      if (p->content) stored += pt_swarm_piece_size(s, n);
      if (p->pins) pinned += pt_swarm_piece_size(s, n);
      if (p->on_disk) disk += s->piece_length;
      places[PT_IN_MEMORY] += p->content && p->state == PT_PIECE_HAVE;
      places[PT_ON_DISK] += p->on_disk;
      reading += p->reading;
      unwritten += p->unwritten;
    }
  }
  for (const pt_piece *p = cx->unwritten; p; p = p->unwritten_next, unwritten--)
    REQUIRE(p->unwritten && unwritten > 0);
  REQUIRE(unwritten == 0);
  REQUIRE(stored == cx->stats.stored_bytes);
  REQUIRE(pinned == cx->pinned_bytes);
  REQUIRE(disk == cx->stats.disk_bytes);
  REQUIRE(reading == cx->reading_count);
  return check_places(cx, places);
}

const char *pt_context_invariant(const pt_context *cx, pt_swarm *const *swarms, uint32_t count) {
  uint32_t fetches = 0;
  for (uint32_t i = 0; i < count; i++) {
    const char *wrong = pt_swarm_invariant(swarms[i]);
    if (wrong) return wrong;
    for (const pt_fetch *f = swarms[i]->fetches; f; f = f->next) fetches++;
  }
  REQUIRE(fetches == cx->fetches && fetches <= PT_FETCHES_MAX);
  REQUIRE(cx->stats.swarms == count);
  return count_pieces(cx, swarms, count);
}
