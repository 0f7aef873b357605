// The documentation of the API is made from its types: what has no comment
// there, or a link that leads nowhere, is a question that nobody answers.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { root } from '../browser/harness/paths.mjs';
import { packageFolder, readJson } from './harness.mjs';

const run = promisify(execFile);
const typedoc = createRequire(import.meta.url).resolve('typedoc').replace(/dist\/index\.js$/, 'bin/typedoc');

test('all that is exported is documented, in build/docs/api', async () => {
  const { stdout } = await run(process.execPath, [typedoc, '--options', 'typedoc.json', '--json', '../build/docs/api.json'],
    { cwd: packageFolder, env: { ...process.env, NO_COLOR: '1' } }).catch((error) => assert.fail(error.stdout + error.stderr));
  assert.doesNotMatch(stdout, /warning/);
  const { entryPoints } = await readJson(path.join(packageFolder, 'typedoc.json'));
  const { exports } = await readJson(path.join(packageFolder, 'package.json'));
  const importable = Object.values(exports).filter((target) => target.types);
  assert.equal(entryPoints.length, importable.length, 'an entry point of the package is missing in typedoc.json');
  const pages = await readFile(path.join(root, 'build/docs/api/classes/index.Peertide.html'), 'utf8');
  for (const name of ['fetch', 'attach', 'stats', 'setConsent', 'close']) assert.ok(pages.includes(`id="${name.toLowerCase()}"`), name);
});
