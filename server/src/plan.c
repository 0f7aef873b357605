#include "plan.h"

#include "base/limits.h"
#include "format/metainfo.h"
#include "route.h"

#include <stdlib.h>
#include <string.h>

/* What the order of files depends on. */
typedef struct rules {
  const pt_scan *scan;
  const char *video_route;
  unsigned depth;     /* folders deeper than that are bundled with their parent */
  uint64_t large_min; /* bytes */
} rules;

/* Length of the first `depth` folders of a path, without the last '/'. */
static size_t folder_len(const char *path, unsigned depth) {
  size_t len = 0;
  for (size_t i = 0; path[i] && depth > 0; i++) {
    if (path[i] == '/') {
      len = i;
      depth--;
    }
  }
  return len;
}

static bool is_large(const rules *r, const pt_scan_file *file) {
  return file->state.size >= r->large_min || pt_route_video(r->video_route, file->path);
}

static int compare_folders(const rules *r, const char *a, const char *b) {
  size_t a_len = folder_len(a, r->depth), b_len = folder_len(b, r->depth);
  int order = memcmp(a, b, a_len < b_len ? a_len : b_len);
  return order ? order : (a_len > b_len) - (a_len < b_len);
}

/* Small files first, folder by folder; then the large ones. */
static int compare_in_plan(const void *a, const void *b, void *context) {
  const rules *r = context;
  const pt_scan_file *x = &r->scan->files[*(const size_t *)a];
  const pt_scan_file *y = &r->scan->files[*(const size_t *)b];
  if (is_large(r, x) != is_large(r, y)) return is_large(r, x) ? 1 : -1;
  int order = is_large(r, x) ? 0 : compare_folders(r, x->path, y->path);
  return order ? order : pt_site_path_compare(x->path, y->path);
}

static bool fits(const rules *r, const pt_plan_swarm *bundle, const pt_scan_file *last,
                 const pt_scan_file *next) {
  return !is_large(r, next) && compare_folders(r, last->path, next->path) == 0 &&
         bundle->count < PT_SWARM_FILES_MAX &&
         bundle->length + next->state.size <= PT_BUNDLE_LENGTH_MAX;
}

static uint32_t piece_length_of(const pt_plan_swarm *swarm) {
  uint32_t length = pt_metainfo_piece_length(swarm->length);
  if (!swarm->large && length > PT_BUNDLE_PIECE_LENGTH_MAX) return PT_BUNDLE_PIECE_LENGTH_MAX;
  return length;
}

static void group(rules *r, pt_plan *out) {
  const pt_scan *scan = r->scan;
  for (size_t i = 0; i < scan->count; i++) out->order[i] = i;
  qsort_r(out->order, scan->count, sizeof *out->order, compare_in_plan, r);
  out->swarm_count = 0;
  for (size_t i = 0; i < scan->count;) {
    pt_plan_swarm *swarm = &out->swarms[out->swarm_count++];
    const pt_scan_file *file = &scan->files[out->order[i]];
    *swarm = (pt_plan_swarm){.first = i,
                             .count = 1,
                             .length = file->state.size,
                             .folder_len = folder_len(file->path, r->depth),
                             .large = is_large(r, file)};
    for (i++; i < scan->count && !swarm->large; i++, swarm->count++) {
      const pt_scan_file *next = &scan->files[out->order[i]];
      if (!fits(r, swarm, file, next)) break;
      swarm->length += next->state.size;
    }
    swarm->piece_length = piece_length_of(swarm);
  }
}

bool pt_plan_make(const pt_scan *scan, const char *video_route, size_t swarms_max, pt_plan *out) {
  *out = (pt_plan){0};
  if (scan->count == 0) return true;
  out->order = malloc(scan->count * sizeof *out->order);
  out->swarms = malloc(scan->count * sizeof *out->swarms);
  if (out->order == NULL || out->swarms == NULL) return false;
  rules r = {.scan = scan,
             .video_route = video_route,
             .depth = PT_SCAN_DEPTH_MAX,
             .large_min = PT_LARGE_FILE_MIN};
  group(&r, out);
  while (out->swarm_count > swarms_max && r.depth > 0) {
    r.depth = r.depth > 4 ? 4 : r.depth - 1;
    group(&r, out);
  }
  while (out->swarm_count > swarms_max && r.large_min < PT_BUNDLE_LENGTH_MAX) {
    r.large_min *= 2;
    group(&r, out);
  }
  return true;
}

void pt_plan_free(pt_plan *plan) {
  free(plan->order);
  free(plan->swarms);
  *plan = (pt_plan){0};
}
