// Sites that trust nothing but what they named must be able to use Peertide:
// under a strict content security policy, and with hashes of what they load.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { copySite, smallSite } from '../browser/harness/fixture.mjs';
import { proxyTo } from '../browser/harness/proxy.mjs';
import { Stage, statsOf } from '../browser/harness/stage.mjs';
import { adopted, newFolder, packageFolder, readJson, write } from './harness.mjs';

const run = promisify(execFile);

/** The same for the document, the worker and the service worker. */
const policy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self' ws:";

const page = (scripts) => `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>A careful site</title><link rel="icon" href="/img/picture-01.jpg">
${scripts}<h1>A careful site</h1></html>
`;
/** It tries what the policy forbids, too. */
const start = (module) => `import { Peertide } from '${module}';
try { (0, eval)('globalThis.evaluated = true'); } catch {}
Peertide.start().then((tide) => { globalThis.tide = tide; });
`;

let stage, site, client, files;
before(async () => {
  // The build writes dist/ anew, with the same content.
  client = await newFolder('hashed');
  await run(process.execPath, ['build.mjs', '--hashed-names', client], { cwd: packageFolder });
  files = await readJson(path.join(client, 'peertide.integrity.json'));
  const copy = await copySite(await smallSite());
  site = copy.folder;
  const main = `/.peertide/${files['peertide.js'].file}`;
  const script = (integrity) => `<link rel="modulepreload" href="${main}" integrity="${integrity}"><script type="module" src="/start.js"></script>`;
  await write(site, { 'start.js': start(main), 'careful/index.html': page(script(files['peertide.js'].integrity)),
    'deceived/index.html': page(script(files['peertide.worker.js'].integrity)) });
  stage = await Stage.open({ site, args: ['--client-dir', client] });
  stage.atEnd(copy.remove);
});
after(() => stage?.close());

const arrive = (url, browser) => stage.arrive({ browser, url, start: false, privately: true });

test('names that say the content: all parts find one another, the second visitor is served by the first', async () => {
  const [first, second] = await Promise.all([1, 2].map(() => arrive(`${stage.server.url}/careful`)));
  for (const visitor of [first, second]) await adopted(visitor);
  await stage.takeAll(first);
  const { assetBodyBytes } = await stage.measureTakeAll(second);
  assert.ok(assetBodyBytes <= 0.15 * stage.length, `${assetBodyBytes} bytes came from the site`);
  const loaded = await second.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname));
  for (const path of loaded.filter((each) => /^\/\.peertide\/.*\.js$/.test(each) && !each.endsWith('.sw.js'))) {
    assert.match(path, /\.[0-9a-f]{16}\.js$/, 'a part without its hash in the name');
  }
  first.assertNoProblems();
  await first.close();
  await second.close();
});

test('a script that is not the one the site named is not run', async () => {
  const visitor = await arrive(`${stage.server.url}/deceived`);
  await visitor.page.waitForNetworkIdle();
  assert.equal(await visitor.evaluate(() => globalThis.tide), undefined);
  assert.match(visitor.problems.join('\n'), /integrity/);
  await visitor.close();
});

for (const browser of ['Chromium', 'Firefox']) {
  test(`${browser}: under a strict content security policy visitors serve one another`, async () => {
    const proxy = await proxyTo(stage.server.url);
    stage.atEnd(() => proxy.close());
    proxy.headers = { 'content-security-policy': policy };
    const first = await arrive(`${proxy.url}/careful`, browser);
    await adopted(first);
    assert.equal(await first.evaluate(() => globalThis.evaluated), undefined, 'the policy must hold');
    await stage.takeAll(first);
    const second = await arrive(`${proxy.url}/careful`, browser);
    await adopted(second);
    const { assetBodyBytes } = await stage.measureTakeAll(second);
    assert.ok(assetBodyBytes <= 0.15 * stage.length, `${assetBodyBytes} bytes came from the site`);
    const { fallback, intercepting } = await statsOf(second);
    assert.deepEqual([fallback, intercepting], [undefined, true]);
    const ours = second.problems.filter((text) => !/eval/.test(text));
    assert.deepEqual(ours, []);
    await second.close();
    await first.close();
  });
}

test('--hashed-names refuses a folder that holds something else', async () => {
  const folder = await newFolder('precious');
  const precious = path.join(folder, 'thesis.txt');
  await writeFile(precious, 'years of work');
  await assert.rejects(run(process.execPath, ['build.mjs', '--hashed-names', folder], { cwd: packageFolder }), /has other files in it/);
  await rm(precious);
});
