// A page is linked from somewhere and many come at once: without an elected
// fetcher each would load everything from the origin, which is just when the
// origin can bear it least.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Stage, eventsOf } from './harness/stage.mjs';

let stage;
before(async () => { stage = await Stage.open(); });
after(() => stage?.close());

/** Lets visitors take the site together; what that costs the origin must be at most two copies of it. */
async function cost(t, takeTogether) {
  const visitors = [];
  try {
    const { assetBodyBytes, bodyBytes } = await stage.server.measure(() => takeTogether(visitors));
    const copies = bodyBytes / stage.length;
    const reasons = {};
    for (const visitor of visitors) {
      for (const { reason } of await eventsOf(visitor, 'fallback')) reasons[reason] = (reasons[reason] ?? 0) + 1;
    }
    t.diagnostic(`copies of the site from the origin: ${copies.toFixed(2)}, why: ${JSON.stringify(reasons)}`);
    assert.ok(assetBodyBytes >= stage.length, 'somebody must have fetched each byte');
    assert.ok(copies <= 2, `${bodyBytes} bytes for a site of ${stage.length}`);
    for (const visitor of visitors) visitor.assertNoProblems();
  } finally { // nobody stays to serve the next crowd
    for (const visitor of visitors) await visitor.close();
  }
}

const six = (each) => Promise.all(Array.from({ length: 6 }, each));

test('six visitors come at once, cold, and look at once: at most two copies of the site from the origin', (t) =>
  cost(t, (visitors) => six(async () => {
    const visitor = await stage.arrive();
    visitors.push(visitor);
    await stage.takeAll(visitor);
  })));

test('six visitors are there and look at the same moment: at most two copies of the site from the origin', async (t) => {
  const arrived = await six(() => stage.arrive());
  await cost(t, (visitors) => {
    visitors.push(...arrived);
    return Promise.all(arrived.map((visitor) => stage.takeAll(visitor)));
  });
});
