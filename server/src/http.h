/* What the server answers to an HTTP request, apart from how it travels: a
 * request's head goes in, a response with an open file or document comes out. */
#ifndef PT_SERVER_HTTP_H
#define PT_SERVER_HTTP_H

#include "blob.h"
#include "config.h"

#include <limits.h>
#include <sys/types.h>

enum pt_method { PT_METHOD_GET = 1, PT_METHOD_HEAD, PT_METHOD_OPTIONS, PT_METHOD_OTHER };

/* Header values are NULL when absent. */
typedef struct pt_request {
  enum pt_method method;
  const char *path; /* decoded, from '/'; '\1' and ' ' as pt_site_path_restore() has it */
  const char *range, *if_range;
  const char *if_none_match, *if_modified_since;
  const char *accept_encoding;
  const char *origin, *host;
  bool head_is_bad; /* a header or the path could not be taken in: 400 */
} pt_request;

/* The body is a file (fd >= 0), a document (blob) or nothing. */
typedef struct pt_response {
  unsigned status;
  const char *type;          /* NULL: no body */
  const char *cache_control; /* NULL: none */
  char etag[PT_ETAG_SIZE];   /* "": none */
  time_t mtime;              /* 0: none */
  const char *encoding;      /* content coding, or NULL */
  bool vary_encoding;        /* another coding would have been possible */
  bool accept_ranges;
  bool partial; /* 206: [offset, offset + length) of total */
  uint64_t offset, length, total;
  char location[3 * PATH_MAX + 4]; /* of a redirect; "" */
  const char *allow;               /* methods, with 405 and OPTIONS */
  bool service_worker;             /* Service-Worker-Allowed: / */
  unsigned retry_after_s;          /* 0: none */
  bool is_asset;                   /* it is in the index */
  int fd;
  pt_blob *blob; /* one reference */
} pt_response;

struct pt_site;

/* Where answers come from. */
typedef struct pt_http_sources {
  int dir_fd;                 /* the site's folder */
  int client_fd;              /* the client files' folder; -1: there is none */
  const struct pt_site *site; /* NULL: not indexed yet */
  const char *video_route;    /* as in route.h; "": none */
  const char *torrent_route;
  char *(*stats_json)(void *context);   /* a malloc()ed document, or NULL */
  char *(*metrics_text)(void *context); /* the same */
  void *context;
} pt_http_sources;

/* Answers a request. *out then owns a file or document. */
void pt_http_answer(const pt_http_sources *sources, const pt_request *request, pt_response *out);
/* Closes what the response owns. */
void pt_response_close(pt_response *response);

/* Writes the head of a response: status line, headers, empty line. `origin` is
 * the value for Access-Control-Allow-Origin, or NULL. Returns its length, or 0
 * when it does not fit. */
size_t pt_response_head(const pt_response *response, const char *origin, bool keep_alive, char *out,
                        size_t cap);

/* Makes *out an answer without a file: a small page that says what is wrong. */
void pt_response_page(unsigned status, pt_response *out);

#endif
