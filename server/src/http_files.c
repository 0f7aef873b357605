#include "http_files.h"

#include "accept_encoding.h"
#include "http_range.h"
#include "media_type.h"
#include "site.h"
#include "site_path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
  const char *coding, *extension, *variant;
} codings[] = {{"br", ".br", "br"}, {"gzip", ".gz", "gz"}};
#define CODING_COUNT (sizeof codings / sizeof codings[0])

/* Sets status, offset and length from conditions and range. out->total, etag
 * and mtime are set. A body that is not sent is closed. */
static void apply_conditions(const pt_request *request, pt_response *out) {
  out->status = 200;
  out->length = out->total;
  if (pt_not_modified(request->if_none_match, request->if_modified_since, out->etag, out->mtime)) {
    out->status = 304;
    out->length = 0;
    return;
  }
  if (request->range == NULL || request->method != PT_METHOD_GET || out->encoding ||
      !pt_range_allowed(request->if_range, out->etag, out->mtime))
    return;
  uint64_t first = 0, last = 0;
  switch (pt_http_range(request->range, strlen(request->range), out->total, &first, &last)) {
  case PT_RANGE_NONE:
    break;
  case PT_RANGE_PART:
    out->status = 206;
    out->partial = true;
    out->offset = first;
    out->length = last - first + 1;
    break;
  case PT_RANGE_UNSATISFIABLE:
    out->status = 416;
    out->partial = true;
    out->length = 0;
    break;
  }
}

/* Is it us who can't open a file, rather than the file that is not there? */
static bool is_shortage(int error) { return error == EMFILE || error == ENFILE || error == ENOMEM; }

/* Opens a plain file; -1 if it is none. */
static int open_file(int dir_fd, const char *path, struct stat *st) {
  int fd = pt_site_open(dir_fd, path, O_RDONLY);
  if (fd >= 0 && (fstat(fd, st) != 0 || !S_ISREG(st->st_mode))) {
    close(fd);
    return -1;
  }
  return fd;
}

/* May there be a compressed twin? Each that is looked for in vain costs as much as
 * a small file itself. */
static bool may_have_twin(const pt_site_file *asset, const char *type) {
  return !pt_media_is_dense(type) && (asset == NULL || asset->has_twin);
}

/* Prefers a compressed twin that is not older than the file. */
static void choose_variant(int dir_fd, const char *path, const pt_request *request, struct stat *st,
                           pt_response *out, const char **variant) {
  for (size_t i = 0; i < CODING_COUNT; i++) {
    char twin[PATH_MAX + 4];
    struct stat twin_st;
    snprintf(twin, sizeof twin, "%s%s", path, codings[i].extension);
    int fd = open_file(dir_fd, twin, &twin_st);
    if (fd < 0) continue;
    bool fresh = twin_st.st_mtime >= st->st_mtime;
    out->vary_encoding = out->vary_encoding || fresh;
    if (!fresh || out->encoding || request->range ||
        !pt_accepts_encoding(request->accept_encoding, codings[i].coding)) {
      close(fd);
      continue;
    }
    close(out->fd);
    out->fd = fd;
    out->encoding = codings[i].coding;
    *variant = codings[i].variant;
    *st = twin_st;
  }
}

static void answer_file(int dir_fd, const pt_site *site, const char *path,
                        const pt_request *request, struct stat *st, pt_response *out) {
  const pt_site_file *asset = site ? pt_site_find_asset(site, path) : NULL;
  const char *variant = "";
  out->is_asset = asset != NULL;
  out->type = pt_media_type(path);
  if (may_have_twin(asset, out->type)) choose_variant(dir_fd, path, request, st, out, &variant);
  out->cache_control = "no-cache"; /* always ask: an index must not meet stale files */
  out->mtime = st->st_mtime;
  out->total = (uint64_t)st->st_size;
  out->accept_ranges = true;
  pt_etag_of_file(out->total, st->st_mtim, st->st_ino, variant, out->etag);
  apply_conditions(request, out);
}

static void redirect_to_folder(const char *path, pt_response *out) {
  pt_response_page(301, out);
  out->location[0] = '/';
  size_t cap = sizeof out->location - 2;
  if (!pt_site_path_encode(path, out->location + 1, cap)) {
    pt_response_page(404, out);
    return;
  }
  strcat(out->location, "/");
}

static bool is_folder(int dir_fd, const char *path) {
  int fd = pt_site_open(dir_fd, path, O_PATH | O_DIRECTORY);
  if (fd >= 0) close(fd);
  return fd >= 0;
}

void pt_http_file(int dir_fd, const pt_site *site, const char *path, const pt_request *request,
                  pt_response *out) {
  char served[PATH_MAX] = "";
  struct stat st;
  size_t len = strlen(path);
  *out = (pt_response){.fd = -1};
  errno = 0;
  if (len + sizeof "index.html" < PATH_MAX) {
    bool folder = len == 0 || path[len - 1] == '/';
    snprintf(served, sizeof served, "%s%s", path, folder ? "index.html" : "");
    out->fd = open_file(dir_fd, served, &st);
    if (out->fd < 0 && !folder && is_folder(dir_fd, served)) {
      redirect_to_folder(served, out);
      return;
    }
  }
  if (out->fd < 0)
    pt_response_page(is_shortage(errno) ? 503 : 404, out);
  else
    answer_file(dir_fd, site, served, request, &st, out);
}

void pt_http_document(pt_blob *blob, const pt_request *request, pt_response *out) {
  *out = (pt_response){.fd = -1,
                       .blob = pt_blob_ref(blob),
                       .type = blob->type,
                       .cache_control = "no-cache",
                       .total = blob->len,
                       .accept_ranges = true};
  memcpy(out->etag, blob->etag, sizeof out->etag);
  apply_conditions(request, out);
}
