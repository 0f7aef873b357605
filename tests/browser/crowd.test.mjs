// A page is linked from somewhere and many come at once: without an elected
// fetcher each would load everything from the origin, which is just when the
// origin can bear it least.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Stage } from './harness/stage.mjs';

let stage;
before(async () => { stage = await Stage.open(); });
after(() => stage?.close());

test('six visitors at once, cold: the origin gives at most two copies of the site', async (t) => {
  const visitors = await Promise.all(Array.from({ length: 6 }, () => stage.arrive()));
  const { assetBodyBytes, bodyBytes } = await stage.server.measure(
    () => Promise.all(visitors.map((visitor) => stage.takeAll(visitor))));
  t.diagnostic(`copies of the site from the origin: ${(bodyBytes / stage.length).toFixed(2)}`);
  assert.ok(assetBodyBytes >= stage.length, 'somebody must have fetched each byte');
  assert.ok(bodyBytes <= 2 * stage.length, `${bodyBytes} bytes for a site of ${stage.length}`);
  visitors.forEach((visitor) => visitor.assertNoProblems());
});
