// Plain HTTP requests, as unlike fetch() as need be: raw paths, no tidying.
import http from 'node:http';
import net from 'node:net';
import { within } from './server.mjs';

/** One request: { status, headers, body (Buffer) }. `path` goes out as it is. */
export function request(server, path, { method = 'GET', headers = {}, agent, body } = {}) {
  return within(`the answer to ${method} ${path}`, new Promise((resolve, reject) => {
    const req = http.request(
      { host: '127.0.0.1', port: server.port, path, method, headers, agent: agent ?? false },
      (res) => {
        const parts = [];
        res.on('data', (part) => parts.push(part));
        res.on('error', reject);
        res.on('end', () => resolve(
          { status: res.statusCode, headers: res.headers, body: Buffer.concat(parts) }));
      });
    req.on('error', reject);
    req.end(body);
  }));
}

/** Sends bytes over a TCP connection; everything that comes back until it closes. */
export function raw(server, text) {
  return within('the connection to close', new Promise((resolve, reject) => {
    const socket = net.connect(server.port, '127.0.0.1');
    const parts = [];
    socket.on('data', (part) => parts.push(part));
    socket.on('error', (error) => (parts.length ? resolve(Buffer.concat(parts).toString('latin1'))
      : reject(error)));
    socket.on('close', () => resolve(Buffer.concat(parts).toString('latin1')));
    socket.write(text);
  }));
}
