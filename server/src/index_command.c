#include "index_command.h"

#include "log.h"
#include "progress.h"
#include "site.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool pt_base_url(const char *domain_name, char *out, size_t cap) {
  const char *scheme = *domain_name && strstr(domain_name, "://") == NULL ? "https://" : "";
  int len = snprintf(out, cap, "%s%s", scheme, domain_name);
  if (len < 0 || (size_t)len >= cap) return false;
  while (len > 0 && out[len - 1] == '/') out[--len] = 0;
  return true;
}

static bool write_all(int fd, const void *data, size_t len) {
  for (const char *at = data; len > 0;) {
    ssize_t wrote = write(fd, at, len);
    if (wrote < 0 && errno != EINTR) return false;
    if (wrote > 0) {
      at += wrote;
      len -= (size_t)wrote;
    }
  }
  return true;
}

/* Writes beside and renames, so that nobody reads half a document. */
static bool write_document(int dir, const char *location, const pt_blob *blob) {
  char temporary[320];
  snprintf(temporary, sizeof temporary, "%s.new", location);
  int fd = openat(dir, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
  bool ok = fd >= 0 && write_all(fd, blob->data, blob->len);
  if (fd >= 0) ok = close(fd) == 0 && ok;
  ok = ok && renameat(dir, temporary, dir, location) == 0;
  if (!ok) fprintf(stderr, "peertide index: .peertide/%s: %s\n", location, strerror(errno));
  return ok;
}

static bool ends_with(const char *name, const char *end) {
  size_t len = strlen(name), end_len = strlen(end);
  return len > end_len && strcmp(name + len - end_len, end) == 0;
}

/* Removes files of a folder that end as ours do and are not in the site. */
static void remove_old(int dir, const char *folder, const char *end, const pt_site *site) {
  int fd = openat(dir, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *list = fd >= 0 ? fdopendir(fd) : NULL;
  if (list == NULL) {
    if (fd >= 0) close(fd);
    return;
  }
  for (struct dirent *e; (e = readdir(list)) != NULL;) {
    char location[300];
    snprintf(location, sizeof location, "%s/%s", folder, e->d_name);
    if (ends_with(e->d_name, end) && pt_site_find_doc(site, location) == NULL)
      unlinkat(fd, e->d_name, 0);
  }
  closedir(list);
}

static bool write_site(int site_dir, const pt_site *site) {
  mkdirat(site_dir, ".peertide", 0755);
  int dir = openat(site_dir, ".peertide", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  if (dir < 0) {
    fprintf(stderr, "peertide index: .peertide: %s\n", strerror(errno));
    return false;
  }
  mkdirat(dir, "torrents", 0755);
  mkdirat(dir, "layers", 0755);
  bool ok = true, shards = false;
  /* What the index names first, the index last. */
  for (size_t i = 0; ok && i < site->doc_count; i++) {
    const pt_site_doc *doc = &site->docs[i];
    if (strncmp(doc->location, "index/", 6) == 0 && !shards) {
      shards = true;
      mkdirat(dir, "index", 0755);
    }
    if (strcmp(doc->location, "index.json") != 0)
      ok = write_document(dir, doc->location, doc->blob);
  }
  ok = ok && write_document(dir, "index.json", pt_site_find_doc(site, "index.json"));
  if (ok) {
    remove_old(dir, "torrents", ".torrent", site);
    remove_old(dir, "layers", ".bin", site);
    remove_old(dir, "index", ".json", site);
  }
  close(dir);
  return ok;
}

static void show_progress(void *context, uint64_t done, uint64_t all, size_t files) {
  pt_progress_show(context, done, all, files);
}

int pt_index_command(const pt_server_config *config) {
  char base_url[512];
  if (!pt_base_url(config->domain_name, base_url, sizeof base_url)) {
    fprintf(stderr, "peertide index: domainName is too long\n");
    return 2;
  }
  int dir_fd = open(config->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (dir_fd < 0) {
    fprintf(stderr, "peertide index: %s: %s\n", config->dir, strerror(errno));
    return 1;
  }
  pt_progress progress;
  pt_progress_init(&progress);
  char *settings = pt_server_config_client_json(config);
  pt_site_make make = {.scan = {.dir_fd = dir_fd, .inotify_fd = -1, .exclude = &config->exclude},
                       .settings = settings,
                       .hybrid = config->web_torrent || config->video_route[0],
                       .video_route = config->video_route,
                       .base_url = base_url,
                       .progress = show_progress,
                       .context = &progress};
  pt_hash_cache cache = {0};
  pt_site *site = NULL;
  int error = pt_site_run(&make, &cache, &site);
  pt_progress_wipe(&progress);
  bool ok = error == PT_OK && write_site(dir_fd, site);
  if (error != PT_OK) fprintf(stderr, "peertide index: %s\n", pt_error_text(error));
  if (ok) {
    printf("%zu files (%.1f MB) in %zu swarms: %s/.peertide/index.json\n", site->asset_count,
           (double)site->bytes / 1e6, site->swarm_count, config->dir);
  }
  pt_site_del(site);
  pt_hash_cache_free(&cache);
  free(settings);
  close(dir_fd);
  return ok ? 0 : 1;
}
