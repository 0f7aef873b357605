// Pages name their pictures in many ways. Each must show the right picture,
// with the bytes of other visitors, or a site would have to be rewritten to
// save anything.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Stage } from './harness/stage.mjs';
import { until } from './harness/wait.mjs';

/** Three sizes of one picture: 320, 640 and 960 pixels wide (see fixture.mjs). */
const [small, middle, large] = ['/img/picture-01.jpg', '/img/picture-09.jpg', '/img/picture-17.jpg'];
const srcset = `${small} 320w, ${middle} 640w, ${large} 960w`;

let stage, neighbour;
before(async () => {
  stage = await Stage.open();
  neighbour = await stage.arrive();
  await stage.takeAll(neighbour);
});
after(() => stage?.close());

/** What the page writes, with `data-` marks or without; the file it must show, and how wide the picture then is. */
const ways = {
  src: { html: (mark) => `<img ${mark}src="${middle}" alt="">`, shows: middle, width: 640 },
  'srcset by width': { html: (mark) => `<img ${mark}srcset="${srcset}" ${mark}sizes="500px" ${mark}src="${small}" alt="">`,
    shows: middle, width: 500 },
  'srcset by density': { html: (mark) => `<img ${mark}srcset="${small} 0.5x, ${large} 1x, ${middle} 4x" alt="">`, shows: large, width: 960 },
  picture: { html: (mark) => `<picture><source media="(max-width: 1px)" ${mark}srcset="${small}">` +
    `<source type="image/unheard-of" ${mark}srcset="${small}"><source media="(min-width: 1px)" ${mark}srcset="${large} 2x">` +
    `<img ${mark}src="${small}" alt=""></picture>`, shows: large, width: 480 },
};

/** In the page: writes `html`; the width of its picture once it is shown. */
async function show(html) {
  const place = document.createElement('div');
  document.body.append(place);
  place.innerHTML = html;
  const image = place.querySelector('img');
  if (!image.complete || !image.currentSrc) {
    await new Promise((resolve, reject) => {
      image.onload = resolve;
      image.onerror = () => reject(new Error(`${html} can't be shown`));
    });
  }
  return { width: image.naturalWidth, current: image.currentSrc };
}

/** What the visitor's counters know of. */
const paths = (visitor) => visitor.evaluate(() => globalThis.kit.stats().assets.map(({ path }) => path));

/**
 * A visitor who has taken something from the neighbour already, and so knows
 * what he has: what is asked for before that comes from the site, and that is
 * not the question here. The small pictures are for that; none of the ways shows them.
 * His counters follow what he gets a moment later, and are waited for.
 */
async function acquainted(options) {
  const visitor = await stage.arrive(options);
  const last = await visitor.evaluate(async (urls) => {
    const { tide } = globalThis.kit;
    const met = new Promise((resolve) => { tide.addEventListener('peer', ({ detail }) => detail.state === 'connected' && resolve()); });
    let taken = false;
    tide.addEventListener('progress', ({ detail }) => { taken ||= detail.source === 'peer'; });
    for (const url of urls) {
      const response = await tide.fetch(url);
      await response.arrayBuffer();
      if (response.headers.get('x-peertide') === 'peer' || taken) return url;
      await met;
    }
    throw new Error('the neighbour gave nothing');
  }, stage.pictures.slice(1, 8));
  await until('what he took to be counted', async () => (await paths(visitor)).includes(last));
  return visitor;
}

/** One who has no service worker, and has called attach(). */
async function attached(options) {
  const visitor = await acquainted({ ...options, start: { serviceWorker: false } });
  await visitor.evaluate(() => { globalThis.kit.tide.attach(document); });
  return visitor;
}

