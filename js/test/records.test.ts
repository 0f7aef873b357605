// The border between JavaScript and the core: a byte out of place here and
// everything behind it is wrong.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CoreInput } from '../src/core/core-input.ts';
import { RecordReader } from '../src/core/record-reader.ts';
import { RecordWriter } from '../src/core/record-writer.ts';
import { fromHex, getU64, setU64, toHex } from '../src/core/words.ts';
import { EventLayout, In, RECORD_ALIGN } from '../src/generated/layout.ts';

const encoder = new TextEncoder();

test('what is written is read back, record by record', () => {
  const inputs: CoreInput[] = [
    { kind: In.Tick },
    { kind: In.Request, id: 0xffffffff, text: encoder.encode('/ä/b.jpg'), offset: 2 ** 40 + 5, length: Infinity, code: 1 },
    { kind: In.ChannelOpened, id: 3, link: 9, swarm: fromHex('ab'.repeat(20)), code: -201 },
    { kind: In.ChannelMessage, id: 4, data: new Uint8Array([1, 2, 3]) },
    { kind: In.Index, text: encoder.encode('x'), data: new Uint8Array(16384).fill(7) },
  ];
  const bytes = inputs.reduce((sum, input) => sum + RecordWriter.size(input), 0);
  const buffer = new ArrayBuffer(bytes + 64);
  new Uint8Array(buffer).fill(0xee);
  const writer = new RecordWriter(buffer, 64, bytes);
  for (const input of inputs) writer.write(input);
  const reader = new RecordReader(buffer, 64, bytes);
  for (const input of inputs) {
    assert.equal(RecordWriter.size(input) % RECORD_ALIGN, 0);
    assert.ok(reader.next());
    assert.equal(reader.kind, input.kind);
    assert.equal(reader.code, input.code ?? 0);
    assert.equal(reader.id, input.id ?? 0);
    assert.equal(reader.link, input.link ?? 0);
    assert.equal(reader.offset, input.offset ?? 0);
    assert.equal(reader.length, input.length ?? 0);
    assert.equal(reader.swarm, input.swarm ? toHex(input.swarm) : '0'.repeat(40));
    assert.equal(reader.peer, '0'.repeat(40));
    assert.equal(reader.text, new TextDecoder().decode(input.text ?? new Uint8Array()));
    assert.deepEqual(reader.data, input.data ?? new Uint8Array());
  }
  assert.equal(reader.next(), false);
});

test('an empty output buffer has no record', () => {
  assert.equal(new RecordReader(new ArrayBuffer(EventLayout.size), 0, 0).next(), false);
});

test('64-bit words keep every number a file offset can be', () => {
  const view = new DataView(new ArrayBuffer(8));
  for (const value of [0, 1, 2 ** 32 - 1, 2 ** 32, 2 ** 33 + 1, Number.MAX_SAFE_INTEGER, Infinity]) {
    setU64(view, 0, value);
    assert.equal(getU64(view, 0), value);
  }
  setU64(view, 0, Infinity);
  assert.equal(view.getBigUint64(0, true), 0xffff_ffff_ffff_ffffn);
});
