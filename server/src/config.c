#include "config.h"

#include "base/limits.h"
#include "pending.h"
#include "proxy.h"
#include "route.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { TEXT, ROUTE, ADDRESS, NUMBER, SWITCH, WORDS, LEVEL, FORMAT };

/* Where a setting may come from. PeerConnect's settings have no options. */
enum from { ANYWHERE, FILE_ONLY };

typedef struct setting {
  const char *name;
  enum kind kind;
  enum from from;
  size_t offset;
  size_t size;                /* TEXT: room with the NUL */
  uint32_t min, max;          /* NUMBER */
  const char *const *allowed; /* WORDS: NULL-terminated list, or NULL: anything */
} setting;

static const char *const media_type_words[] = {"image", "video",  "audio", "font",
                                               "style", "script", "other", NULL};
static const char *const level_words[] = {"error", "warn", "info", "debug", NULL};

#define AT(field) offsetof(pt_server_config, field), sizeof(((pt_server_config *)0)->field)

static const setting settings[] = {
    {"host", TEXT, ANYWHERE, AT(host), 0, 0, NULL},
    {"port", NUMBER, ANYWHERE, AT(port), 0, 65535, NULL},
    {"tls-cert", TEXT, ANYWHERE, AT(tls_cert), 0, 0, NULL},
    {"tls-key", TEXT, ANYWHERE, AT(tls_key), 0, 0, NULL},
    {"allow-origin", WORDS, ANYWHERE, AT(allow_origin), 0, 0, NULL},
    {"max-connections", NUMBER, ANYWHERE, AT(max_connections), 1, 1000000, NULL},
    {"max-network-connections", NUMBER, ANYWHERE, AT(max_network_connections), 0, 1000000, NULL},
    {"max-message", NUMBER, ANYWHERE, AT(max_message), 1024, PT_SIGNAL_BYTES_MAX, NULL},
    {"max-messages", NUMBER, ANYWHERE, AT(max_messages), 0, 1000000, NULL},
    {"max-bytes", NUMBER, ANYWHERE, AT(max_bytes), 0, 1000000000, NULL},
    {"max-joins", NUMBER, ANYWHERE, AT(max_joins), 0, 1000000, NULL},
    {"max-network-messages", NUMBER, ANYWHERE, AT(max_network_messages), 0, 100000000, NULL},
    {"max-network-joins", NUMBER, ANYWHERE, AT(max_network_joins), 0, 100000000, NULL},
    {"max-offers", NUMBER, ANYWHERE, AT(max_offers), 1, PT_PENDING_MAX, NULL},
    {"max-swarms", NUMBER, ANYWHERE, AT(max_swarms), 1, PT_SWARMS_MAX, NULL},
    {"max-waiting", NUMBER, ANYWHERE, AT(max_waiting), 2 * PT_SIGNAL_BYTES_MAX, 1u << 30, NULL},
    {"trust-proxy", WORDS, ANYWHERE, AT(trust_proxy), 0, 0, NULL},
    {"log-level", LEVEL, ANYWHERE, AT(log_level), 0, 0, level_words},
    {"log-format", FORMAT, ANYWHERE, AT(log_json), 0, 0, NULL},
    {"turn-url", TEXT, ANYWHERE, AT(turn_url), 0, 0, NULL},
    {"turn-secret-file", TEXT, ANYWHERE, AT(turn_secret_file), 0, 0, NULL},
    {"client-dir", TEXT, ANYWHERE, AT(client_dir), 0, 0, NULL},
    {"geoip-db", TEXT, ANYWHERE, AT(geoip_db), 0, 0, NULL},
    {"exclude", WORDS, ANYWHERE, AT(exclude), 0, 0, NULL},
    {"webTorrent", SWITCH, FILE_ONLY, AT(web_torrent), 0, 0, NULL},
    {"threshold", NUMBER, FILE_ONLY, AT(threshold), 0, 1000000, NULL},
    {"mediaTypes", WORDS, FILE_ONLY, AT(media_types), 0, 0, media_type_words},
    {"excludeFormats", WORDS, FILE_ONLY, AT(exclude_formats), 0, 0, NULL},
    {"foldLoading", SWITCH, FILE_ONLY, AT(fold_loading), 0, 0, NULL},
    {"geoLocate", SWITCH, FILE_ONLY, AT(geo_locate), 0, 0, NULL},
    {"videoRoute", ROUTE, FILE_ONLY, AT(video_route), 0, 0, NULL},
    {"torrentRoute", ROUTE, FILE_ONLY, AT(torrent_route), 0, 0, NULL},
    {"domainName", ADDRESS, FILE_ONLY, AT(domain_name), 0, 0, NULL},
};
#define SETTING_COUNT (sizeof settings / sizeof settings[0])

