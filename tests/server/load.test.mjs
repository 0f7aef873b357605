// The load generator: measurements are worth nothing if it counts what did not happen.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { load, runLoad } from './harness/load.mjs';
import { makeSite, serve } from './harness/server.mjs';

const brief = ['--seconds', '0.5', '--warmup', '0.1', '--settle', '0'];

test('what the load generator counts is what the server counts', async (context) => {
  const site = await makeSite(context, { 'a.jpg': randomBytes(20_000) });
  const server = await serve(context, site);
  const [h] = Object.keys((await server.index()).swarms);
  const url = `${server.url.replace('http', 'ws')}/.peertide/ws`;
  const before = (await server.stats()).signalling;
  const signals = await load('--work', 'signal', '--connections', 20, '--swarm', h,
    '--rate', 500, ...brief, url);
  const after = (await server.stats()).signalling;
  assert.equal(signals.lost + signals.errors + signals.unanswered, 0);
  assert.ok(signals.measured.replies > 100);
  assert.equal(signals.latencyUs.count, signals.measured.requests);
  // Hello, join, and the signals of the warm-up and the measured time.
  const said = after.messagesIn - before.messagesIn - 40;
  assert.equal(after.signalsDelivered - before.signalsDelivered, said);
  assert.ok(said >= signals.measured.requests);

  const joins = await load('--work', 'join', '--connections', 20, '--swarm', h, '--rate', 500,
    '--pid', server.child.pid, ...brief, url);
  assert.equal(joins.lost + joins.errors + joins.unanswered, 0);
  assert.ok(joins.serverCpuS >= 0 && joins.memory.after > 1e6);
  assert.ok(joins.latencyUs.p50 <= joins.latencyUs.p99 && joins.latencyUs.p99 <= joins.latencyUs.max);

  const idle = await load('--work', 'join', '--idle', '--connections', 50, '--swarm', h,
    '--settle', '0.2', '--pid', server.child.pid, url);
  assert.ok(idle.memory.perConnection >= 0);

  const origin = (await server.stats()).origin;
  const files = await load('--work', 'get', '--connections', 4, ...brief, `${server.url}/a.jpg`);
  const bytes = (await server.stats()).origin.assetBodyBytes - origin.assetBodyBytes;
  assert.equal(files.measured.bodyBytes % 20_000, 0);
  assert.equal(bytes % 20_000, 0);
  assert.ok(bytes >= files.measured.bodyBytes && files.measured.replies > 10);
});

test('the load generator says what is wrong', async (context) => {
  const server = await serve(context, await makeSite(context, { 'a.txt': 'a' }));
  const fails = async (status, pattern, ...args) => {
    const result = await runLoad(args);
    assert.equal(result.status, status);
    assert.match(result.stderr, pattern);
  };
  await fails(2, /give one URL/);
  await fails(2, /wrong value for .*frogs/, '--connections', 'frogs', 'ws://127.0.0.1:1/');
  await fails(2, /IPv4/, 'ws://nowhere.example/');
  await fails(1, /refused: HTTP\/1.1 404/, '--work', 'join', `${server.url.replace('http', 'ws')}/x`);
  await fails(1, /no such process/, '--pid', '4000000000', 'ws://127.0.0.1:1/');
});
