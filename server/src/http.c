#include "http.h"

#include "base/cursor.h"
#include "base/limits.h"
#include "http_files.h"
#include "route.h"
#include "site.h"
#include "site_path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *reason_of(unsigned status) {
  switch (status) {
  case 200:
    return "OK";
  case 204:
    return "No Content";
  case 206:
    return "Partial Content";
  case 301:
    return "Moved Permanently";
  case 304:
    return "Not Modified";
  case 400:
    return "Bad Request";
  case 403:
    return "Forbidden";
  case 404:
    return "Not Found";
  case 405:
    return "Method Not Allowed";
  case 416:
    return "Range Not Satisfiable";
  case 426:
    return "Upgrade Required";
  case 429:
    return "Too Many Requests";
  case 501:
    return "Not Implemented";
  case 503:
    return "Service Unavailable";
  default:
    return "Internal Server Error";
  }
}

void pt_response_page(unsigned status, pt_response *out) {
  char page[256];
  int len = snprintf(page, sizeof page,
                     "<!doctype html><meta charset=utf-8><title>%u %s</title><h1>%u %s</h1>\n",
                     status, reason_of(status), status, reason_of(status));
  *out = (pt_response){.fd = -1, .status = status, .type = "text/html; charset=utf-8"};
  out->blob = pt_blob_new(page, (size_t)len, out->type);
  if (out->blob)
    out->length = out->total = out->blob->len;
  else
    out->type = NULL;
}

void pt_response_close(pt_response *response) {
  if (response->fd >= 0) close(response->fd);
  pt_blob_unref(response->blob);
  response->fd = -1;
  response->blob = NULL;
}

static void answer_text(const char *text, const char *type, pt_response *out) {
  *out = (pt_response){.fd = -1, .status = 200, .type = type, .cache_control = "no-store"};
  out->blob = pt_blob_new(text, strlen(text), type);
  if (out->blob)
    out->length = out->total = out->blob->len;
  else
    pt_response_page(500, out);
}

/* A text that is made for each request. */
static void answer_made(char *text, const char *type, pt_response *out) {
  if (text)
    answer_text(text, type, out);
  else
    pt_response_page(500, out);
  free(text);
}

/* The padding of a hybrid torrent's folder (BEP 47) is no file, but clients that
 * know no padding ask their web seed for it like for all others: FOLDER/.pad/LENGTH
 * is so many zeros. False when the path is no such name. */
static bool answer_padding(const char *path, const pt_request *request, pt_response *out) {
  static const char folder[] = ".pad/";
  static const unsigned char zeros[PT_PIECE_LENGTH_MAX];
  const char *slash = strrchr(path, '/');
  size_t before = slash ? (size_t)(slash + 1 - path) : 0;
  if (before < sizeof folder - 1) return false;
  const char *at = path + before - (sizeof folder - 1), *digits = slash + 1;
  if (strncmp(at, folder, sizeof folder - 1) != 0 || (at > path && at[-1] != '/')) return false;
  size_t len = strspn(digits, "0123456789");
  if (len == 0 || len > 7 || digits[len] != 0 || digits[0] == '0') return false;
  unsigned long length = strtoul(digits, NULL, 10);
  if (length >= sizeof zeros) return false;
  pt_blob *blob = pt_blob_new(zeros, length, "application/octet-stream");
  if (blob)
    pt_http_document(blob, request, out);
  else
    pt_response_page(503, out);
  pt_blob_unref(blob);
  return true;
}

/* RFC 8615: the one folder with a dot that others ask for, as those who issue
 * certificates do. It is served and never indexed. */
static bool is_well_known(const char *path) {
  static const char folder[] = ".well-known/";
  return strncmp(path, folder, sizeof folder - 1) == 0 &&
         pt_site_path_allowed(path + sizeof folder - 1);
}

