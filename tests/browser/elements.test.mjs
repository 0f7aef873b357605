// The two elements a site can place: a visitor decides with a keyboard or a
// screen reader as well as with a mouse, once, and sees what the others save.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after, before, beforeEach, afterEach, test } from 'node:test';
import { demoSite } from './harness/fixture.mjs';
import { startServer } from './harness/server.mjs';
import { Stage, statsOf } from './harness/stage.mjs';
import { until } from './harness/wait.mjs';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let stage, visitor;
before(async () => { stage = await Stage.open(); });
after(() => stage?.close());
beforeEach(() => { visitor = undefined; });
afterEach(() => visitor?.close());

/** What axe finds serious or critical in the page as it is now: one line each. */
async function serious(page) {
  await page.evaluate(axe);
  const { violations, passes } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  assert.ok(passes.length > 5, 'axe has looked at something');
  return violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html, target }) => `${target} ${html}`).join('; ')}`);
}

/** Both colour schemes, and a window as narrow as a telephone's. */
async function assertAccessible(page) {
  for (const scheme of ['light', 'dark']) {
    // Colours are looked at once they have changed, not on their way.
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }, { name: 'prefers-reduced-motion', value: 'reduce' }]);
    await page.evaluate(async () => {
      document.documentElement.style.colorScheme = 'light dark';
      await Promise.allSettled(document.getAnimations().map(({ finished }) => finished));
    });
    assert.deepEqual(await serious(page), [], scheme);
  }
  await page.bringToFront();
  await page.setViewport({ width: 360, height: 640 });
  // What follows the size of the window does so with the next picture of it.
  await page.evaluate(() => new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(done)); }));
  assert.deepEqual(await serious(page), [], 'narrow');
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(overflow <= 0, `${overflow} px wider than the window`);
}

/** Places `<peertide-consent>` as a site would; runs in the page. */
async function placeConsent() {
  const { PeertideConsent } = await import('/.peertide/peertide.consent.js');
  PeertideConsent.define();
  await globalThis.kit.start({ consent: PeertideConsent.decision() ?? 'denied' });
  const element = document.createElement('peertide-consent');
  element.addEventListener('consent', ({ detail }) => { globalThis.told = detail.consent; });
  element.tide = globalThis.kit.tide;
  document.body.append(element);
  globalThis.consent = element;
}

/** What is undefined is left out, whichever way the browser's answer travels. */
const state = async () => JSON.parse(await visitor.evaluate(() => JSON.stringify({ hidden: globalThis.consent.hidden,
  decision: globalThis.consent.decision, told: globalThis.told, shown: globalThis.consent.checkVisibility() })));
/** What a screen reader is told there is: "role name", in order. */
async function spokenTree(page) {
  const flat = ({ role, name, children = [] }) => [`${role} ${name}`, ...children.flatMap(flat)];
  return flat(await page.accessibility.snapshot({ interestingOnly: false }));
}
const peersOfServer = async () => (await stage.server.stats()).peers.connected;

for (const browser of ['Chromium', 'Firefox']) {
  test(`${browser}: the consent element asks once, is answered by keyboard, and tells the instance`, async () => {
    visitor = await stage.arrive({ browser, start: false });
    const { page } = visitor;
    await visitor.evaluate(placeConsent);
    assert.deepEqual(await state(), { hidden: false, shown: true });
    assert.equal(await peersOfServer(), 0, 'nobody is met before the visitor has said so');
    const focused = () => visitor.evaluate(() => globalThis.consent.shadowRoot.activeElement?.value);
    assert.equal(await focused(), undefined, 'it does not take the focus from the page');
    for (const choice of ['granted', 'download-only', 'denied']) {
      await page.keyboard.press('Tab');
      assert.equal(await focused(), choice);
    }
    await page.keyboard.down('Shift');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.up('Shift');
    await page.keyboard.press('Enter');
    assert.deepEqual(await state(), { hidden: true, decision: 'granted', told: 'granted', shown: false });
    await until('the instance to act on it', async () => (await peersOfServer()) === 1);

    await page.reload();
    await visitor.evaluate(placeConsent);
    assert.deepEqual(await state(), { hidden: true, decision: 'granted', shown: false }, 'it does not ask again');
    await until('the decision to hold', async () => (await peersOfServer()) === 1);

    // A button of the page's lets the visitor think again.
    await visitor.evaluate(() => {
      const button = document.createElement('button');
      button.id = 'again';
      button.textContent = 'Privacy';
      button.onclick = () => globalThis.consent.open();
      document.body.append(button);
      button.focus();
    });
    await page.keyboard.press('Enter');
    assert.equal(await visitor.evaluate(() => globalThis.consent.shadowRoot.activeElement?.id), 'title', 'the question has the focus');
    await page.keyboard.press('Escape');
    assert.deepEqual(await state(), { hidden: true, decision: 'granted', shown: false }, 'Escape leaves it as it was');
    assert.equal(await visitor.evaluate(() => document.activeElement.id), 'again', 'the focus is back');
    await page.keyboard.press('Enter');
    for (let i = 0; i < 3; i++) await page.keyboard.press('Tab');
    await page.keyboard.press(' ');
    assert.deepEqual(await state(), { hidden: true, decision: 'denied', told: 'denied', shown: false });
    await until('the instance to leave', async () => (await peersOfServer()) === 0);
    visitor.assertNoProblems();
  });
}

test('the consent element has nothing serious for axe, is named for screen readers, and can be worded by the site', async () => {
  visitor = await stage.arrive({ start: false });
  await visitor.evaluate(placeConsent);
  await assertAccessible(visitor.page);
  const tree = await spokenTree(visitor.page);
  for (const wanted of ['region May visitors bring you this page?', 'heading May visitors bring you this page?',
    'button Take and pass on', 'button Only take', 'button No']) assert.ok(tree.includes(wanted), `${wanted} in ${tree}`);
  await visitor.evaluate(() => {
    const element = document.querySelector('peertide-consent');
    element.innerHTML = '<span slot="title">Dürfen andere liefern?</span>Alles wird geprüft.' +
      '<span slot="granted">Ja, und weitergeben</span>';
    element.style.setProperty('--peertide-background', '#fffbe6');
  });
  const worded = await spokenTree(visitor.page);
  for (const wanted of ['region Dürfen andere liefern?', 'button Ja, und weitergeben', 'StaticText Alles wird geprüft.',
    'button Only take']) assert.ok(worded.includes(wanted), `${wanted} in ${worded}`);
  const background = await visitor.evaluate(() =>
    getComputedStyle(globalThis.consent.shadowRoot.querySelector('section')).backgroundColor);
  assert.equal(background, 'rgb(255, 251, 230)');
  visitor.assertNoProblems();
});

test('a decision that can not be kept is asked for again, and holds until then', async () => {
  visitor = await stage.arrive({ start: false, prepare: () => {
    Object.defineProperty(globalThis, 'localStorage', { get() { throw new DOMException('refused', 'SecurityError'); } });
  } });
  await visitor.evaluate(placeConsent);
  await visitor.evaluate(() => globalThis.consent.shadowRoot.querySelector('button[value="granted"]').click());
  assert.deepEqual(await state(), { hidden: true, decision: 'granted', told: 'granted', shown: false });
  await until('the instance to act on it', async () => (await peersOfServer()) === 1);
  visitor.assertNoProblems();
});

const figures = () => visitor.evaluate(() => {
  const root = globalThis.statsElement.shadowRoot;
  const text = (id) => root.getElementById(id).textContent;
  return { saved: text('saved'), peers: text('peers'), up: text('up'), spoken: root.querySelector('[role=status]').textContent,
    line: root.querySelector('path.peers').getAttribute('d'), label: root.querySelector('svg').getAttribute('aria-label') };
});

for (const browser of ['Chromium', 'Firefox']) {
  test(`${browser}: the statistics element shows what others brought, and says so to a screen reader`, async () => {
    const giver = await stage.arrive({ browser });
    await stage.take(giver, stage.pictures);
    visitor = await stage.arrive({ browser, start: false });
    await visitor.evaluate(async () => {
      // The property is set before the browser knows the element: the order is the site's business.
      document.querySelector('main').innerHTML = '<peertide-stats></peertide-stats>';
      globalThis.statsElement = document.querySelector('peertide-stats');
      await globalThis.kit.start();
      globalThis.statsElement.tide = globalThis.kit.tide;
      globalThis.spoken = 0;
      const { PeertideStatsElement } = await import('/.peertide/peertide.stats.js');
      PeertideStatsElement.define();
      new MutationObserver(() => { globalThis.spoken++; })
        .observe(globalThis.statsElement.shadowRoot.querySelector('[role=status]'), { childList: true, subtree: true });
    });
    const before = await figures();
    assert.equal(before.saved, '0 B');
    await stage.take(visitor, stage.pictures);
    await until('the figures', async () => (await figures()).saved !== '0 B' && (await figures()).peers === '1');
    const { peers, origin } = await statsOf(visitor);
    const shown = await figures();
    const part = Math.round(100 * peers.bytesIn / (peers.bytesIn + origin.bytes));
    await until('the last figures', async () => (await figures()).saved.endsWith(`(${part} %)`));
    assert.match(shown.saved, /^\d[\d.]* [kM]B \(\d+ %\)$/);
    assert.equal(shown.spoken, 'One other visitor is connected.');
    assert.notEqual(shown.line, before.line);
    assert.match(shown.label, /^The last minute: at most \d[\d.]* [kM]?B a second$/);
    await giver.close();
    await until('it to be said that the other is gone', async () => (await figures()).spoken === 'No other visitor is connected.');
    const spoken = await visitor.evaluate(() => globalThis.spoken);
    assert.ok(spoken <= 4, `a screen reader was told ${spoken} times`);
    if (browser === 'Chromium') {
      await assertAccessible(visitor.page);
      await visitor.page.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: 'reduce' }]);
      const duration = await visitor.evaluate(() =>
        getComputedStyle(globalThis.statsElement.shadowRoot.querySelector('path')).transitionDuration);
      assert.equal(duration, '0s', 'nothing moves for who does not want it');
    }
    visitor.assertNoProblems();
  });
}

test('the demo has nothing serious for axe', async () => {
  const site = await demoSite();
  const server = await startServer(site);
  try {
    visitor = await stage.arrive({ url: server.url, start: false });
    await visitor.page.waitForSelector('#gallery img', { timeout: 30_000 });
    await assertAccessible(visitor.page);
  } finally {
    await server.kill();
  }
});
