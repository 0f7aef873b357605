#include "exclude.h"

#include <fnmatch.h>
#include <string.h>

static bool matches(const char *pattern, const char *path, bool is_folder) {
  char text[sizeof((pt_words *)0)->word[0]];
  size_t len = strlen(pattern);
  if (len && pattern[len - 1] == '/') {
    if (!is_folder) return false;
    len--;
  }
  memcpy(text, pattern, len);
  text[len] = 0;
  if (strchr(text, '/')) return fnmatch(text + (*text == '/'), path, FNM_PATHNAME) == 0;
  const char *name = strrchr(path, '/');
  return fnmatch(text, name ? name + 1 : path, 0) == 0;
}

bool pt_excluded(const pt_words *patterns, const char *path, bool is_folder) {
  for (size_t i = 0; patterns && i < patterns->count; i++)
    if (matches(patterns->word[i], path, is_folder)) return true;
  return false;
}
