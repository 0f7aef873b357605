// What is in the package decides what its users can do with it: whom it
// surprises at installation, which tools understand it, who can debug it.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { before, test } from 'node:test';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { newProject, readJson, tarball } from './harness.mjs';

const run = promisify(execFile);
const typescript = createRequire(import.meta.url).resolve('typescript/bin/tsc');

const uses = {
  'use.ts': `import { Peertide, PeertideError, type PeertideOptions, type PeertideStats } from 'peertide';
import { hlsLoader } from 'peertide/hls';
import Hls from 'hls.js';
const options: PeertideOptions = { consent: 'download-only', uploadOn: { hidden: false } };
export async function use(): Promise<PeertideStats> {
  await using tide = await Peertide.start(options);
  tide.addEventListener('progress', ({ detail }) => console.log(detail.ranges[0]?.offset.toFixed()));
  new Hls({ loader: hlsLoader(tide) });
  new Hls({ fLoader: hlsLoader(tide) });
  return tide.stats();
}
export const isOurs = (error: unknown): error is PeertideError => error instanceof PeertideError;
// @ts-expect-error There is no such option.
export const wrong: PeertideOptions = { consent: 'maybe' };
`,
};

let project, packed, manifest;
before(async () => {
  packed = await tarball();
  project = await newProject('tarball-user', uses, ['hls.js']);
  manifest = await readJson(path.join(project, 'node_modules/peertide/package.json'));
});

test('publint has nothing to say', async () => {
  const { messages } = await publint({ pkgDir: path.join(project, 'node_modules/peertide'), pack: false, strict: true });
  assert.deepEqual(messages.map((message) => formatMessage(message, manifest, { color: false })), []);
});

test('installing it runs nothing and brings nothing else', () => {
  const hooks = ['preinstall', 'install', 'postinstall', 'prepare', 'prepublish'];
  assert.deepEqual(Object.keys(manifest.scripts ?? {}).filter((name) => hooks.includes(name)), []);
  assert.deepEqual([manifest.dependencies, manifest.peerDependencies, manifest.bundledDependencies], [undefined, undefined, undefined]);
  assert.match(manifest.version, /^\d+\.\d+\.\d+(-[\w.]+)?$/);
});

test('all that `exports` names is there, types first; nothing of the sources beside it', () => {
  for (const [name, target] of Object.entries(manifest.exports)) {
    if (typeof target !== 'string') assert.equal(Object.keys(target)[0], 'types', name);
    for (const file of typeof target === 'string' ? [target] : Object.values(target)) {
      assert.ok(packed.files.includes(file.slice(2)), `${name}: ${file}`);
    }
  }
  assert.deepEqual(packed.files.filter((file) => !/^(dist\/.*|README\.md|package\.json)$/.test(file)), []);
  for (const file of ['dist/LICENSE', 'dist/CHANGELOG.md']) assert.ok(packed.files.includes(file), file);
});

test('each script has a source map that holds its sources', async () => {
  const scripts = packed.files.filter((file) => /^dist\/[^/]*\.js$/.test(file));
  assert.ok(scripts.length >= 4);
  for (const file of scripts) {
    const text = await readFile(path.join(project, 'node_modules/peertide', file), 'utf8');
    const [, map] = /\n\/\/# sourceMappingURL=(\S+)\s*$/.exec(text) ?? assert.fail(`${file} names no map`);
    const { sources, sourcesContent } = await readJson(path.join(project, 'node_modules/peertide/dist', map));
    assert.ok(sources.length > 0 && sourcesContent.length === sources.length && sourcesContent.every(Boolean), map);
  }
});

for (const [resolution, module] of [['bundler', 'esnext'], ['nodenext', 'nodenext']]) {
  test(`the types hold for a program that resolves modules as ${resolution}`, async () => {
    await run(process.execPath, [typescript, '--noEmit', '--strict', '--exactOptionalPropertyTypes', '--target', 'es2022',
      '--lib', 'es2022,dom,dom.iterable,esnext.disposable', '--module', module, '--moduleResolution', resolution, 'use.ts'],
    { cwd: project }).catch(({ stdout, message }) => assert.fail(stdout || message));
  });
}
