// The tracker for WebTorrent clients: what they rely on, what nobody may do to
// them, and that they are in the same swarms as native visitors.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { binary, connect, description, offers } from './harness/announcer.mjs';
import { makeSite, serve, suiteContext, until, writeFiles } from './harness/server.mjs';
import { visit } from './harness/visitor.mjs';

/** A server whose torrents are hybrids. */
async function serveHybrid(context, site, options = {}) {
  const folder = await makeSite(context);
  const config = path.join(folder, 'config.json');
  await writeFile(config, JSON.stringify({ webTorrent: true }));
  return serve(context, site, { ...options, args: ['--config', config, ...(options.args ?? [])] });
}

describe('the WebTorrent tracker', () => {
  const context = suiteContext(after);
  let server, site;
  const swarms = []; // { key, v1 }, one for each test that counts

  before(async () => {
    const files = {};
    for (let i = 0; i < 20; i++) files[`folder${i}/a.jpg`] = randomBytes(1000);
    site = await makeSite(context, files);
    server = await serveHybrid(context, site);
    for (const [key, swarm] of Object.entries((await server.index()).swarms))
      swarms.push({ key, v1: swarm.v1, hash: binary(swarm.v1) });
  });
  let used = 0;
  const fresh = () => swarms[used++];
  const counters = async () => (await server.stats()).tracker;

  test('an announce is answered with numbers and an interval, on any path', async (t) => {
    const { hash } = fresh();
    for (const [i, path] of ['/', '/.peertide/ws', '/announce?x=1', '/no/such/file'].entries()) {
      const client = await connect(t, server, { path });
      const reply = await client.announce(hash);
      assert.deepEqual({ ...reply, isBinary: undefined, interval: undefined },
        { action: 'announce', info_hash: hash, complete: 0, incomplete: i + 1,
          isBinary: undefined, interval: undefined });
      assert.ok(reply.interval >= 30 && reply.interval <= 600);
      assert.equal(reply.isBinary, false);
    }
  });

  test('offers go to others, one each, and their answers come back', async (t) => {
    const { hash } = fresh();
    const [a, b, c] = [await connect(t, server), await connect(t, server), await connect(t, server)];
    await a.announce(hash, { left: 0, event: 'completed' });
    await b.announce(hash);
    const made = offers(5);
    assert.equal((await c.announce(hash, { offers: made })).incomplete, 2);
    const [toA, toB] = [await a.offer(), await b.offer()];
    for (const offer of [toA, toB]) {
      assert.equal(offer.action, 'announce');
      assert.equal(offer.info_hash, hash);
      assert.equal(offer.peer_id, c.id);
      const mine = made.find((o) => o.offer_id === offer.offer_id);
      assert.deepEqual(offer.offer, mine.offer);
    }
    assert.notEqual(toA.offer_id, toB.offer_id);
    a.answerTo(toA);
    const answer = await c.answer();
    assert.equal(answer.peer_id, a.id);
    assert.equal(answer.offer_id, toA.offer_id);
    assert.equal(answer.info_hash, hash);
    assert.equal(answer.answer.type, 'answer');
    await a.settled();
    assert.deepEqual([a.messages, b.messages], [[], []], 'nobody gets more than one');
  });

  test('ids with zeros, quotes and bytes above 127 arrive whole', async (t) => {
    const { hash } = fresh();
    const [a, b] = [await connect(t, server), await connect(t, server)];
    a.id = binary('000022005cff80c3bf0a0d1f7f' + '00'.repeat(7));
    b.id = binary('00'.repeat(20));
    await a.announce(hash);
    const offer_id = binary('00'.repeat(19) + 'ff');
    await b.announce(hash, { offers: [{ offer: description('offer'), offer_id }] });
    const offer = await a.offer();
    assert.equal(offer.peer_id, b.id);
    assert.equal(offer.offer_id, offer_id);
    a.answerTo(offer);
    const answer = await b.answer();
    assert.equal(answer.peer_id, a.id);
    assert.equal(answer.offer_id, offer_id);
  });

  test('a seed is given no seeds', async (t) => {
    const { hash } = fresh();
    const [seed, other] = [await connect(t, server), await connect(t, server)];
    await seed.announce(hash, { left: 0 });
    await other.announce(hash, { left: 0, offers: offers(3) });
    await seed.settled();
    assert.deepEqual(seed.messages, []);
  });

  test('numwant bounds how many are asked, and no offers are fine', async (t) => {
    const { hash } = fresh();
    const others = [];
    for (let i = 0; i < 4; i++) others.push(await connect(t, server));
    for (const other of others) await other.announce(hash, { numwant: undefined });
    const client = await connect(t, server);
    await client.announce(hash, { numwant: 2, offers: offers(4) });
    await client.announce(hash, { numwant: 50, offers: [{}, { offer: 7 }, { offer_id: 'x' }] });
    for (const other of others) await other.settled();
    assert.equal(others.flatMap((other) => other.messages).length, 2);
  });

  test('a magnet link\'s client is a leecher, and becomes a seed', async (t) => {
    const { hash } = fresh();
    const client = await connect(t, server);
    for (const [more, counts] of [[{ left: null }, [0, 1]], [{ left: undefined, event: 'paused' }, [0, 1]],
      [{ left: 0, event: 'completed' }, [1, 0]], [{ left: 0, event: 'completed' }, [1, 0]],
      [{ left: 0, event: undefined }, [1, 0]], [{ left: 5, event: 'update' }, [0, 1]]]) {
      const { complete, incomplete } = await client.announce(hash, more);
      assert.deepEqual([complete, incomplete], counts, JSON.stringify(more));
    }
    assert.equal((await client.scrape(hash)).files[hash].downloaded, 1, 'it completed once');
  });

  test('stopped is answered, and whoever stops or closes is given out no more', async (t) => {
    const { hash } = fresh();
    const [a, b, c] = [await connect(t, server), await connect(t, server), await connect(t, server)];
    await a.announce(hash);
    await b.announce(hash);
    const bye = await a.announce(hash, { event: 'stopped' });
    assert.deepEqual([bye.complete, bye.incomplete], [0, 1]);
    assert.deepEqual((await a.announce(hash, { event: 'stopped' })).incomplete, 1, 'twice is fine');
    b.socket.terminate();
    await until('its end', async () => (await c.scrape(hash)).files[hash].incomplete === 0);
    await c.announce(hash, { offers: offers(2) });
    await a.settled();
    assert.deepEqual(a.messages, []);
  });

  test('scrape counts one, several, unknown and all swarms', async (t) => {
    const [one, two] = [fresh(), fresh()];
    const client = await connect(t, server);
    await client.announce(one.hash);
    await client.announce(two.hash, { left: 0, event: 'completed' });
    assert.deepEqual((await client.scrape(one.hash)).files,
      { [one.hash]: { complete: 0, incomplete: 1, downloaded: 0 } });
    const unknown = binary();
    const { files, action } = await client.scrape([one.hash, two.hash, unknown, binary(two.key)]);
    assert.equal(action, 'scrape');
    assert.deepEqual(files, { [one.hash]: { complete: 0, incomplete: 1, downloaded: 0 },
      [two.hash]: { complete: 1, incomplete: 0, downloaded: 1 },
      [unknown]: { complete: 0, incomplete: 0, downloaded: 0 },
      [binary(two.key)]: { complete: 1, incomplete: 0, downloaded: 1 } });
    const all = (await client.scrape(undefined)).files;
    assert.equal(all[binary(two.key)].complete, 1);
  });

  test('several swarms and several peer ids live on one socket', async (t) => {
    const [one, two] = [fresh(), fresh()];
    const [client, other] = [await connect(t, server), await connect(t, server)];
    const ids = [binary(), binary()];
    for (const { hash } of [one, two])
      for (const peer_id of ids) await client.announce(hash, { peer_id });
    await other.announce(one.hash, { offers: offers(5) });
    await client.offer();
    await client.offer();
    await client.announce(one.hash, { peer_id: ids[0], event: 'stopped' });
    assert.equal((await other.scrape(one.hash)).files[one.hash].incomplete, 2);
    client.socket.terminate();
    await until('all of them to go', async () =>
      (await other.scrape(two.hash)).files[two.hash].incomplete === 0);
    assert.equal((await other.scrape(one.hash)).files[one.hash].incomplete, 1);
  });

  test('v1 hash, v2 hash and native key are one swarm', async (t) => {
    const { key, v1 } = fresh();
    const native = await visit(t, server);
    await native.join(key, 0);
    const [byV1, byV2] = [await connect(t, server), await connect(t, server)];
    const first = await byV1.announce(binary(v1));
    assert.deepEqual([first.complete, first.incomplete], [1, 1]);
    const second = await byV2.announce(binary(key), { offers: offers(5) });
    assert.deepEqual([second.complete, second.incomplete], [1, 2]);
    assert.equal(second.info_hash, binary(key), 'clients look for the hash that they know');
    assert.equal((await byV1.offer()).info_hash, binary(v1));
    const peers = await native.join(key, 0);
    assert.deepEqual([peers.complete, peers.incomplete], [1, 2]);
    const shown = (await server.stats()).swarms.find((swarm) => swarm.h === key);
    assert.deepEqual([shown.complete, shown.incomplete], [1, 2]);
  });

  test('a torrent that is not the site\'s is refused, and the socket lives on', async (t) => {
    const client = await connect(t, server);
    const info_hash = binary();
    client.send({ action: 'announce', info_hash, peer_id: client.id, left: 1 });
    const failure = await client.failure();
    assert.equal(failure.action, 'announce');
    assert.equal(failure.info_hash, info_hash);
    assert.match(failure['failure reason'], /no such torrent/);
    await client.announce(fresh().hash);
  });

  test('nobody takes over a peer id by naming it', async (t) => {
    const { hash } = fresh();
    const [victim, thief, third] = [await connect(t, server), await connect(t, server),
      await connect(t, server)];
    await victim.announce(hash);
    const before = await counters();
    for (const event of ['started', 'stopped', 'completed']) {
      thief.send({ action: 'announce', info_hash: hash, peer_id: victim.id, left: 0, event,
        offers: offers(1) });
      assert.match((await thief.failure())['failure reason'], /in use/);
    }
    await third.announce(hash, { offers: offers(1) });
    const offer = await victim.offer();
    thief.answerTo(offer, { peer_id: victim.id });
    assert.match((await thief.failure())['failure reason'], /in use/);
    assert.equal((await counters()).hijacks, before.hijacks + 4);
    victim.answerTo(offer);
    assert.equal((await third.answer()).peer_id, victim.id, 'the victim has noticed nothing');
    victim.socket.terminate();
    await until('the id to be free', async () => (await third.scrape(hash)).files[hash].incomplete === 1);
    await thief.announce(hash, { peer_id: victim.id });
  });

  test('answers to no offer are dropped and counted', async (t) => {
    const { hash } = fresh();
    const [a, b, c] = [await connect(t, server), await connect(t, server), await connect(t, server)];
    await a.announce(hash);
    await b.announce(hash, { offers: offers(1) });
    const offer = await a.offer();
    await c.announce(hash);
    const before = await counters();
    c.answerTo(offer); // it was not for c
    c.answerTo(offer, { peer_id: binary() }); // nobody
    a.answerTo(offer, { offer_id: binary() });
    a.answerTo(offer, { to_peer_id: binary() });
    a.answerTo(offer, { to_peer_id: undefined });
    a.answerTo(offer, { info_hash: binary() });
    await Promise.all([a.settled(), c.settled()]);
    a.answerTo(offer);
    await b.answer();
    a.answerTo(offer); // only once
    await a.settled();
    await b.settled();
    assert.deepEqual(b.messages, []);
    const now = await counters();
    assert.equal(now.answersDropped, before.answersDropped + 7);
    assert.equal(now.answersForwarded, before.answersForwarded + 1);
  });

  test('whatever else is said is answered with its fault, and nobody suffers', async (t) => {
    const { hash } = fresh();
    const client = await connect(t, server);
    const good = { action: 'announce', info_hash: hash, peer_id: client.id, left: 1 };
    for (const [wrong, reason] of [['', /format/], ['{', /format/], ['[]', /format/], ['7', /format/],
      ['{"action":"announce","info_hash":"', /format/],
      ['['.repeat(60_000), /limit/], [`${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`, /limit/],
      [{}, /^action/], [{ action: 'hello' }, /^action/],
      [{ ...good, info_hash: 7 }, /^info_hash/], [{ ...good, info_hash: 'short' }, /^info_hash/],
      [{ ...good, info_hash: '\u0100'.repeat(20) }, /^info_hash/],
      [{ ...good, peer_id: undefined }, /^peer_id/], [{ ...good, peer_id: [] }, /^peer_id/],
      [{ ...good, offers: 'many' }, /^offers/],
      [{ ...good, answer: description('offer'), offer_id: binary() }, /^answer/],
      [{ ...good, answer: description('answer'), offer_id: 5 }, /^offer_id/],
      [{ ...good, interval: 1, complete: 1, incomplete: 1, peer_id: undefined }, /^action/]]) {
      const each = await connect(t, server);
      each.send(wrong);
      const failure = await each.failure();
      assert.match(failure['failure reason'], reason, JSON.stringify(wrong).slice(0, 100));
      assert.equal(failure.action, 'announce', 'without it clients hang up');
    }
    client.send({ action: 'scrape', info_hash: 'short' });
    assert.equal((await client.failure()).action, 'scrape');
    client.send({ action: 'scrape', info_hash: Array.from({ length: 65 }, () => binary()) });
    assert.match((await client.failure())['failure reason'], /limit/);
    client.send(Buffer.from(JSON.stringify(good))); // a binary frame with a message is fine
    await client.reply();
    client.send(Buffer.from([0xff, 0xfe, 0, 1]));
    await client.failure();
    client.send(Buffer.from('{"action":"announce","x":"\xff\xfe"}', 'latin1'));
    await client.failure();
    await client.announce(hash);
  });

  test('text that is not UTF-8, and messages that are too long, end the connection', async (t) => {
    const [text, long, pieces] = [await connect(t, server), await connect(t, server),
      await connect(t, server)];
    text.socket.send(Buffer.from('{"action":"scrape","x":"\xff\xfe"}', 'latin1'), { binary: false });
    assert.equal((await text.closed()).code, 1007);
    long.send(' '.repeat(65_537));
    assert.match((await long.failure())['failure reason'], /65536/);
    assert.equal((await long.closed()).code, 1009);
    pieces.socket.send(' '.repeat(40_000), { fin: false });
    pieces.socket.send(' '.repeat(40_000), { fin: true });
    assert.equal((await pieces.closed()).code, 1009);
  });

  test('who says nothing but nonsense is cut off', async (t) => {
    const client = await connect(t, server);
    for (let i = 0; i < 30; i++) client.send('nonsense');
    assert.equal((await client.closed()).code, 1008);
  });

  test('frames that end half-way leave nothing behind', async (t) => {
    const { hash } = fresh();
    const client = await connect(t, server);
    await client.announce(hash);
    const other = await connect(t, server);
    other.socket.send(JSON.stringify({ action: 'announce' }), { fin: false });
    other.socket._socket.write(Buffer.from([0x80, 0xfe, 0x10]));
    other.socket._socket.destroy();
    await other.closed();
    await client.announce(hash);
  });

  test('pages of other sites are refused unless the site allows them', async (t) => {
    await assert.rejects(connect(t, server, { headers: { origin: 'https://other.example' } }));
    const open = await serveHybrid(t, site, { args: ['--allow-origin', 'https://other.example'] });
    const client = await connect(t, open, { headers: { origin: 'https://other.example' } });
    await client.announce(swarms[0].hash);
  });

  test('the tracker\'s bounds: peer ids and torrents of a connection', async (t) => {
    const { hash } = fresh();
    const client = await connect(t, server);
    for (let i = 0; i < 64; i++) await client.announce(hash, { peer_id: binary() });
    client.send({ action: 'announce', info_hash: hash, peer_id: binary(), left: 1 });
    assert.match((await client.failure())['failure reason'], /too many peer ids/);
  });

  test('a torrent that the site has no more is told as gone', async (t) => {
    const own = await makeSite(t, { 'a/1.jpg': randomBytes(1000), 'b/2.jpg': randomBytes(1000) });
    const changing = await serveHybrid(t, own);
    const { assets, swarms: before } = await changing.index();
    const v1 = (path) => binary(before[assets[path].swarm].v1);
    const client = await connect(t, changing);
    await client.announce(v1('/a/1.jpg'));
    await client.announce(v1('/b/2.jpg'));
    await writeFiles(own, { 'a/1.jpg': 'changed' });
    assert.equal((await client.failure()).info_hash, v1('/a/1.jpg'));
    assert.equal((await client.announce(v1('/b/2.jpg'))).incomplete, 1);
  });
});
