// Peertide must not cost a visitor the first impression: a page with it is
// loaded as soon as one without, before anything could have been saved.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { copySite, smallSite } from './harness/fixture.mjs';
import { traceLoad } from './harness/main-thread.mjs';
import { proxyTo } from './harness/proxy.mjs';
import { Stage } from './harness/stage.mjs';
import { until } from './harness/wait.mjs';

let stage;
before(async () => {
  const { folder, remove } = await copySite(await smallSite());
  stage = await Stage.open({ site: folder });
  stage.atEnd(remove);
  const images = stage.pictures.map((url) => `<img src="${url}" alt="">`).join('\n');
  await writeFile(path.join(folder, 'first.html'), `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>A first visit</title><link rel="icon" href="data:,">
<script type="module" async>
import { Peertide } from '/.peertide/peertide.js';
globalThis.tide = await Peertide.start();
</script>
${images}</html>
`);
});
after(() => stage?.close());

test('scripts take less than 20 ms of the main thread before the page is loaded, and no task is long', async (t) => {
  for (let visit = 0; visit < 3; visit++) {
    const visitor = await (await stage.browser()).visitor();
    const { script_ms, longest_ms } = await traceLoad(visitor, `${stage.server.url}/first.html`);
    t.diagnostic(`${script_ms.toFixed(1)} ms of scripts, ${longest_ms.toFixed(1)} ms the longest task`);
    assert.ok(script_ms > 0, 'the trace must have seen the script');
    assert.ok(script_ms < 20, `${script_ms} ms of processor time for scripts`);
    assert.ok(longest_ms < 50, `a task of ${longest_ms} ms`);
    await visitor.page.waitForFunction(() => globalThis.tide);
    visitor.assertNoProblems();
    await visitor.close();
  }
});

test('what a page loads of Peertide travels compressed', async () => {
  for (const file of ['peertide.js', 'peertide.worker.js', 'peertide.sw.js', 'peertide.wasm', 'peertide.nosimd.wasm']) {
    for (const coding of ['br', 'gzip']) {
      const response = await fetch(`${stage.server.url}/.peertide/${file}`, { headers: { 'accept-encoding': coding } });
      assert.equal(response.headers.get('content-encoding'), coding, file);
      await response.arrayBuffer();
    }
  }
});

for (const browser of ['Chromium', 'Firefox']) {
  test(`${browser}: who else is there is asked while the core is on its way`, async () => {
    const giver = await stage.arrive({ browser });
    await stage.takeAll(giver);
    const proxy = await proxyTo(stage.server.url);
    stage.atEnd(() => proxy.close());
    const asked = (path) => proxy.requests.some(({ url }) => url === path);
    proxy.answer.set('/.peertide/peertide.core.wasm', async ({ url }, response) => {
      await until('index and meeting point to be asked', () => asked('/.peertide/index.json') && asked('/.peertide/ws'));
      // By now the meeting point may have accepted, and the index be there.
      await new Promise((resolve) => setTimeout(resolve, 300));
      response.end(Buffer.from(await (await fetch(stage.server.url + url)).arrayBuffer()));
    });
    const visitor = await stage.arrive({ browser, url: `${proxy.url}/first.html#`, start: false });
    await visitor.page.waitForFunction(() => globalThis.tide);
    await until('the neighbour to be met', () => visitor.evaluate(() => globalThis.tide.stats().peers.connected === 1));
    assert.equal(proxy.requests.filter(({ method }) => method === 'UPGRADE').length, 1, 'one connection to the meeting point');
    visitor.assertNoProblems();
    await Promise.all([giver.close(), visitor.close()]);
  });

  test(`${browser}: the worker's script is the page's, and does not travel twice`, async () => {
    const proxy = await proxyTo(stage.server.url);
    stage.atEnd(() => proxy.close());
    const visitor = await stage.arrive({ browser, url: `${proxy.url}/first.html#`, start: false, privately: true });
    await visitor.page.waitForFunction(() => globalThis.tide);
    assert.notEqual(await visitor.evaluate(() => globalThis.tide.stats().id), '', 'the worker runs');
    const scripts = proxy.requests.filter(({ url }) => /^\/\.peertide\/.*\.js$/.test(url) && !url.endsWith('.sw.js'));
    assert.deepEqual([...new Set(scripts.map(({ url }) => url))], ['/.peertide/peertide.js']);
    // The second time the browser only asks whether what it has is still right.
    assert.ok(scripts.slice(1).every(({ headers }) => headers['if-none-match']), JSON.stringify(scripts));
    await visitor.close();
  });
}
