#include "indexer.h"

#include "clock.h"
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#define QUIET_MS 200      /* build when nothing changed for that long, */
#define QUIET_MAX_MS 2000 /* or after that long at the latest */
#define RACY_MS 300       /* look again at files that had only just changed */

struct pt_indexer {
  uv_loop_t *loop;
  uv_work_t job;
  uv_timer_t timer;
  uv_poll_t poll;
  int handles_open;
  pt_site_root *root;
  int inotify_fd;
  int root_watch; /* of the folder that has the root's name; -1: none */
  char base_url[512], announce[512];
  pt_site_make make;
  pt_indexer_changed changed;
  void *context;

  pt_site *site;
  bool working;  /* the job runs: cache, built and error are its own */
  bool dirty;    /* something changed since it began */
  bool replaced; /* the root is another folder since: its result is of no use */
  bool stopping;
  uint64_t first_change_us; /* of those not yet built; 0: none */
  uint64_t started_us;
  atomic_bool cancel;
  pt_hash_cache cache;
  pt_site *built;
  int error;
  bool watch_failed, watch_warned;
  pt_progress progress;
};

static void start_job(pt_indexer *x);

static void free_when_done(pt_indexer *x) {
  if (!x->stopping || x->working || x->handles_open > 0) return;
  if (x->inotify_fd >= 0) close(x->inotify_fd);
  pt_site_del(x->site);
  pt_site_del(x->built);
  pt_hash_cache_free(&x->cache);
  free(x);
}

static void on_closed(uv_handle_t *handle) {
  pt_indexer *x = handle->data;
  x->handles_open--;
  free_when_done(x);
}

static void show_progress(void *context, uint64_t done, uint64_t all, size_t files) {
  pt_indexer *x = context;
  pt_progress_show(&x->progress, done, all, files);
}

/* On a worker thread. */
static void work(uv_work_t *job) {
  pt_indexer *x = job->data;
  pt_site_make make = x->make;
  make.scan.dir_fd = x->root->fd;
  make.scan.inotify_fd = x->inotify_fd;
  make.scan.watch_failed = &x->watch_failed;
  make.scan.cancel = &x->cancel;
  make.base_url = x->base_url;
  make.announce = x->announce[0] ? x->announce : NULL;
  make.progress = show_progress;
  make.context = x;
  x->error = pt_site_run(&make, &x->cache, &x->built);
}

static void on_timer(uv_timer_t *timer) {
  pt_indexer *x = timer->data;
  x->first_change_us = 0;
  if (x->working)
    x->dirty = true;
  else
    start_job(x);
}

static void build_in(pt_indexer *x, uint64_t delay_ms) {
  uint64_t now = pt_clock_us();
  if (x->first_change_us == 0) x->first_change_us = now;
  uint64_t waited_ms = (now - x->first_change_us) / 1000;
  if (waited_ms + delay_ms > QUIET_MAX_MS)
    delay_ms = waited_ms >= QUIET_MAX_MS ? 0 : QUIET_MAX_MS - waited_ms;
  uv_timer_start(&x->timer, on_timer, delay_ms, 0);
}

/* Did files change so shortly before they were read that we can't be sure? */
static bool has_racy_files(const pt_indexer *x) {
  for (size_t i = 0; i < x->cache.count; i++) {
    if (x->cache.hashes[i].racy) return true;
  }
  return false;
}

static void take_built(pt_indexer *x) {
  pt_site *built = x->built;
  x->built = NULL;
  if (x->site && built->digest == x->site->digest) {
    pt_site_del(built);
    return;
  }
  pt_site *old = x->site;
  x->site = built;
  pt_log(PT_LOG_INFO, "indexed %zu files (%.1f MB) in %zu swarms, %.2f s%s", built->asset_count,
         (double)built->bytes / 1e6, built->swarm_count,
         (double)(pt_clock_us() - x->started_us) / 1e6,
         built->left_out ? "; some files are left out" : "");
  x->changed(x->context, built);
  pt_site_del(old);
}

static void after_work(uv_work_t *job, int status) {
  (void)status;
  pt_indexer *x = job->data;
  x->working = false;
  pt_progress_wipe(&x->progress);
  if (x->stopping) {
    free_when_done(x);
    return;
  }
  if (x->replaced) {
    pt_site_del(x->built);
    x->built = NULL;
    start_job(x);
    return;
  }
  if (x->watch_failed && !x->watch_warned) {
    x->watch_warned = true;
    pt_log(PT_LOG_WARN, "not all folders can be watched (fs.inotify.max_user_watches?): "
                        "changes may go unnoticed until the next start");
  }
  if (x->error == PT_OK)
    take_built(x);
  else
    pt_log(PT_LOG_ERROR, "indexing failed: out of memory; trying again when files change");
  if (x->dirty || (x->error == PT_OK && has_racy_files(x))) build_in(x, RACY_MS);
  x->dirty = false;
}

