#include "scan.h"

#include "base/limits.h"
#include "exclude.h"
#include "format/utf8.h"
#include "log.h"
#include "site_path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct walk {
  const pt_scan_options *options;
  pt_scan *out;
  bool failed;
} walk;

typedef struct names {
  size_t count, cap;
  char **name;
} names;

pt_file_state pt_file_state_of(const struct stat *st) {
  return (pt_file_state){.size = (uint64_t)st->st_size,
                         .inode = st->st_ino,
                         .mtime = st->st_mtim,
                         .ctime = st->st_ctim};
}

static bool same_time(struct timespec a, struct timespec b) {
  return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

bool pt_file_state_equal(const pt_file_state *a, const pt_file_state *b) {
  return a->size == b->size && a->inode == b->inode && same_time(a->mtime, b->mtime) &&
         same_time(a->ctime, b->ctime);
}

int pt_site_path_compare(const char *a, const char *b) {
  for (; *a && *a == *b; a++, b++) {
  }
  /* The end of a part comes before every byte of a longer one. */
  int left = *a == '/' ? 1 : *a ? (unsigned char)*a + 1 : 0;
  int right = *b == '/' ? 1 : *b ? (unsigned char)*b + 1 : 0;
  return left - right;
}

static int compare_names(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static void names_free(names *list) {
  for (size_t i = 0; i < list->count; i++) free(list->name[i]);
  free(list->name);
}

static bool names_add(names *list, const char *name) {
  if (list->count == list->cap) {
    size_t cap = list->cap ? 2 * list->cap : 64;
    char **grown = realloc(list->name, cap * sizeof *grown);
    if (grown == NULL) return false;
    list->name = grown;
    list->cap = cap;
  }
  list->name[list->count] = strdup(name);
  return list->name[list->count] && ++list->count;
}

/* Reads the names of a folder that may be the site's, in order. */
static bool names_read(int fd, names *out) {
  int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *folder = copy >= 0 ? fdopendir(copy) : NULL;
  if (folder == NULL) {
    if (copy >= 0) close(copy);
    return true; /* gone, or not ours to read: as good as empty */
  }
  bool ok = true;
  for (struct dirent *e; ok && (e = readdir(folder)) != NULL;) {
    if (e->d_name[0] != '.') ok = names_add(out, e->d_name);
  }
  closedir(folder);
  if (ok && out->count) qsort(out->name, out->count, sizeof *out->name, compare_names);
  return ok;
}

static bool has_name(const names *list, const char *name) {
  return list->count && bsearch(&name, list->name, list->count, sizeof *list->name, compare_names);
}

/* Is it "x.br" or "x.gz" where "x" is there too? */
static bool is_compressed_twin(const names *list, const char *name) {
  size_t len = strlen(name);
  if (len < 4 || (strcmp(name + len - 3, ".br") != 0 && strcmp(name + len - 3, ".gz") != 0))
    return false;
  char original[NAME_MAX + 1];
  snprintf(original, sizeof original, "%.*s", (int)(len - 3), name);
  return has_name(list, original);
}

static bool has_compressed_twin(const names *list, const char *name) {
  char twin[NAME_MAX + 4];
  snprintf(twin, sizeof twin, "%s.br", name);
  if (has_name(list, twin)) return true;
  snprintf(twin, sizeof twin, "%s.gz", name);
  return has_name(list, twin);
}

/* Could a request for this name be taken for one of another file? See
 * pt_site_path_restore(). */
static bool is_ambiguous(const names *list, const char *name) {
  if (strpbrk(name, "+&;") == NULL) return false;
  for (size_t i = 0; i < list->count; i++) {
    if (strcmp(list->name[i], name) != 0 && pt_site_names_confusable(list->name[i], name))
      return true;
  }
  return false;
}

/* Why a file can't be indexed, or NULL. */
static const char *why_not(const names *list, const char *name, const char *path,
                           const pt_scan *out, const struct stat *st) {
  char encoded[PT_PATH_LEN_MAX];
  if (!pt_utf8_valid((const uint8_t *)path, strlen(path))) return "its name is not UTF-8";
  if (!pt_site_path_allowed(path)) return "its name has control characters";
  if (!pt_site_path_encode(path, encoded, sizeof encoded - 1)) return "its path is too long";
  if (is_ambiguous(list, name)) return "its name is too like another's for a URL";
  if ((uint64_t)st->st_size > (uint64_t)PT_SWARM_PIECES_MAX * PT_PIECE_LENGTH_MAX)
    return "it is larger than 64 GiB";
  if (out->count >= PT_ASSETS_MAX) return "the site has more files than an index holds";
  return NULL;
}

static void add_file(walk *w, const names *list, const char *name, const char *path,
                     const struct stat *st) {
  pt_scan *out = w->out;
  const char *reason = why_not(list, name, path, out, st);
  if (reason) {
    if (out->left_out++ < 20) pt_log(PT_LOG_WARN, "%s is not indexed: %s", path, reason);
    return;
  }
  if (out->count == out->cap) {
    size_t cap = out->cap ? 2 * out->cap : 256;
    pt_scan_file *grown = realloc(out->files, cap * sizeof *grown);
    if (grown == NULL) {
      w->failed = true;
      return;
    }
    out->files = grown;
    out->cap = cap;
  }
  char *copy = strdup(path);
  if (copy == NULL)
    w->failed = true;
  else
    out->files[out->count++] = (pt_scan_file){
        .path = copy, .state = pt_file_state_of(st), .has_twin = has_compressed_twin(list, name)};
}

static void watch_folder(const walk *w, int fd) {
  if (w->options->inotify_fd < 0) return;
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  uint32_t events = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |
                    IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_EXCL_UNLINK;
  if (inotify_add_watch(w->options->inotify_fd, path, events) < 0 && errno != ENOENT &&
      w->options->watch_failed)
    *w->options->watch_failed = true;
}

static bool cancelled(const walk *w) {
  return w->options->cancel && atomic_load_explicit(w->options->cancel, memory_order_relaxed);
}

/* One folder; `path` is a buffer of PATH_MAX with its site path of len bytes. */
static void walk_folder(walk *w, int fd, char *path, size_t len, unsigned depth) {
  watch_folder(w, fd); /* before reading, so that nothing falls between */
  names list = {0};
  if (!names_read(fd, &list)) w->failed = true;
  for (size_t i = 0; i < list.count && !w->failed && !cancelled(w); i++) {
    const char *name = list.name[i];
    struct stat st;
    int room = PATH_MAX - (int)len;
    if (snprintf(path + len, (size_t)room, "%s%s", len ? "/" : "", name) >= room) continue;
    if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (pt_excluded(w->options->exclude, path, S_ISDIR(st.st_mode))) continue;
    if (S_ISDIR(st.st_mode) && depth < PT_SCAN_DEPTH_MAX) {
      int below = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      if (below < 0) continue;
      walk_folder(w, below, path, strlen(path), depth + 1);
      close(below);
      continue;
    }
    if (S_ISLNK(st.st_mode)) {
      int target = pt_site_open(w->options->dir_fd, path, O_RDONLY);
      if (target < 0) continue;
      bool ok = fstat(target, &st) == 0;
      close(target);
      if (!ok) continue;
    }
    if (S_ISREG(st.st_mode) && st.st_size > 0 && !is_compressed_twin(&list, name))
      add_file(w, &list, name, path, &st);
  }
  names_free(&list);
  path[len] = 0;
}

static int compare_files(const void *a, const void *b) {
  return pt_site_path_compare(((const pt_scan_file *)a)->path, ((const pt_scan_file *)b)->path);
}

bool pt_scan_run(const pt_scan_options *options, pt_scan *out) {
  *out = (pt_scan){0};
  walk w = {.options = options, .out = out};
  char path[PATH_MAX] = "";
  int fd = openat(options->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd >= 0) {
    walk_folder(&w, fd, path, 0, 0);
    close(fd);
  }
  if (out->count) qsort(out->files, out->count, sizeof *out->files, compare_files);
  return !w.failed && !cancelled(&w);
}

void pt_scan_free(pt_scan *scan) {
  for (size_t i = 0; i < scan->count; i++) free(scan->files[i].path);
  free(scan->files);
  *scan = (pt_scan){0};
}
