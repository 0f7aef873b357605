/* What is simulated, read from a small JSON file. README.md lists the keys. */
#ifndef SCALE_SCENARIO_H
#define SCALE_SCENARIO_H

#include "peertide/peertide.h"

#define SCENARIO_FILES_MAX 16u  /* groups of files */
#define SCENARIO_CLASSES_MAX 8u /* of access lines */
#define SCENARIO_SPANS_MAX 8u   /* times of an outage */
#define SCENARIO_PEERS_MAX 1000000u

typedef struct span_s { /* seconds, [from, to) */
  double from, to;
} span_s;

typedef struct spans {
  uint32_t count;
  span_s items[SCENARIO_SPANS_MAX];
} spans;

typedef struct range_ms {
  double low, high;
} range_ms;

typedef struct file_group {
  double count, length_min, length_max; /* bytes */
} file_group;

typedef struct line_class { /* an access line */
  double share;             /* relative to the other classes */
  double up, down;          /* bits/s */
} line_class;

enum nat_kind { NAT_OPEN, NAT_CONE, NAT_RESTRICTED, NAT_SYMMETRIC, NAT_KINDS };
enum arrival_kind { ARRIVE_TOGETHER, ARRIVE_POISSON, ARRIVE_DAY };
enum page_kind { PAGE_DOWNLOAD, PAGE_VIDEO, PAGE_IMAGES, PAGE_SITE };

typedef struct scenario {
  char name[64];
  uint64_t seed;
  double peers;
  bool http;          /* pages fetch plainly, without nodes */
  double until_s;     /* what has not ended by then has failed */
  double check_every; /* inputs of a node between checks of its invariant; 0: never */
  struct {
    double piece_length; /* bytes, a power of two */
    double swarm_files;  /* files in one swarm */
    uint32_t group_count;
    file_group groups[SCENARIO_FILES_MAX];
  } site;
  struct {
    range_ms delay, origin_delay, server_delay; /* one way */
    uint32_t class_count;
    line_class classes[SCENARIO_CLASSES_MAX];
    double nat[NAT_KINDS]; /* shares, relative to one another */
    double hidden;         /* share of visitors in background tabs */
  } network;
  struct {
    double rate;      /* bits/s */
    double refuses;   /* share of requests answered 503 */
    spans busy, dead; /* answers all with 503; does not answer */
  } origin;
  struct {
    spans dead;
  } server;
  struct {
    enum arrival_kind kind;
    double spread_s;    /* together: uniformly within */
    double concurrency; /* poisson: mean number of visitors at once ... */
    double stay_s;      /* ... each of whom stays so long; 0: the video's length */
    double day_s;       /* day: its length */
  } arrivals;
  struct {
    enum page_kind kind;
    double bit_rate;      /* video, bits/s */
    double buffer_s;      /* what the player wants ahead of it */
    double start_s;       /* what it wants before it plays */
    double seeks_per_min; /* mean */
    double views;         /* site: pages in one visit, mean */
    double view_files;    /* site: files of a page that are its own */
    double common_files;  /* site: files that all pages share */
    double pause_s;       /* site: between views, mean */
    double zipf;          /* site: exponent of the pages' popularity */
  } page;
  struct {
    range_ms after; /* s after all is done; < 0: stays to the end */
    double returns; /* share of visits that are returns of earlier visitors */
  } leave;
  struct {
    double peers_max, memory_max, upload_rate; /* 0: the node's default */
    double savings;                            /* 1: the origin comes last */
  } node;
  struct {
    double corrupt, corrupt_nth;   /* share of visitors; every how many-th block ... */
    double corrupt_after_s;        /* ... since */
    double mute, mute_after_s;     /* promises and doesn't send, since */
    double slow, slow_factor;      /* uplink divided by */
    double vanish, vanish_after_s; /* gone without a word, after so long (mean) */
    double sybil;                  /* ids for each visitor that join and never answer */
    double partition;              /* share of visitors on the other side ... */
    spans partition_when;          /* ... and when neither side reaches the other */
  } faults;
} scenario;

/* Reads the file and applies settings ("key.key=JSON", in order). False: one
 * line in why that says what is wrong. */
bool scenario_read(scenario *s, const char *path, const char *const *settings, size_t setting_count,
                   char *why, size_t why_cap);
bool spans_hold(const spans *s, uint64_t now_us);
/* The next time after now at which one begins or ends; PT_NEVER: none. */
uint64_t spans_next_us(const spans *s, uint64_t now_us);

#endif
