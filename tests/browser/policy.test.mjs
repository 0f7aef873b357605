// What a visitor and the site's owner decide holds: who gives, how much, to how
// many, what, and from when on. Told by the counters of the server and of those
// who got something (or nothing). `iceTransportPolicy` and `foldLoading` have
// files of their own (relay.test.mjs, fold.test.mjs).
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { installDevice } from './harness/device.mjs';
import { proxyTo } from './harness/proxy.mjs';
import { Stage, statsOf } from './harness/stage.mjs';
import { seconds, until } from './harness/wait.mjs';

let stage, some, someLength;
before(async () => {
  stage = await Stage.open();
  some = stage.pictures.slice(8, 14);
  someLength = lengthOf(stage, some);
});
after(() => stage?.close());

// Each test begins with an empty site, whatever became of the last one.
const here = new Set();
afterEach(async () => {
  await Promise.all([...here].map((visitor) => visitor.close()));
  here.clear();
  await connected(stage, 0);
});

async function arrive(options) {
  const visitor = await stage.arrive(options);
  here.add(visitor);
  return visitor;
}

/**
 * The same test in both browsers: `run` gets the name of the one whose visitor decides. What the core
 * decides is the same in both: such tests are `slow`, and in Firefox part of tests/run browser-long.
 */
function inBoth(name, run, { slow = false } = {}) {
  const browsers = slow && process.env.PEERTIDE_LONG !== '1' ? ['Chromium'] : ['Chromium', 'Firefox'];
  for (const browser of browsers) test(`${browser}: ${name}`, () => run(browser));
}

const lengthOf = (on, urls) => urls.reduce((sum, url) => sum + on.expected.get(url).length, 0);
const connected = (on, count) => until(`the server to see ${count} visitors`, async () =>
  (await on.server.stats()).peers.connected === count);

/** A fresh visitor takes `urls` and leaves: the origin's part of their bytes. */
async function originPart(on, urls, options) {
  const there = (await on.server.stats()).peers.connected;
  const taker = await on.arrive(options);
  const { assetBodyBytes } = await on.server.measure(() => on.take(taker, urls));
  taker.assertNoProblems();
  await taker.close();
  await connected(on, there);
  return assetBodyBytes / lengthOf(on, urls);
}

/** `giver`, who has `some`, gives nothing; after `change` it does. */
async function givesOnlyAfter(giver, change) {
  assert.ok(await originPart(stage, some) >= 1, 'all of it comes from the origin');
  assert.equal((await statsOf(giver)).peers.bytesOut, 0);
  await change();
  assert.ok(await originPart(stage, some) <= 0.2, 'it comes from the visitor');
  await until('it to have counted what it gave', async () => (await statsOf(giver)).peers.bytesOut >= 0.8 * someLength);
}

/** A visitor that has `some`, on a device in that state. */
async function giverOn(of, state, start) {
  const giver = await arrive({ start: false, prepare: installDevice });
  await giver.evaluate((name, values) => globalThis.device.set(name, values), of, state);
  await giver.evaluate((options) => globalThis.kit.start(options), start ?? {});
  await stage.take(giver, some);
  return giver;
}
const setDevice = (visitor, of, state) => visitor.evaluate((name, values) => globalThis.device.set(name, values), of, state);

inBoth('consent "download-only" takes from others and gives nothing, until it is granted', async (browser) => {
  const first = await arrive();
  await stage.take(first, some);
  const giver = await arrive({ browser, start: { consent: 'download-only' } });
  const { assetBodyBytes } = await stage.server.measure(() => stage.take(giver, some));
  assert.ok(assetBodyBytes <= 0.2 * someLength, 'it takes from others');
  await first.close();
  await connected(stage, 1);
  await givesOnlyAfter(giver, () => giver.evaluate(() => globalThis.kit.tide.setConsent('granted')));
});

inBoth('consent "denied" has nothing to do with others, not even with the server, until it is granted', async (browser) => {
  const other = await arrive();
  await stage.take(other, some);
  const giver = await arrive({ browser, start: { consent: 'denied' } });
  const { assetBodyBytes } = await stage.server.measure(() => stage.take(giver, some));
  assert.ok(assetBodyBytes >= someLength, 'everything comes from the site');
  assert.equal((await stage.server.stats()).peers.connected, 1);
  assert.equal((await statsOf(giver)).peers.connected, 0);
  await other.close();
  await connected(stage, 0);
  await givesOnlyAfter(giver, async () => {
    await giver.evaluate(() => globalThis.kit.tide.setConsent('granted'));
    await until('the server to name it to others', async () => (await stage.server.stats()).peers.joined === 1);
  });
});

