/* The keys of a scenario, and what may stand there. */
#include "scenario_inner.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void scenario_complain(reader *r, const char *format, ...) {
  if (r->failed) return;
  r->failed = true;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(r->why, r->why_cap, format, arguments);
  va_end(arguments);
}

enum field_kind { NUMBER, WORD, BOOLEAN, TEXT, RANGE, SPANS, OBJECT, GROUPS, CLASSES };

typedef struct field {
  const char *key;
  enum field_kind kind;
  size_t offset;             /* in scenario */
  double least, most;        /* of numbers and of a range's ends */
  const char *const *words;  /* of WORD, ended by NULL */
  const struct field *inner; /* of OBJECT, ended by a NULL key */
} field;

#define AT(member) offsetof(scenario, member)

static const char *const arrival_words[] = {"together", "poisson", "day", NULL};
static const char *const page_words[] = {"download", "video", "images", "site", NULL};

static const field site_fields[] = {
    {"pieceLength", NUMBER, AT(site.piece_length), 16384, 1048576, NULL, NULL},
    {"swarmFiles", NUMBER, AT(site.swarm_files), 1, 4096, NULL, NULL},
    {"files", GROUPS, 0, 0, 0, NULL, NULL},
    {0}};
static const field nat_fields[] = {
    {"open", NUMBER, AT(network.nat[NAT_OPEN]), 0, 1e6, NULL, NULL},
    {"cone", NUMBER, AT(network.nat[NAT_CONE]), 0, 1e6, NULL, NULL},
    {"restricted", NUMBER, AT(network.nat[NAT_RESTRICTED]), 0, 1e6, NULL, NULL},
    {"symmetric", NUMBER, AT(network.nat[NAT_SYMMETRIC]), 0, 1e6, NULL, NULL},
    {0}};
static const field network_fields[] = {
    {"delayMs", RANGE, AT(network.delay), 1, 10000, NULL, NULL},
    {"originDelayMs", RANGE, AT(network.origin_delay), 1, 10000, NULL, NULL},
    {"serverDelayMs", RANGE, AT(network.server_delay), 1, 10000, NULL, NULL},
    {"lines", CLASSES, 0, 0, 0, NULL, NULL},
    {"nat", OBJECT, 0, 0, 0, NULL, nat_fields},
    {"hidden", NUMBER, AT(network.hidden), 0, 1, NULL, NULL},
    {0}};
static const field origin_fields[] = {{"rate", NUMBER, AT(origin.rate), 1e4, 1e13, NULL, NULL},
                                      {"refuses", NUMBER, AT(origin.refuses), 0, 1, NULL, NULL},
                                      {"busyS", SPANS, AT(origin.busy), 0, 0, NULL, NULL},
                                      {"deadS", SPANS, AT(origin.dead), 0, 0, NULL, NULL},
                                      {0}};
static const field server_fields[] = {{"deadS", SPANS, AT(server.dead), 0, 0, NULL, NULL}, {0}};
static const field arrival_fields[] = {
    {"kind", WORD, AT(arrivals.kind), 0, 0, arrival_words, NULL},
    {"spreadS", NUMBER, AT(arrivals.spread_s), 0, 1e6, NULL, NULL},
    {"concurrency", NUMBER, AT(arrivals.concurrency), 0.001, 1e6, NULL, NULL},
    {"stayS", NUMBER, AT(arrivals.stay_s), 0, 1e6, NULL, NULL},
    {"dayS", NUMBER, AT(arrivals.day_s), 1, 1e6, NULL, NULL},
    {0}};
static const field page_fields[] = {
    {"kind", WORD, AT(page.kind), 0, 0, page_words, NULL},
    {"bitRate", NUMBER, AT(page.bit_rate), 1e3, 1e10, NULL, NULL},
    {"bufferS", NUMBER, AT(page.buffer_s), 1, 1e5, NULL, NULL},
    {"startS", NUMBER, AT(page.start_s), 0.01, 1e4, NULL, NULL},
    {"seeksPerMinute", NUMBER, AT(page.seeks_per_min), 0, 60, NULL, NULL},
    {"views", NUMBER, AT(page.views), 1, 1000, NULL, NULL},
    {"viewFiles", NUMBER, AT(page.view_files), 1, 256, NULL, NULL},
    {"commonFiles", NUMBER, AT(page.common_files), 0, 256, NULL, NULL},
    {"pauseS", NUMBER, AT(page.pause_s), 0, 1e5, NULL, NULL},
    {"zipf", NUMBER, AT(page.zipf), 0, 4, NULL, NULL},
    {0}};
static const field leave_fields[] = {{"afterS", RANGE, AT(leave.after), 0, 1e6, NULL, NULL},
                                     {"returns", NUMBER, AT(leave.returns), 0, 0.99, NULL, NULL},
                                     {0}};