for (const browser of ['Chromium', 'Firefox']) {
  for (const [name, { html, shows, width }] of Object.entries(ways)) {
    for (const worker of [true, false]) {
      // Without marks it takes a service worker; with them it is optional.
      const how = worker ? 'the service worker answers for it' : 'attach() fills in its data- marks';
      test(`${browser}: ${name}: ${how}, from other visitors`, async () => {
        const visitor = await (worker ? acquainted : attached)({ browser });
        const before = await paths(visitor);
        const { result, assetBodyBytes } = await stage.server.measure(
          () => visitor.evaluate(show, html(worker ? '' : 'data-')));
        assert.equal(result.width, width, 'the picture must have the size that the page says');
        assert.equal(assetBodyBytes, 0, 'bytes that came from the origin');
        const more = await until('the picture to be counted', async () => {
          const now = (await paths(visitor)).filter((path) => !before.includes(path));
          return now.includes(shows) && now;
        });
        assert.deepEqual(more.filter((path) => path.startsWith('/img/')), [shows], 'only the picture that is shown may be loaded');
        if (!worker) assert.match(result.current, /^blob:/);
        visitor.assertNoProblems();
        await visitor.close();
      });
    }
  }
}

test('marks that come with a service worker become the plain attributes', async () => {
  const visitor = await acquainted();
  await visitor.evaluate(() => { globalThis.kit.tide.attach(document); });
  const { result, assetBodyBytes } = await stage.server.measure(() => visitor.evaluate(show, ways.picture.html('data-')));
  assert.equal(result.width, 480);
  assert.equal(new URL(result.current).pathname, large);
  assert.equal(assetBodyBytes, 0);
  visitor.assertNoProblems();
  await visitor.close();
});

test('a mark that changes shows the other picture', async () => {
  const visitor = await attached();
  await visitor.evaluate(show, ways.picture.html('data-'));
  const width = await visitor.evaluate((url) => new Promise((resolve) => {
    const image = document.querySelector('img');
    image.onload = () => resolve(image.naturalWidth);
    document.querySelectorAll('source')[2].dataset.srcset = url;
  }), small);
  assert.equal(width, 320);
  visitor.assertNoProblems();
  await visitor.close();
});

/** In the page: a box with a background, whose file's name the page then finds drawn. */
async function background(url, marked) {
  const box = Object.assign(document.createElement('div'), { className: 'box' });
  if (marked) {
    box.dataset.background = url;
    await new Promise((resolve) => {
      new MutationObserver(resolve).observe(box, { attributes: true, attributeFilter: ['style'] });
      document.body.append(box);
    });
    return box.style.backgroundImage;
  }
  const style = document.createElement('style');
  style.textContent = `.box { width: 50px; height: 50px; background: url("${url}") }`;
  document.head.append(style);
  document.body.append(box);
  return getComputedStyle(box).backgroundImage;
}

test('a CSS background is answered by the service worker, from other visitors', async () => {
  const visitor = await acquainted();
  const seen = visitor.page.waitForResponse((response) => new URL(response.url()).pathname === large);
  const { result, assetBodyBytes } = await stage.server.measure(async () => {
    const text = await visitor.evaluate(background, large, false);
    const response = await seen;
    assert.ok(response.fromServiceWorker());
    assert.equal(response.headers()['x-peertide'], 'peer');
    await visitor.evaluate((url) => globalThis.kit.hash(url), large);
    return text;
  });
  assert.ok(result.includes(large));
  assert.equal(assetBodyBytes, 0);
  visitor.assertNoProblems();
  await visitor.close();
});

test('a CSS background marked with data-background is filled in by attach(), from other visitors', async () => {
  const visitor = await attached();
  const { result, assetBodyBytes } = await stage.server.measure(() => visitor.evaluate(background, large, true));
  assert.match(result, /^url\("blob:/);
  assert.equal(assetBodyBytes, 0);
  visitor.assertNoProblems();
  await visitor.close();
});

test('where pictures out of memory are forbidden, attach() shows the plain ones', async () => {
  const visitor = await attached({ prepare: () => {
    document.addEventListener('DOMContentLoaded', () => {
      const policy = document.createElement('meta');
      policy.httpEquiv = 'content-security-policy';
      policy.content = "img-src 'self' data:";
      document.head.append(policy);
    });
  } });
  // The first load event may be late: what counts is what is shown in the end.
  const shown = await visitor.evaluate((html) => new Promise((resolve) => {
    document.body.insertAdjacentHTML('beforeend', html);
    document.querySelector('img').onload = (event) => resolve(event.target.naturalWidth);
  }), ways.picture.html('data-'));
  assert.equal(shown, 480);
  assert.equal(await visitor.evaluate(background, large, true), `url("${large}")`);
  await visitor.close();
});