static void on_inotify(uv_poll_t *poll, int status, int events);

/* Watches the new root, and nothing of the old one any more: on servers that
 * keep their old releases the watches would add up. Called while no job runs,
 * which would add watches of its own. */
static void watch_anew(pt_indexer *x) {
  if (x->handles_open < 2) return; /* nothing is watched here */
  int fresh = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (fresh >= 0) {
    uv_poll_stop(&x->poll);
    dup3(fresh, x->inotify_fd, O_CLOEXEC);
    close(fresh);
    uv_poll_start(&x->poll, UV_READABLE, on_inotify);
  }
  x->root_watch = pt_site_root_watch(x->root, x->inotify_fd);
  pt_site_root_follow(x->root); /* it may have been replaced again before that */
}

static void start_job(pt_indexer *x) {
  if (x->replaced) watch_anew(x);
  x->replaced = false;
  atomic_store(&x->cancel, false);
  x->working = true;
  x->dirty = false;
  x->started_us = pt_clock_us();
  x->job.data = x;
  if (uv_queue_work(x->loop, &x->job, work, after_work) != 0) x->working = false;
}

void pt_indexer_follow(pt_indexer *x) {
  if (!pt_site_root_follow(x->root)) return;
  pt_log(PT_LOG_INFO, "%s is another folder now", x->root->path);
  x->replaced = true;
  if (x->working) atomic_store(&x->cancel, true); /* the next job begins when it has ended */
  build_in(x, QUIET_MS);
}

static void on_inotify(uv_poll_t *poll, int status, int events) {
  (void)events;
  pt_indexer *x = poll->data;
  char buffer[16384] __attribute__((aligned(8)));
  bool relevant = false, root_named = false;
  if (status < 0) return;
  for (;;) {
    ssize_t len = read(x->inotify_fd, buffer, sizeof buffer);
    if (len <= 0) break;
    for (ssize_t at = 0; at < len;) {
      const struct inotify_event *event = (const void *)(buffer + at);
      if (event->wd == x->root_watch && event->len)
        root_named = root_named || strcmp(event->name, pt_site_root_name(x->root)) == 0;
      /* Names that begin with a dot are never the site's. */
      else if ((event->len == 0 || event->name[0] != '.') && !(event->mask & IN_IGNORED))
        relevant = true;
      at += (ssize_t)(sizeof *event + event->len);
    }
  }
  if (relevant || root_named) pt_indexer_follow(x);
  if (relevant) build_in(x, QUIET_MS);
}

/* The tracker is where the site is, over WebSocket: http becomes ws. */
static void set_announce(pt_indexer *x) {
  int len = snprintf(x->announce, sizeof x->announce, "ws%s/.peertide/ws", x->base_url + 4);
  if (strncmp(x->base_url, "http", 4) != 0 || len < 0 || (size_t)len >= sizeof x->announce)
    x->announce[0] = 0;
}

pt_indexer *pt_indexer_new(uv_loop_t *loop, pt_site_root *root, const pt_site_make *make,
                           pt_indexer_changed changed, void *context) {
  pt_indexer *x = calloc(1, sizeof *x);
  if (x == NULL) return NULL;
  x->loop = loop;
  x->root = root;
  x->root_watch = -1;
  x->make = *make;
  x->changed = changed;
  x->context = context;
  snprintf(x->base_url, sizeof x->base_url, "%s", make->base_url);
  if (make->hybrid) set_announce(x); /* who reads only v2 torrents does not speak WebSocket */
  pt_progress_init(&x->progress);
  x->timer.data = x->poll.data = x;
  uv_timer_init(loop, &x->timer);
  x->handles_open = 1;
  x->inotify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (x->inotify_fd >= 0 && uv_poll_init(loop, &x->poll, x->inotify_fd) == 0) {
    x->handles_open++;
    uv_poll_start(&x->poll, UV_READABLE, on_inotify);
    x->root_watch = pt_site_root_watch(root, x->inotify_fd);
    pt_site_root_follow(root);
  } else {
    x->watch_failed = true;
  }
  start_job(x);
  return x;
}

const pt_site *pt_indexer_site(const pt_indexer *indexer) { return indexer->site; }

void pt_indexer_stop(pt_indexer *x) {
  x->stopping = true;
  atomic_store(&x->cancel, true);
  uv_close((uv_handle_t *)&x->timer, on_closed);
  if (x->handles_open == 2) uv_close((uv_handle_t *)&x->poll, on_closed);
  if (x->working) uv_cancel((uv_req_t *)&x->job); /* if it has not begun yet */
}
