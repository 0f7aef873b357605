/* The settings of the program, from a JSON file and the command line: one
 * table says which there are, what they may be and where they go. */
#ifndef PT_SERVER_CONFIG_H
#define PT_SERVER_CONFIG_H

#include "log.h"

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#define PT_CONFIG_WORDS_MAX 32u
#define PT_CONFIG_BYTES_MAX (1u << 20) /* a configuration file */

/* A short list of short strings. */
typedef struct pt_words {
  size_t count;
  char word[PT_CONFIG_WORDS_MAX][256];
} pt_words;

typedef struct pt_server_config {
  char dir[PATH_MAX];
  char host[256];
  uint32_t port;           /* 0: any free one */
  char tls_cert[PATH_MAX]; /* PEM; "": plain HTTP */
  char tls_key[PATH_MAX];
  pt_words allow_origin; /* other sites' origins that may use this server; "*": any */
  /* Limits (gate.h, hub.h); 0 is none where it is allowed. */
  uint32_t max_connections, max_network_connections;
  uint32_t max_message;                        /* bytes */
  uint32_t max_messages, max_bytes, max_joins; /* per second, of a connection */
  uint32_t max_network_messages, max_network_joins;
  uint32_t max_offers, max_swarms;
  uint32_t max_waiting; /* bytes that a slow reader may leave unread */
  pt_words trust_proxy; /* CIDRs of proxies whose X-Forwarded-For counts */
  uint32_t log_level;   /* enum pt_log_level */
  bool log_json;
  char turn_url[512]; /* "": none */
  char turn_secret_file[PATH_MAX];
  char client_dir[PATH_MAX]; /* "": look beside the program */
  char geoip_db[PATH_MAX];   /* "": none */
  pt_words exclude;          /* patterns of files that are not indexed (exclude.h) */
  bool web_torrent;          /* make hybrid torrents (v1 and v2) */
  /* PeerConnect's settings, by their own names and with their own meaning. */
  uint32_t threshold;
  pt_words media_types; /* none given: all */
  pt_words exclude_formats;
  bool fold_loading;
  bool geo_locate;
  char video_route[256]; /* as pt_route_parse() gives it; "": none */
  char torrent_route[256];
  char domain_name[512]; /* the site's public base URL, for web seeds */
} pt_server_config;

/* Fills in the defaults. */
void pt_server_config_init(pt_server_config *config);

/* Sets one setting from the command line's text. The name is the option's,
 * without "--". False when there is no such setting or the text is not allowed;
 * why then has one line. */
bool pt_server_config_set(pt_server_config *config, const char *name, const char *text, char *why,
                          size_t why_cap);

/* Empties a list setting, of that option's name; others stay. */
void pt_server_config_clear(pt_server_config *config, const char *name);

/* Sets what a JSON object says, by the same names. Unknown keys and wrong types
 * are errors. On error the configuration may be half changed. */
bool pt_server_config_parse(pt_server_config *config, const char *json, size_t len, char *why,
                            size_t why_cap);

/* Reads a file with pt_server_config_parse(). */
bool pt_server_config_read(pt_server_config *config, const char *file, char *why, size_t why_cap);

/* What must hold between settings (certificate with key, and so on). */
bool pt_server_config_check(const pt_server_config *config, char *why, size_t why_cap);

/* The settings that clients get in the welcome message: a JSON object,
 * free()d by the caller; NULL when out of memory. */
char *pt_server_config_client_json(const pt_server_config *config);

#endif
