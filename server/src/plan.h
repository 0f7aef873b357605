/* Which files share a swarm: a large file has its own; the small files of a
 * folder are bundled, so that a gallery is one swarm and not a hundred. */
#ifndef PT_SERVER_PLAN_H
#define PT_SERVER_PLAN_H

#include "scan.h"

#define PT_LARGE_FILE_MIN ((uint64_t)4 << 20) /* bytes; from here on: its own swarm */
#define PT_BUNDLE_LENGTH_MAX ((uint64_t)256 << 20)
#define PT_BUNDLE_PIECE_LENGTH_MAX                                                                 \
  65536u /* images are relayed piece by piece: keep                                                \
            pieces small */

typedef struct pt_plan_swarm {
  size_t first, count; /* its files: places in pt_plan.order */
  size_t folder_len;   /* bundles: that much of its files' paths is their folder */
  uint64_t length;
  uint32_t piece_length;
  bool large; /* one large file, or a video */
} pt_plan_swarm;

typedef struct pt_plan {
  size_t *order;      /* numbers of files in the scan, swarm by swarm */
  size_t swarm_count; /* at most swarms_max, unless there are that many huge files */
  pt_plan_swarm *swarms;
} pt_plan;

/* Depends on nothing but paths and sizes: the same files give the same swarms.
 * Videos below the video route ("": none) count as large, however small.
 * Where that would be more than swarms_max swarms, the bundles of neighbouring
 * folders are joined, then "large" begins at a higher size. False when out of
 * memory; *out is always safe to free. */
bool pt_plan_make(const pt_scan *scan, const char *video_route, size_t swarms_max, pt_plan *out);
void pt_plan_free(pt_plan *plan);

#endif
