#include "route.h"

#include "media_type.h"
#include "site_path.h"

#include <string.h>

bool pt_route_parse(const char *text, char out[PT_ROUTE_SIZE]) {
  while (strncmp(text, "./", 2) == 0 || *text == '/') text += *text == '/' ? 1 : 2;
  size_t len = strlen(text);
  while (len > 0 && text[len - 1] == '/') len--;
  if (len >= PT_ROUTE_SIZE) return false;
  memcpy(out, text, len);
  out[len] = 0;
  if (len > 0 && strcmp(out, ".") != 0) return pt_site_path_allowed(out);
  strcpy(out, ".");
  return true;
}

const char *pt_route_rest(const char *route, const char *path) {
  size_t len = strlen(route);
  if (strcmp(route, ".") == 0) return path;
  return len > 0 && strncmp(path, route, len) == 0 && path[len] == '/' ? path + len + 1 : NULL;
}

const char *pt_route_video(const char *video_route, const char *path) {
  const char *rest = pt_route_rest(video_route, path);
  return rest && strncmp(pt_media_type(path), "video/", 6) == 0 ? rest : NULL;
}
