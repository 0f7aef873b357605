/* What the running server answers to a request, however it travels, and the
 * counting of it. */
#include "http_body.h"
#include "log.h"
#include "origin.h"
#include "server.h"

void pt_server_answer(pt_server *server, const pt_request *request, pt_response *out) {
  pt_http_sources sources = {.dir_fd = server->root.fd,
                             .client_fd = server->client_fd,
                             .site = server->indexer ? pt_indexer_site(server->indexer) : NULL,
                             .video_route = server->config->video_route,
                             .torrent_route = server->config->torrent_route,
                             .stats_json = pt_server_stats_json,
                             .metrics_text = pt_server_metrics_text,
                             .context = server};
  server->counters.requests++;
  pt_http_answer(&sources, request, out);
  if (out->is_asset) server->counters.asset_requests++;
  pt_log(PT_LOG_DEBUG, "%u %s", out->status, request->path);
}

size_t pt_server_begin(const pt_server *server, const pt_request *request, pt_response *response,
                       bool keep_alive, pt_http_body *body, char *head) {
  const char *origin = pt_origin_cors(&server->config->allow_origin, request->origin);
  *body = pt_http_body_of(response, request->method != PT_METHOD_HEAD && response->status != 304);
  return pt_response_head(response, origin, keep_alive, head, PT_HTTP_HEAD_MAX);
}

void pt_server_count_body(pt_server *server, const pt_http_body *body, size_t bytes) {
  server->counters.body_bytes += bytes;
  if (body->is_asset) server->counters.asset_body_bytes += bytes;
}