test('on a mobile network nothing is given', async () => {
  const giver = await giverOn('connection', { type: 'cellular' });
  await givesOnlyAfter(giver, () => setDevice(giver, 'connection', { type: 'wifi' }));
});

test('a visitor who saves data gives nothing', async () => {
  const giver = await arrive({ start: false });
  const devtools = await giver.page.createCDPSession();
  await devtools.send('Emulation.setDataSaverOverride', { dataSaverEnabled: true });
  assert.equal(await giver.evaluate(() => navigator.connection.saveData), true);
  await giver.evaluate(() => globalThis.kit.start());
  await stage.take(giver, some);
  await givesOnlyAfter(giver, async () => {
    await devtools.send('Emulation.setDataSaverOverride', { dataSaverEnabled: false });
    await giver.evaluate(() => navigator.connection.dispatchEvent(new Event('change')));
  });
});

test('on a low battery nothing is given, until it is charged', async () => {
  const giver = await giverOn('battery', { charging: false, level: 0.1 });
  await givesOnlyAfter(giver, () => setDevice(giver, 'battery', { charging: true }));
});

test('on a mobile network, saving data and on a low battery a visitor gives where the page allows it', async () => {
  const giver = await giverOn('connection', { type: 'cellular', saveData: true },
    { uploadOn: { cellular: true, saveData: true, lowBattery: true } });
  await setDevice(giver, 'battery', { charging: false, level: 0.1 });
  assert.ok(await originPart(stage, some) <= 0.2);
});

test('Firefox tells neither network nor battery: it is taken to be neither mobile nor low, and gives', async () => {
  const giver = await arrive({ browser: 'Firefox', start: { uploadOn: { cellular: false, saveData: false, lowBattery: false } } });
  assert.deepEqual(await giver.evaluate(() => [typeof navigator.connection, typeof navigator.getBattery]), ['undefined', 'undefined']);
  await stage.take(giver, some);
  assert.ok(await originPart(stage, some) <= 0.2);
  giver.assertNoProblems();
});

/** Hides the visitor's tab; resolves to a function that shows it again. */
async function hide(visitor) {
  const seen = (visibility) => until(`the tab to be ${visibility}`, () =>
    visitor.evaluate((state) => document.visibilityState === state, visibility));
  if (visitor.name === 'Firefox') {
    const above = await visitor.tab(); // a tab behind another one
    await seen('hidden');
    return async () => {
      await above.closeTab();
      await visitor.page.bringToFront();
      await seen('visible');
    };
  }
  await visitor.page.emulateFocusedPage(false); // it is behind another tab, and now knows it
  await seen('hidden');
  return async () => {
    await visitor.page.emulateFocusedPage(true);
    await seen('visible');
  };
}

inBoth('a hidden tab gives nothing where the page says so', async (browser) => {
  const giver = await arrive({ browser, start: { uploadOn: { hidden: false } } });
  await stage.take(giver, some);
  await givesOnlyAfter(giver, await hide(giver));
});

test('a hidden tab gives where the page says nothing of it', async () => {
  const giver = await arrive();
  await stage.take(giver, some);
  await hide(giver);
  assert.ok(await originPart(stage, some) <= 0.2);
});

inBoth('the upload limit is kept, and used', async (browser) => {
  const limit = 256 << 10; // bytes a second
  const giver = await arrive({ browser, start: { uploadLimit: limit } });
  const film = stage.films[0];
  await stage.take(giver, [film]);
  const taker = await arrive({ start: { serviceWorker: false } });
  await taker.evaluate((url) => { void globalThis.kit.tide.fetch(url).then((response) => response.arrayBuffer()); }, film);
  const given = async () => giver.evaluate(() => [performance.now(), globalThis.kit.stats().peers.bytesOut]);
  await until('the first bytes', async () => (await given())[1] > 0);
  const [start_ms, start] = await given();
  await until('three seconds of it', async () => (await given())[0] >= start_ms + 3000);
  const [end_ms, end] = await given();
  const rate = (end - start) / ((end_ms - start_ms) / 1000);
  // A second's worth may have been saved up, and counters are a second old.
  assert.ok(rate <= limit * 5 / 3 && rate >= limit / 2, `${rate} bytes a second of ${limit}`);
}, { slow: true });

