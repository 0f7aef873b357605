/* Whatever a configuration file says: it is taken or refused with one line, and
 * what was taken can be handed to clients. */
#include <stdlib.h>
#include <string.h>

#include "config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static pt_server_config config;
  char why[256] = "";
  pt_server_config_init(&config);
  if (!pt_server_config_parse(&config, (const char *)data, size, why, sizeof why)) {
    if (why[0] == 0) abort();
    return 0;
  }
  (void)pt_server_config_check(&config, why, sizeof why);
  if (config.port > 65535 || config.media_types.count > PT_CONFIG_WORDS_MAX) abort();
  free(pt_server_config_client_json(&config));
  return 0;
}
