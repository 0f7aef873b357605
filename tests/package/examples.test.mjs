// Examples are what people copy: each must build, run without a complaint,
// and do what its README says.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { before, test } from 'node:test';
import { promisify } from 'node:util';
import { build } from 'vite';
import { demoFolder } from '../browser/harness/paths.mjs';
import { Stage, statsOf } from '../browser/harness/stage.mjs';
import { until } from '../browser/harness/wait.mjs';
import { adopted, install, newFolder, readJson, write } from './harness.mjs';

const run = promisify(execFile);
const source = path.join(demoFolder, 'examples');
const made = /\/(node_modules|dist|public|file\.bin)$/;

let examples;
before(async () => {
  examples = await newFolder('examples');
  await cp(source, examples, { recursive: true, filter: (file) => !made.test(file) });
});

/** Builds an example as its README says; gives a stage that serves it. */
async function open(name) {
  const folder = path.join(examples, name);
  const files = await readdir(folder);
  if (files.includes('make')) await run(path.join(folder, 'make'));
  if (!files.includes('package.json')) return Stage.open({ site: folder });
  // What it asks for is installed here: the package from its tarball, the rest as pinned for these tests.
  const { dependencies, devDependencies } = await readJson(path.join(folder, 'package.json'));
  const { peertide, ...others } = { ...dependencies, ...devDependencies };
  assert.equal(peertide, 'file:../../../js');
  const { dependencies: pinned } = await readJson(fileURLToPath(new URL('package.json', import.meta.url)));
  for (const [dependency, version] of Object.entries(others)) assert.equal(version, pinned[dependency], `${name}: ${dependency}`);
  await write(folder, { 'package.json': JSON.stringify({ name, private: true, type: 'module' }) });
  await install(folder, Object.keys(others));
  await build({ root: folder, logLevel: 'error' });
  return Stage.open({ site: path.join(folder, 'dist') });
}

/** Opens the example with two visitors, one after the other; `use` does with each what people would do. */
async function visit(name, use) {
  const stage = await open(name);
  try {
    const first = await adopted(await stage.arrive({ start: false, privately: true }));
    await use(first, true, stage);
    const second = await adopted(await stage.arrive({ start: false, privately: true }));
    await use(second, false, stage);
    for (const visitor of [first, second]) {
      assert.equal((await statsOf(visitor)).fallback, undefined);
      visitor.assertNoProblems();
    }
  } finally {
    await stage.close();
  }
}

const allShown = (visitor, count) => visitor.page.waitForFunction((wanted) => {
  const images = [...document.images];
  return images.length === wanted && images.every((image) => image.complete && image.naturalWidth > 0);
}, {}, count);

test('plain: all pictures are shown', () => visit('plain', async (visitor) => {
  await allShown(visitor, 3);
}));

test('vite-react: all pictures are shown, each with its giver', () => visit('vite-react', async (visitor) => {
  await allShown(visitor, 3);
  const captions = await visitor.evaluate(() => [...document.querySelectorAll('figcaption')].map(({ textContent }) => textContent));
  for (const caption of captions) assert.match(caption, /: from (the site|another visitor)$/);
}));

test('hls-player: the film plays, for the second viewer with the help of the first', () => visit('hls-player', async (visitor, isFirst) => {
  await visitor.evaluate(async () => {
    const film = document.querySelector('video');
    await globalThis.kit.play(film, 2);
  });
  if (!isFirst) await until('bytes from the first viewer', async () => (await statsOf(visitor)).peers.bytesIn > 0);
}));

test('download: the file is saved; the second visitor has most of it from the first', () => visit('download', async (visitor, isFirst) => {
  await visitor.evaluate(() => {
    globalThis.saved = new Promise((resolve) => {
      HTMLAnchorElement.prototype.click = function click() { resolve(fetch(this.href).then((response) => response.arrayBuffer())); };
    });
    document.getElementById('start').click();
  });
  const length = await visitor.evaluate(async () => (await globalThis.saved).byteLength);
  assert.equal(length, 24 << 20);
  await visitor.page.waitForFunction(() => /^Done/.test(document.getElementById('words').textContent));
  const [, share] = /(\d+) %/.exec(await visitor.evaluate(() => document.getElementById('words').textContent));
  if (!isFirst) assert.ok(Number(share) >= 80, `${share} %`);
}));