inBoth('the upload quota ends what is given, and nothing is lost', async (browser) => {
  const quota = 300_000;
  const giver = await arrive({ browser, start: { uploadQuota: quota } });
  await stage.take(giver, stage.pictures);
  // One taker may be done before the two have met: the site is near and the pictures are in a hurry.
  let bytesOut = 0;
  await until('the quota to be used', async () => {
    const part = await originPart(stage, stage.pictures);
    assert.ok(part >= 1 - 1.1 * quota / lengthOf(stage, stage.pictures), `${part} from the origin`);
    ({ bytesOut } = (await statsOf(giver)).peers);
    assert.ok(bytesOut <= quota, `${bytesOut} of ${quota} given`);
    return bytesOut >= quota - 3 * 16384;
  });
  assert.ok(await originPart(stage, some) >= 1, 'later ones get nothing from it');
}, { slow: true });

inBoth('no more connections than maxPeers', async (browser) => {
  const others = await Promise.all([arrive(), arrive(), arrive()]);
  await Promise.all(others.map((other) => stage.take(other, some)));
  const visitor = await arrive({ browser, start: { maxPeers: 1 } });
  await stage.take(visitor, some);
  const late = await arrive();
  await stage.take(late, some);
  await until('the late one to have met the others', async () => (await statsOf(late)).peers.connected >= 3);
  assert.equal((await statsOf(visitor)).peers.connected, 1);
}, { slow: true });

test('who prefers savings waits for a slow neighbour, who prefers speed does not', async () => {
  const [picture] = stage.pictures.filter((url) => stage.expected.get(url).length > 400_000);
  const giver = await arrive({ start: { uploadLimit: 64 << 10 } }); // all of it in six seconds or more
  await stage.take(giver, [picture]);
  assert.ok(await originPart(stage, [picture], { start: { prefer: 'savings' } }) <= 0.1, 'the neighbour gave it');
  assert.ok(await originPart(stage, [picture], { start: { prefer: 'speed' } }) >= 0.3, 'the site did not let it wait');
});

inBoth('mediaTypes and excludeFormats, set in code, leave the rest to the origin', async (browser) => {
  const giver = await arrive();
  await stage.take(giver, some);
  for (const start of [{ mediaTypes: ['video', 'audio'] }, { excludeFormats: ['JPG'] }]) {
    assert.ok(await originPart(stage, some, { browser, start }) >= 1, JSON.stringify(start));
  }
  assert.ok(await originPart(stage, some, { browser, start: { mediaTypes: ['image'], excludeFormats: ['png'] } }) <= 0.2);
  assert.ok((await statsOf(giver)).peers.bytesOut <= 1.2 * someLength);
}, { slow: true });

inBoth('threshold in code: others are asked only once there are as many', async (browser) => {
  const [first, second] = [await arrive(), await arrive()];
  await stage.take(first, some);
  await stage.take(second, some);
  assert.ok(await originPart(stage, some, { browser, start: { threshold: 3 } }) >= 1, 'two others are too few');
  assert.ok(await originPart(stage, some, { browser, start: { threshold: 2 } }) <= 0.2, 'two others are enough');
}, { slow: true });

/** Uploads end within a second of the decision, by what the receiver counts. */
async function endsWithinASecond(browser, consent) {
  const giver = await arrive({ browser, start: { uploadLimit: 1 << 20 } });
  const film = stage.films[0];
  await stage.take(giver, [film]);
  const taker = await arrive({ browser, start: { serviceWorker: false } });
  // Not to its end: what the giver doesn't send, the origin would.
  await taker.evaluate((url) => { globalThis.reading = globalThis.kit.tide.fetch(url).then((r) => r.arrayBuffer()); }, film);
  const got = async () => (await statsOf(taker)).peers.bytesIn;
  await until('a transfer to be under way', async () => (await got()) > 500_000);
  await giver.evaluate((value) => globalThis.kit.tide.setConsent(value), consent);
  await new Promise((resolve) => setTimeout(resolve, 1000)); // the second that is allowed
  // Counters are told once a second at the latest: the next report has all of that second. Where the
  // site has delivered the rest by now nothing is counted any more: then the last one has.
  const soon = await taker.evaluate(() => Promise.race([
    new Promise((resolve) => {
      globalThis.kit.tide.addEventListener('stats', ({ detail }) => resolve(detail.peers.bytesIn), { once: true });
    }),
    globalThis.reading.then(() => globalThis.kit.stats().peers.bytesIn),
  ]));
  await taker.evaluate(() => globalThis.reading);
  assert.equal(await got(), soon, 'nothing more comes after a second');
  assert.ok(soon < stage.expected.get(film).length - 500_000, 'it was ended in the middle');
}