void pt_server_config_init(pt_server_config *config) {
  memset(config, 0, sizeof *config);
  strcpy(config->dir, ".");
  strcpy(config->host, "127.0.0.1");
  config->port = 7000;
  config->max_connections = 10000;
  config->max_network_connections = 2000;
  config->max_message = PT_SIGNAL_BYTES_MAX;
  config->max_messages = 100;
  config->max_bytes = 256 * 1024;
  config->max_joins = 20;
  config->max_network_messages = 10000;
  config->max_network_joins = 2000;
  config->max_offers = PT_PENDING_MAX;
  config->max_swarms = PT_SWARMS_MAX;
  config->max_waiting = 1u << 20;
  config->log_level = PT_LOG_INFO;
  config->geo_locate = true;
}

static const setting *find(const char *name) {
  for (size_t i = 0; i < SETTING_COUNT; i++) {
    if (strcmp(settings[i].name, name) == 0) return &settings[i];
  }
  return NULL;
}

static void *place(pt_server_config *config, const setting *s) {
  return (char *)config + s->offset;
}

static bool refuse(const setting *s, const char *expected, char *why, size_t why_cap) {
  snprintf(why, why_cap, "%s must be %s", s->name, expected);
  return false;
}

static bool set_number(pt_server_config *config, const setting *s, double value, char *why,
                       size_t why_cap) {
  if (!(value >= s->min && value <= s->max) || value != (double)(uint32_t)value) {
    char expected[64];
    snprintf(expected, sizeof expected, "a whole number from %u to %u", s->min, s->max);
    return refuse(s, expected, why, why_cap);
  }
  *(uint32_t *)place(config, s) = (uint32_t)value;
  return true;
}

static bool add_word(pt_server_config *config, const setting *s, const char *word, char *why,
                     size_t why_cap) {
  pt_words *words = place(config, s);
  bool allowed = s->allowed == NULL;
  for (size_t i = 0; !allowed && s->allowed[i]; i++) allowed = strcmp(s->allowed[i], word) == 0;
  if (!allowed || strlen(word) >= sizeof words->word[0]) {
    return refuse(s,
                  s->allowed ? "image, video, audio, font, style, script or other"
                             : "a list of short strings",
                  why, why_cap);
  }
  if (words->count == PT_CONFIG_WORDS_MAX) return refuse(s, "a shorter list", why, why_cap);
  strcpy(words->word[words->count++], word);
  return true;
}

/* A site's address, as pt_base_url() reads it: "site.example", or with scheme,
 * port and path. */
static bool is_address(const char *text) {
  if (*text == 0) return true; /* as if it were not set */
  if (strncmp(text, "http://", 7) == 0)
    text += 7;
  else if (strncmp(text, "https://", 8) == 0)
    text += 8;
  else if (strstr(text, "://"))
    return false;
  if (strchr(":/?#", *text)) return false; /* no host */
  for (; *text; text++) {
    if ((unsigned char)*text <= ' ' || strchr("\"<>\\^`{|}?#", *text)) return false;
  }
  return true;
}

/* TEXT, ROUTE, ADDRESS, LEVEL, FORMAT and WORDS (one more word) from text. */
static bool set_text(pt_server_config *config, const setting *s, const char *text, char *why,
                     size_t why_cap) {
  switch (s->kind) {
  case TEXT:
    if (strlen(text) >= s->size) return refuse(s, "shorter", why, why_cap);
    strcpy(place(config, s), text);
    return true;
  case ROUTE:
    if (*text == 0) *(char *)place(config, s) = 0;
    return *text == 0 || pt_route_parse(text, place(config, s)) ||
           refuse(s, "a folder of the site, such as /videos", why, why_cap);
  case ADDRESS:
    if (strlen(text) >= s->size || !is_address(text))
      return refuse(s, "the site's address, such as https://site.example", why, why_cap);
    strcpy(place(config, s), text);
    return true;
  case LEVEL:
    for (uint32_t i = 0; level_words[i]; i++) {
      if (strcmp(text, level_words[i]) == 0) {
        *(uint32_t *)place(config, s) = i;
        return true;
      }
    }
    return refuse(s, "error, warn, info or debug", why, why_cap);
  case FORMAT:
    if (strcmp(text, "text") != 0 && strcmp(text, "json") != 0)
      return refuse(s, "text or json", why, why_cap);
    *(bool *)place(config, s) = text[0] == 'j';
    return true;
  case WORDS:
    return add_word(config, s, text, why, why_cap);
  default:
    return refuse(s, "a value of another type", why, why_cap);
  }
}

