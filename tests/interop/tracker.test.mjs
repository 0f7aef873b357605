// WebTorrent's own tracker client (npm bittorrent-tracker), as it is, against
// `peertide serve`. What a site owner would lose: that the players and pages
// which WebTorrent's users have find one another through his server.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { register } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startServer } from '../browser/harness/server.mjs';
import { until, within } from '../browser/harness/wait.mjs';

register('./harness/wrtc.mjs', import.meta.url);
const { default: Client } = await import('bittorrent-tracker/client');
const { default: wrtc } = await import('@roamhq/wrtc');

const SWARMS = 8;
let temporary, server, announce, hashes;

before(async () => {
  temporary = await mkdtemp(path.join(os.tmpdir(), 'peertide-tracker-'));
  const site = path.join(temporary, 'site');
  for (let i = 0; i < SWARMS; i++) {
    await mkdir(path.join(site, `folder${i}`), { recursive: true });
    await writeFile(path.join(site, `folder${i}`, 'a.jpg'), randomBytes(1000));
  }
  const config = path.join(temporary, 'config.json');
  await writeFile(config, JSON.stringify({ webTorrent: true }));
  server = await startServer(site, { args: ['--config', config] });
  announce = server.url.replace('http', 'ws');
  const index = await (await fetch(`${server.url}/.peertide/index.json`)).json();
  hashes = Object.values(index.swarms).map(({ v1 }) => v1);
});
after(async () => {
  const status = await server.stop();
  await rm(temporary, { recursive: true, force: true });
  assert.equal(status, 0);
});

/** A client for one torrent, with its warnings kept: a test without any is a good one. */
function client(t, infoHash, { peerId = randomBytes(20).toString('hex'), ...more } = {}) {
  const made = new Client({ infoHash, peerId, announce: [announce], port: 6881, wrtc,
    rtcConfig: { iceServers: [] }, ...more });
  made.warnings = [];
  made.on('warning', (warning) => made.warnings.push(warning.message));
  made.on('error', (error) => made.warnings.push(error.message));
  // (A second destroy() never calls back.)
  t.after(() => made.destroyed || new Promise((resolve) => { made.destroy(resolve); }));
  return made;
}

const next = async (emitter, event) => (await within(event, once(emitter, event)))[0];
const gone = (id) => until('its sockets to close', async () => (await server.stats()).tracker.connections === id);

describe('bittorrent-tracker\'s client', () => {
  test('start, update, complete and stop are answered with the right numbers', async (t) => {
    const one = client(t, hashes[0]);
    one.start({ left: 100 });
    const started = await next(one, 'update');
    assert.deepEqual([started.complete, started.incomplete], [0, 1]);
    assert.ok(started.interval > 0);
    for (const [say, numbers] of [['update', [0, 1]], ['complete', [1, 0]], ['stop', [0, 0]]]) {
      one[say]({ left: say === 'update' ? 50 : 0 });
      const { complete, incomplete } = await next(one, 'update');
      assert.deepEqual([complete, incomplete], numbers, say);
    }
    assert.deepEqual(one.warnings, []);
  });

  test('two of them meet, connect, and talk', async (t) => {
    const [one, two] = [client(t, hashes[1]), client(t, hashes[1])];
    one.start({ left: 100 });
    await next(one, 'update');
    const met = next(one, 'peer');
    const found = next(two, 'peer');
    two.start({ left: 100 });
    const [ours, theirs] = await Promise.all([met, found]);
    assert.equal(ours.id, two.peerId);
    assert.equal(theirs.id, one.peerId);
    const heard = next(ours, 'data');
    await Promise.all([ours, theirs].map((peer) => (peer.connected ? null : next(peer, 'connect'))));
    theirs.send('good evening');
    assert.equal(Buffer.from(await heard).toString(), 'good evening');
    for (const peer of [ours, theirs]) peer.destroy();
    assert.deepEqual([...one.warnings, ...two.warnings], []);
  });

  test('a magnet link\'s announce, which knows no length, counts as a leecher', async (t) => {
    const one = client(t, hashes[2], { getAnnounceOpts: () => ({ left: Number.NaN }) });
    one.start();
    assert.equal((await next(one, 'update')).incomplete, 1);
    assert.deepEqual(one.warnings, []);
  });

  test('many swarms share one socket, with one peer id', async (t) => {
    await gone(0);
    const peerId = randomBytes(20).toString('hex');
    const many = hashes.map((infoHash) => client(t, infoHash, { peerId }));
    for (const each of many) each.start({ left: 1, numwant: 1 });
    await Promise.all(many.map((each) => next(each, 'update')));
    const { tracker } = await server.stats();
    assert.equal(tracker.connections, 1);
    assert.equal(tracker.peers, 1);
    for (const each of many) each.stop({ numwant: 0 });
    await Promise.all(many.map((each) => next(each, 'update')));
    assert.equal((await server.stats()).tracker.peers, 0);
    assert.deepEqual(many.flatMap((each) => each.warnings), []);
  });

  test('scrape: its own torrent, one, and several', async (t) => {
    const one = client(t, hashes[3]);
    one.start({ left: 0 });
    await next(one, 'update');
    one.scrape();
    const own = await next(one, 'scrape');
    assert.deepEqual([own.infoHash, own.complete, own.incomplete], [hashes[3], 1, 0]);
    const ask = (infoHash) => within('a scrape', new Promise((resolve, reject) => {
      Client.scrape({ announce, infoHash, wrtc }, (error, data) => (error ? reject(error) : resolve(data)));
    }));
    assert.equal((await ask(hashes[3])).complete, 1);
    const several = await ask([hashes[3], hashes[4]]);
    assert.deepEqual([several[hashes[3]].complete, several[hashes[4]].complete], [1, 0]);
    assert.deepEqual(one.warnings, []);
  });

  test('a torrent of another site is refused by name, and the socket stays', async (t) => {
    const stranger = client(t, randomBytes(20).toString('hex'));
    const welcome = client(t, hashes[5]);
    stranger.start({ left: 1 });
    assert.match((await next(stranger, 'warning')).message, /no such torrent/);
    welcome.start({ left: 1 });
    await next(welcome, 'update');
    assert.equal(stranger.warnings.length, 1);
    assert.deepEqual(welcome.warnings, []);
  });

  test('who hangs up without a word is gone', async (t) => {
    await gone(0);
    const one = client(t, hashes[6]);
    one.start({ left: 1 });
    await next(one, 'update');
    one.destroy();
    await gone(0);
    const { tracker, swarms } = await server.stats();
    assert.equal(tracker.peers, 0);
    assert.deepEqual(swarms, []);
  });
});