for (const consent of ['download-only', 'denied']) {
  inBoth(`consent withdrawn to "${consent}" in the middle of a transfer ends it within a second`, (browser) =>
    endsWithinASecond(browser, consent));
}

/* The connection to the server begins while the core is on its way, and is used once that is there. */
inBoth('consent withdrawn while the core is on its way: the server hears nothing, and its connection ends', async (browser) => {
  const proxy = await proxyTo(stage.server.url);
  let release;
  const released = new Promise((resolve) => { release = resolve; });
  proxy.answer.set('/.peertide/peertide.core.wasm', async (request, response) => {
    await released;
    const core = await fetch(stage.server.url + request.url);
    response.writeHead(200, { 'content-type': 'application/wasm' }).end(Buffer.from(await core.arrayBuffer()));
  });
  const signalling = async () => (await stage.server.stats()).signalling;
  try {
    const { messagesIn } = await signalling();
    const visitor = await arrive({ browser, url: proxy.url });
    await until('its connection', async () => (await signalling()).connections === 1);
    await visitor.evaluate(() => globalThis.kit.tide.setConsent('denied'));
    release();
    // (Who says nothing for ten seconds the server sends away.)
    await until('it to end', async () => (await signalling()).connections === 0, seconds(4));
    assert.equal((await signalling()).messagesIn, messagesIn);
  } finally {
    release();
    await proxy.close();
  }
});

inBoth('geoLocate: the server looks for visitors nearby, unless the page says no', async (browser) => {
  const proxy = await proxyTo(stage.server.url);
  try {
    const giver = await arrive();
    await stage.take(giver, some);
    for (const geoLocate of [true, false]) {
      proxy.told = '';
      const visitor = await arrive({ browser, url: proxy.url, start: { geoLocate } });
      await stage.take(visitor, some);
      // All of them are in the same network: as near as can be (0: nothing is said of it).
      const near = await until('the server to name the giver', () => /"action":"peers".*?"near":(\d+)/s.exec(proxy.told)?.[1]);
      assert.equal(Number(near), geoLocate ? 1 : 0);
      await visitor.close();
    }
  } finally {
    await proxy.close();
  }
});

test('debug tells in the console, in closed groups', async () => {
  const visitor = await arrive({ start: false });
  const groups = [];
  const lines = [];
  visitor.page.on('console', (message) => {
    if (message.type() === 'startGroupCollapsed') groups.push(message.text());
    if (message.type() === 'log') lines.push(message.text());
  });
  await visitor.evaluate(() => globalThis.kit.start({ debug: true }));
  await stage.take(visitor, some);
  await until('a group that has the bytes', () => groups.some((text) => /Peertide [0-9a-f]{8}: .*\d{4,} B from the origin/.test(text)));
  await until('its lines, which come one by one', () => lines.some((text) => text.startsWith('asset')));
  const quiet = await arrive({ start: false });
  quiet.page.on('console', (message) => { if (message.type() === 'startGroupCollapsed') groups.push('unwanted'); });
  await quiet.evaluate(() => globalThis.kit.start());
  await stage.take(quiet, some);
  assert.ok(!groups.includes('unwanted'));
});

inBoth('what the owner sets: threshold, and what is excluded, by folder, name and format', async (browser) => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'peertide-config-'));
  const config = path.join(folder, 'config.json');
  await writeFile(config, JSON.stringify({ threshold: 3, exclude: ['/video/', 'picture-01.jpg'], excludeFormats: ['png'] }));
  const site = await Stage.open({ args: ['--config', config] });
  try {
    const visitors = [];
    const shared = some;
    for (let i = 1; i <= 3; i++) {
      const visitor = await site.arrive({ browser: i === 1 ? browser : 'Chromium' });
      visitors.push(visitor);
      const { assetBodyBytes } = await site.server.measure(() => site.take(visitor, shared));
      assert.ok(assetBodyBytes >= lengthOf(site, shared), `visitor ${i} loads from the origin`);
    }
    assert.ok(await originPart(site, shared, { browser }) <= 0.2, 'the fourth loads from visitors');
    const kept = [...site.films, site.pictures.find((url) => url.endsWith('picture-01.jpg'))];
    await site.take(visitors[0], kept);
    const { bodyBytes } = await site.server.measure(() => site.take(visitors[1], kept));
    assert.ok(bodyBytes >= lengthOf(site, kept), 'what is excluded comes from the origin');
    const { assets } = await statsOf(visitors[0]);
    assert.deepEqual(assets.filter(({ path: name }) => kept.includes(name)), []);
  } finally {
    await site.close();
    await rm(folder, { recursive: true });
  }
}, { slow: true });
