// Some visitors lie. What they send must not reach the page, they must be
// found out by name, and nobody's visit may fail for it.
import assert from 'node:assert/strict';
import { after, afterEach, beforeEach, test } from 'node:test';
import { Browsers } from './harness/browsers.mjs';
import { hostileWorker } from './harness/hostile-worker.mjs';
import { proxyTo } from './harness/proxy.mjs';
import { Stage, eventsOf, statsOf } from './harness/stage.mjs';
import { until } from './harness/wait.mjs';

const browsers = new Browsers();
let stage, proxy;
beforeEach(async () => {
  stage = await Stage.open({ browsers });
  proxy = await proxyTo(stage.server.url);
  stage.atEnd(() => proxy.close());
  proxy.rewrite.set('/.peertide/peertide.js', hostileWorker);
});
afterEach(() => stage?.close());
after(() => browsers.close());

/** Arrives through the proxy, and so with a worker that corrupts what it gives. */
async function arriveHostile() {
  const hostile = await stage.arrive({ url: proxy.url });
  await stage.takeAll(hostile);
  return hostile;
}

const idOf = async (visitor) => (await statsOf(visitor)).id;

async function assertBanned(visitor, hostile) {
  const id = await idOf(hostile);
  assert.match(id, /^[0-9a-f]{40}$/);
  const bans = await eventsOf(visitor, 'ban');
  assert.ok(bans.length > 0, 'nobody was banned');
  assert.deepEqual([...new Set(bans.map(({ peer }) => peer))], [id], 'the liar and nobody else is banned');
}

test('a liar as the only giver: the page is right, the liar is named', async () => {
  const hostile = await arriveHostile();
  const victim = await stage.arrive();
  await stage.takeAll(victim);
  await assertBanned(victim, hostile);
  victim.assertNoProblems();
});

test('a liar among honest givers: the page is right, and the honest ones still give', async () => {
  const honest = await stage.arrive();
  await stage.takeAll(honest);
  // The liar has nothing from us to learn: it takes its copy first, too.
  const hostile = await arriveHostile();
  const victim = await stage.arrive();
  const { bodyBytes } = await stage.measureTakeAll(victim);
  await assertBanned(victim, hostile);
  assert.ok(bodyBytes <= 0.25 * stage.length, `one liar made ${bodyBytes} bytes come from the origin`);
  victim.assertNoProblems();
});

test('two visitors who were lied to are enough: the server sends nobody to the liar any more', async () => {
  const hostile = await arriveHostile();
  const victims = [await stage.arrive(), await stage.arrive()];
  for (const victim of victims) {
    // Bytes from the first victim would be right: each is left with the liar alone.
    await stage.takeAll(victim);
    await assertBanned(victim, hostile);
    if (victim === victims[0]) await victim.close();
  }
  const id = await idOf(hostile);
  await until('the server to ban the liar', async () => (await stage.server.stats()).bans.some(({ peer }) => peer === id));
  const late = await stage.arrive();
  await stage.takeAll(late);
  assert.deepEqual(await eventsOf(late, 'ban'), []);
  assert.ok(!(await eventsOf(late, 'peer')).some(({ peer }) => peer === id), 'nobody meets the liar');
  late.assertNoProblems();
});
