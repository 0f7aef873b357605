// What a page or a player receives are copies of verified bytes in buffers that were used before:
// a wrong part, or a rest of what came in that buffer earlier, would reach the page unverified.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Parcels } from '../src/worker/parcels.ts';

const MESSAGE = 49_191;
const message = () => new Uint8Array(MESSAGE).fill(0xee);
const bytes = (length: number) => Uint8Array.from({ length }, (_, at) => (at * 7 + 1) % 251);

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}

test('without a used buffer the bytes come in one of their own, of their length', () => {
  const parcels = new Parcels();
  const source = bytes(65_536);
  const parts = [...parcels.pack(source, Infinity)];
  assert.equal(parts.length, 1);
  assert.deepEqual(parts[0], source);
  assert.notEqual(parts[0]!.buffer, source.buffer);
  assert.equal(parts[0]!.buffer.byteLength, 65_536);
});

test('used buffers carry the bytes, in order', () => {
  const parcels = new Parcels();
  const used = [message(), message(), message()];
  for (const each of used) parcels.reuse(each);
  const source = bytes(3 * MESSAGE);
  const parts = [...parcels.pack(source, Infinity)];
  assert.deepEqual(joined(parts), Buffer.from(source));
  assert.deepEqual(new Set(parts.map(({ buffer }) => buffer)), new Set(used.map(({ buffer }) => buffer)));
});

test('nothing of the message that came in a buffer is left behind a part', () => {
  const parcels = new Parcels();
  parcels.reuse(message());
  const source = bytes(30_000);
  const [part] = parcels.pack(source, Infinity);
  assert.deepEqual(part, source);
  const behind = new Uint8Array(part!.buffer, part!.length);
  assert.equal(behind.length, MESSAGE - 30_000);
  assert.ok(behind.every((byte) => byte === 0));
});

test('a small part does not hold a large buffer, which stays for the next', () => {
  const parcels = new Parcels();
  parcels.reuse(message());
  const [small] = parcels.pack(bytes(1000), Infinity);
  assert.equal(small!.buffer.byteLength, 1000);
  const [large] = parcels.pack(bytes(MESSAGE), Infinity);
  assert.equal(large!.buffer.byteLength, MESSAGE);
});

test('small messages and more than a few are not kept', () => {
  const parcels = new Parcels();
  parcels.reuse(new Uint8Array(68));
  for (let at = 0; at < 100; at++) parcels.reuse(message());
  const parts = [...parcels.pack(bytes(100 * MESSAGE), Infinity)];
  assert.ok(parts.slice(0, -1).every(({ buffer }) => buffer.byteLength === MESSAGE));
  assert.equal(parts.length, 25);
});

test('where messages may not be long, parts are of that length, and longer buffers stay for others', () => {
  const parcels = new Parcels();
  parcels.reuse(new Uint8Array(81_920));
  const source = bytes(100_000);
  const parts = [...parcels.pack(source, 49_152)];
  assert.deepEqual(parts.map(({ length }) => length), [49_152, 49_152, 1696]);
  assert.deepEqual(joined(parts), Buffer.from(source));
  assert.ok(parts.every(({ buffer, length }) => buffer.byteLength === length));
  const [long] = parcels.pack(bytes(65_536), Infinity);
  assert.equal(long!.buffer.byteLength, 81_920);
});