bool pt_server_config_set(pt_server_config *config, const char *name, const char *text, char *why,
                          size_t why_cap) {
  const setting *s = find(name);
  if (s == NULL || s->from == FILE_ONLY) {
    snprintf(why, why_cap, "there is no option --%.60s", name);
    return false;
  }
  if (s->kind != NUMBER) return set_text(config, s, text, why, why_cap);
  char *end;
  errno = 0;
  double value = strtod(text, &end);
  if (*text < '0' || *text > '9' || *end != 0 || errno) value = -1;
  return set_number(config, s, value, why, why_cap);
}

void pt_server_config_clear(pt_server_config *config, const char *name) {
  const setting *s = find(name);
  if (s && s->kind == WORDS) ((pt_words *)place(config, s))->count = 0;
}

/* A JSON list of strings replaces what was there; one string is a list of one. */
static bool set_words(pt_server_config *config, const setting *s, const cJSON *value, char *why,
                      size_t why_cap) {
  pt_words *words = place(config, s);
  words->count = 0;
  if (cJSON_IsString(value)) return add_word(config, s, value->valuestring, why, why_cap);
  if (!cJSON_IsArray(value)) return refuse(s, "a list of strings", why, why_cap);
  const cJSON *item;
  cJSON_ArrayForEach(item, value) {
    if (!cJSON_IsString(item)) return refuse(s, "a list of strings", why, why_cap);
    if (!add_word(config, s, item->valuestring, why, why_cap)) return false;
  }
  return true;
}

static bool set_json(pt_server_config *config, const setting *s, const cJSON *value, char *why,
                     size_t why_cap) {
  switch (s->kind) {
  case NUMBER:
    if (!cJSON_IsNumber(value)) return refuse(s, "a number", why, why_cap);
    return set_number(config, s, value->valuedouble, why, why_cap);
  case SWITCH:
    if (!cJSON_IsBool(value)) return refuse(s, "true or false", why, why_cap);
    *(bool *)place(config, s) = cJSON_IsTrue(value);
    return true;
  case WORDS:
    return set_words(config, s, value, why, why_cap);
  default:
    if (!cJSON_IsString(value)) return refuse(s, "a string", why, why_cap);
    return set_text(config, s, value->valuestring, why, why_cap);
  }
}

static bool set_object(pt_server_config *config, const cJSON *object, char *why, size_t why_cap) {
  if (!cJSON_IsObject(object)) {
    snprintf(why, why_cap, "a JSON object is expected");
    return false;
  }
  const cJSON *item;
  cJSON_ArrayForEach(item, object) {
    const setting *s = find(item->string);
    if (s == NULL) {
      snprintf(why, why_cap, "there is no setting \"%.60s\"", item->string);
      return false;
    }
    if (!set_json(config, s, item, why, why_cap)) return false;
  }
  return true;
}

bool pt_server_config_parse(pt_server_config *config, const char *json, size_t len, char *why,
                            size_t why_cap) {
  const char *end = NULL;
  cJSON *object = cJSON_ParseWithLengthOpts(json, len, &end, false);
  const char *stop = json + len;
  while (object && end < stop && strchr(" \t\r\n", *end)) end++;
  if (object == NULL || (end < stop && *end)) {
    cJSON_Delete(object);
    snprintf(why, why_cap, "it is not JSON");
    return false;
  }
  bool ok = set_object(config, object, why, why_cap);
  cJSON_Delete(object);
  return ok;
}

