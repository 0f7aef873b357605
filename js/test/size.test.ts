// A visitor waits for these scripts before anybody can help: they must not grow
// unnoticed. The budget is what README.md states.
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { test } from 'node:test';

const budget = Number(/Budget: (\d+) bytes gzip/.exec(readFileSync('README.md', 'utf8'))![1]);
/** What an ordinary first visit loads; `npm run build` makes them. */
const scripts = ['peertide.js', 'peertide.sw.js'];

test('the scripts of an ordinary visit stay within their budget', (t) => {
  const sizes = scripts.map((name) => statSync(`dist/${name}.gz`).size);
  const together = sizes.reduce((sum, size) => sum + size, 0);
  t.diagnostic(`${scripts.map((name, i) => `${name} ${sizes[i]}`).join(', ')}: ${together} of ${budget}`);
  assert.ok(together <= budget, `${together} bytes gzip are more than ${budget}`);
});
