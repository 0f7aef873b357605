#include "scenario_inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_BYTES_MAX (1 << 20)

/* --- the whole ---------------------------------------------------------------------------- */

static void set_defaults(scenario *s) {
  memset(s, 0, sizeof *s);
  s->seed = 1;
  s->peers = 64;
  s->until_s = 3600;
  s->site.piece_length = 131072;
  s->site.swarm_files = 4096;
  s->site.group_count = 1;
  s->site.groups[0] = (file_group){1, 33554432, 33554432};
  s->network.delay = (range_ms){10, 60};
  s->network.origin_delay = (range_ms){10, 40};
  s->network.server_delay = (range_ms){10, 40};
  s->network.class_count = 1;
  s->network.classes[0] = (line_class){1, 12e6, 10e6};
  s->network.nat[NAT_OPEN] = 1;
  s->origin.rate = 50e6;
  s->arrivals.concurrency = 5;
  s->arrivals.spread_s = 1;
  s->arrivals.day_s = 86400;
  s->page.bit_rate = 4e6;
  s->page.buffer_s = 30;
  s->page.start_s = 1;
  s->page.views = s->page.view_files = 4;
  s->page.common_files = 2;
  s->page.pause_s = 20;
  s->page.zipf = 0.8;
  s->leave.after = (range_ms){-1, -1};
  s->faults.corrupt_nth = 8;
  s->faults.slow_factor = 20;
  s->faults.vanish_after_s = 10;
}

static bool power_of_two(double x) {
  uint64_t n = (uint64_t)x;
  return (double)n == x && (n & (n - 1)) == 0;
}

/* What single values can't show. */
static void check_whole(reader *r, const scenario *s) {
  double files = 0, shares = 0, nat = 0;
  for (uint32_t i = 0; i < s->site.group_count; i++) files += s->site.groups[i].count;
  for (uint32_t i = 0; i < s->network.class_count; i++) shares += s->network.classes[i].share;
  for (uint32_t i = 0; i < NAT_KINDS; i++) nat += s->network.nat[i];
  if (!power_of_two(s->site.piece_length))
    scenario_complain(r, "pieceLength: a power of two is needed");
  if (files > 65536) scenario_complain(r, "files: at most 65536 in all");
  if (shares <= 0) scenario_complain(r, "lines: one of them must have a share");
  if (nat <= 0) scenario_complain(r, "nat: one of them must have a share");
  if (s->page.kind == PAGE_SITE && s->page.common_files + s->page.view_files > files)
    scenario_complain(r, "page: the site has too few files");
  if (s->page.kind == PAGE_SITE && s->page.view_files + s->page.common_files > 256)
    scenario_complain(r, "page: at most 256 files in one view");
  if (s->leave.returns > 0 && s->leave.after.low < 0)
    scenario_complain(r, "returns: who returns must leave before: afterS is needed");
}

/* "a.b=JSON" into {"a": {"b": JSON}} over what is there. */
static void apply_setting(reader *r, cJSON *root, const char *setting) {
  char key[256];
  const char *equals = strchr(setting, '=');
  size_t len = equals ? (size_t)(equals - setting) : 0;
  if (len == 0 || len >= sizeof key) {
    scenario_complain(r, "--set %s: KEY=VALUE is needed", setting);
    return;
  }
  memcpy(key, setting, len);
  key[len] = '\0';
  cJSON *value = cJSON_ParseWithOpts(equals + 1, NULL, 1);
  if (!value) {
    scenario_complain(r, "--set %s: the value is not JSON", setting);
    return;
  }
  char *part = key;
  for (char *dot; (dot = strchr(part, '.')) != NULL; part = dot + 1) {
    *dot = '\0';
    cJSON *inner = cJSON_GetObjectItemCaseSensitive(root, part);
    root = inner ? inner : cJSON_AddObjectToObject(root, part);
    if (!cJSON_IsObject(root))
      scenario_complain(r, "--set %s: '%s' is not an object", setting, part);
    if (r->failed) {
      cJSON_Delete(value);
      return;
    }
  }
  cJSON_DeleteItemFromObjectCaseSensitive(root, part);
  cJSON_AddItemToObject(root, part, value);
}

static char *slurp(reader *r, const char *path) {
  FILE *file = fopen(path, "rb");
  char *text = malloc(FILE_BYTES_MAX + 1);
  size_t len = file && text ? fread(text, 1, FILE_BYTES_MAX + 1, file) : 0;
  bool good = file && text && !ferror(file) && len <= FILE_BYTES_MAX;
  if (file) fclose(file);
  if (!good) {
    scenario_complain(r, "%s: can't be read%s", path,
                      len > FILE_BYTES_MAX ? ": it is too long" : "");
    free(text);
    return NULL;
  }
  text[len] = '\0';
  return text;
}

static void take_name(scenario *s, const char *path) {
  const char *slash = strrchr(path, '/');
  snprintf(s->name, sizeof s->name, "%s", slash ? slash + 1 : path);
  char *dot = strrchr(s->name, '.');
  if (dot) *dot = '\0';
}

bool scenario_read(scenario *s, const char *path, const char *const *settings, size_t setting_count,
                   char *why, size_t why_cap) {
  reader r = {.why = why, .why_cap = why_cap};
  set_defaults(s);
  take_name(s, path);
  char *text = slurp(&r, path);
  if (!text) return false;
  const char *end = text;
  cJSON *root = cJSON_ParseWithOpts(text, &end, 1);
  if (!root) {
    int line = 1;
    for (const char *at = text; at < end; at++) line += *at == '\n';
    scenario_complain(&r, "%s: line %d is not JSON", path, line);
  }
  if (root && !cJSON_IsObject(root)) scenario_complain(&r, "%s: an object is needed", path);
  for (size_t i = 0; i < setting_count && !r.failed; i++) apply_setting(&r, root, settings[i]);
  if (!r.failed) scenario_take(&r, root, s);
  if (!r.failed) check_whole(&r, s);
  cJSON_Delete(root);
  free(text);
  return !r.failed;
}

bool spans_hold(const spans *s, uint64_t now_us) {
  double now = (double)now_us / 1e6;
  for (uint32_t i = 0; i < s->count; i++)
    if (now >= s->items[i].from && now < s->items[i].to) return true;
  return false;
}

uint64_t spans_next_us(const spans *s, uint64_t now_us) {
  uint64_t next = PT_NEVER;
  for (uint32_t i = 0; i < s->count; i++) {
    uint64_t ends[2] = {(uint64_t)(s->items[i].from * 1e6), (uint64_t)(s->items[i].to * 1e6)};
    for (int j = 0; j < 2; j++)
      if (ends[j] > now_us && ends[j] < next) next = ends[j];
  }
  return next;
}
