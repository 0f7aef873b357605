/* `peertide index DIR`: the documents of a site, written for any static host. */
#ifndef PT_SERVER_INDEX_COMMAND_H
#define PT_SERVER_INDEX_COMMAND_H

#include "config.h"

/* Writes DIR/.peertide/index.json, its shards, and the folders torrents/ and
 * layers/ beside it, each file replaced at once, and removes those of earlier runs
 * that are no longer in the index. Returns the status to exit with; says why on stderr. */
int pt_index_command(const pt_server_config *config);

/* The base URL that the setting domainName means: with a scheme, without a '/'
 * at the end. "" when it is not set. False when it does not fit. */
bool pt_base_url(const char *domain_name, char *out, size_t cap);

#endif
