// Firefox crashes a tab that is left within an access to a file: there should be few of them,
// and what a visitor keeps must be the same as with one for each piece.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GatheringFile } from '../src/worker/gathering-file.ts';
import type { SyncFile } from '../src/worker/sync-file.ts';

const MIB = 1 << 20;
const SLOT = 16384;
const nothingLost = () => assert.fail('nothing may be lost');

/** A file in memory that notes each write; it has room for so many bytes. */
function fileInMemory(room = Infinity): SyncFile & { bytes: Uint8Array; writes: [at: number, length: number][]; closed: boolean } {
  const file = {
    bytes: new Uint8Array(0),
    writes: [] as [number, number][],
    closed: false,
    read: (buffer: Uint8Array, { at }: { at: number }) => {
      const part = file.bytes.subarray(at, at + buffer.length);
      buffer.set(part);
      return part.length;
    },
    write: (buffer: Uint8Array, { at }: { at: number }) => {
      const end = Math.max(at, Math.min(at + buffer.length, room));
      if (end === at) return 0;
      if (end > file.bytes.length) {
        const longer = new Uint8Array(end);
        longer.set(file.bytes);
        file.bytes = longer;
      }
      file.bytes.set(buffer.subarray(0, end - at), at);
      file.writes.push([at, buffer.length]);
      return end - at;
    },
    truncate: (size: number) => { file.bytes = file.bytes.slice(0, size); },
    getSize: () => file.bytes.length,
    close: () => { file.closed = true; },
  };
  return file;
}

const bytesOf = (seed: number, length: number) => new Uint8Array(length).map((_, at) => (at * 13 + seed * 29 + 1) & 255);

test('what follows each other is written in one go, over the rest of a slot, too', () => {
  const file = fileInMemory();
  const gathering = new GatheringFile(file, SLOT, nothingLost);
  const parts: [number, number][] = [[0, 16384], [16384, 100], [32768, 16384], [49152, 16384]];
  for (const [at, length] of parts) gathering.write(bytesOf(at, length), at);
  assert.deepEqual(file.writes, []);
  gathering.flush();
  assert.deepEqual(file.writes, [[0, 65536]]);
  for (const [at, length] of parts) assert.deepEqual(file.bytes.slice(at, at + length), bytesOf(at, length));
  gathering.flush();
  assert.equal(file.writes.length, 1);
});

test('what is somewhere else, or does not fit any more, is written apart, and what lies between stays', () => {
  const expected = bytesOf(7, 4 * MIB);
  const file = fileInMemory();
  file.write(expected, { at: 0 });
  file.writes.length = 0;
  const gathering = new GatheringFile(file, SLOT, nothingLost);
  for (const [at, length] of [[0, 16384], [32768, 100], [16384, 16384], [2 * MIB, MIB], [3 * MIB, 5], [MIB, MIB]] as const) {
    gathering.write(bytesOf(at, length), at);
    expected.set(bytesOf(at, length), at);
  }
  gathering.flush();
  assert.deepEqual(file.writes.map(([at]) => at), [0, 32768, 16384, 2 * MIB, 3 * MIB, MIB]);
  assert.ok(Buffer.from(file.bytes).equals(Buffer.from(expected)));
});

test('who reads or cuts finds what was written', () => {
  const file = fileInMemory();
  const gathering = new GatheringFile(file, SLOT, nothingLost);
  gathering.write(bytesOf(1, SLOT), 0);
  const read = new Uint8Array(SLOT);
  assert.equal(gathering.read(read, 0), SLOT);
  assert.deepEqual(read, bytesOf(1, SLOT));
  gathering.write(bytesOf(3, SLOT), SLOT);
  gathering.truncate(SLOT + 120);
  assert.equal(file.bytes.length, SLOT + 120);
  gathering.write(bytesOf(4, 20), 2 * SLOT);
  gathering.flush();
  assert.equal(file.bytes.length, 2 * SLOT + 20);
  gathering.close();
  assert.ok(file.closed);
});

test('a full disk keeps the slots that it has room for, is told once, and the file goes on', () => {
  const file = fileInMemory(5 * SLOT + 100);
  const lost: [number, number][] = [];
  const gathering = new GatheringFile(file, SLOT, (from, to) => lost.push([from, to]));
  for (let at = SLOT; at < 8 * SLOT; at += SLOT) gathering.write(bytesOf(at, SLOT), at);
  assert.throws(() => gathering.flush(), { name: 'QuotaExceededError' });
  assert.deepEqual(lost.splice(0), [[5 * SLOT, 8 * SLOT]]);
  for (let at = SLOT; at < 5 * SLOT; at += SLOT) assert.deepEqual(file.bytes.slice(at, at + SLOT), bytesOf(at, SLOT));
  gathering.flush();
  gathering.write(bytesOf(2, 40), 0);
  gathering.flush();
  assert.deepEqual(file.bytes.slice(0, 40), bytesOf(2, 40));
  gathering.write(bytesOf(3, 90), 6 * SLOT);
  assert.throws(() => gathering.flush(), { name: 'QuotaExceededError' });
  assert.deepEqual(lost, [[6 * SLOT, 6 * SLOT + 90]]);
});
