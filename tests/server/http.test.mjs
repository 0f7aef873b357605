// The site's files over HTTP: what a visitor's browser relies on.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { symlink, utimes } from 'node:fs/promises';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { raw, request } from './harness/http.mjs';
import { makeSite, serve, suiteContext, until, within } from './harness/server.mjs';

const film = randomBytes(6_000_000);
const script = 'export const answer = 42;\n'.repeat(100);
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

describe('files', () => {
  let server, site;

  const context = suiteContext(after);

  before(async () => {
    site = await makeSite(context, {
      'index.html': '<h1>home</h1>', 'film.webm': film, 'docs/index.html': 'docs',
      'a b/c+d & e;f.txt': 'odd name', 'ünï/ö.txt': 'umlaut', 'empty.txt': '', 'plain/x.txt': 'x',
      'app.js': script, 'app.js.br': 'pretend brotli', 'app.js.gz': 'pretend gzip',
      'old.css': 'new', 'old.css.gz': 'older than the file', '.secret': 'no', 'docs/.git/config': 'no',
      '.well-known/acme-challenge/token': 'well known', '.well-known/.secret': 'no',
      'media/a.mp4': '1', 'media/a.wasm': '1', 'media/a.avif': '1', 'media/a.webp': '1',
      'media/a.woff2': '1', 'media/a.mjs': '1', 'media/a.svg': '1', 'media/a.unheard-of': '1',
    });
    await utimes(path.join(site, 'old.css.gz'), 1, 1);
    await symlink('/etc/passwd', path.join(site, 'out.txt'));
    await symlink('/etc', path.join(site, 'out'));
    await symlink('docs/index.html', path.join(site, 'inside.html'));
    server = await serve(context, site);
  });
  const get = (where, headers, options) => request(server, where, { headers, ...options });

  test('arrive whole, with length, validators and media type', async () => {
    const { status, headers, body } = await get('/film.webm');
    assert.equal(status, 200);
    assert.equal(sha256(body), sha256(film));
    assert.equal(headers['content-length'], String(film.length));
    assert.equal(headers['content-type'], 'video/webm');
    assert.equal(headers['accept-ranges'], 'bytes');
    assert.match(headers.etag, /^"[^"]+"$/);
    assert.ok(Date.parse(headers['last-modified']) <= Date.now());
    assert.equal(headers['cache-control'], 'no-cache');
  });

  test('have the media types that browsers insist on', async () => {
    const expected = { mp4: 'video/mp4', wasm: 'application/wasm', avif: 'image/avif',
      webp: 'image/webp', woff2: 'font/woff2', mjs: 'text/javascript; charset=utf-8',
      svg: 'image/svg+xml', 'unheard-of': 'application/octet-stream' };
    for (const [extension, type] of Object.entries(expected)) {
      assert.equal((await get(`/media/a.${extension}`)).headers['content-type'], type);
    }
  });

  test('HEAD answers like GET without a body', async () => {
    const { status, headers, body } = await get('/film.webm', {}, { method: 'HEAD' });
    assert.equal(status, 200);
    assert.equal(headers['content-length'], String(film.length));
    assert.equal(body.length, 0);
  });

  test('folders answer with their index.html, after a redirect to the slash', async () => {
    assert.equal((await get('/')).body.toString(), '<h1>home</h1>');
    const { status, headers } = await get('/docs');
    assert.equal(status, 301);
    assert.equal(headers.location, '/docs/');
    assert.equal((await get('/docs/')).body.toString(), 'docs');
    assert.equal((await get('/plain/')).status, 404);
    assert.equal((await get('/a%20b')).headers.location, '/a%20b/');
  });

  test('are found by any spelling of their URL', async () => {
    for (const where of ['/a%20b/c+d%20&%20e;f.txt', '/a%20b/c%2Bd%20%26%20e%3Bf.txt',
      '/a%20b/c+d%20%26%20e;f.txt?query=1&more', '/a%20b//./c+d%20&%20e;f.txt']) {
      assert.equal((await get(where)).body.toString(), 'odd name', where);
    }
    assert.equal((await get('/%C3%BCn%C3%AF/%C3%B6.txt')).body.toString(), 'umlaut');
    assert.equal((await get('/empty.txt')).status, 200);
  });

  test('nothing outside the site, hidden or made up is served', async () => {
    for (const where of ['/nope.txt', '/../etc/passwd', '/%2e%2e/%2e%2e/etc/passwd',
      '/docs/%2e%2e/%2e%2e/etc/passwd', '/..%2f..%2fetc/passwd', '/out.txt', '/out/passwd',
      '/.secret', '/docs/.git/config', '/%2esecret', '/.peertide/../.secret', '/index.html/',
      '/.well-known/.secret', '/.well-known/../.secret', '/docs/.well-known/x', '/.well-known/',
      '/.peertide/', '/.peertide/nothing', '/.peertide/torrents/../index.json/x', '/a%5cb']) {
      const { status, body } = await get(where);
      assert.ok([301, 404].includes(status), `${where}: ${status}`);
      assert.ok(!body.includes('root:') && body.toString() !== 'no', where);
    }
    assert.equal((await get('/inside.html')).body.toString(), 'docs');
    assert.doesNotMatch(await raw(server, 'GET /film.webm%00.txt HTTP/1.1\r\nHost: x\r\n\r\n'), / 200 /);
  });

  test('what others ask for under /.well-known/, such as certificates\' proofs, is served and not shared', async () => {
    assert.equal((await get('/.well-known/acme-challenge/token')).body.toString(), 'well known');
    assert.ok(!Object.keys((await server.index()).assets).some((each) => each.startsWith('/.well-known')));
  });

  test('ranges: from, to, at the end, beyond, wrong and several', async () => {
    const range = async (value, more) => get('/film.webm', { range: value, ...more });
    const part = async (value, from, to) => {
      const { status, headers, body } = await range(value);
      assert.equal(status, 206, value);
      assert.equal(headers['content-range'], `bytes ${from}-${to - 1}/${film.length}`);
      assert.ok(body.equals(film.subarray(from, to)), value);
    };
    await part('bytes=0-0', 0, 1);
    await part('bytes=1000-299999', 1000, 300_000);
    await part('bytes=5999999-', 5_999_999, 6_000_000);
    await part('bytes=-5', 5_999_995, 6_000_000);
    await part('bytes=-99999999', 0, 6_000_000);
    await part('bytes=5999990-99999999', 5_999_990, 6_000_000);
    for (const value of ['bytes=6000000-', 'bytes=9999999-99999999', 'bytes=-0']) {
      const { status, headers, body } = await range(value);
      assert.equal(status, 416, value);
      assert.equal(headers['content-range'], `bytes */${film.length}`);
      assert.equal(body.length, 0);
    }
    for (const value of ['bytes=5-3', 'bytes=a-b', 'lines=1-2', 'bytes=0-1,5-6', 'bytes=']) {
      const { status, body } = await range(value);
      assert.equal(status, 200, value);
      assert.equal(body.length, film.length);
    }
  });

  test('conditions: a browser with the same state gets 304, a changed one the file', async () => {
    const { headers } = await get('/film.webm');
    const status = async (more) => (await get('/film.webm', more)).status;
    assert.equal(await status({ 'if-none-match': headers.etag }), 304);
    assert.equal(await status({ 'if-none-match': `"x", W/${headers.etag}` }), 304);
    assert.equal(await status({ 'if-none-match': '"other"' }), 200);
    assert.equal(await status({ 'if-modified-since': headers['last-modified'] }), 304);
    assert.equal(await status({ 'if-modified-since': 'Thu, 01 Jan 1970 00:00:01 GMT' }), 200);
    assert.equal(await status({ 'if-none-match': '"other"',
      'if-modified-since': headers['last-modified'] }), 200);
    const range = { range: 'bytes=0-9' };
    assert.equal(await status({ ...range, 'if-range': headers.etag }), 206);
    assert.equal(await status({ ...range, 'if-range': '"other"' }), 200);
    assert.equal(await status({ ...range, 'if-range': headers['last-modified'] }), 206);
    assert.equal((await get('/film.webm', { 'if-none-match': headers.etag })).body.length, 0);
  });

  test('compressed twins go to those who take them, never as ranges', async () => {
    const encoded = async (accept, more = {}) =>
      get('/app.js', { ...(accept ? { 'accept-encoding': accept } : {}), ...more });
    const brotli = await encoded('gzip, deflate, br');
    assert.equal(brotli.headers['content-encoding'], 'br');
    assert.equal(brotli.body.toString(), 'pretend brotli');
    assert.equal(brotli.headers['content-type'], 'text/javascript; charset=utf-8');
    const gzip = await encoded('gzip, br;q=0');
    assert.equal(gzip.headers['content-encoding'], 'gzip');
    const plain = await encoded(null);
    assert.equal(plain.headers['content-encoding'], undefined);
    assert.equal(plain.body.toString(), script);
    for (const answer of [brotli, gzip, plain]) assert.match(answer.headers.vary, /accept-encoding/);
    assert.equal(new Set([brotli, gzip, plain].map((answer) => answer.headers.etag)).size, 3);
    const part = await encoded('br', { range: 'bytes=0-5' });
    assert.equal(part.status, 206);
    assert.equal(part.headers['content-encoding'], undefined);
    assert.equal(part.body.toString(), 'export');
    assert.equal((await get('/old.css', { 'accept-encoding': 'gzip' })).body.toString(), 'new');
  });

  test('other methods are refused, and say what is allowed', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
      const { status, headers } = await get('/index.html', {}, { method, body: 'x'.repeat(5000) });
      assert.equal(status, 405, method);
      assert.equal(headers.allow, 'GET, HEAD, OPTIONS');
    }
    assert.equal((await get('/', {}, { method: 'OPTIONS' })).status, 204);
  });

  test('one connection serves many requests, pipelined ones in order', async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const ports = new Set();
    for (let i = 0; i < 20; i++) {
      await new Promise((resolve, reject) => {
        http.get({ port: server.port, host: '127.0.0.1', path: i % 2 ? '/app.js' : '/nope', agent },
          (res) => {
            ports.add(res.socket.localPort);
            res.resume().on('end', resolve);
          }).on('error', reject);
      });
    }
    agent.destroy();
    assert.equal(ports.size, 1);
    const one = (where, close) => `GET ${where} HTTP/1.1\r\nHost: x\r\n${close}\r\n`;
    const text = await raw(server,
      one('/healthz', '') + one('/docs/', '') + one('/plain/x.txt', 'Connection: close\r\n'));
    assert.deepEqual(text.match(/\r\n\r\n(ok\n|docs|x)/g)?.map((m) => m.trim()), ['ok', 'docs', 'x']);
  });

  test('HTTP/1.0 and a wish for HTTP/2 are answered in HTTP/1.1 terms', async () => {
    const old = await raw(server, 'GET /film.webm HTTP/1.0\r\n\r\n');
    assert.match(old, /^HTTP\/1\.1 200 .*\r\n(?:.*\r\n)*connection: close/);
    assert.ok(old.length > film.length);
    const upgrade = await raw(server, 'GET /docs/ HTTP/1.1\r\nHost: x\r\n' +
      'Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n' +
      'GET /plain/x.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    assert.match(upgrade, /^HTTP\/1\.1 200 /);
    assert.match(upgrade, /docs/);
  });

  test('slow and vanished readers take no memory and block nobody', async () => {
    const sockets = [];
    for (let i = 0; i < 20; i++) {
      const socket = net.connect(server.port, '127.0.0.1').on('error', () => {});
      socket.pause();
      socket.write('GET /film.webm HTTP/1.1\r\nHost: x\r\n\r\n');
      sockets.push(socket);
    }
    await until('all to be connected', async () => (await server.stats()).origin.requests > 20);
    assert.equal(sha256((await get('/film.webm')).body), sha256(film));
    for (const socket of sockets) socket.destroy();
    assert.equal((await get('/healthz')).status, 200);
  });

  test('the counters tell all body bytes and those of assets', async () => {
    const before = (await server.stats()).origin;
    await get('/film.webm');
    await get('/film.webm', { range: 'bytes=0-999' });
    await get('/film.webm', {}, { method: 'HEAD' });
    await get('/docs/');
    await get('/healthz');
    const after = (await server.stats()).origin;
    assert.equal(after.assetBodyBytes - before.assetBodyBytes, film.length + 1000 + 4);
    assert.equal(after.assetRequests - before.assetRequests, 4);
    assert.equal(after.requests - before.requests, 6);
    assert.ok(after.bodyBytes - before.bodyBytes > film.length + 1004);
  });

  test('a huge or broken head ends the connection, not the server', async () => {
    await raw(server, `GET / HTTP/1.1\r\nHost: x\r\nX-Big: ${'x'.repeat(100_000)}\r\n\r\n`).catch(() => {});
    await raw(server, `GET /${'x'.repeat(8000)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`).catch(() => {});
    await raw(server, 'not http at all\r\n\r\n').catch(() => {});
    await raw(server, 'GET /%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n').catch(() => {});
    assert.equal((await get('/healthz')).body.toString(), 'ok\n');
  });
});

