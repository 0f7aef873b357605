// The meeting point: how visitors find one another, and what the server lets
// nobody do to others.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import WebSocket from 'ws';
import { makeSite, serve, suiteContext, until, within, writeFiles } from './harness/server.mjs';
import { visit } from './harness/visitor.mjs';

describe('signalling', () => {
  const context = suiteContext(after);
  let server, site, swarms;

  before(async () => {
    site = await makeSite(context, { 'a/1.jpg': randomBytes(1000), 'b/2.jpg': randomBytes(1000),
      'c/3.jpg': randomBytes(1000), 'd/4.jpg': randomBytes(1000) });
    server = await serve(context, site);
    swarms = Object.keys((await server.index()).swarms);
  });
  const candidate = { candidate: 'candidate:1 1 udp 1 127.0.0.1 9 typ host', sdpMid: '0' };

  test('hello is answered with all that a client needs', async (t) => {
    const a = await visit(t, server, { hello: { id: 7 } });
    const { ring, salt, epoch, iceServers, limits, settings, resume, id, seeds } = a.welcome;
    assert.match(ring, /^[0-9a-f]{12}$/);
    assert.match(salt, /^[0-9a-f]{32}$/);
    assert.ok(epoch > 1_700_000_000);
    assert.deepEqual(iceServers, []);
    assert.equal(limits.message, 65536);
    assert.equal(settings.threshold, 0);
    assert.match(resume, /^[0-9a-f]{32}$/);
    assert.equal(id, 7);
    assert.deepEqual(seeds, []);
    const b = await visit(t, server);
    assert.equal(b.welcome.salt, salt);
    assert.notEqual(b.welcome.ring, ring);
    assert.notEqual(b.welcome.resume, resume);
  });

  test('a peer id that is not the fingerprint\'s is refused', async (t) => {
    const a = await visit(t, server, { hello: null });
    a.sayHello({ peer: '00'.repeat(20) });
    assert.equal((await a.next('error')).code, 'bad-peer-id');
    assert.equal((await a.closed()).code, 1008);
  });

  test('nothing is answered before hello', async (t) => {
    const a = await visit(t, server, { hello: null });
    a.send({ action: 'join', id: 'x', swarms: [{ h: swarms[0], left: 1, want: 1 }] });
    assert.equal((await a.next('error', { id: 'x' })).code, 'hello-first');
  });

  test('a joiner is told of the others, seeds and leechers, and never of itself', async (t) => {
    const seed = await visit(t, server);
    const leecher = await visit(t, server);
    assert.deepEqual((await seed.join(swarms[0], 0)).peers, []);
    const second = await leecher.join(swarms[0]);
    assert.deepEqual(second.peers.map((p) => p.peer), [seed.peer]);
    assert.equal(second.complete, 1);
    assert.equal(second.incomplete, 1);
    assert.ok(second.interval >= 30);
    const third = await (await visit(t, server)).join(swarms[0]);
    assert.deepEqual(third.peers.map((p) => p.peer).sort(), [seed.peer, leecher.peer].sort());
    const again = await leecher.join(swarms[0], 0); // it is complete now
    assert.equal(again.complete, 2);
    assert.ok(!again.peers.some((p) => p.peer === leecher.peer || p.peer === seed.peer));
  });

  test('a swarm that has grown by half is told how many it is, for elections', async (t) => {
    const [h] = swarms.slice(3);
    const crowd = [];
    for (let i = 0; i < 12; i++) crowd.push(await visit(t, server));
    for (const visitor of crowd.slice(0, 8)) await visitor.join(h, 5, 0);
    // Who asked for nobody hears of nobody, but of how many they are.
    const told = await crowd[0].next('peers', { h, incomplete: 8 });
    assert.deepEqual([told.peers, told.complete, told.id], [[], 0, undefined]);
    for (const visitor of crowd.slice(8)) await visitor.join(h, 5, 0);
    await crowd[3].next('peers', { h, incomplete: 12 });
  });

  test('whoever leaves or closes is given out no more', async (t) => {
    const [a, b, c] = [await visit(t, server), await visit(t, server), await visit(t, server)];
    await a.join(swarms[1]);
    await b.join(swarms[1]);
    a.send({ action: 'leave', swarms: [swarms[1]] });
    await a.settled();
    b.socket.terminate();
    await until('the peer to be gone', async () =>
      !(await server.stats()).swarms.some((s) => s.h === swarms[1]));
    assert.deepEqual((await c.join(swarms[1])).peers, []);
  });

  test('swarms that the site does not have can\'t be joined', async (t) => {
    const a = await visit(t, server);
    const h = 'ab'.repeat(20);
    a.send({ action: 'join', id: 'j', swarms: [{ h, left: 1, want: 1 }] });
    const error = await a.next('error', { id: 'j' });
    assert.equal(error.code, 'unknown-swarm');
    assert.equal(error.message, h);
    assert.ok(!(await server.stats()).swarms.some((s) => s.h === h));
  });

  test('signals reach the one they are for, from whom they are', async (t) => {
    const [a, b] = [await visit(t, server), await visit(t, server)];
    const sdp = `v=0\r\no=- 1 2 IN IP4 0.0.0.0\r\ns=" \\ \u00fc \u{1f30a}\r\n`;
    a.send({ action: 'signal', to: b.peer, from: '11'.repeat(20), kind: 'offer', sdp, nonce: 'n1' });
    const offer = await b.next('signal');
    assert.equal(offer.from, a.peer); // not what it claimed
    assert.equal(offer.kind, 'offer');
    assert.equal(offer.sdp, sdp);
    assert.equal(offer.nonce, 'n1');
    b.send({ action: 'signal', to: a.peer, kind: 'candidate', candidate, nonce: 'n1' });
    assert.deepEqual((await a.next('signal')).candidate, candidate);
    b.send({ action: 'signal', to: a.peer, kind: 'bye', nonce: 'n1' });
    assert.equal((await a.next('signal')).kind, 'bye');
  });

  test('a signal that could not be delivered comes back', async (t) => {
    const a = await visit(t, server);
    const to = 'cd'.repeat(20);
    a.send({ action: 'signal', to, kind: 'candidate', candidate, nonce: 'n2' });
    const undelivered = await a.next('undelivered');
    assert.deepEqual([undelivered.to, undelivered.nonce, undelivered.reason],
      [to, 'n2', 'not-connected']);
  });

  test('nobody takes the id of a live connection without its token', async (t) => {
    const a = await visit(t, server);
    const thief = await visit(t, server, { hello: null });
    thief.send({ action: 'hello', peer: a.peer, fingerprint: a.fingerprint, caps: [] });
    assert.equal((await thief.next('error')).code, 'peer-in-use');
    await thief.closed();
    const guess = await visit(t, server, { hello: null });
    guess.send({ action: 'hello', peer: a.peer, fingerprint: a.fingerprint, caps: [],
      resume: '00'.repeat(16) });
    assert.equal((await guess.next('error')).code, 'peer-in-use');
    await a.settled(); // still there
  });

  test('with its token a peer replaces its own dead connection', async (t) => {
    const [old, other] = [await visit(t, server), await visit(t, server)];
    await old.join(swarms[2]);
    const fresh = await visit(t, server,
      { hello: { fingerprint: old.fingerprint, resume: old.welcome.resume } });
    assert.equal((await old.next('error')).code, 'replaced');
    await old.closed();
    other.send({ action: 'signal', to: old.peer, kind: 'candidate', candidate, nonce: 'n' });
    assert.equal((await fresh.next('signal')).from, other.peer);
  });

  test('two different peers\' reports ban a third', async (t) => {
    const [bad, b, c, d] = await Promise.all([0, 1, 2, 3].map(() => visit(t, server)));
    for (const one of [bad, b, c, d]) await one.join(swarms[3]);
    const report = { action: 'report', peer: bad.peer, kind: 'corrupt', swarm: swarms[3], piece: 1 };
    b.send(report);
    b.send(report); // one reporter counts once
    await b.settled();
    assert.deepEqual((await server.stats()).bans, []);
    c.send(report);
    await c.settled();
    assert.deepEqual((await server.stats()).bans, [{ peer: bad.peer, reports: 3 }]);
    assert.ok(!(await d.join(swarms[3])).peers.some((p) => p.peer === bad.peer));
    d.send({ action: 'signal', to: bad.peer, kind: 'candidate', candidate, nonce: 'n' });
    assert.equal((await d.next('undelivered')).reason, 'banned');
    bad.send({ action: 'signal', to: d.peer, kind: 'candidate', candidate, nonce: 'n' });
    assert.equal((await bad.next('undelivered')).reason, 'banned');
    bad.send({ action: 'join', swarms: [{ h: swarms[3], left: 1, want: 1 }] });
    assert.equal((await bad.next('error')).code, 'banned');
    bad.send({ ...report, peer: d.peer }); // the banned accuse nobody
    b.send({ ...report, peer: b.peer });   // and nobody accuses itself
    await bad.settled();
    await b.settled();
    assert.equal((await server.stats()).bans.length, 1);
  });

  test('what clients report is summed up', async (t) => {
    const a = await visit(t, server);
    const before = (await server.stats()).reported;
    for (let i = 0; i < 2; i++) {
      a.send({ action: 'stats', originBytes: 10, peerBytesIn: 20, peerBytesOut: 30, wasted: 1 });
    }
    await a.settled();
    const { reported } = await server.stats();
    assert.equal(reported.originBytes - before.originBytes, 20);
    assert.equal(reported.peerBytesIn - before.peerBytesIn, 40);
    assert.equal(reported.peerBytesOut - before.peerBytesOut, 60);
    assert.equal(reported.wasted - before.wasted, 2);
  });

  test('wrong messages get an error that says what is wrong, and change nothing', async (t) => {
    const a = await visit(t, server);
    const errors = async (message, code, text) => {
      a.send(message);
      const error = await a.next('error');
      assert.equal(error.code, code);
      if (text) assert.match(error.message, text);
    };
    await errors('not json', 'bad-message');
    await errors('[]', 'bad-message');
    await errors({ action: 'dance' }, 'unknown-action');
    await errors({ action: 'join', swarms: [{ h: 'xyz' }] }, 'bad-message', /swarms/);
    await errors({ action: 'signal', to: a.peer, kind: 'offer', nonce: 'n' }, 'bad-message', /sdp/);
    await errors({ action: 'hello', peer: a.peer, fingerprint: a.fingerprint }, 'hello-twice');
    await a.join(swarms[0]);
  });

  test('fragmented messages are put together, too long ones end the connection', async (t) => {
    const a = await visit(t, server);
    const text = JSON.stringify({ action: 'join', swarms: [{ h: swarms[0], left: 5, want: 1 }],
      padding: 'x'.repeat(30_000) });
    for (let at = 0; at < text.length; at += 1000) {
      a.socket.send(text.slice(at, at + 1000), { fin: at + 1000 >= text.length });
    }
    await a.next('peers');
    a.send('x'.repeat(70_000));
    assert.equal((await a.next('error')).code, 'bad-message');
    assert.equal((await a.closed()).code, 1009);
  });

  test('a flood is cut off with a reason', async (t) => {
    const a = await visit(t, server);
    const watcher = await visit(t, server);
    for (let i = 0; i < 4000; i++) a.send({ action: 'leave', swarms: [] });
    assert.equal((await a.next('error')).code, 'rate-limited');
    await a.closed();
    const b = await visit(t, server);
    for (let i = 0; i < 30; i++) b.send('rubbish');
    assert.equal((await b.next('error', { code: 'too-many-errors' })).code, 'too-many-errors');
    await b.closed();
    await watcher.settled();
  });

  test('a client that does not read is disconnected, the others go on', async (t) => {
    const [slow, ...talkers] = await Promise.all([0, 1, 2, 3].map(() => visit(t, server)));
    slow.socket._socket.pause();
    const sdp = 'v=0\r\n' + 'x'.repeat(15_000);
    let undelivered = false;
    for (const talker of talkers) {
      talker.next('undelivered').then(() => { undelivered = true; }, () => {});
      for (let i = 0; i < 230 && !undelivered; i++) {
        talker.send({ action: 'signal', to: slow.peer, kind: 'offer', sdp, nonce: `n${i}` });
      }
      await talker.settled();
    }
    await until('the server to give up on it', () => undelivered);
    await talkers[0].settled();
  });

  test('upgrades elsewhere, without the subprotocol or from foreign pages are refused', async (t) => {
    const status = (path, protocol, headers) => within('an answer', new Promise((resolve) => {
      const socket = new WebSocket(`${server.url.replace('http', 'ws')}${path}`, protocol, { headers });
      socket.on('unexpected-response', (_, response) => { resolve(response.statusCode); socket.terminate(); });
      socket.on('open', () => { resolve(101); socket.terminate(); });
      socket.on('error', () => {});
    }));
    assert.equal(await status('/.peertide/ws', 'peertide.1', {}), 101);
    assert.equal(await status('/.peertide/ws', 'peertide.1', { origin: server.url }), 101);
    assert.equal(await status('/.peertide/ws', 'peertide.1', { origin: 'https://evil.example' }), 403);
    assert.equal(await status('/elsewhere', 'peertide.1', {}), 404);
    assert.equal(await status('/.peertide/ws', 'other.1', {}), 400);
  });

  test('a changed site is announced; what was joined stays joined', async (t) => {
    const a = await visit(t, server);
    const { swarm } = (await server.index()).assets['/a/1.jpg'];
    await a.join(swarm);
    await writeFiles(site, { 'a/1.jpg': randomBytes(1000) });
    await a.next('indexed');
    const now = (await server.index()).assets['/a/1.jpg'].swarm;
    assert.notEqual(now, swarm);
    await a.join(now);
    // It may come back for what it was downloading.
    a.socket.terminate();
    await until('it to be gone', async () =>
      !(await server.stats()).swarms.some((s) => s.h === swarm));
    const again = await visit(t, server,
      { hello: { fingerprint: a.fingerprint, resume: a.welcome.resume } });
    await again.join(swarm);
  });
});

