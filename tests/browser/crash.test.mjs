// Processes are killed: by the system when memory is short, by a fault, by
// somebody's patience. What is left must go on, with the right bytes, and what
// comes again must find its own disk in order.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, afterEach, beforeEach, test } from 'node:test';
import { Browsers } from './harness/browsers.mjs';
import { workersOf } from './harness/processes.mjs';
import { Stage, statsOf } from './harness/stage.mjs';
import { until } from './harness/wait.mjs';

// One stage per test: they break it.
const browsers = new Browsers();
let stage, film;
beforeEach(async () => {
  stage = await Stage.open({ browsers });
  [film] = stage.films;
});
afterEach(() => stage?.close());
after(() => browsers.close());

/** Begins to read the film with an ordinary fetch(); `kit.reading` is its hash, or undefined where it broke off. */
async function beginFilm(tab) {
  const before = (await statsOf(tab)).delivered;
  await tab.evaluate((url) => { globalThis.kit.reading = globalThis.kit.hash(url).catch(() => undefined); }, film);
  await until('the film to be under way', async () => (await statsOf(tab)).delivered > before + 500_000);
}

/** Everything is right, and mostly from the giver; the service worker answers again. */
async function assertWell(tab) {
  const [picture] = stage.pictures;
  await until('the service worker to answer', () =>
    tab.evaluate(async (url) => (await fetch(url)).headers.has('x-peertide'), picture));
  const { assetBodyBytes } = await stage.measureTakeAll(tab);
  assert.ok(assetBodyBytes <= stage.length / 4, `${assetBodyBytes} of ${stage.length} bytes from the origin`);
}

/** Two tabs of one visitor in a browser of its own, the first has the node. */
async function twoTabs({ apart }) {
  const giver = await stage.arrive({ start: { uploadLimit: 2 << 20 } });
  await stage.takeAll(giver);
  const browser = await stage.browser('Chromium', {});
  // The service worker runs in the process of the first tab it serves.
  const before = apart && (await stage.arrive({ browser, start: false }));
  if (before) {
    await before.evaluate(async () => {
      await navigator.serviceWorker.register('/.peertide/peertide.sw.js', { scope: '/' });
      await navigator.serviceWorker.ready;
    });
  }
  const host = before ? await stage.openTab(before) : await stage.arrive({ browser });
  const other = await stage.openTab(host);
  await until('both to have the same node', async () => {
    const { id } = await statsOf(other);
    return id !== '' && id === (await statsOf(host)).id;
  });
  return { browser, host, other };
}

test('the process of the service worker, and with it the tab that has the node, is killed: the other tab goes on', async () => {
  const { browser, other } = await twoTabs({ apart: false });
  const { id } = await statsOf(other);
  await beginFilm(other);
  const processes = await workersOf(browser.pid);
  assert.deepEqual(processes.map(({ serviceWorker, worker }) => [serviceWorker, worker]), [[true, true]], 'one process runs both');
  process.kill(processes[0].pid, 'SIGKILL');
  await until('the other tab to have the node', async () => (await statsOf(other)).id !== id);
  // What the service worker was answering ends with it: broken off or complete, never wrong.
  const hash = await other.evaluate(() => globalThis.kit.reading);
  if (hash !== undefined) stage.assertRight([[film, hash]]);
  await assertWell(other);
  assert.deepEqual(other.problems.filter((problem) => problem.startsWith('uncaught')), []);
});

test('the process of the tab that has the node is killed: what the service worker answers for the other tab goes on', async () => {
  const { browser, other } = await twoTabs({ apart: true });
  const { id } = await statsOf(other);
  await beginFilm(other);
  const processes = await workersOf(browser.pid);
  const node = processes.filter(({ worker }) => worker);
  assert.deepEqual([node.length, node[0].serviceWorker, processes.length], [1, false, 2], 'the service worker runs elsewhere');
  process.kill(node[0].pid, 'SIGKILL');
  await until('the other tab to have the node', async () => (await statsOf(other)).id !== id);
  stage.assertRight([[film, await other.evaluate(() => globalThis.kit.reading)]]);
  await assertWell(other);
  other.assertNoProblems();
});

for (const name of ['Chromium', 'Firefox']) {
  test(`${name}: the whole browser is killed while it writes: it comes again, and its disk is in order`, async () => {
    const profile = await mkdtemp(path.join(os.tmpdir(), 'peertide-profile-'));
    stage.atEnd(() => rm(profile, { recursive: true, force: true, maxRetries: 5 }));
    const visitor = await stage.arrive({ browser: await stage.browser(name, { profile }) });
    await stage.take(visitor, stage.pictures);
    await beginFilm(visitor);
    await until('some of it to be on the disk', async () => (await statsOf(visitor)).onDisk > 0);
    await visitor.kill();
    const again = await stage.arrive({ browser: await stage.browser(name, { profile }) });
    await until('the store to be told', async () => (await statsOf(again)).onDisk > 0);
    await stage.takeAll(again);
    const { assets, piecesFailed } = await statsOf(again);
    assert.ok(assets.reduce((sum, { fromStore }) => sum + fromStore, 0) > 0, 'what was there before is used');
    assert.equal(piecesFailed, 0, 'nothing on the disk is half written');
    again.assertNoProblems();
  });
}