/* A file of the site, by its path as the request has it (without the first '/'). */
static void answer_site_file(const pt_http_sources *sources, const char *path,
                             const pt_request *request, pt_response *out) {
  char name[PATH_MAX], restored[PATH_MAX];
  size_t len = strlen(path);
  if (len >= sizeof name - 1) {
    pt_response_page(404, out);
    return;
  }
  /* The slash at the end of a folder's path is no part of its name. */
  const char *slash = len > 0 && path[len - 1] == '/' ? "/" : "";
  snprintf(name, sizeof name, "%.*s", (int)(len - strlen(slash)), path);
  if (strpbrk(name, " \1") &&
      pt_site_path_restore(sources->dir_fd, name, restored, sizeof restored - 1))
    strcpy(name, restored);
  if (!pt_site_path_allowed(name) && !is_well_known(name)) {
    bool hybrid = sources->site && sources->site->hybrid_count > 0;
    if (!hybrid || !answer_padding(path, request, out)) pt_response_page(404, out);
    return;
  }
  strcat(name, slash);
  pt_http_file(sources->dir_fd, sources->site, name, request, out);
}

static bool is_client_file(const char *name) {
  return strncmp(name, "peertide.", 9) == 0 && strchr(name, '/') == NULL;
}

/* Everything below /.peertide/; `name` is what follows. */
static void answer_own(const pt_http_sources *sources, const char *name, const pt_request *request,
                       pt_response *out) {
  static const char seed[] = PT_SEED_FOLDER "/" PT_SITE_TORRENT_NAME "/";
  pt_blob *doc = sources->site ? pt_site_find_doc(sources->site, name) : NULL;
  if (doc) {
    pt_http_document(doc, request, out);
  } else if (is_client_file(name) && sources->client_fd >= 0) {
    pt_http_file(sources->client_fd, NULL, name, request, out);
    out->service_worker = strcmp(name, "peertide.sw.js") == 0;
  } else if (strncmp(name, seed, sizeof seed - 1) == 0) {
    answer_site_file(sources, name + sizeof seed - 1, request, out);
  } else if (strcmp(name, "ws") == 0) {
    pt_response_page(426, out);
  } else if (sources->site == NULL && strcmp(name, "index.json") == 0) {
    pt_response_page(503, out); /* on its way */
    out->retry_after_s = 1;
    out->cache_control = "no-store";
  } else {
    pt_response_page(404, out);
  }
}

/* PeerConnect's paths: torrents of videos, and /video/ for the folder they are
 * in, where the site has no such file itself. False when it is none of them. */
static bool answer_route(const pt_http_sources *sources, const char *path,
                         const pt_request *request, pt_response *out) {
  if (sources->video_route[0] == 0) return false;
  const char *name = pt_route_rest("torrent", path);
  const char *below = name ? NULL : pt_route_rest(sources->torrent_route, path);
  if (below) name = pt_route_rest("torrent", below);
  pt_blob *torrent = name && sources->site ? pt_site_find_video(sources->site, name) : NULL;
  if (torrent) {
    pt_http_document(torrent, request, out);
    return true;
  }
  const char *file = pt_route_rest("video", path);
  if (file == NULL) return false;
  answer_site_file(sources, path, request, out);
  if (out->status != 404) return true;
  pt_response_close(out);
  char alias[PATH_MAX];
  snprintf(alias, sizeof alias, "%s/%s", sources->video_route, file);
  answer_site_file(sources, strncmp(alias, "./", 2) == 0 ? alias + 2 : alias, request, out);
  return true;
}

void pt_http_answer(const pt_http_sources *sources, const pt_request *request, pt_response *out) {
  static const char own[] = "/.peertide/";
  if (request->head_is_bad || request->path[0] != '/') {
    pt_response_page(400, out);
  } else if (request->method == PT_METHOD_OPTIONS) {
    *out = (pt_response){.fd = -1, .status = 204, .allow = "GET, HEAD, OPTIONS"};
  } else if (request->method == PT_METHOD_OTHER) {
    pt_response_page(405, out);
    out->allow = "GET, HEAD, OPTIONS";
  } else if (strncmp(request->path, own, sizeof own - 1) == 0) {
    answer_own(sources, request->path + sizeof own - 1, request, out);
  } else if (strcmp(request->path, "/healthz") == 0) {
    answer_text("ok\n", "text/plain; charset=utf-8", out);
  } else if (strcmp(request->path, "/stats.json") == 0) {
    answer_made(sources->stats_json(sources->context), "application/json", out);
  } else if (strcmp(request->path, "/metrics") == 0 && sources->metrics_text) {
    answer_made(sources->metrics_text(sources->context), "text/plain; version=0.0.4", out);
  } else if (!answer_route(sources, request->path + 1, request, out)) {
    answer_site_file(sources, request->path + 1, request, out);
  }
}

