// foldLoading: what the visitor sees at once comes from the site, what is
// further down from visitors, and nothing on the page jumps when it comes.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Stage, statsOf } from './harness/stage.mjs';

let stage, list;
before(async () => {
  stage = await Stage.open();
  list = stage.pictures.slice(8, 16); // 640 x 480 each
  const giver = await stage.arrive();
  await stage.take(giver, list);
});
after(() => stage?.close());

/** Puts the pictures below one another, and a line of text at the end; runs in the page. */
async function showBelowOneAnother(urls, attribute) {
  const { kit } = globalThis;
  const main = document.querySelector('main');
  document.querySelector('h1').remove();
  document.body.style.margin = '0';
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  kit.shifts = [];
  if (PerformanceObserver.supportedEntryTypes.includes('layout-shift')) {
    new PerformanceObserver((entries) => kit.shifts.push(...entries.getEntries().map(({ value }) => value)))
      .observe({ type: 'layout-shift' });
  }
  main.innerHTML = urls.map((url) => `<img ${attribute}="${url}" width="640" height="480" alt="" style="display:block">`).join('') +
    '<p id="end">The end</p>';
  kit.end = () => document.querySelector('#end').getBoundingClientRect().top + scrollY;
  kit.endAtFirst = kit.end();
  if (attribute === 'data-src') kit.detach = kit.tide.attach(document);
  return Promise.all([...main.querySelectorAll('img')].map((image) => new Promise((resolve, reject) => {
    if (image.complete && image.naturalWidth) resolve();
    image.onload = resolve;
    image.onerror = () => reject(new Error(`${image.dataset.src ?? image.src} failed`));
  })));
}

async function checkFold(browser, start, attribute, foldLoading) {
  const visitor = await stage.arrive({ browser, start: { ...start, foldLoading } });
  await visitor.page.setViewport({ width: 800, height: 700 }); // shows two of them, the second in part
  const { bodyBytes } = await stage.server.measure(() => visitor.evaluate(showBelowOneAnother, list, attribute));
  const { assets } = await statsOf(visitor);
  const fromPeers = list.filter((url) => assets.find(({ path, fromPeers: bytes }) => path === url && bytes > 0));
  const widths = await visitor.evaluate(() => [...document.images].map(({ naturalWidth }) => naturalWidth));
  assert.deepEqual(new Set(widths), new Set([640]));
  const [shifts, first, last] = await visitor.evaluate(async () => {
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    return [globalThis.kit.shifts, globalThis.kit.endAtFirst, globalThis.kit.end()];
  });
  visitor.assertNoProblems();
  await visitor.close();
  const above = list.slice(0, 2);
  const aboveLength = above.reduce((sum, url) => sum + stage.expected.get(url).length, 0);
  if (foldLoading) {
    assert.deepEqual(fromPeers, list.slice(2), 'what is below the fold comes from visitors, and only that');
    assert.ok(bodyBytes >= aboveLength, `${bodyBytes} from the origin, ${aboveLength} are above the fold`);
    assert.ok(!assets.some(({ path }) => above.includes(path)), 'what is above is not asked of visitors at all');
  } else {
    assert.deepEqual(fromPeers, list, 'without foldLoading everything comes from visitors');
  }
  assert.equal(shifts.reduce((sum, value) => sum + value, 0), 0, 'layout shift');
  assert.equal(last, first, 'the end of the page stays where it is');
}

for (const browser of ['Chromium', 'Firefox']) {
  test(`${browser}: marked pictures, without a service worker`, () =>
    checkFold(browser, { serviceWorker: false }, 'data-src', true));
  test(`${browser}: plain pictures, through the service worker`, () => checkFold(browser, {}, 'src', true));
}
test('without foldLoading the fold means nothing', () => checkFold('Chromium', {}, 'src', false));