bool pt_server_config_read(pt_server_config *config, const char *file, char *why, size_t why_cap) {
  FILE *in = fopen(file, "rb");
  if (in == NULL) {
    snprintf(why, why_cap, "%s: %s", file, strerror(errno));
    return false;
  }
  char *text = malloc(PT_CONFIG_BYTES_MAX);
  size_t len = text ? fread(text, 1, PT_CONFIG_BYTES_MAX, in) : 0;
  bool whole = text != NULL && feof(in) && !ferror(in);
  fclose(in);
  char detail[256] = "it can't be read, or is longer than 1 MiB";
  bool ok = whole && pt_server_config_parse(config, text, len, detail, sizeof detail);
  free(text);
  if (!ok) snprintf(why, why_cap, "%s: %s", file, detail);
  return ok;
}

/* A pattern that says nothing would leave the owner in the belief that it does. */
static bool check_exclude(const pt_server_config *config, char *why, size_t why_cap) {
  for (size_t i = 0; i < config->exclude.count; i++) {
    const char *pattern = config->exclude.word[i];
    if (pattern[strspn(pattern, "/")]) continue;
    snprintf(why, why_cap, "exclude: \"%s\" is no pattern: say *.pdf, private/ or /img/raw/*",
             pattern);
    return false;
  }
  return true;
}

/* As browsers say it: scheme, host and port, and nothing else. Another spelling
 * would let nobody in, and tell nobody why. */
static bool is_origin(const char *text) {
  const char *host = strstr(text, "://");
  if (host == NULL || host == text) return strcmp(text, "*") == 0 || strcmp(text, "null") == 0;
  return host[3] && host[3 + strcspn(host + 3, "/?#@ ")] == 0;
}

static bool check_origins(const pt_server_config *config, char *why, size_t why_cap) {
  for (size_t i = 0; i < config->allow_origin.count; i++) {
    if (is_origin(config->allow_origin.word[i])) continue;
    snprintf(why, why_cap, "allow-origin: \"%.80s\" is no origin: say https://other.example, or *",
             config->allow_origin.word[i]);
    return false;
  }
  return true;
}

bool pt_server_config_check(const pt_server_config *config, char *why, size_t why_cap) {
  if (config->torrent_route[0] && config->video_route[0] == 0) {
    snprintf(why, why_cap, "torrentRoute needs videoRoute: torrents are made of what is there");
    return false;
  }
  if ((config->tls_cert[0] == 0) != (config->tls_key[0] == 0)) {
    snprintf(why, why_cap, "tls-cert and tls-key are only useful together");
    return false;
  }
  if (config->turn_secret_file[0] && config->turn_url[0] == 0) {
    snprintf(why, why_cap, "turn-secret-file needs turn-url");
    return false;
  }
  if (config->turn_url[0] && strncmp(config->turn_url, "turn:", 5) != 0 &&
      strncmp(config->turn_url, "turns:", 6) != 0 && strncmp(config->turn_url, "stun:", 5) != 0) {
    snprintf(why, why_cap, "turn-url must begin with turn:, turns: or stun:");
    return false;
  }
  for (size_t i = 0; i < config->trust_proxy.count; i++) {
    pt_cidr range;
    if (pt_cidr_parse(config->trust_proxy.word[i], &range)) continue;
    snprintf(why, why_cap, "trust-proxy: \"%.60s\" is no address or range like 10.0.0.0/8",
             config->trust_proxy.word[i]);
    return false;
  }
  return check_origins(config, why, why_cap) && check_exclude(config, why, why_cap);
}

static bool add_words_json(cJSON *object, const char *name, const pt_words *words) {
  cJSON *list = cJSON_AddArrayToObject(object, name);
  for (size_t i = 0; list && i < words->count; i++) {
    if (!cJSON_AddItemToArray(list, cJSON_CreateString(words->word[i]))) return false;
  }
  return list != NULL;
}

char *pt_server_config_client_json(const pt_server_config *config) {
  cJSON *object = cJSON_CreateObject();
  bool ok = object && cJSON_AddNumberToObject(object, "threshold", config->threshold) &&
            (config->media_types.count == 0 ||
             add_words_json(object, "mediaTypes", &config->media_types)) &&
            add_words_json(object, "excludeFormats", &config->exclude_formats) &&
            cJSON_AddBoolToObject(object, "foldLoading", config->fold_loading) &&
            cJSON_AddBoolToObject(object, "geoLocate", config->geo_locate);
  char *text = ok ? cJSON_PrintUnformatted(object) : NULL;
  cJSON_Delete(object);
  return text;
}
