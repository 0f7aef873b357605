// Limits: what one visitor, or one network, can't take from all others. Each
// has an option, and a counter that an operator sees.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { test } from 'node:test';
import WebSocket from 'ws';
import { connect, openSocket } from './harness/frames.mjs';
import { request } from './harness/http.mjs';
import { load } from './harness/load.mjs';
import { makeSite, run, serve, until, within } from './harness/server.mjs';
import { visit } from './harness/visitor.mjs';

const proxied = ['--trust-proxy', '127.0.0.0/8'];
const from = (address) => ({ headers: { 'x-forwarded-for': address } });

/** A server with three swarms: { server, swarms, refused() }. */
async function start(context, ...args) {
  const site = await makeSite(context, { 'a/1.jpg': randomBytes(1000), 'b/2.jpg': randomBytes(1000),
    'c/3.jpg': randomBytes(1000) });
  const server = await serve(context, site, { args });
  const swarms = Object.keys((await server.index()).swarms);
  return { server, swarms, refused: async () => (await server.stats()).refused };
}

/** The status of a WebSocket's handshake. */
const opens = (context, server, headers = {}) => within('an answer', new Promise((resolve) => {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/.peertide/ws`, 'peertide.1', { headers });
  context.after(() => socket.terminate());
  socket.on('unexpected-response', (_, response) => resolve(response.statusCode));
  socket.on('open', () => resolve(101));
  socket.on('error', () => resolve(0));
}));

test('connections in all', async (context) => {
  const { server, refused } = await start(context, '--max-connections', '4');
  const raws = [];
  for (let i = 0; i < 8; i++) raws.push(await connect(context, server));
  await until('half of them to be closed', () => raws.filter((raw) => raw.isClosed()).length >= 4);
  for (const raw of raws) raw.socket.destroy();
  await until('room again', async () => (await refused().catch(() => undefined))?.connections >= 4);
});

test('connections of one network, as a trusted proxy tells it', async (context) => {
  const { server, refused } = await start(context, '--max-network-connections', '2', ...proxied);
  const one = await visit(context, server, from('203.0.113.1'));
  await visit(context, server, from('198.51.100.9, 203.0.113.200'));
  assert.equal(await opens(context, server, from('203.0.113.77').headers), 429);
  // What a client says before the proxy adds to it must not hide who it is.
  assert.equal(await opens(context, server, from(`${'9.9.9.9, '.repeat(150)}203.0.113.77`).headers), 429);
  assert.equal(await opens(context, server, from('203.0.114.1').headers), 101);
  assert.equal(await opens(context, server, from('2001:db8:1:2::1').headers), 101);
  assert.equal((await refused()).networkConnections, 2);
  one.socket.terminate();
  await until('room again', async () => (await opens(context, server, from('203.0.113.77').headers)) === 101);
});

test('connections of one network without a proxy; nobody else says who he is', async (context) => {
  const { server, refused } = await start(context, '--max-network-connections', '3');
  const raws = [];
  for (let i = 0; i < 5; i++) raws.push(await connect(context, server, { localAddress: '127.9.9.9' }));
  await until('two of them to be closed', () => raws.filter((raw) => raw.isClosed()).length === 2);
  assert.equal((await refused()).networkConnections, 2);
  // Not a trusted proxy: its word changes nothing, the network of this test is its own.
  const sockets = await Promise.all([1, 2, 3, 4].map((n) =>
    opens(context, server, from(`203.0.${n}.1`).headers)));
  assert.ok(sockets.filter((status) => status === 101).length <= 3);
});

test('messages and bytes per second of a connection, others go on', async (context) => {
  const { server, refused } = await start(context, '--max-messages', '2', '--max-bytes', '1000');
  const watcher = await visit(context, server);
  const chatty = await visit(context, server);
  for (let i = 0; i < 60; i++) chatty.send({ action: 'leave', swarms: [] });
  assert.equal((await chatty.next('error', { code: 'rate-limited' })).code, 'rate-limited');
  assert.equal((await chatty.closed()).code, 1008);
  const long = await visit(context, server);
  for (let i = 0; i < 5; i++) long.send({ action: 'leave', swarms: [], padding: 'x'.repeat(6000) });
  await long.next('error', { code: 'rate-limited' });
  await long.closed();
  const { messages, bytes } = await refused();
  assert.deepEqual([messages, bytes], [1, 1]);
  await watcher.settled();
});

test('messages and joins per second of a network', async (context) => {
  const { server, swarms, refused } = await start(context, '--max-network-messages', '2',
    '--max-network-joins', '1', ...proxied);
  const visitors = [];
  for (let i = 1; i <= 4; i++) visitors.push(await visit(context, server, from(`203.0.113.${i}`)));
  const other = await visit(context, server, from('203.0.114.1'));
  let limited = 0;
  for (let i = 0; i < 24 && !limited; i++) {
    const { socket, send } = visitors[i % 3];
    const answer = within('an answer', once(socket, 'message'));
    send({ action: 'join', swarms: [{ h: swarms[0], left: 1, want: 1 }] });
    limited += JSON.parse((await answer)[0]).code === 'rate-limited';
  }
  assert.equal(limited, 1);
  assert.equal((await refused()).networkJoins, 1);
  await other.join(swarms[0]);
  for (let i = 0; i < 60; i++) visitors[3].send({ action: 'leave', swarms: [] });
  await visitors[3].closed();
  assert.ok((await refused()).networkMessages >= 1);
  await other.settled();
});

test('joins per second of a connection, WebTorrent clients included', async (context) => {
  const { server, swarms, refused } = await start(context, '--max-joins', '1');
  const a = await visit(context, server);
  for (let i = 0; i < 25; i++) a.send({ action: 'join', swarms: [{ h: swarms[0], left: 1, want: 1 }] });
  const error = await a.next('error', { code: 'rate-limited' });
  assert.equal(error.message, swarms[0]);
  await a.settled(); // refused, not closed
  assert.ok((await refused()).joins >= 1);
  const client = new WebSocket(server.url.replace('http', 'ws'));
  context.after(() => client.terminate());
  const failure = new Promise((resolve) => {
    client.on('message', (data) => {
      const message = JSON.parse(data);
      if (message['failure reason']) resolve(message['failure reason']);
    });
  });
  client.on('open', () => {
    const id = (hex) => Buffer.from(hex, 'hex').toString('latin1');
    for (let i = 0; i < 25; i++) {
      client.send(JSON.stringify({ action: 'announce', info_hash: id(swarms[0]),
        peer_id: '-WW0200-0123456789ab', left: 1, numwant: 0, offers: [] }));
    }
  });
  assert.match(await within('a failure', failure), /more announces/);
});

test('swarms of a visitor, length of a message', async (context) => {
  const { server, swarms, refused } = await start(context, '--max-swarms', '2', '--max-message', '2000');
  const a = await visit(context, server);
  assert.equal(a.welcome.limits.swarms, 2);
  assert.equal(a.welcome.limits.message, 2000);
  await a.join(swarms[0]);
  await a.join(swarms[1]);
  a.send({ action: 'join', id: 'x', swarms: [{ h: swarms[2], left: 1, want: 1 }] });
  assert.equal((await a.next('error', { id: 'x' })).code, 'too-many-swarms');
  await a.join(swarms[0], 0); // one of its own
  a.send({ action: 'leave', swarms: [], padding: 'x'.repeat(2000) });
  assert.match((await a.next('error')).message, /2000/);
  assert.equal((await a.closed()).code, 1009);
  const { swarms: swarmsRefused, tooLong } = await refused();
  assert.deepEqual([swarmsRefused, tooLong], [1, 1]);
});

test('offers that nobody answered', async (context) => {
  const { server, swarms, refused } = await start(context, '--max-offers', '3');
  const id = (hex) => Buffer.from(hex, 'hex').toString('latin1');
  const client = async (peer) => {
    const socket = new WebSocket(server.url.replace('http', 'ws'));
    context.after(() => socket.terminate());
    await within('the socket', new Promise((resolve) => { socket.on('open', resolve); }));
    return (offers) => within('a reply', new Promise((resolve) => {
      socket.once('message', resolve);
      socket.send(JSON.stringify({ action: 'announce', info_hash: id(swarms[0]), peer_id: peer, left: 1,
        numwant: offers, offers: Array.from({ length: offers }, () => ({ offer: { type: 'offer', sdp: 'v=0' },
          offer_id: randomBytes(20).toString('latin1') })) }));
    }));
  };
  await (await client('-WW0200-aaaaaaaaaaaa'))(0);
  const offer = await client('-WW0200-bbbbbbbbbbbb');
  for (let i = 0; i < 5; i++) await offer(1);
  assert.equal((await refused()).offers, 2);
});

test('a client that does not read is let go of after so many bytes', async (context) => {
  const { server, refused } = await start(context, '--max-waiting', '131072', '--max-messages', '0',
    '--max-bytes', '0');
  const [slow, talker] = [await visit(context, server), await visit(context, server)];
  slow.socket._socket.pause();
  const sdp = 'v=0\r\n' + 'x'.repeat(15_000);
  for (let i = 0; (await refused()).slowReaders === 0; i++) {
    assert.ok(i < 2000, 'it is never cut off');
    talker.send({ action: 'signal', to: slow.peer, kind: 'offer', sdp, nonce: `n${i}` });
  }
  assert.ok((await talker.next('undelivered')).nonce);
});

test('pages of other sites, and the counters in Prometheus\' format', async (context) => {
  const { server, refused } = await start(context, '--allow-origin', 'https://friend.example');
  assert.equal(await opens(context, server, { origin: 'https://friend.example' }), 101);
  assert.equal(await opens(context, server, { origin: 'https://evil.example' }), 403);
  assert.equal((await refused()).origins, 1);
  const { status, headers, body } = await request(server, '/metrics');
  assert.equal(status, 200);
  assert.match(headers['content-type'], /^text\/plain; version=0\.0\.4/);
  const lines = body.toString().trimEnd().split('\n');
  const typed = new Set();
  for (const line of lines) {
    const type = /^# TYPE (\w+) (counter|gauge)$/.exec(line);
    if (type) typed.add(type[1]);
    else if (!line.startsWith('# HELP ')) {
      const sample = /^(\w+)(\{limit="\w+"\})? \d+$/.exec(line);
      assert.ok(sample && typed.has(sample[1]), line);
      assert.match(sample[1], /^peertide_/);
    }
  }
  assert.ok(lines.includes('peertide_refused_total{limit="origin"} 1'));
});

test('wrong limits are refused with one line', async () => {
  for (const [option, value, pattern] of [['--max-message', '100', /1024 to 65536/],
    ['--max-swarms', '0', /1 to 256/], ['--max-joins', 'many', /whole number/],
    ['--trust-proxy', 'proxy.example', /no address or range/], ['--trust-proxy', '10.0.0.0/33', /no address/]]) {
    const { status, stderr } = await run('serve', option, value, '.');
    assert.equal(status, 2, option);
    assert.match(stderr, pattern);
    assert.equal(stderr.trim().split('\n').length, 1);
  }
});

test('many from one network leave room for others', async (context) => {
  const { server, swarms } = await start(context, '--max-network-connections', '50', '--max-messages', '0',
    '--max-joins', '0');
  const url = `${server.url.replace('http', 'ws')}/.peertide/ws`;
  const result = await load('--work', 'join', '--connections', 100, '--sources', 4, '--swarm', swarms[0],
    '--seconds', 0.5, '--warmup', 0.1, '--settle', 0, url);
  assert.equal(result.lost + result.errors, 0);
});
