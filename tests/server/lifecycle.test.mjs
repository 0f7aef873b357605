// How the server starts and ends: an operator restarts it at any moment.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { open, rename, utimes } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import tls from 'node:tls';
import { execFile } from 'node:child_process';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { request } from './harness/http.mjs';
import { makeSite, serve, until, within } from './harness/server.mjs';
import { visit } from './harness/visitor.mjs';

const END_MS = 2000 * Number(process.env.PEERTIDE_PATIENCE ?? 1);

async function endsInTime(server, signal = 'SIGTERM') {
  const started_ms = Date.now();
  assert.equal(await server.stop(signal), 0, server.log());
  assert.ok(Date.now() - started_ms < END_MS, `it took ${Date.now() - started_ms} ms`);
  assert.doesNotMatch(server.log(), /did not close in time/);
}

/** A sparse file: large, quickly made. */
async function makeLarge(file, bytes) {
  const handle = await open(file, 'w');
  await handle.truncate(bytes);
  await handle.close();
}

describe('the server ends within two seconds, cleanly', () => {
  for (const signal of ['SIGTERM', 'SIGINT']) {
    test(`idle, at ${signal}`, async (context) => {
      const server = await serve(context, await makeSite(context, { 'a.txt': 'a' }));
      await endsInTime(server, signal);
    });
  }

  test('in the midst of indexing, having served plain files all the while', async (context) => {
    const site = await makeSite(context, { 'a.txt': 'a' });
    await makeLarge(path.join(site, 'huge.bin'), 40 * 2 ** 30);
    const server = await serve(context, site, { ready: false });
    assert.equal((await request(server, '/a.txt')).body.toString(), 'a');
    const { status, headers } = await request(server, '/.peertide/index.json');
    assert.equal(status, 503);
    assert.equal(headers['retry-after'], '1');
    assert.equal((await server.stats()).index.ready, false);
    // Whoever comes back after a restart need not wait for the index.
    const early = await visit(context, server);
    await early.join('ab'.repeat(20));
    await endsInTime(server);
  });

  test('in the midst of downloads, WebSockets and half a request', async (context) => {
    const site = await makeSite(context, { 'a.txt': 'a' });
    await makeLarge(path.join(site, 'large.bin'), 200 * 2 ** 20);
    const server = await serve(context, site);
    const visitors = [await visit(context, server), await visit(context, server)];
    const sockets = [];
    for (const text of ['GET /large.bin HTTP/1.1\r\nHost: x\r\n\r\n', 'GET / HTT', '',
      'GET /large.bin HTTP/1.1\r\nHost: x\r\n\r\n']) {
      const socket = net.connect(server.port, '127.0.0.1');
      socket.on('error', () => {});
      context.after(() => socket.destroy());
      await once(socket, 'connect');
      socket.write(text);
      sockets.push(socket);
    }
    sockets[0].pause(); // one reads nothing,
    sockets[3].on('data', () => {}); // one reads on
    await until('the downloads to run', async () => (await server.stats()).origin.bodyBytes > 500_000);
    await endsInTime(server);
    await Promise.all(visitors.map((visitor) => visitor.closed()));
  });
});

test('it starts again on the port it had, at once', async (context) => {
  const site = await makeSite(context, { 'a.txt': 'a' });
  const first = await serve(context, site);
  const socket = net.connect(first.port, '127.0.0.1').on('error', () => {});
  context.after(() => socket.destroy());
  await request(first, '/a.txt');
  await first.stop();
  const second = await serve(context, site, { args: ['--port', String(first.port)] });
  assert.equal(second.port, first.port);
});

test('after a restart the index is the same, so that visitors who come back load nothing', async (context) => {
  const site = await makeSite(context, { 'a.txt': 'a', 'b/c.txt': 'c' });
  await utimes(path.join(site, 'a.txt'), 1_000_000_000, 1_000_000_000);
  await utimes(path.join(site, 'b/c.txt'), 1_100_000_000, 1_100_000_000);
  const first = await serve(context, site);
  const before = await request(first, '/.peertide/index.json');
  assert.equal(JSON.parse(before.body).created, '2004-11-09T11:33:20Z');
  await first.stop();
  const second = await serve(context, site);
  const headers = { 'if-none-match': before.headers.etag };
  assert.equal((await request(second, '/.peertide/index.json', { headers })).status, 304);
});

