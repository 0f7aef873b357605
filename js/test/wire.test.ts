// What a peer sends reaches the core's memory before the core can judge it: a
// message of many megabytes, as some browsers take, must not end the visitor's node.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Wire, type WireChannel } from '../src/worker/wire.ts';

test('a message longer than any client sends is passed over, others go on', () => {
  const lengths: number[] = [];
  const channel = { readyState: 'open' } as WireChannel;
  new Wire(channel, { opened() {}, drained() {}, closed() {}, message: ({ length }) => lengths.push(length) });
  const receive = channel.onmessage as unknown as (event: { data: unknown }) => void;
  for (const length of [5, 1 << 20, (1 << 20) + 1, 64 << 20, 7]) receive({ data: new ArrayBuffer(length) });
  assert.deepEqual(lengths, [5, 1 << 20, 7]);
});
