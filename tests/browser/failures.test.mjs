// Visitors close their laptops, servers crash, networks cut what they do not
// know: what is under way must still complete, with the right bytes.
import assert from 'node:assert/strict';
import { after, afterEach, beforeEach, test } from 'node:test';
import { Browsers } from './harness/browsers.mjs';
import { proxyTo } from './harness/proxy.mjs';
import { Stage, statsOf } from './harness/stage.mjs';
import { until } from './harness/wait.mjs';

// One stage per test: they break it.
const browsers = new Browsers();
let stage;
beforeEach(async () => { stage = await Stage.open({ browsers }); });
afterEach(() => stage?.close());
after(() => browsers.close());

/** Slow enough that a transfer of the film can be met half-way. */
const slow = { uploadLimit: 1 << 20 };

/**
 * Resolves when `taking` has brought the visitor half a megabyte from `giver`
 * (a peer id; default: anybody), but is not complete.
 */
async function underWay(visitor, taking, giver) {
  const tooEarly = taking.then(() => { throw new Error('it was complete before it could be disturbed'); });
  await Promise.race([tooEarly, until('a transfer to be under way', async () => {
    const { list } = (await statsOf(visitor)).peers;
    return list.some(({ id, bytesIn }) => bytesIn > 500_000 && (giver ?? id) === id);
  })]);
}

test('a giver whose browser dies mid-transfer costs the others nothing but time', async () => {
  const [film] = stage.films;
  const { length } = stage.expected.get(film);
  const stays = await stage.arrive({ start: slow });
  const doomedBrowser = await stage.browser('Chromium', { flags: [] });
  const dies = await stage.arrive({ browser: doomedBrowser, start: slow });
  await Promise.all([stage.take(stays, [film]), stage.take(dies, [film])]);

  const takers = await Promise.all([stage.arrive(), stage.arrive()]);
  const taking = Promise.all(takers.map((taker) => stage.take(taker, [film])));
  await underWay(takers[0], taking, (await statsOf(dies)).id);
  await dies.kill();
  await taking;
  takers.forEach((taker) => taker.assertNoProblems());

  await until('the server to forget the dead', async () => (await stage.server.stats()).peers.connected === 3);
  const late = await stage.arrive();
  const { assetBodyBytes } = await stage.server.measure(() => stage.take(late, [film]));
  assert.ok(assetBodyBytes <= 0.05 * length, 'later visitors still have givers');
});

test('a server that dies mid-transfer does not end transfers between visitors', async () => {
  const [film] = stage.films;
  const giver = await stage.arrive({ start: slow });
  await stage.take(giver, [film]);
  const taker = await stage.arrive();
  const taking = stage.take(taker, [film]);
  await underWay(taker, taking);
  await stage.server.kill();
  await taking;
  // The browser itself notes refused connections; scripts must not throw.
  assert.deepEqual(taker.problems.filter((problem) => problem.startsWith('uncaught')), []);
});

test('signalling cut off mid-transfer while HTTP is up: all complete', async () => {
  const proxy = await proxyTo(stage.server.url);
  stage.atEnd(() => proxy.close());
  const signalling = ({ url }) => url.startsWith('/.peertide/ws') || url.startsWith('/.peertide/poll');
  const givers = await Promise.all([stage.arrive({ url: proxy.url, start: slow }), stage.arrive({ url: proxy.url, start: slow })]);
  await Promise.all(givers.map((giver) => stage.takeAll(giver)));
  const taker = await stage.arrive({ url: proxy.url });
  const taking = stage.takeAll(taker);
  await underWay(taker, taking);
  proxy.refuse = signalling;
  proxy.cut();
  await taking;
});

test('signalling that was never there: the site comes from the origin', async () => {
  const proxy = await proxyTo(stage.server.url);
  stage.atEnd(() => proxy.close());
  proxy.refuse = ({ url }) => url.startsWith('/.peertide/ws') || url.startsWith('/.peertide/poll');
  const visitor = await stage.arrive({ url: proxy.url });
  await stage.takeAll(visitor);
  assert.deepEqual(visitor.problems.filter((problem) => problem.startsWith('uncaught')), []);
});

test('the server ends within two seconds of SIGTERM with visitors there', async () => {
  const visitor = await stage.arrive();
  await stage.take(visitor, stage.pictures);
  const start_ms = performance.now();
  assert.equal(await stage.server.stop(), 0);
  const elapsed_ms = performance.now() - start_ms;
  assert.ok(elapsed_ms < 2000, `${elapsed_ms} ms`);
});