test('it listens where it is told, IPv6 included', async (context) => {
  const site = await makeSite(context, { 'a.txt': 'a' });
  const server = await serve(context, site, { args: ['--host', 'localhost'], ready: false });
  assert.equal((await fetch(`http://localhost:${server.port}/a.txt`)).status, 200);
  const probe = net.createServer().listen(0, '::1');
  const has6 = await Promise.race([once(probe, 'listening').then(() => true),
    once(probe, 'error').then(() => false)]);
  probe.close();
  if (!has6) return;
  const six = await serve(context, site, { args: ['--host', '::1'], ready: false });
  assert.match(six.url, /^http:\/\/\[::1\]:\d+$/);
  assert.equal((await fetch(`${six.url}/a.txt`)).status, 200);
});

const certify = (cert, key) => promisify(execFile)('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt',
  'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-keyout', key, '-out', cert]);

/** The fingerprint of the certificate that a new connection is shown. */
async function shown(server) {
  const socket = tls.connect({ port: server.port, host: '127.0.0.1', rejectUnauthorized: false });
  await within('the handshake', once(socket, 'secureConnect'));
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
}

test('a certificate that is renewed is used without a restart, one that does not fit its key is not', async (context) => {
  const site = await makeSite(context, { 'a.txt': 'a' });
  const [cert, key, nextCert, nextKey] = ['.cert', '.key', '.next-cert', '.next-key'].map((name) => path.join(site, name));
  await certify(cert, key);
  await certify(nextCert, nextKey);
  const server = await serve(context, site, { ready: false, args: ['--tls-cert', cert, '--tls-key', key] });
  const first = await shown(server);
  await rename(nextCert, cert);
  await until('a word of the wrong one', () => /the certificate in use is kept: .*key/.test(server.log()));
  assert.equal(await shown(server), first);
  await rename(nextKey, key);
  await until('the new one', async () => (await shown(server)) !== first);
  assert.match(server.log(), /the certificate was renewed/);
});

test('who knocks at the HTTPS port with something else, or leaves in the handshake, keeps nobody out', async (context) => {
  const site = await makeSite(context, { 'a.txt': 'a' });
  const [cert, key] = ['.cert', '.key'].map((name) => path.join(site, name));
  await certify(cert, key);
  const server = await serve(context, site, { ready: false,
    args: ['--tls-cert', cert, '--tls-key', key, '--max-network-connections', '10'] });
  for (const words of ['GET / HTTP/1.1\r\nHost: x\r\n\r\n', 'anything', '\x16\x03\x01']) {
    for (let i = 0; i < 12; i++) {
      const socket = net.connect(server.port, '127.0.0.1').on('error', () => {}); // it may be reset
      socket.end(words).resume();
      await within('its end', new Promise((resolve) => { socket.on('close', resolve); }));
    }
    await shown(server);
  }
  for (let i = 0; i < 40; i++) await shown(server); // each leaves as soon as it may
});

test('HTTPS and secure WebSockets, HTTP/1.1 only', async (context) => {
  const site = await makeSite(context, { 'a.bin': randomBytes(3_000_000) });
  const [cert, key] = ['.cert.pem', '.key.pem'].map((name) => path.join(site, name));
  await certify(cert, key);
  const server = await serve(context, site, { ready: false,
    args: ['--tls-cert', cert, '--tls-key', key] });
  assert.match(server.url, /^https:/);
  const socket = tls.connect({ port: server.port, host: '127.0.0.1', rejectUnauthorized: false,
    ALPNProtocols: ['h2', 'http/1.1'] });
  await within('the handshake', once(socket, 'secureConnect'));
  assert.equal(socket.alpnProtocol, 'http/1.1');
  const ask = (more) => `GET /a.bin HTTP/1.1\r\nHost: x\r\n${more}\r\n`;
  socket.write(ask('') + ask('') + ask('Connection: close\r\n')); // three on one connection
  let bytes = 0;
  socket.on('data', (data) => { bytes += data.length; });
  await within('the end', once(socket, 'end'));
  assert.ok(bytes > 9_000_000 && bytes < 9_010_000);
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
  context.after(() => { delete process.env.NODE_TLS_REJECT_UNAUTHORIZED; });
  const visitor = await visit(context, server);
  assert.ok(visitor.welcome.resume);
  await endsInTime(server);
});