/* ---- the head ---- */

/* "name: value"; the format is spared, as most of the time would go into reading it. */
static void add(pt_writer *w, const char *name, const char *value) {
  pt_write_text(w, name);
  pt_write_text(w, ": ");
  pt_write_text(w, value);
  pt_write_text(w, "\r\n");
}

static void add_number(pt_writer *w, const char *name, uint64_t value) {
  pt_write_text(w, name);
  pt_write_text(w, ": ");
  pt_write_u64_decimal(w, value);
  pt_write_text(w, "\r\n");
}

static void add_length(pt_writer *w, const pt_response *r) {
  if (r->status == 416) {
    pt_write_text(w, "content-range: bytes */");
    pt_write_u64_decimal(w, r->total);
    pt_write_text(w, "\r\n");
  } else if (r->status == 206) {
    pt_write_text(w, "content-range: bytes ");
    pt_write_u64_decimal(w, r->offset);
    pt_write_u8(w, '-');
    pt_write_u64_decimal(w, r->offset + r->length - 1);
    pt_write_u8(w, '/');
    pt_write_u64_decimal(w, r->total);
    pt_write_text(w, "\r\n");
  }
  if (r->status != 304 && r->status != 204) add_number(w, "content-length", r->length);
}

static void add_cors(pt_writer *w, const pt_response *r, const char *origin) {
  add(w, "access-control-allow-origin", origin);
  add(w, "access-control-expose-headers",
      "accept-ranges, content-encoding, content-length, content-range, etag");
  if (r->status == 204 && r->allow) {
    add(w, "access-control-allow-methods", r->allow);
    add(w, "access-control-allow-headers",
        "range, if-range, if-none-match, if-modified-since, cache-control");
    add(w, "access-control-max-age", "600");
  }
}

size_t pt_response_head(const pt_response *r, const char *origin, bool keep_alive, char *out,
                        size_t cap) {
  pt_writer w = pt_writer_of(out, cap);
  char date[PT_HTTP_DATE_SIZE];
  pt_write_text(&w, "HTTP/1.1 ");
  pt_write_u64_decimal(&w, r->status);
  pt_write_u8(&w, ' ');
  pt_write_text(&w, reason_of(r->status));
  pt_write_text(&w, "\r\nserver: peertide\r\n");
  pt_http_date(time(NULL), date);
  add(&w, "date", date);
  add(&w, "connection", keep_alive ? "keep-alive" : "close");
  if (r->status == 426) add(&w, "upgrade", "websocket");
  if (r->type && r->status != 304) add(&w, "content-type", r->type);
  if (r->encoding && r->status != 304) add(&w, "content-encoding", r->encoding);
  add_length(&w, r);
  if (r->accept_ranges) add(&w, "accept-ranges", "bytes");
  if (r->etag[0]) add(&w, "etag", r->etag);
  if (r->mtime > 0) {
    pt_http_date(r->mtime, date);
    add(&w, "last-modified", date);
  }
  if (r->cache_control) add(&w, "cache-control", r->cache_control);
  const char *vary = r->vary_encoding && origin ? "accept-encoding, origin"
                     : r->vary_encoding         ? "accept-encoding"
                     : origin                   ? "origin"
                                                : NULL;
  if (vary) add(&w, "vary", vary);
  if (r->location[0]) add(&w, "location", r->location);
  if (r->allow) add(&w, "allow", r->allow);
  if (r->retry_after_s) add_number(&w, "retry-after", r->retry_after_s);
  if (r->service_worker) add(&w, "service-worker-allowed", "/");
  if (origin) add_cors(&w, r, origin);
  pt_write_text(&w, "\r\n");
  return w.failed ? 0 : w.len;
}
