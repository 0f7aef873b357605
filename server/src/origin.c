#include "origin.h"

#include <string.h>
#include <strings.h>

const char *pt_origin_cors(const pt_words *allowed, const char *origin) {
  if (origin == NULL) return NULL;
  for (size_t i = 0; i < allowed->count; i++) {
    if (strcmp(allowed->word[i], "*") == 0) return "*";
    if (strcasecmp(allowed->word[i], origin) == 0) return origin;
  }
  return NULL;
}

bool pt_origin_allowed(const pt_words *allowed, const char *origin, const char *host) {
  if (origin == NULL) return true;
  const char *name = strstr(origin, "://");
  if (name && host && strcasecmp(name + 3, host) == 0) return true;
  return pt_origin_cors(allowed, origin) != NULL;
}
