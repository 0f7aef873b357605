// Visitors use different browsers. Firefox alone has the site, all others are
// Chromium: what they get must come from it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { video } from './harness/fixture.mjs';
import { Stage, statsOf } from './harness/stage.mjs';
import { until } from './harness/wait.mjs';

let stage, firefox;
before(async () => {
  stage = await Stage.open();
  firefox = await stage.arrive({ browser: 'Firefox' });
});
after(() => stage?.close());

test('Firefox as the first visitor gets everything from the origin', async () => {
  const { assetBodyBytes } = await stage.measureTakeAll(firefox);
  assert.ok(assetBodyBytes >= stage.length);
  firefox.assertNoProblems();
});

test('Firefox gives to Chromium', async () => {
  const visitor = await stage.arrive();
  const { bodyBytes } = await stage.measureTakeAll(visitor);
  assert.ok(bodyBytes <= 0.05 * stage.length, `${bodyBytes} bytes from the origin`);
  await until('Firefox to have counted what it gave', async () =>
    (await statsOf(firefox)).peers.bytesOut >= 0.95 * stage.length);
  visitor.assertNoProblems();
  firefox.assertNoProblems();
});

test('Firefox takes from Chromium, plays and seeks', async () => {
  const visitor = await stage.arrive({ browser: 'Firefox' });
  await firefox.close();
  const { bodyBytes } = await stage.measureTakeAll(visitor);
  assert.ok(bodyBytes <= 0.05 * stage.length, `${bodyBytes} bytes from the origin`);
  const frame = await visitor.evaluate(async (url, code, wanted) => {
    const { kit } = globalThis;
    const film = await kit.film(url);
    await kit.seek(film, 0.8);
    return kit.frameAfterSeek(film, code, wanted);
  }, video.path, video.code, 0.8 * video.frames);
  assert.ok(Math.abs(frame - 0.8 * video.frames) <= 1, `frame ${frame}`);
  visitor.assertNoProblems();
});
