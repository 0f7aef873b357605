// Servers that render pages import what the pages import. They run nothing of it, but the import must not fail.
import { test } from 'node:test';

for (const name of ['peertide', 'peertide.consent', 'peertide.stats', 'peertide.hls']) {
  test(`${name}.js can be imported where there is no page`, async () => {
    await import(`../dist/${name}.js`);
  });
}
