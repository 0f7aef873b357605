// A visitor comes back: what was verified once is still there, on the disk of
// its browser. It shows the site and gives it to others while the origin does
// not, and a wrong byte on the disk harms nobody.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, afterEach, beforeEach, test } from 'node:test';
import { Browsers } from './harness/browsers.mjs';
import { copySite, smallSite } from './harness/fixture.mjs';
import { proxyTo } from './harness/proxy.mjs';
import { Stage, eventsOf, statsOf } from './harness/stage.mjs';
import { until } from './harness/wait.mjs';

// One stage per test: they break it.
const browsers = new Browsers();
let stage, proxy;
beforeEach(async () => {
  const { folder, remove } = await copySite(await smallSite());
  stage = await Stage.open({ site: folder, browsers });
  stage.atEnd(remove);
  proxy = await proxyTo(stage.server.url);
  stage.atEnd(() => proxy.close());
});
afterEach(() => stage?.close());
after(() => browsers.close());

/** Switches off the pictures and films of the site; the page and the client stay. */
const contentOff = () => { proxy.refuse = ({ url }) => stage.expected.has(url.split('?')[0]); };

/** The same tab, a new document, and Peertide started in it (`start` false: not). */
async function reload(visitor, start = {}) {
  await visitor.open(`${proxy.url}/`);
  if (start) await visitor.evaluate((options) => globalThis.kit.start(options), start);
}

const arrive = (options = {}) => stage.arrive({ url: proxy.url, ...options });

/** Bytes in the files of the store, with nothing of ours running: Map from name to length. */
const filesOf = async (visitor) => new Map(await visitor.evaluate(async () => {
  const root = await navigator.storage.getDirectory();
  const folder = await root.getDirectoryHandle('peertide-1');
  const files = [];
  for await (const [name, handle] of folder) files.push([name, (await handle.getFile()).size]);
  return files;
}));
const piecesOf = (files) => [...files].reduce((sum, [name, length]) => sum + (name.endsWith('.pieces') ? length : 0), 0);

for (const browser of ['Chromium', 'Firefox']) {
  test(`${browser}: with the origin's content switched off, a reload shows the site and serves it to a fresh visitor`, async () => {
    const returns = await arrive({ browser });
    await stage.takeAll(returns);
    contentOff();
    await reload(returns);
    await until('the store to be told', async () => (await statsOf(returns)).onDisk >= stage.length);
    const { assetBodyBytes } = await stage.measureTakeAll(returns);
    assert.equal(assetBodyBytes, 0);
    const stats = await statsOf(returns);
    assert.equal(stats.origin.bytes, 0);
    assert.equal(stats.assets.reduce((sum, { fromStore }) => sum + fromStore, 0), stage.length);
    assert.ok(stats.assets.every(({ complete }) => complete), 'every asset counts as complete');

    const fresh = await arrive();
    await stage.takeAll(fresh);
    assert.ok((await statsOf(fresh)).peers.bytesIn >= stage.length);
    [returns, fresh].forEach((visitor) => visitor.assertNoProblems());
  });
}

test('with the index switched off as well, a reload shows the site as it was', async () => {
  const returns = await arrive();
  await stage.takeAll(returns);
  proxy.refuse = ({ url }) => stage.expected.has(url.split('?')[0]) || url.startsWith('/.peertide/index');
  await reload(returns);
  const { assetBodyBytes } = await stage.measureTakeAll(returns);
  assert.equal(assetBodyBytes, 0);
});

test('a store that another page holds at first is used once it is free, with the index', async () => {
  const returns = await arrive({ start: false });
  await returns.evaluate(() => {
    navigator.locks.request('peertide-store', () => new Promise((resolve) => { globalThis.letGo = resolve; }));
  });
  await returns.evaluate(() => globalThis.kit.start({}));
  await stage.takeAll(returns);
  assert.equal((await statsOf(returns)).onDisk, 0);
  await returns.evaluate(() => globalThis.letGo());
  await until('the pieces to be on disk', async () => (await statsOf(returns)).onDisk >= stage.length);
  proxy.refuse = ({ url }) => stage.expected.has(url.split('?')[0]) || url.startsWith('/.peertide/index');
  await reload(returns);
  const { assetBodyBytes } = await stage.measureTakeAll(returns);
  assert.equal(assetBodyBytes, 0);
});

/** Changes the first byte of every piece on disk (the last of a file may have no other); how many that were. */
const spoil = (visitor) => visitor.evaluate(async () => {
  const root = await navigator.storage.getDirectory();
  const folder = await root.getDirectoryHandle('peertide-1');
  let count = 0;
  for await (const [name, handle] of folder) {
    const size = Number(/^(\d+)\.pieces$/.exec(name)?.[1]);
    if (!size) continue;
    const bytes = new Uint8Array(await (await handle.getFile()).arrayBuffer());
    for (let at = 0; at < bytes.length; at += size, count++) bytes[at] ^= 1;
    const writable = await handle.createWritable();
    await writable.write(bytes);
    await writable.close();
  }
  return count;
});