static const field node_fields[] = {
    {"peersMax", NUMBER, AT(node.peers_max), 0, 128, NULL, NULL},
    {"memoryMax", NUMBER, AT(node.memory_max), 0, 1e12, NULL, NULL},
    {"uploadRate", NUMBER, AT(node.upload_rate), 0, 1e12, NULL, NULL},
    {"savings", NUMBER, AT(node.savings), 0, 1, NULL, NULL},
    {0}};
static const field fault_fields[] = {
    {"corrupt", NUMBER, AT(faults.corrupt), 0, 1, NULL, NULL},
    {"corruptNth", NUMBER, AT(faults.corrupt_nth), 1, 1e6, NULL, NULL},
    {"corruptAfterS", NUMBER, AT(faults.corrupt_after_s), 0, 1e9, NULL, NULL},
    {"mute", NUMBER, AT(faults.mute), 0, 1, NULL, NULL},
    {"muteAfterS", NUMBER, AT(faults.mute_after_s), 0, 1e6, NULL, NULL},
    {"slow", NUMBER, AT(faults.slow), 0, 1, NULL, NULL},
    {"slowFactor", NUMBER, AT(faults.slow_factor), 1, 1e6, NULL, NULL},
    {"vanish", NUMBER, AT(faults.vanish), 0, 1, NULL, NULL},
    {"vanishAfterS", NUMBER, AT(faults.vanish_after_s), 0, 1e6, NULL, NULL},
    {"sybil", NUMBER, AT(faults.sybil), 0, 100, NULL, NULL},
    {"partition", NUMBER, AT(faults.partition), 0, 1, NULL, NULL},
    {"partitionS", SPANS, AT(faults.partition_when), 0, 0, NULL, NULL},
    {0}};
static const field top_fields[] = {{"about", TEXT, 0, 0, 0, NULL, NULL},
                                   {"peers", NUMBER, AT(peers), 1, SCENARIO_PEERS_MAX, NULL, NULL},
                                   {"untilS", NUMBER, AT(until_s), 1, 1e7, NULL, NULL},
                                   {"checkEvery", NUMBER, AT(check_every), 0, 1e9, NULL, NULL},
                                   {"http", BOOLEAN, AT(http), 0, 0, NULL, NULL},
                                   {"site", OBJECT, 0, 0, 0, NULL, site_fields},
                                   {"network", OBJECT, 0, 0, 0, NULL, network_fields},
                                   {"origin", OBJECT, 0, 0, 0, NULL, origin_fields},
                                   {"server", OBJECT, 0, 0, 0, NULL, server_fields},
                                   {"arrivals", OBJECT, 0, 0, 0, NULL, arrival_fields},
                                   {"page", OBJECT, 0, 0, 0, NULL, page_fields},
                                   {"leave", OBJECT, 0, 0, 0, NULL, leave_fields},
                                   {"node", OBJECT, 0, 0, 0, NULL, node_fields},
                                   {"faults", OBJECT, 0, 0, 0, NULL, fault_fields},
                                   {0}};

/* --- values ----------------------------------------------------------------------------- */

static bool number_in(reader *r, const cJSON *json, const char *key, double least, double most,
                      double *out) {
  if (cJSON_IsNumber(json) && json->valuedouble >= least && json->valuedouble <= most) {
    *out = json->valuedouble;
    return true;
  }
  scenario_complain(r, "%s: a number from %g to %g is needed", key, least, most);
  return false;
}

static void read_word(reader *r, const cJSON *json, const field *f, int *out) {
  char all[128] = "";
  for (int i = 0; f->words[i]; i++) {
    if (cJSON_IsString(json) && strcmp(json->valuestring, f->words[i]) == 0) {
      *out = i;
      return;
    }
    strcat(strcat(all, i ? ", " : ""), f->words[i]);
  }
  scenario_complain(r, "%s: one of these is needed: %s", f->key, all);
}

/* A number, or [low, high]. */
static void read_range(reader *r, const cJSON *json, const char *key, double least, double most,
                       double *low, double *high) {
  bool list = cJSON_IsArray(json);
  if (list && cJSON_GetArraySize(json) != 2) {
    scenario_complain(r, "%s: a number or [lowest, highest] is needed", key);
    return;
  }
  if (!number_in(r, list ? cJSON_GetArrayItem(json, 0) : json, key, least, most, low)) return;
  if (!number_in(r, list ? cJSON_GetArrayItem(json, 1) : json, key, least, most, high)) return;
  if (*low > *high) scenario_complain(r, "%s: the lowest is above the highest", key);
}

static void read_spans(reader *r, const cJSON *json, const char *key, spans *out) {
  out->count = 0;
  int count = cJSON_GetArraySize(json);
  if (!cJSON_IsArray(json) || count > (int)SCENARIO_SPANS_MAX) {
    scenario_complain(r, "%s: a list of at most %u [from, to] is needed", key, SCENARIO_SPANS_MAX);
    return;
  }
  const cJSON *item;
  cJSON_ArrayForEach(item, json) {
    span_s *span = &out->items[out->count++];
    if (!cJSON_IsArray(item)) scenario_complain(r, "%s: [from, to] is needed, in seconds", key);
    read_range(r, item, key, 0, 1e7, &span->from, &span->to);
    if (r->failed) return;
  }
}

