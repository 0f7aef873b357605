// Connections of plain HTTP, on which simple requests are answered without libwebsockets and
// all others with it: whatever comes after whatever, and however it is cut, a visitor gets
// each answer whole and in order.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import path from 'node:path';
import { rm, writeFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { connect, frame } from './harness/frames.mjs';
import { request } from './harness/http.mjs';
import { makeSite, serve, suiteContext, until, within } from './harness/server.mjs';

const film = randomBytes(6_000_000);
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const get = (where, ...headers) => [`GET ${where} HTTP/1.1`, 'Host: x', ...headers, '', ''].join('\r\n');

/** The answers in what a connection said: [{ status, headers, body }]. `heads` are the places of answers to HEAD. */
function answersOf(text, heads = []) {
  const answers = [];
  for (let at = 0; at < text.length;) {
    const end = text.indexOf('\r\n\r\n', at);
    assert.notEqual(end, -1, `no whole head in ${JSON.stringify(text.slice(at, at + 100))}`);
    const [first, ...lines] = text.slice(at, end).split('\r\n');
    const headers = Object.fromEntries(lines.map((line) => line.split(/: (.*)/s)));
    const length = heads.includes(answers.length) ? 0 : Number(headers['content-length'] ?? 0);
    const [, status] = /^HTTP\/1\.1 (\d+) /.exec(first) ?? assert.fail(`no first line: ${first}`);
    at = end + 4 + length;
    assert.ok(at <= text.length, 'a body is cut');
    answers.push({ status: Number(status), headers, body: text.slice(end + 4, at) });
  }
  return answers;
}

const permutations = (list) => (list.length < 2 ? [list]
  : list.flatMap((first, at) => permutations(list.toSpliced?.(at, 1) ?? list.filter((_, i) => i !== at))
    .map((rest) => [first, ...rest])));

describe('one connection', () => {
  const context = suiteContext(after);
  let server, site, etag;

  before(async () => {
    site = await makeSite(context, { 'a.txt': 'small', 'a b.txt': 'a space', 'film.webm': film, 'page/index.html': 'page' });
    server = await serve(context, site);
    etag = (await request(server, '/a.txt')).headers.etag;
  });

  /** Requests of either kind, and what each is answered with. */
  const kinds = () => ({
    simple: { text: get('/a.txt?q=%20&x'), status: 200, body: 'small' },
    spelled: { text: get('/a%20b.txt'), status: 200, body: 'a space' },
    head: { text: get('/film.webm').replace('GET', 'HEAD'), status: 200, body: '', head: true },
    options: { text: get('/').replace('GET', 'OPTIONS'), status: 204, body: '' },
    part: { text: get('/film.webm', 'Range: bytes=10-19'), status: 206, body: film.toString('latin1', 10, 20) },
    same: { text: get('/page/', 'If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT', 'Connection: keep-alive'), status: 304, body: '' },
    tagged: { text: get('/a.txt', `If-None-Match: ${etag}`), status: 304, body: '' },
    missing: { text: get('/nothing'), status: 404 },
    folder: { text: get('/page'), status: 301 },
  });

  async function converse(t, order, write) {
    const raw = await connect(t, server);
    const last = { text: get('/a.txt', 'Connection: close'), status: 200, body: 'small' };
    const all = [...order.map((kind) => kinds()[kind]), last];
    await write(raw, all.map(({ text }) => text).join(''));
    await raw.closed();
    const answers = answersOf(raw.received(), all.flatMap(({ head }, at) => (head ? [at] : [])));
    assert.deepEqual(answers.map(({ status }) => status), all.map(({ status }) => status), order.join());
    for (const [at, { body }] of all.entries()) {
      if (body !== undefined) assert.equal(answers[at].body, body, order.join());
    }
  }

  test('answers simple requests and others in every order, all of them sent at once', async (t) => {
    for (const order of permutations(['simple', 'spelled', 'head', 'options'])) {
      await converse(t, order, (raw, text) => raw.write(text));
    }
    await converse(t, Object.keys(kinds()), (raw, text) => raw.write(text));
    await converse(t, Object.keys(kinds()).reverse(), (raw, text) => raw.write(text));
  });

  test('answers requests that come byte by byte', async (t) => {
    for (const order of [['simple', 'same', 'part', 'spelled'], ['tagged', 'missing'], ['options', 'simple']]) {
      await converse(t, order, async (raw, text) => {
        raw.socket.setNoDelay(true);
        for (const byte of text) {
          raw.write(byte);
          await new Promise(setImmediate);
        }
      });
    }
  });

  test('answers hundreds of requests that were sent at once', async (t) => {
    const order = Array.from({ length: 700 }, (_, at) => ['simple', 'part', 'tagged', 'head'][at % 4]);
    await converse(t, order, (raw, text) => raw.write(text));
  });

  test('becomes a WebSocket after it was used for files', async (t) => {
    const upgrade = get('/.peertide/ws', 'Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: cGVlcnRpZGVsb2FkZ2VuIQ==', 'Sec-WebSocket-Protocol: peertide.1');
    const ask = frame('{"action":"something unknown","id":"7"}');
    for (const parts of [[get('/a.txt'), get('/a.txt'), upgrade], [get('/a.txt') + get('/page/') + upgrade],
      [get('/a%20b.txt') + get('/a.txt') + upgrade]]) {
      const raw = await connect(t, server);
      for (const [at, part] of parts.entries()) {
        raw.write(part);
        if (at < parts.length - 1) await until('an answer', () => raw.received().split('small').length === at + 2);
      }
      await until('the handshake', () => raw.received().includes('HTTP/1.1 101'));
      raw.write(ask);
      await until('an answer to a message', () => raw.received().includes('"id":"7"'));
      assert.match(raw.received(), /^HTTP\/1\.1 200 [^]*HTTP\/1\.1 200 [^]*HTTP\/1\.1 101 /);
      raw.socket.destroy();
    }
  });

  test('with garbage after a request gets its answer, and ends', async (t) => {
    for (const garbage of ['\r\nnot http at all\r\n\r\n', 'POST', '\0\0\0\0\r\n\r\n', 'GET /a.txt HTTP/1.1\r\n\r\n',
      `GET /${'x'.repeat(20_000)}`, `GET /a.txt HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`]) {
      const raw = await connect(t, server);
      raw.write(get('/a.txt') + garbage);
      await until('the answer', () => raw.received().includes('small'));
      raw.socket.end();
      await raw.closed();
    }
    assert.equal((await request(server, '/healthz')).body.toString(), 'ok\n');
  });

  test('that is half-closed after its request gets the whole answer', async (t) => {
    const raw = await connect(t, server);
    raw.socket.end(get('/film.webm'));
    await raw.closed();
    assert.equal(sha256(Buffer.from(answersOf(raw.received())[0].body, 'latin1')), sha256(film));
  });

  test('of a slow reader brings large files whole, and what was asked for behind them', async () => {
    const socket = net.connect(server.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.pause();
    socket.write(get('/film.webm') + get('/a.txt') + get('/film.webm') + get('/a%20b.txt') + get('/film.webm', 'Connection: close'));
    const parts = [];
    const before = (await server.stats()).origin.bodyBytes;
    await until('the first to wait for its reader', async () => (await server.stats()).origin.bodyBytes > before);
    socket.on('data', (part) => {
      parts.push(part);
      socket.pause();
      setImmediate(() => socket.resume());
    });
    socket.resume();
    await within('the end', once(socket, 'close'));
    const answers = answersOf(Buffer.concat(parts).toString('latin1'));
    assert.deepEqual(answers.map(({ body }) => sha256(Buffer.from(body, 'latin1'))),
      [film, 'small', film, 'a space', film].map(sha256));
  });

  test('a compressed twin that is made later is found with the next index, and missed when it is gone', async () => {
    const twin = path.join(site, 'a.txt.gz');
    const coding = async () => (await request(server, '/a.txt', { headers: { 'accept-encoding': 'gzip' } })).headers['content-encoding'];
    assert.equal(await coding(), undefined);
    await writeFile(twin, 'pretend gzip');
    await until('the twin to be served', async () => (await coding()) === 'gzip');
    await rm(twin);
    assert.equal(await coding(), undefined);
  });
});

test('a connection is counted out once, whoever answered on it', async (t) => {
  const site = await makeSite(t, { 'a.txt': 'small', 'a b.txt': 'a space' });
  const server = await serve(t, site, { args: ['--max-connections', '6', '--max-network-connections', '6'] });
  const connections = async () => Number(/peertide_connections (\d+)/.exec((await request(server, '/metrics')).body)[1]);
  for (let round = 0; round < 4; round++) {
    for (const more of ['', get('/a%20b.txt'), get('/a%20b.txt') + get('/a.txt'), 'GET / HT']) {
      const raw = await connect(t, server);
      raw.write(get('/a.txt') + more);
      const expected = 1 + more.split('\r\n\r\n').length - 1;
      await until('the answers', () => raw.received().split('HTTP/1.1 200').length - 1 === expected);
      raw.socket.destroy();
    }
    // (Of those that look, one or two.)
    await until('them to be gone', async () => [1, 2].includes(await connections()));
  }
});

for (const [what, args, options] of [
  ['connections in all', ['--max-connections', '3'], {}],
  ['connections of a network', ['--max-network-connections', '3'], { localAddress: '127.9.9.9' }],
]) {
  test(`${what} are limited while they are kept alive, and make room when they end`, async (t) => {
    const site = await makeSite(t, { 'a.txt': 'small' });
    const server = await serve(t, site, { args });
    const ask = async (raw) => {
      raw.write(get('/a.txt'));
      await until('an answer or the end', () => raw.received().includes('small') || raw.isClosed());
      return !raw.isClosed();
    };
    const kept = async () => {
      const raw = await connect(t, server, options);
      return (await ask(raw)) && raw;
    };
    const raws = [];
    await until('three to be connected', async () => {
      const raw = await kept();
      if (raw) raws.push(raw);
      return raws.length === 3;
    });
    assert.equal(await kept(), false);
    for (const raw of raws) assert.ok(await ask(raw));
    raws[0].socket.destroy();
    await until('room again', kept);
  });
}