for (const browser of ['Chromium', 'Firefox']) {
  test(`${browser}: a flipped byte on disk is noticed, fetched again, and never served`, async () => {
    const returns = await arrive({ browser });
    await stage.takeAll(returns);
    await reload(returns, null);
    const spoilt = await spoil(returns);
    assert.ok(spoilt > 0);
    await reload(returns);
    await until('the store to be told', async () => (await statsOf(returns)).onDisk >= stage.length);

    // The first to ask for what is on the disk is a stranger.
    const fresh = await arrive();
    await stage.takeAll(fresh);
    assert.deepEqual(await eventsOf(fresh, 'ban'), [], 'nobody gave wrong bytes');
    assert.equal((await statsOf(fresh)).piecesFailed, 0);

    await stage.takeAll(returns);
    assert.equal((await statsOf(returns)).piecesFailed, spoilt);
    const faults = (await eventsOf(returns, 'error')).filter(({ message }) => /on disk/.test(message));
    assert.equal(faults.length, spoilt, 'each is told');
    // What was got again is on the disk, and right.
    contentOff();
    await reload(returns);
    await stage.takeAll(returns);
    assert.equal((await statsOf(returns)).piecesFailed, 0);
  });
}

test('the limit holds on the disk, and what was used last is what stays', async () => {
  const limit = 2 << 20;
  const [last] = stage.pictures;
  const returns = await arrive({ start: { storeLimit: limit } });
  await stage.takeAll(returns);
  await stage.take(returns, [last]);
  const stats = await statsOf(returns);
  assert.ok(stats.onDisk <= limit && stats.onDisk > limit / 2, `${stats.onDisk} bytes`);
  await reload(returns, null);
  const length = piecesOf(await filesOf(returns));
  assert.ok(length <= limit && length > limit / 2, `${length} bytes in files`);

  contentOff();
  await reload(returns, { storeLimit: limit });
  await stage.take(returns, [last]);
  assert.equal((await statsOf(returns)).origin.bytes, 0);
  // A lower limit is kept to at once.
  await reload(returns, { storeLimit: 1 << 20 });
  await until('old pieces to be deleted', async () => {
    const { onDisk } = await statsOf(returns);
    return onDisk > 0 && onDisk <= 1 << 20;
  });
});

test('what a changed index does not name any more is deleted, the rest stays', async () => {
  const returns = await arrive();
  await stage.takeAll(returns);
  await reload(returns, null);
  const before = piecesOf(await filesOf(returns));
  const [url] = stage.pictures;
  const old = (await (await fetch(`${stage.server.url}/.peertide/index.json`)).json()).assets[url];
  const bytes = randomBytes(100_001);
  const file = path.join(stage.site, url);
  await writeFile(`${file}.new`, bytes);
  await rename(`${file}.new`, file);
  stage.expected.set(url, { ...stage.expected.get(url), length: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex') });
  await until('the index to name the new file', async () =>
    (await (await fetch(`${stage.server.url}/.peertide/index.json`)).json()).assets[url].root !== old.root);

  await reload(returns);
  const film = stage.expected.get(stage.films[0]).length;
  await until('the pictures, one swarm, to be deleted', async () => {
    const { onDisk } = await statsOf(returns);
    return onDisk >= film && onDisk < film + (2 << 20) && onDisk < before;
  });
  const take = () => stage.take(returns, [...stage.expected.keys()]); // noise can't be shown
  const { assetBodyBytes } = await stage.server.measure(take);
  assert.ok(assetBodyBytes <= stage.length - film + 100_001, 'the film came from the disk');
  await reload(returns, null);
  assert.ok(piecesOf(await filesOf(returns)) <= before + (256 << 10), 'nothing old is left');
});

test('a browser that refuses its file system: one event, and everything goes on in memory', async () => {
  const visitor = await arrive({ start: null });
  // A file that is being written can't be opened for the store alone.
  await visitor.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle('peertide-1', { create: true });
    globalThis.held = await (await folder.getFileHandle('index', { create: true })).createWritable();
  });
  await visitor.evaluate(() => globalThis.kit.start());
  await stage.takeAll(visitor);
  await stage.takeAll(visitor);
  assert.deepEqual((await eventsOf(visitor, 'error')).map(({ code }) => code), ['store-unavailable']);
  assert.equal((await statsOf(visitor)).onDisk, 0);
  const fresh = await arrive();
  const { assetBodyBytes } = await stage.measureTakeAll(fresh);
  assert.ok(assetBodyBytes <= 0.05 * stage.length, `it gives from memory, but for ${assetBodyBytes} bytes`);
});

// An ordinary profile gives room to each file by the megabyte, a private window to the byte.
for (const [privately, quotaSize] of [[false, 7 << 20], [true, 3 << 20]]) {
  const where = privately ? 'in a private window' : 'in an ordinary one';
  test(`a quota smaller than the site, ${where}: one event, new pieces take the place of old ones`, async () => {
    const visitor = await arrive({ start: null, privately });
    const session = await visitor.page.createCDPSession();
    await session.send('Storage.overrideQuotaForOrigin', { origin: visitor.at(proxy.url), quotaSize });
    await visitor.evaluate(() => globalThis.kit.start());
    await stage.takeAll(visitor);
    assert.deepEqual((await eventsOf(visitor, 'error')).map(({ code }) => code), ['store-full']);
    const { onDisk } = await statsOf(visitor);
    assert.ok(onDisk > quotaSize / 4 && onDisk <= quotaSize, `${onDisk} bytes`);
    visitor.assertNoProblems();
  });
}

test("store: 'memory' leaves nothing on the disk", async () => {
  const visitor = await arrive({ start: { store: 'memory' } });
  await stage.takeAll(visitor);
  assert.equal((await statsOf(visitor)).onDisk, 0);
  const names = await visitor.evaluate(async () => {
    const found = [];
    for await (const name of (await navigator.storage.getDirectory()).keys()) found.push(name);
    return found;
  });
  assert.deepEqual(names, []);
});
