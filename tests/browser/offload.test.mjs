// The main job, on the demo site as its visitors see it: who comes second
// gets the pictures and the film from who came first, byte for byte, and the
// origin rests.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { demoSite } from './harness/fixture.mjs';
import { Stage, statsOf } from './harness/stage.mjs';
import { seconds } from './harness/wait.mjs';

let stage, a, cost;

/** Takes the whole site as a new visitor; the visitor and its cost to the origin, in body bytes. */
async function visit(name, browser) {
  let visitor;
  const { bodyBytes } = await stage.server.measure(async () => {
    visitor = await stage.arrive({ browser, start: false });
    await visitor.evaluate(() => globalThis.kit.adopt('__peertide'));
    await stage.takeAll(visitor);
  });
  return { name, visitor, bodyBytes };
}

async function assertOffloaded(t, { name, visitor, bodyBytes }) {
  if (bodyBytes > 0.05 * cost) { // why?
    const { assets, ...stats } = await statsOf(visitor);
    t.diagnostic(JSON.stringify({ stats, fromOrigin: assets.filter(({ fromOrigin, length }) => fromOrigin > 0.05 * length) }));
  }
  t.diagnostic(`${name}: ${(100 * bodyBytes / cost).toFixed(2)} % of the bytes of the first visit came from the origin`);
  assert.ok(bodyBytes <= 0.05 * cost, `${name} cost the origin ${bodyBytes} bytes, A ${cost}`);
  visitor.assertNoProblems();
}

before(async () => {
  stage = await Stage.open({ site: await demoSite() });
  // One that has only just been started is busy with itself for seconds; those of visitors are not.
  await stage.browser('Firefox');
  ({ visitor: a, bodyBytes: cost } = await visit('A'));
});
after(() => stage?.close());

test('the first visitor gets everything from the origin, once', () => {
  assert.ok(cost >= stage.length, `${cost} bytes for ${stage.length}`);
  assert.ok(cost <= 1.1 * stage.length, `${cost} bytes for ${stage.length}: something was loaded twice`);
  a.assertNoProblems();
});

test('the second and the third get it from visitors', async (t) => {
  for (const name of ['B', 'C']) await assertOffloaded(t, await visit(name));
});

test('the demo\'s film, sought to 80 %, shows the right frame and comes in ranges from visitors', async (t) => {
  const { frames, bytes } = JSON.parse(await readFile(path.join(stage.site, 'manifest.json'))).video;
  const visitor = await stage.arrive({ start: false });
  const { result, assetBodyBytes } = await stage.server.measure(() => visitor.evaluate(async (url) => {
    const { kit } = globalThis;
    await kit.adopt('__peertide');
    const film = await kit.film(url);
    await kit.seek(film, 0.8);
    const { readFrameNumber } = await import('/frame-code.js');
    const frame = readFrameNumber(film);
    const asset = kit.stats().assets.find(({ path: name }) => name === url);
    return { frame, fromPeers: asset.fromPeers, fromOrigin: asset.fromOrigin };
  }, stage.films[0]));
  t.diagnostic(`frame ${result.frame}, ${result.fromPeers} bytes from visitors, ${result.fromOrigin} from the origin`);
  assert.ok(Math.abs(result.frame - 0.8 * frames) <= 1, `frame ${result.frame} where ${0.8 * frames} belongs`);
  assert.ok(result.fromPeers > 0 && assetBodyBytes <= 0.05 * bytes, `${assetBodyBytes} bytes came from the origin`);
  assert.ok(result.fromPeers < 0.9 * bytes, 'the frame must be there before the whole film is');
  visitor.assertNoProblems();
  // He leaves before all pictures have come. Nobody tells the service worker: it is patient for eight seconds.
  const { bodyBytes } = await stage.server.measure(async () => {
    await visitor.close();
    await new Promise((resolve) => setTimeout(resolve, seconds(10)));
  });
  assert.ok(bodyBytes <= 0.05 * cost, `who had left cost the origin ${bodyBytes} bytes`);
});

test('Firefox takes from Chromium', async (t) => {
  await assertOffloaded(t, await visit('Firefox', 'Firefox'));
});

test('who comes after the first has left gets it from those who stayed', async (t) => {
  await a.close();
  await assertOffloaded(t, await visit('D'));
});
