// Players take offence when a part of a film is an answer that the service worker
// made and the next one comes past it (Chromium ends the film with an error).
// Whatever becomes of Peertide while a film is open, it must go on.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { video } from './harness/fixture.mjs';
import { proxyTo } from './harness/proxy.mjs';
import { Stage } from './harness/stage.mjs';
import { seconds, until } from './harness/wait.mjs';

let stage, proxy;
before(async () => {
  stage = await Stage.open();
  proxy = await proxyTo(stage.server.url);
  stage.atEnd(() => proxy.close());
  await stage.takeAll(await stage.arrive()); // who gives
});
after(() => stage?.close());

const arrive = (browser, options) => stage.arrive({ url: proxy.url, browser, ...options });
/** In the page: an element of its own (`crossOrigin` or not) with the film's beginning. */
async function open(url, crossOrigin) {
  const film = Object.assign(document.createElement('video'), { muted: true, preload: 'metadata', crossOrigin });
  document.body.append(film);
  await new Promise((resolve, reject) => {
    film.onloadedmetadata = resolve;
    film.onerror = () => reject(new Error(film.error.message));
    film.src = url;
  });
  globalThis.kit.current = film;
}
async function showsAt(visitor, part) {
  const frame = await visitor.evaluate(async (to, { code, frames }) => {
    const { kit } = globalThis;
    await kit.seek(kit.current, to);
    return kit.frameAfterSeek(kit.current, code, to * frames);
  }, part, video);
  assert.ok(Math.abs(frame - part * video.frames) <= 1, `frame ${frame} where ${part * video.frames} belongs`);
}
const fromPeers = (visitor) => visitor.evaluate((url) => globalThis.kit.stats().assets.find(({ path }) => path === url)?.fromPeers ?? 0, video.path);

for (const browser of ['Chromium', 'Firefox']) {
  test(`${browser}: a film that the service worker answered goes on when only the player's own requests reach the site`, async () => {
    const visitor = await arrive(browser, { start: { consent: 'denied' } });
    await visitor.evaluate(open, video.path);
    await showsAt(visitor, 0.05);
    proxy.refuse = ({ headers }) => 'peertide-origin' in headers;
    await showsAt(visitor, 0.8);
    proxy.refuse = () => false;
    await visitor.close();
  });

  test(`${browser}: a film that the service worker answered goes on after close()`, async () => {
    const visitor = await arrive(browser);
    await visitor.evaluate(open, video.path);
    await showsAt(visitor, 0.05);
    await visitor.evaluate(() => globalThis.kit.tide.close());
    await showsAt(visitor, 0.8);
    visitor.assertNoProblems();
    await visitor.close();
  });

  test(`${browser}: a film that was there before Peertide goes on as it began`, async () => {
    const visitor = await arrive(browser, { start: false });
    await visitor.evaluate(open, video.path);
    await showsAt(visitor, 0.05);
    await visitor.evaluate(() => globalThis.kit.start());
    await showsAt(visitor, 0.5);
    assert.equal(await fromPeers(visitor), 0, 'it began without them');
    await visitor.evaluate(() => globalThis.kit.tide.close());
    await showsAt(visitor, 0.9);
    visitor.assertNoProblems();
    await visitor.close();
  });
}

// (Firefox has loaded the whole film by then.)
test('Chromium: with crossorigin, visitors bring the rest of a film that was there before', async () => {
  const visitor = await arrive('Chromium', { start: false });
  await visitor.evaluate(open, video.path, 'anonymous');
  await showsAt(visitor, 0.05);
  await visitor.evaluate(() => globalThis.kit.start());
  await showsAt(visitor, 0.7);
  await until('visitors to have brought it', async () => await fromPeers(visitor) > 100_000, seconds(20)); // counters may be a second old
  await visitor.evaluate(() => globalThis.kit.tide.close());
  await showsAt(visitor, 0.9);
  visitor.assertNoProblems();
  await visitor.close();
});
