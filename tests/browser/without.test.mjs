// Whatever a visitor's browser lacks or forbids, the page must be right and
// silent: Peertide may help, it must never harm.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { proxyTo } from './harness/proxy.mjs';
import { Stage, statsOf } from './harness/stage.mjs';

let stage, neighbour;
before(async () => {
  stage = await Stage.open();
  // Somebody is there to take from: what follows is not loneliness.
  neighbour = await stage.arrive();
  await stage.takeAll(neighbour);
});
after(() => stage?.close());

const cases = {
  'WebRTC is switched off': { prepare: () => { delete globalThis.RTCPeerConnection; } },
  'no WebRTC connection ever comes about': { start: { iceTransportPolicy: 'relay' } },
  'there are no workers': { prepare: () => { delete globalThis.Worker; } },
  'there are no service workers': { prepare: () => { delete Navigator.prototype.serviceWorker; }, mayUsePeers: true },
  'there is no WebAssembly': { flags: ['--js-flags=--jitless'],
    really: () => typeof globalThis.WebAssembly === 'undefined' },
  'the visitor does not take part': { start: { consent: 'denied' } },
};

for (const [name, { prepare, start, flags, really, mayUsePeers }] of Object.entries(cases)) {
  test(`${name}: everything comes from the origin, without an error on the page`, async () => {
    const browser = flags ? await stage.browser('Chromium', { flags }) : 'Chromium';
    const visitor = await stage.arrive({ browser, prepare, start });
    if (really) assert.ok(await visitor.evaluate(really), 'the case must be what it says');
    const { assetBodyBytes } = await stage.measureTakeAll(visitor);
    assert.ok(assetBodyBytes >= (mayUsePeers ? 0 : stage.length), `${assetBodyBytes} bytes from the origin`);
    visitor.assertNoProblems();
    await visitor.close();
    if (flags) await browser.close();
  });
}

for (const browser of ['Chromium', 'Firefox']) {
  test(`${browser}: a server that doesn't hand out peertide.core.wasm hands out a core all the same`, async () => {
    const proxy = await proxyTo(stage.server.url);
    stage.atEnd(() => proxy.close());
    proxy.answer.set('/.peertide/peertide.core.wasm', (request, response) => response.writeHead(404).end());
    const visitor = await stage.arrive({ browser, url: proxy.url, privately: true });
    assert.match(await visitor.evaluate(() => globalThis.kit.tide.stats().backend), /scalar/);
    const { assetBodyBytes } = await stage.measureTakeAll(visitor);
    assert.ok(assetBodyBytes <= 0.05 * stage.length, `${assetBodyBytes} bytes from the origin`);
    await visitor.close();
  });
}

test('where options can not be checked nothing is done: they may forbid it', async () => {
  const proxy = await proxyTo(stage.server.url);
  stage.atEnd(() => proxy.close());
  proxy.answer.set('/.peertide/peertide.checks.js', (request, response) => response.writeHead(404).end());
  const visitor = await stage.arrive({ url: proxy.url, privately: true, start: { consent: 'download-only' } });
  const { fallback, peers } = await statsOf(visitor);
  assert.match(fallback, /peertide\.checks\.js/);
  const { assetBodyBytes } = await stage.measureTakeAll(visitor);
  assert.ok(assetBodyBytes >= stage.length, `${assetBodyBytes} bytes from the origin`);
  assert.equal(peers.connected, 0);
  await visitor.close();
});

test('without a service worker the explicit API takes from peers', async () => {
  const visitor = await stage.arrive({ start: { serviceWorker: false } });
  const { result, bodyBytes } = await stage.server.measure(() => visitor.evaluate(async (urls) => {
    const { kit } = globalThis;
    return Promise.all(urls.map(async (url) => {
      const bytes = await (await kit.tide.fetch(url)).arrayBuffer();
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
      return [url, [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('')];
    }));
  }, [...stage.pictures, ...stage.films]));
  stage.assertRight(result);
  assert.ok(bodyBytes <= 0.05 * stage.length, `${bodyBytes} bytes from the origin`);
  visitor.assertNoProblems();
  await visitor.close();
});

test('without a service worker, attach() shows pictures marked with data-src', async () => {
  const visitor = await stage.arrive({ start: { serviceWorker: false } });
  const widths = await visitor.evaluate(async (urls) => {
    const images = urls.map((url) => Object.assign(new Image(), { alt: '' }));
    const shown = images.map((image) => new Promise((resolve, reject) => {
      image.onload = () => resolve(image.naturalWidth);
      image.onerror = () => reject(new Error(`${image.dataset.src} failed`));
    }));
    images.forEach((image, at) => { image.dataset.src = urls[at]; document.body.append(image); });
    globalThis.kit.tide.attach(document);
    return Promise.all(shown);
  }, stage.pictures);
  assert.ok(widths.every((width) => width > 0));
  assert.ok((await statsOf(visitor)).peers.bytesIn > 0);
  visitor.assertNoProblems();
  await visitor.close();
});

test('on a site without encryption, where browsers have less, the explicit API takes from peers', async () => {
  const browser = await stage.browser('Chromium', { flags: ['--host-resolver-rules=MAP site.test 127.0.0.1'] });
  const url = `http://site.test:${stage.server.port}`;
  const get = (visitor) => visitor.evaluate((urls) => Promise.all(urls.map(async (path) =>
    (await (await globalThis.kit.tide.fetch(path)).arrayBuffer()).byteLength)), stage.films);
  const first = await stage.arrive({ browser, url, privately: true });
  assert.equal(await first.evaluate(() => globalThis.isSecureContext), false, 'the case must be what it says');
  await get(first);
  const second = await stage.arrive({ browser, url, privately: true });
  const { result, assetBodyBytes } = await stage.server.measure(() => get(second));
  assert.deepEqual(result, stage.films.map((path) => stage.expected.get(path).length));
  const { fallback, peers } = await statsOf(second);
  assert.equal(fallback, undefined);
  assert.ok(peers.bytesIn > 0 && assetBodyBytes < 0.2 * result[0], `${assetBodyBytes} bytes from the origin`);
  [first, second].forEach((visitor) => visitor.assertNoProblems());
  await browser.close();
});