/* A list of objects with numbers. keys: ended by NULL. */
static uint32_t read_list(reader *r, const cJSON *json, const char *name, uint32_t most,
                          void (*take)(reader *, const cJSON *, void *), void *items, size_t size) {
  int count = cJSON_GetArraySize(json);
  if (!cJSON_IsArray(json) || count < 1 || count > (int)most) {
    scenario_complain(r, "%s: a list of 1 to %u objects is needed", name, most);
    return 0;
  }
  for (int i = 0; i < count && !r->failed; i++) {
    const cJSON *item = cJSON_GetArrayItem(json, i);
    if (!cJSON_IsObject(item)) scenario_complain(r, "%s: a list of objects is needed", name);
    take(r, item, (char *)items + (size_t)i * size);
  }
  return (uint32_t)count;
}

static void take_group(reader *r, const cJSON *json, void *out) {
  file_group *group = out;
  *group = (file_group){.count = 1};
  const cJSON *item;
  cJSON_ArrayForEach(item, json) {
    if (strcmp(item->string, "count") == 0)
      number_in(r, item, "files: count", 1, 65536, &group->count);
    else if (strcmp(item->string, "length") == 0)
      read_range(r, item, "files: length", 16, 1e12, &group->length_min, &group->length_max);
    else
      scenario_complain(r, "files: there is no key '%s' (count, length)", item->string);
  }
  if (group->length_min == 0) scenario_complain(r, "files: length is needed");
}

static void take_class(reader *r, const cJSON *json, void *out) {
  line_class *class = out;
  *class = (line_class){.share = 1};
  const cJSON *item;
  cJSON_ArrayForEach(item, json) {
    if (strcmp(item->string, "share") == 0)
      number_in(r, item, "lines: share", 0, 1e6, &class->share);
    else if (strcmp(item->string, "up") == 0)
      number_in(r, item, "lines: up", 1e3, 1e12, &class->up);
    else if (strcmp(item->string, "down") == 0)
      number_in(r, item, "lines: down", 1e3, 1e12, &class->down);
    else
      scenario_complain(r, "lines: there is no key '%s' (share, up, down)", item->string);
  }
  if (class->up == 0 || class->down == 0)
    scenario_complain(r, "lines: up and down are needed, in bits/s");
}

static void read_object(reader *r, const cJSON *json, const char *name, const field *fields,
                        scenario *s);

static void read_field(reader *r, const cJSON *json, const field *f, scenario *s) {
  char *at = (char *)s + f->offset;
  switch (f->kind) {
  case NUMBER:
    number_in(r, json, f->key, f->least, f->most, (double *)(void *)at);
    break;
  case WORD:
    read_word(r, json, f, (int *)(void *)at);
    break;
  case BOOLEAN:
    if (!cJSON_IsBool(json)) scenario_complain(r, "%s: true or false is needed", f->key);
    *(bool *)at = cJSON_IsTrue(json);
    break;
  case TEXT:
    if (!cJSON_IsString(json)) scenario_complain(r, "%s: a text is needed", f->key);
    break;
  case RANGE: {
    range_ms *range = (range_ms *)(void *)at;
    read_range(r, json, f->key, f->least, f->most, &range->low, &range->high);
    break;
  }
  case SPANS:
    read_spans(r, json, f->key, (spans *)(void *)at);
    break;
  case OBJECT:
    read_object(r, json, f->key, f->inner, s);
    break;
  case GROUPS:
    s->site.group_count = read_list(r, json, f->key, SCENARIO_FILES_MAX, take_group, s->site.groups,
                                    sizeof s->site.groups[0]);
    break;
  case CLASSES:
    s->network.class_count = read_list(r, json, f->key, SCENARIO_CLASSES_MAX, take_class,
                                       s->network.classes, sizeof s->network.classes[0]);
    break;
  }
}

static void read_object(reader *r, const cJSON *json, const char *name, const field *fields,
                        scenario *s) {
  if (!cJSON_IsObject(json)) {
    scenario_complain(r, "%s: an object is needed", name);
    return;
  }
  const cJSON *item;
  cJSON_ArrayForEach(item, json) {
    const field *f = fields;
    while (f->key && strcmp(f->key, item->string) != 0) f++;
    if (f->key)
      read_field(r, item, f, s);
    else
      scenario_complain(r, "%s: there is no key '%s'", name, item->string);
    if (r->failed) return;
  }
}

void scenario_take(reader *r, const cJSON *json, scenario *s) {
  read_object(r, json, "scenario", top_fields, s);
}
