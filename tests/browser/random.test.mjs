// Nobody visits a site in the order that tests think of. Four visitors do this
// and that, as a seed says, for a minute (PEERTIDE_LONG=1: half an hour, one of
// them in Firefox; PEERTIDE_RANDOM_S: so many seconds): what they read is
// right, nothing throws, nothing grows, and whoever leaves is let go of.
// PEERTIDE_SEED repeats what was done, in the order of each of them.
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { after, before, test } from 'node:test';
import { memoryOf } from './harness/memory.mjs';
import { Restless } from './harness/restless.mjs';
import { statsOf } from './harness/stage.mjs';
import { stageWithPages } from './harness/two-pages.mjs';
import { until } from './harness/wait.mjs';

const long = process.env.PEERTIDE_LONG === '1';
const duration_s = Number(process.env.PEERTIDE_RANDOM_S ?? (long ? 1800 : 60));
const seed = Number(process.env.PEERTIDE_SEED ?? randomInt(1e6));
/**
 * What may be kept more of at the end than after the first look at everything, in bytes. A page that stays keeps
 * some 150 KB more after 60 actions; then it levels off, between 160 and 195 KB after 180 to 1270 of them.
 */
const growth = { page: 1 << 20, worker: 1 << 20, wasm: 1 << 20 };
/**
 * A new document has a new core, whose memory never shrinks: how much that takes depends on the order in which
 * pieces come, by 2 MiB up and down. It is no leak: over 1270 actions of a page that stays it was the same to the byte.
 */
const growthOfNew = { ...growth, wasm: 4 << 20 };

let stage;
before(async () => { stage = await stageWithPages(); });
after(() => stage?.close());

const together = (visitors, act) => Promise.all(visitors.map(act));
const connected = async () => (await stage.server.stats()).peers.connected;

test(`four visitors do this and that for ${duration_s} seconds, seed ${seed}`, async (t) => {
  console.log(`# PEERTIDE_SEED=${seed}`);
  const visitors = [
    { name: 'who stays', stays: true }, { name: 'who has little room', start: { storeLimit: 3 << 20 } },
    { name: 'who keeps nothing', start: { store: 'memory' } }, { name: 'anybody', browser: long ? 'Firefox' : 'Chromium' },
  ].map((traits, at) => new Restless(stage, { ...traits, seed: seed + at }));
  const [stays] = visitors;
  const measured = visitors.filter(({ browser }) => browser === 'Chromium');
  const measure = async () => {
    await together(visitors, (visitor) => visitor.rest());
    await together(visitors, (visitor) => visitor.readAll());
    const kept = [];
    for (const { tab } of measured) kept.push(await memoryOf(tab));
    return kept;
  };
  try {
    await together(visitors, (visitor) => visitor.arrive());
    await measure(); // once everything has been there, nothing is new any more
    const first = await measure();
    const end_ms = Date.now() + 1000 * duration_s;
    let failed = false;
    await together(visitors, async (visitor) => {
      try {
        while (Date.now() < end_ms && !failed) await visitor.act();
      } catch (error) {
        failed = true;
        throw error;
      }
    });
    const last = await measure();
    t.diagnostic(`bytes kept, at first and at last: ${JSON.stringify({ first, last })}`);
    t.diagnostic(visitors.map(({ name, done }) => `${name}: ${done.length} things`).join(', '));
    for (const [at, { name, stays: old }] of measured.entries()) {
      for (const [what, most] of Object.entries(old ? growth : growthOfNew)) {
        assert.ok(last[at][what] - first[at][what] <= most, `${name}, ${what}: ${first[at][what]} bytes have become ${last[at][what]}`);
      }
    }
    for (const visitor of visitors.slice(1)) await visitor.leave();
    await until('the server to have let go of who has left', async () => (await connected()) === 1);
    await until('who stays to have let go of them', async () => (await statsOf(stays.tab)).peers.connected === 0 &&
      (await stays.tab.evaluate(() => globalThis.openConnections.size)) === 0);
    for (const visitor of visitors) visitor.assertNoProblems();
  } finally {
    for (const { name, done } of visitors) t.diagnostic(`${name}: ${done.slice(-12).join(', ')}`);
  }
});
