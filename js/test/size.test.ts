// A visitor waits for these files before anybody can help: they must not grow
// unnoticed. The budgets are what README.md states.
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { test, type TestContext } from 'node:test';

const [, ofScripts, ofCore] = /Budget: (\d+) bytes gzip for the scripts[^]*?, (\d+) for the core/.exec(readFileSync('README.md', 'utf8'))!.map(Number);
/** What an ordinary first visit loads; `npm run build` makes them. */
const scripts = ['peertide.js', 'peertide.sw.js'];

const within = (budget: number, sizes: [string, number][], t: TestContext) => {
  const together = sizes.reduce((sum, [, size]) => sum + size, 0);
  t.diagnostic(`${sizes.map((each) => each.join(' ')).join(', ')}: ${together} of ${budget}`);
  assert.ok(together <= budget, `${together} bytes are more than ${budget}`);
};

test('the scripts of an ordinary visit stay within their budget', (t) => {
  within(ofScripts!, scripts.map((name) => [name, statSync(`dist/${name}.gz`).size]), t);
});

test('the core stays within its budget', (t) => {
  const name = 'peertide.core.wasm';
  within(ofCore!, [[name, statSync(`dist/${name}.gz`).size]], t);
});
