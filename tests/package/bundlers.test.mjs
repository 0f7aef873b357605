// Who installs the package and bundles it with Vite or webpack must have
// visitors that serve one another, with nothing configured.
import assert from 'node:assert/strict';
import { cp } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { build, createServer } from 'vite';
import webpack from 'webpack';
import { Stage, statsOf } from '../browser/harness/stage.mjs';
import { addPictures, adopted, newProject, write } from './harness.mjs';

const page = (script) => `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>A new project</title>
<link rel="icon" href="data:,"><h1>A new project</h1>${script}</html>
`;
const start = `import { Peertide } from 'peertide';
Peertide.start().then((tide) => { globalThis.tide = tide; });
`;

/** A visitor of a page that starts Peertide itself, in a private window. */
async function arrive(stage, url = stage.server.url) {
  return adopted(await stage.arrive({ url, start: false, privately: true }));
}

/** Two visitors look at everything; the second must have it from the first. */
async function assertShared(stage, url) {
  const first = await arrive(stage, url);
  await stage.takeAll(first);
  const second = await arrive(stage, url);
  const { assetBodyBytes } = await stage.measureTakeAll(second);
  const { intercepting, fallback } = await statsOf(second);
  assert.deepEqual([intercepting, fallback], [true, undefined]);
  assert.ok(assetBodyBytes <= 0.15 * stage.length, `${assetBodyBytes} of ${stage.length} bytes came from the site`);
  // What is loaded later must be found as well; where it isn't, one line says so.
  const explicit = await second.evaluate(async (picture) => {
    const said = [];
    console.info = (text) => said.push(text);
    const { headers } = await globalThis.kit.tide.fetch(picture);
    return { by: headers.get('x-peertide'), said };
  }, stage.pictures[0]);
  assert.deepEqual(explicit.said, []);
  assert.ok(explicit.by !== null, 'delivered, by whomever');
  first.assertNoProblems();
  second.assertNoProblems();
}

test('a Vite project, built: the second visitor is served by the first', async () => {
  const folder = await newProject('vite-build', { 'index.html': page('<script type="module" src="/main.js"></script>'), 'main.js': start });
  await addPictures(path.join(folder, 'public'));
  await build({ root: folder, configFile: false, logLevel: 'error' });
  const stage = await Stage.open({ site: path.join(folder, 'dist') });
  try {
    await assertShared(stage);
  } finally {
    await stage.close();
  }
});

test('a webpack project, built: the second visitor is served by the first', async () => {
  const folder = await newProject('webpack', { 'src/index.js': start });
  const stats = await promised(webpack({ mode: 'production', context: folder, output: { path: path.join(folder, 'dist') } }));
  assert.deepEqual(stats.toJson({ all: false, errors: true, warnings: true }), { errors: [], warnings: [] });
  const site = path.join(folder, 'dist');
  await write(site, { 'index.html': page('<script defer src="main.js"></script>') });
  await addPictures(site);
  const stage = await Stage.open({ site });
  try {
    await assertShared(stage);
  } finally {
    await stage.close();
  }
});

/** What webpack's compiler gives to its callback. */
const promised = (compiler) => new Promise((resolve, reject) => {
  compiler.run((error, stats) => compiler.close(() => (error ? reject(error) : resolve(stats))));
});

test("Vite's development server", async (t) => {
  const folder = await newProject('vite-dev', { 'index.html': page('<script type="module" src="/main.js"></script>'), 'main.js': start });
  await addPictures(path.join(folder, 'public'));
  const stage = await Stage.open({ site: path.join(folder, 'public') });
  const serve = async (server) => {
    const vite = await createServer({ root: folder, configFile: false, logLevel: 'error', server: { host: '127.0.0.1', port: 0, hmr: false, ...server } });
    await vite.listen();
    return { url: `http://127.0.0.1:${vite.httpServer.address().port}`, close: () => vite.close() };
  };
  try {
    await t.test('nothing configured, and nobody there who could share: the page is right, and told why', async () => {
      const vite = await serve({});
      const visitor = await stage.arrive({ url: vite.url, start: false, privately: true, prepare: () => {
        globalThis.said = [];
        console.info = (text) => globalThis.said.push(text);
      } });
      await adopted(visitor);
      await stage.takeAll(visitor);
      const status = await visitor.evaluate(async (url) => (await globalThis.kit.tide.fetch(url)).status, stage.pictures[0]);
      assert.equal(status, 200);
      const { intercepting, fallback } = await statsOf(visitor);
      assert.deepEqual([intercepting, fallback], [false, undefined], 'the node runs, without a service worker');
      const said = await visitor.evaluate(() => globalThis.said);
      assert.equal(said.length, 1, said.join('\n'));
      assert.match(said[0], /^Peertide: no interception: .*peertide\.sw\.js.*tide\.fetch/);
      // Chromium itself says so of any page where a service worker should be.
      assert.deepEqual(visitor.problems.map((text) => text.trim()), ["console.error: The script has an unsupported MIME type ('text/html')."]);
      await visitor.close();
      await vite.close();
    });

    await t.test('a service worker of the package, copied to the root of the site, is taken', async () => {
      await cp(path.join(folder, 'node_modules/peertide/dist/peertide.sw.js'), path.join(folder, 'public/peertide.sw.js'));
      await write(folder, { 'other.html': page('<script type="module" src="/other.js"></script>'),
        'other.js': start.replace('start()', "start({ serviceWorker: '/peertide.sw.js' })") });
      const vite = await serve({});
      const visitor = await stage.arrive({ url: `${vite.url}/other.html#`, start: false, privately: true });
      await adopted(visitor);
      assert.equal((await statsOf(visitor)).intercepting, true);
      visitor.assertNoProblems();
      await visitor.close();
      await vite.close();
    });

    await t.test('with /.peertide handed on to `peertide serve`: the second visitor is served by the first', async () => {
      const vite = await serve({ proxy: { '/.peertide': { target: stage.server.url, ws: true } } });
      await assertShared(stage, vite.url);
      await vite.close();
    });
  } finally {
    await stage.close();
  }
});
