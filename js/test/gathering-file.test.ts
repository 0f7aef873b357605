// Firefox crashes a tab that is left within an access to a file: there should be few of them,
// and what a visitor keeps must be the same as with one for each piece.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GatheringFile } from '../src/worker/gathering-file.ts';
import type { SyncFile } from '../src/worker/sync-file.ts';

const MIB = 1 << 20;

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
      const end = Math.min(at + buffer.length, room);
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
  const gathering = new GatheringFile(file, 16384);
  const parts: [number, number][] = [[0, 16384], [16384, 100], [32768, 16384], [49152, 16384]];
  for (const [at, length] of parts) assert.equal(gathering.write(bytesOf(at, length), { at }), length);
  assert.deepEqual(file.writes, []);
  gathering.gathered();
  assert.deepEqual(file.writes, [[0, 65536]]);
  for (const [at, length] of parts) assert.deepEqual(file.bytes.slice(at, at + length), bytesOf(at, length));
  gathering.gathered();
  assert.equal(file.writes.length, 1);
});

test('what is somewhere else, or does not fit any more, is written apart, and what lies between stays', () => {
  const expected = bytesOf(7, 4 * MIB);
  for (const [slot, parts] of [
    [1, [[64, 32], [96, 32], [160, 32], [32, 32], [64, 32]]],
    [16384, [[0, 16384], [32768, 100], [16384, 16384], [2 * MIB, MIB], [3 * MIB, 5], [MIB, MIB + 1]]],
  ] as const) {
    const file = fileInMemory();
    file.write(expected, { at: 0 });
    file.writes.length = 0;
    const gathering = new GatheringFile(file, slot);
    for (const [at, length] of parts) {
      gathering.write(bytesOf(at, length), { at });
      expected.set(bytesOf(at, length), at);
    }
    gathering.gathered();
    assert.deepEqual(file.writes.map(([at]) => at), slot === 1 ? [64, 160, 32] : [0, 32768, 16384, 2 * MIB, 3 * MIB, MIB]);
    assert.ok(Buffer.from(file.bytes).equals(Buffer.from(expected)));
  }
});

test('who reads, asks for the length, cuts or closes finds what was written', () => {
  const file = fileInMemory();
  const gathering = new GatheringFile(file);
  gathering.write(bytesOf(1, 50), { at: 0 });
  const read = new Uint8Array(50);
  assert.equal(gathering.read(read, { at: 0 }), 50);
  assert.deepEqual(read, bytesOf(1, 50));
  gathering.write(bytesOf(2, 50), { at: 50 });
  assert.equal(gathering.getSize(), 100);
  gathering.write(bytesOf(3, 50), { at: 100 });
  gathering.truncate(120);
  assert.equal(file.bytes.length, 120);
  gathering.write(bytesOf(4, 20), { at: 120 });
  gathering.close();
  assert.equal(file.bytes.length, 140);
  assert.ok(file.closed);
});

test('a full disk is told once, and the file goes on', () => {
  const file = fileInMemory(100);
  const gathering = new GatheringFile(file);
  gathering.write(bytesOf(1, 150), { at: 0 });
  assert.throws(() => gathering.gathered(), { name: 'QuotaExceededError' });
  gathering.gathered();
  gathering.write(bytesOf(2, 40), { at: 0 });
  gathering.gathered();
  assert.deepEqual(file.bytes.slice(0, 40), bytesOf(2, 40));
  gathering.write(bytesOf(3, 90), { at: 50 });
  assert.throws(() => gathering.close(), { name: 'QuotaExceededError' });
  assert.ok(file.closed, 'whatever happens, others may open the file');
});