test('pages of allowed origins may read, others may not', async (context) => {
  const site = await makeSite(context, { 'a.txt': 'a' });
  const server = await serve(context, site, { args: ['--allow-origin', 'https://a.example',
    '--allow-origin', 'https://b.example'] });
  const cors = async (origin, method = 'GET') => (await request(server, '/a.txt',
    { method, headers: { origin } })).headers['access-control-allow-origin'];
  assert.equal(await cors('https://a.example'), 'https://a.example');
  assert.equal(await cors('https://b.example', 'OPTIONS'), 'https://b.example');
  assert.equal(await cors('https://c.example'), undefined);
});

test('client files are served with what a service worker needs', async (context) => {
  const site = await makeSite(context, { 'a.txt': 'a' });
  const client = await makeSite(context, { 'peertide.js': 'js', 'peertide.sw.js': 'sw',
    'peertide.worker.js': 'worker', 'peertide.wasm': 'wasm', 'peertide.nosimd.wasm': 'wasm',
    'peertide.core.wasm': 'core', 'other.js': 'no' });
  const server = await serve(context, site, { args: ['--client-dir', client] });
  const head = async (name) => request(server, `/.peertide/${name}`);
  assert.equal((await head('peertide.sw.js')).headers['service-worker-allowed'], '/');
  assert.equal((await head('peertide.js')).headers['service-worker-allowed'], undefined);
  assert.equal((await head('peertide.wasm')).headers['content-type'], 'application/wasm');
  assert.equal((await head('peertide.nosimd.wasm')).headers['content-type'], 'application/wasm');
  assert.equal((await head('peertide.core.wasm')).headers['content-type'], 'application/wasm');
  assert.equal((await head('peertide.worker.js')).headers['cache-control'], 'no-cache');
  assert.equal((await head('other.js')).status, 404);
  assert.equal((await head('ws')).status, 426);
});

test('a file that shrinks while it is sent ends the answer early, never wrongly', async (context) => {
  const site = await makeSite(context, { 'f.bin': randomBytes(40_000_000) });
  const server = await serve(context, site);
  const ended = within('the answer to end', new Promise((resolve) => {
    http.get({ port: server.port, host: '127.0.0.1', path: '/f.bin', agent: false }, async (res) => {
      res.once('readable', async () => {
        const { truncate } = await import('node:fs/promises');
        await truncate(path.join(site, 'f.bin'), 1000);
        res.on('data', () => {});
        res.on('error', () => resolve('broken off'));
        res.on('end', () => resolve('whole'));
      });
    });
  }));
  assert.equal(await ended, 'broken off');
  assert.equal((await request(server, '/healthz')).status, 200);
});
