// Small HTTP servers of the tests' own.
import http from 'node:http';
import { once } from 'node:events';

/** Serves `handler` on a free port of this machine: { url, server, close() }. */
export async function serve(handler) {
  const server = http.createServer(handler);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return { server, url: `http://127.0.0.1:${server.address().port}`, close };
}

/** A server with one empty page, for tests that need nothing but a page. */
export const serveBlankPage = () => serve((request, response) => {
  const found = request.url === '/';
  response.writeHead(found ? 200 : 204, { 'content-type': 'text/html' });
  response.end(found ? '<!doctype html><title>blank</title>' : undefined);
});
