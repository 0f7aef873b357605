// A visitor opens the site in several tabs: they are one visitor to the others,
// with one set of connections; and a tab that is closed takes nothing with it.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, afterEach, beforeEach, test } from 'node:test';
import { Browsers } from './harness/browsers.mjs';
import { Stage, statsOf } from './harness/stage.mjs';
import { until } from './harness/wait.mjs';

const length = 32 << 20;
const url = '/large.bin';
const browsers = new Browsers();
let stage, sha256;
beforeEach(async () => {
  const site = await mkdtemp(path.join(os.tmpdir(), 'peertide-tabs-'));
  const bytes = randomBytes(length);
  sha256 = createHash('sha256').update(bytes).digest('hex');
  await writeFile(path.join(site, 'large.bin'), bytes);
  await writeFile(path.join(site, 'index.html'), '<!doctype html><title>tabs</title><link rel="icon" href="data:,">');
  stage = await Stage.open({ site, browsers });
  stage.atEnd(() => rm(site, { recursive: true, force: true }));
});
afterEach(() => stage?.close());
after(() => browsers.close());

const connected = async () => (await stage.server.stats()).peers.connected;
/** Begins the download in the page, by `fetch` or `tide.fetch`; `kit.hashed` is its hash, once it is there. */
const begin = (tab, explicit) => tab.evaluate((target, own) => {
  const { kit } = globalThis;
  kit.hashed = own ? kit.tide.fetch(target).then(kit.sha256) : kit.hash(target);
  kit.hashed.catch(() => {});
}, url, explicit);
const hashed = (tab) => tab.evaluate(() => globalThis.kit.hashed);

/** Ends the tab's process. */
async function crash(tab) {
  const session = await tab.page.createCDPSession();
  session.send('Page.crash').catch(() => {}); // nobody is left to answer
}

const ends = [
  ['Chromium', 'is closed', (tab) => tab.closeTab()],
  ['Firefox', 'is closed', (tab) => tab.closeTab()],
  // The service worker may run in the process that crashes; what it was answering ends with it.
  ['Chromium', 'crashes', crash, true],
];
for (const [browser, what, end, explicit = false] of ends) {
  test(`${browser}: two tabs have one set of connections; when the hosting one ${what}, a download in the other goes on`, async (t) => {
    const giver = await stage.arrive({ start: { uploadLimit: 4 << 20 } });
    await stage.server.measure(() => giver.evaluate((target) => globalThis.kit.hash(target), url));
    const first = await stage.arrive({ browser });
    const second = await stage.openTab(first);
    await until('the second tab to be of the same node', async () => (await statsOf(second)).id !== '');
    assert.equal((await statsOf(second)).id, (await statsOf(first)).id);
    assert.equal(await connected(), 2, 'the giver, and one for both tabs');

    await begin(second, explicit);
    await until('the download to be under way', async () => (await statsOf(second)).delivered > length / 8);
    assert.ok((await statsOf(second)).delivered < length / 2, 'too late to disturb it');
    const before = await statsOf(second);
    const { assetBodyBytes } = await stage.server.measure(async () => {
      const closed_ms = performance.now();
      await end(first);
      await until('the second tab to have the node', async () => (await statsOf(second)).id !== before.id);
      t.diagnostic(`taken over within ${Math.round(performance.now() - closed_ms)} ms`);
      assert.equal(await hashed(second), sha256);
    });
    assert.ok(assetBodyBytes <= length / 4, `${assetBodyBytes} bytes from the origin`);
    assert.ok((await statsOf(second)).peers.bytesIn > 0, 'the rest came from the giver');
    await until('the server to forget the closed tab', async () => (await connected()) === 2);
    second.assertNoProblems();
  });
}

test('a tab that joins takes from the node of the first, and its own decision holds for both', async () => {
  const first = await stage.arrive();
  const second = await stage.openTab(first);
  const third = await stage.openTab(first);
  await first.evaluate((target) => globalThis.kit.hash(target), url);
  const { assetBodyBytes } = await stage.server.measure(async () => {
    for (const tab of [second, third]) {
      assert.equal(await tab.evaluate((target) => globalThis.kit.hash(target), url), sha256);
    }
  });
  assert.equal(assetBodyBytes, 0);
  assert.equal(await connected(), 1);
  const giver = await stage.arrive();
  await until('the tabs to have a neighbour', async () => (await statsOf(second)).peers.connected === 1);
  await third.evaluate(() => globalThis.kit.tide.setConsent('denied'));
  await until('the node to leave the others', async () => (await statsOf(second)).peers.connected === 0);
  [first, second, third, giver].forEach((tab) => tab.assertNoProblems());
});

test('tabs that share nothing are two visitors', async () => {
  const first = await stage.arrive({ start: { shareNode: false } });
  await stage.openTab(first, { start: { shareNode: false } });
  await until('both to be there', async () => (await connected()) === 2);
});

for (const address of ['srcdoc', 'blob:']) {
  test(`a frame whose address is no URL of the site (${address}) shares the node of its page`, async () => {
    const visitor = await stage.arrive();
    await stage.take(visitor, stage.pictures.slice(0, 1));
    const said = await visitor.evaluate((kind) => new Promise((resolve) => {
      const html = `<!doctype html><title>A frame</title><script type="module">
        import { Peertide } from '${location.origin}/.peertide/peertide.js';
        const told = ({ id, fallback }) => parent.postMessage({ id, fallback }, '*');
        const tell = (tide) => {
          const stats = tide.stats();
          if (stats.id || stats.fallback) told(stats);
          else setTimeout(tell, 20, tide); // the node of the other tab has not said who it is
        };
        Peertide.start().then(tell, (error) => told({ fallback: String(error) }));
      </script>`;
      const frame = document.createElement('iframe');
      if (kind === 'srcdoc') frame.srcdoc = html;
      else frame.src = URL.createObjectURL(new Blob([html], { type: 'text/html' }));
      addEventListener('message', ({ data }) => resolve(data), { once: true });
      document.body.append(frame);
    }), address);
    assert.deepEqual(said, { id: (await statsOf(visitor)).id }, 'and no word of a fallback');
    visitor.assertNoProblems();
    await visitor.close();
  });
}
