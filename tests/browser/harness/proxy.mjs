// A proxy between a visitor and the server, where a test breaks the way: it
// can refuse the signalling, change what a path answers, and it remembers
// every request that passed.
import http from 'node:http';
import { once } from 'node:events';

/**
 * proxyTo('http://127.0.0.1:1234') gives { url, requests, refuse, rewrite, answer, cut, close }.
 * - `requests`: { method, url, headers } of each, in order
 * - `refuse`: a function of the request; true ends its connection at once
 * - `answer`: Map from path to a handler (request, response) in the server's place
 * - `headers`: added to every answer
 * - `told`: what the server has said over WebSockets, frames and all, as text
 * - `rewrite`: Map from path to a function of the body (text) giving the new one
 */
export async function proxyTo(origin) {
  const proxy = { requests: [], refuse: () => false, told: '', headers: {}, rewrite: new Map(), answer: new Map() };
  const sockets = new Set();

  const forward = (request) => http.request(origin + request.url, {
    method: request.method, headers: request.headers, agent: false,
  });

  const server = http.createServer((request, response) => {
    proxy.requests.push({ method: request.method, url: request.url, headers: { ...request.headers } });
    if (proxy.refuse(request)) return request.socket.destroy();
    const path = request.url.split('?')[0];
    if (proxy.answer.has(path)) return proxy.answer.get(path)(request, response);
    const change = proxy.rewrite.get(path);
    // A changed body is read as text: no compression on the way here.
    if (change) request.headers['accept-encoding'] = 'identity';
    const upstream = forward(request);
    upstream.on('error', () => response.destroy());
    upstream.on('response', (answer) => {
      if (!change) {
        const added = Object.entries(proxy.headers).flat();
        response.writeHead(answer.statusCode, [...answer.rawHeaders, ...added]);
        return answer.pipe(response);
      }
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('end', () => {
        const body = Buffer.from(change(Buffer.concat(parts).toString()));
        const { etag, 'content-length': length, ...headers } = answer.headers;
        response.writeHead(answer.statusCode, { ...headers, ...proxy.headers, 'content-length': body.length });
        response.end(body);
      });
    });
    response.on('close', () => upstream.destroy());
    request.pipe(upstream);
  });

  server.on('upgrade', (request, socket, head) => {
    proxy.requests.push({ method: 'UPGRADE', url: request.url, headers: request.headers });
    if (proxy.refuse(request)) return socket.destroy();
    const upstream = forward(request);
    upstream.on('error', () => socket.destroy());
    upstream.on('response', () => socket.destroy());
    upstream.on('upgrade', (answer, other, rest) => {
      const lines = [`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}`];
      for (let i = 0; i < answer.rawHeaders.length; i += 2) {
        lines.push(`${answer.rawHeaders[i]}: ${answer.rawHeaders[i + 1]}`);
      }
      socket.write(lines.join('\r\n') + '\r\n\r\n');
      other.unshift(rest);
      socket.unshift(head);
      other.on('data', (bytes) => { proxy.told += bytes; });
      other.pipe(socket).pipe(other);
      for (const [end, far] of [[socket, other], [other, socket]]) {
        end.on('error', () => far.destroy());
        end.on('close', () => far.destroy());
      }
    });
    upstream.end();
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy.url = `http://127.0.0.1:${server.address().port}`;
  /** Ends every connection there is, as a failing network would. */
  proxy.cut = () => sockets.forEach((socket) => socket.destroy());
  proxy.close = async () => {
    server.close();
    proxy.cut();
    await once(server, 'close');
  };
  return proxy;
}
