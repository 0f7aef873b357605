// Visitors go from page to page in the middle of everything, and come back.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { installKit } from './harness/page-kit.mjs';
import { statsOf } from './harness/stage.mjs';
import { pages, setOptions, stageWithPages } from './harness/two-pages.mjs';
import { until } from './harness/wait.mjs';

let stage;
before(async () => { stage = await stageWithPages(); });
after(() => stage?.close());

// In the page.
const noteReturn = () => addEventListener('pageshow', ({ persisted }) => { globalThis.returned = persisted; });
/** Begins to read a file; resolves with its first bytes. */
async function begin(url) {
  const { body } = await fetch(url);
  await body.getReader().read();
}

/** A new visitor on the first page, whose Peertide runs. */
async function arrive(browser, options) {
  const visitor = await stage.visitor(browser);
  for (const [script, ...args] of [[installKit], [noteReturn], [setOptions, options]]) await visitor.prepare(script, ...args);
  await goTo(visitor, '/');
  return visitor;
}

async function goTo(visitor, page) {
  await visitor.open(stage.server.url + page);
  await started(visitor);
}

async function started(visitor) {
  await visitor.page.waitForFunction(() => globalThis.tide, { timeout: 10_000 }).catch((error) => {
    throw new Error([...visitor.problems, error.message].join('; '));
  });
  await visitor.evaluate(() => globalThis.kit.adopt('tide'));
}

// Chromium keeps a page that is left for a while; a worker that then wrote to the disk took the next page with it. (In
// Firefox 153 a worker that is ended while it writes crashes, once in some fifty times, and nothing here can help it.)
test('who goes on while files arrive finds the next page, every time', async () => {
  // With little room, files are never all there.
  const visitor = await arrive('Chromium', { storeLimit: 3 << 20 });
  for (let at = 1; at <= 40; at++) {
    await visitor.evaluate(begin, stage.films[0]);
    await goTo(visitor, pages[at % 2]);
  }
  visitor.assertNoProblems();
  await visitor.close();
});

for (const browser of ['Chromium', 'Firefox']) {
  test(`${browser}: who comes back to a page finds it at work`, async (t) => {
    const visitor = await arrive(browser, {});
    await stage.take(visitor, stage.pictures.slice(0, 5));
    await goTo(visitor, '/other.html');
    await visitor.page.goBack();
    await started(visitor);
    const kept = await visitor.evaluate(() => globalThis.returned);
    t.diagnostic(`kept by the browser: ${kept}`);
    if (browser === 'Chromium') assert.ok(kept, 'the page must be one that Chromium can keep');
    await until('the server to be reached', async () => (await statsOf(visitor)).server === 'open');
    await stage.takeAll(visitor);
    visitor.assertNoProblems();
    await visitor.close();
  });
}

/** In the page: places the consent element for what runs, as a site would. */
async function placeConsent() {
  const { PeertideConsent } = await import('/.peertide/peertide.consent.js');
  PeertideConsent.define();
  const element = document.createElement('peertide-consent');
  document.body.append(element);
  element.tide = globalThis.tide;
}
const decide = (decision) => localStorage.setItem('peertide-consent', decision);
const peersOfServer = async () => (await stage.server.stats()).peers.connected;

// Chromium keeps the page with the consent that held when it was left.
test('who withdraws the consent on another page and comes back shares nothing, and other tabs hear of it', async () => {
  const visitor = await arrive('Chromium', { shareNode: false });
  await visitor.evaluate(decide, 'granted');
  await visitor.evaluate(placeConsent);
  await until('the visitor to be there', async () => (await peersOfServer()) === 1);
  await goTo(visitor, '/other.html');
  await visitor.evaluate(decide, 'denied');
  await visitor.page.goBack();
  await started(visitor);
  assert.ok(await visitor.evaluate(() => globalThis.returned), 'the page must be one that Chromium can keep');
  await until('the other page to be gone', async () => (await peersOfServer()) === 0);
  await new Promise((resolve) => setTimeout(resolve, 2000));
  assert.equal(await peersOfServer(), 0);

  // Another document of the site's is enough to be heard as another tab.
  const decideElsewhere = async (decision) => {
    const frame = document.createElement('iframe');
    document.body.append(frame);
    frame.contentWindow.localStorage.setItem('peertide-consent', decision);
  };
  await visitor.evaluate(decideElsewhere, 'granted');
  await until('the visitor to be there again', async () => (await peersOfServer()) === 1);
  await visitor.evaluate(decideElsewhere, 'denied');
  await until('the visitor to leave', async () => (await peersOfServer()) === 0);
  visitor.assertNoProblems();
  await visitor.close();
});
