/* /stats.json: what the server has done so far. */
#include "base/hex.h"
#include "clock.h"
#include "server.h"

#include <cjson/cJSON.h>

#define SWARMS_SHOWN_MAX 1000u
#define BANS_SHOWN_MAX 1000u

static bool add_number(cJSON *object, const char *name, uint64_t value) {
  return cJSON_AddNumberToObject(object, name, (double)value) != NULL;
}

static bool add_origin(cJSON *root, const pt_counters *c) {
  cJSON *o = cJSON_AddObjectToObject(root, "origin");
  return o && add_number(o, "requests", c->requests) && add_number(o, "bodyBytes", c->body_bytes) &&
         add_number(o, "assetRequests", c->asset_requests) &&
         add_number(o, "assetBodyBytes", c->asset_body_bytes);
}

static bool add_hub(cJSON *root, const pt_hub_stats *h, uint64_t connections) {
  cJSON *s = cJSON_AddObjectToObject(root, "signalling");
  cJSON *p = cJSON_AddObjectToObject(root, "peers");
  cJSON *r = cJSON_AddObjectToObject(root, "reported");
  return s && p && r && add_number(s, "connections", connections) &&
         add_number(s, "messagesIn", h->messages_in) &&
         add_number(s, "signalsDelivered", h->signals_delivered) &&
         add_number(s, "signalsUndelivered", h->signals_undelivered) &&
         add_number(p, "connected", h->connected) && add_number(p, "joined", h->joined) &&
         add_number(r, "originBytes", h->origin_bytes) &&
         add_number(r, "peerBytesIn", h->peer_bytes_in) &&
         add_number(r, "peerBytesOut", h->peer_bytes_out) && add_number(r, "wasted", h->wasted);
}

/* An object with an id in hex, appended to a list; NULL when out of memory. */
static cJSON *add_entry(cJSON *list, const char *name, const uint8_t id[PT_ID_SIZE]) {
  char hex[2 * PT_ID_SIZE + 1];
  pt_hex_encode(id, PT_ID_SIZE, hex);
  cJSON *entry = cJSON_CreateObject();
  if (entry && cJSON_AddStringToObject(entry, name, hex) && cJSON_AddItemToArray(list, entry))
    return entry;
  cJSON_Delete(entry);
  return NULL;
}

static bool add_swarms(cJSON *root, const pt_hub *hub) {
  cJSON *list = cJSON_AddArrayToObject(root, "swarms");
  bool ok = list != NULL;
  uint8_t key[PT_ID_SIZE];
  uint32_t complete, incomplete;
  size_t at = 0, shown = 0;
  while (ok && shown++ < SWARMS_SHOWN_MAX &&
         pt_hub_next_swarm(hub, &at, key, &complete, &incomplete)) {
    cJSON *entry = add_entry(list, "h", key);
    ok = entry && add_number(entry, "complete", complete) &&
         add_number(entry, "incomplete", incomplete);
  }
  return ok;
}

static bool add_bans(cJSON *root, const pt_hub *hub) {
  cJSON *list = cJSON_AddArrayToObject(root, "bans");
  bool ok = list != NULL;
  uint8_t peer[PT_ID_SIZE];
  uint32_t reports;
  size_t at = 0, shown = 0;
  while (ok && shown++ < BANS_SHOWN_MAX && pt_hub_next_ban(hub, &at, peer, &reports)) {
    cJSON *entry = add_entry(list, "peer", peer);
    ok = entry && add_number(entry, "reports", reports);
  }
  return ok;
}

static bool add_tracker(cJSON *root, const pt_tracker *tracker) {
  pt_tracker_stats t;
  pt_tracker_get_stats(tracker, &t);
  cJSON *o = cJSON_AddObjectToObject(root, "tracker");
  return o && add_number(o, "connections", t.connections) && add_number(o, "peers", t.peers) &&
         add_number(o, "messagesIn", t.messages_in) && add_number(o, "announces", t.announces) &&
         add_number(o, "scrapes", t.scrapes) &&
         add_number(o, "offersForwarded", t.offers_forwarded) &&
         add_number(o, "answersForwarded", t.answers_forwarded) &&
         add_number(o, "answersDropped", t.answers_dropped) &&
         add_number(o, "hijacks", t.hijacks) && add_number(o, "failures", t.failures);
}

static bool add_limits(cJSON *root, const pt_server *server, const pt_hub_stats *hub) {
  const pt_gate_counts *g = &server->gate.refused;
  const pt_counters *c = &server->counters;
  cJSON *o = cJSON_AddObjectToObject(root, "refused");
  return o && add_number(o, "connections", g->connections) &&
         add_number(o, "networkConnections", g->network_connections) &&
         add_number(o, "messages", g->messages) && add_number(o, "bytes", g->bytes) &&
         add_number(o, "joins", g->joins) &&
         add_number(o, "networkMessages", g->network_messages) &&
         add_number(o, "networkJoins", g->network_joins) &&
         add_number(o, "swarms", hub->swarms_refused) &&
         add_number(o, "offers", hub->offers_dropped) &&
         add_number(o, "tooLong", c->messages_too_long) &&
         add_number(o, "notUtf8", c->messages_not_utf8) &&
         add_number(o, "slowReaders", c->slow_readers) && add_number(o, "silent", c->silent) &&
         add_number(o, "origins", c->origins_refused);
}

static bool add_index(cJSON *root, const pt_site *site) {
  cJSON *index = cJSON_AddObjectToObject(root, "index");
  return index && cJSON_AddBoolToObject(index, "ready", site != NULL) &&
         add_number(index, "assets", site ? site->asset_count : 0) &&
         add_number(index, "bytes", site ? site->bytes : 0) &&
         add_number(index, "swarms", site ? site->swarm_count : 0);
}

char *pt_server_stats_json(void *context) {
  const pt_server *server = context;
  pt_hub_stats hub;
  pt_hub_get_stats(server->hub, &hub);
  cJSON *root = cJSON_CreateObject();
  const pt_site *site = server->indexer ? pt_indexer_site(server->indexer) : NULL;
  bool ok = root && add_number(root, "uptimeMs", (pt_clock_us() - server->started_us) / 1000) &&
            add_origin(root, &server->counters) && add_hub(root, &hub, server->counters.sockets) &&
            add_tracker(root, server->tracker) && add_limits(root, server, &hub) &&
            add_index(root, site) && add_swarms(root, server->hub) && add_bans(root, server->hub);
  char *text = ok ? cJSON_PrintUnformatted(root) : NULL;
  cJSON_Delete(root);
  return text;
}