test('settings and ICE servers come with the welcome', async (context) => {
  const site = await makeSite(context, { 'a.txt': 'a', '.secret': 'my secret\n',
    '.config.json': JSON.stringify({ threshold: 3, mediaTypes: ['image'], excludeFormats: ['gif'],
      foldLoading: true, geoLocate: false, videoRoute: 'v', torrentRoute: 't' }) });
  const server = await serve(context, site, { args: ['--config', `${site}/.config.json`,
    '--turn-url', 'turn:turn.example:3478', '--turn-secret-file', `${site}/.secret`] });
  const { welcome, peer } = await visit(context, server);
  assert.deepEqual(welcome.settings, { threshold: 3, mediaTypes: ['image'], excludeFormats: ['gif'],
    foldLoading: true, geoLocate: false });
  const [{ urls, username, credential }] = welcome.iceServers;
  assert.equal(urls, 'turn:turn.example:3478');
  const [expiry, name] = username.split(':');
  assert.ok(Number(expiry) > Date.now() / 1000 + 3600);
  assert.equal(name, peer);
  const { createHmac } = await import('node:crypto');
  assert.equal(credential, createHmac('sha1', 'my secret').update(username).digest('base64'));
});

test('a thousand visitors at once, and no more connections than allowed', async (context) => {
  const site = await makeSite(context, { 'a.jpg': randomBytes(1000) });
  const server = await serve(context, site, { args: ['--max-connections', '1005'] });
  const [h] = Object.keys((await server.index()).swarms);
  const visitors = [];
  for (let i = 0; i < 1000; i += 50) {
    visitors.push(...await Promise.all(Array.from({ length: 50 }, () => visit(context, server))));
  }
  await Promise.all(visitors.map((visitor) => visitor.join(h, 1, 10)));
  const { peers } = await visitors[0].join(h, 1, 1000);
  assert.equal(new Set(peers.map((p) => p.peer)).size, 64);
  const stats = await server.stats();
  assert.equal(stats.peers.joined, 1000);
  assert.deepEqual(stats.swarms, [{ h, complete: 0, incomplete: 1000 }]);
  const extra = await Promise.all(Array.from({ length: 10 }, () => new Promise((resolve) => {
    const socket = net.connect(server.port, '127.0.0.1');
    context.after(() => socket.destroy());
    socket.on('error', () => resolve('refused'));
    socket.on('close', () => resolve('refused'));
    socket.on('connect', () => setTimeout(() => resolve('connected'), 300));
  })));
  assert.ok(extra.filter((result) => result === 'refused').length >= 5);
  for (const visitor of visitors) visitor.socket.terminate();
  await until('all to be gone', async () => {
    try {
      return (await server.stats()).peers.connected === 0;
    } catch {
      return false; // full until they are
    }
  });
});
