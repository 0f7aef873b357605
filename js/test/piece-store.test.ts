// What a visitor keeps over visits: a piece that comes back under another's
// name costs a fetch, a file that grows beyond its limit the visitor's disk.
import assert from 'node:assert/strict';
import { closeSync, fstatSync, ftruncateSync, mkdtempSync, openSync, readdirSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { PieceStore } from '../src/worker/piece-store.ts';
import type { StoreFolder } from '../src/worker/sync-file.ts';

const A = 'a'.repeat(40);
const B = 'b'.repeat(40);
const SIZE = 16_384;
const nothingLost = () => assert.fail('nothing may be lost');

/** A store's folder on this machine's disk; `room`: bytes its files may have together. */
function folderAt(path: string, disk = { room: Infinity }): StoreFolder {
  const size = (name: string) => {
    const file = openSync(join(path, name), 'r');
    try {
      return fstatSync(file).size;
    } finally {
      closeSync(file);
    }
  };
  const used = () => readdirSync(path).reduce((sum, name) => sum + size(name), 0);
  return {
    names: async () => readdirSync(path),
    open: async (name) => {
      const file = openSync(join(path, name), 'a');
      closeSync(file);
      const handle = openSync(join(path, name), 'r+');
      return {
        read: (buffer, { at }) => readSync(handle, buffer, 0, buffer.length, at),
        write: (buffer, { at }) => {
          if (used() + Math.max(0, at + buffer.length - fstatSync(handle).size) > disk.room) {
            throw new DOMException('no room', 'QuotaExceededError');
          }
          return writeSync(handle, buffer, 0, buffer.length, at);
        },
        truncate: (length) => ftruncateSync(handle, length),
        getSize: () => fstatSync(handle).size,
        close: () => closeSync(handle),
      };
    },
  };
}

async function withFolder(run: (path: string) => Promise<void>): Promise<void> {
  const path = mkdtempSync(join(tmpdir(), 'peertide-store-'));
  try {
    await run(path);
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}

const bytesOf = (seed: number, length = SIZE) => new Uint8Array(length).map((_, at) => (at * 7 + seed * 31) & 255);
const files = (path: string) => Object.fromEntries(readdirSync(path).map((name) => {
  const file = openSync(join(path, name), 'r');
  const { size } = fstatSync(file);
  closeSync(file);
  return [name, size];
}));
const named = (store: PieceStore) => store.pieces.map(({ swarm, piece }) => `${swarm[0]}${piece}`).sort();

test('pieces of many swarms and lengths come back after a restart', () => withFolder(async (path) => {
  let store = await PieceStore.open(folderAt(path), nothingLost);
  await store.prepare([SIZE, 4 * SIZE]);
  for (let i = 0; i < 5; i++) store.write(A, i, SIZE, bytesOf(i));
  store.write(B, 0, 4 * SIZE, bytesOf(9, 3 * SIZE + 5));
  store.saveLayer(A, 2, bytesOf(1, 96));
  store.saveIndex(bytesOf(2, 500));
  store.saveIndex(bytesOf(3, 300));
  store.close();

  store = await PieceStore.open(folderAt(path), nothingLost);
  assert.deepEqual(named(store), ['a0', 'a1', 'a2', 'a3', 'a4', 'b0']);
  for (let i = 0; i < 5; i++) assert.deepEqual(store.read(A, i), bytesOf(i));
  assert.deepEqual(store.read(B, 0), bytesOf(9, 3 * SIZE + 5));
  assert.equal(store.read(B, 1), undefined);
  assert.deepEqual(store.loadLayers().map(({ swarm, file, hashes }) => [swarm, file, [...hashes]]), [[A, 2, [...bytesOf(1, 96)]]]);
  assert.deepEqual(store.loadIndex(), bytesOf(3, 300));
  assert.equal(store.bytes, 9 * SIZE);
  store.close();
}));

test('dropped pieces leave no holes: the files are as long as what is in them', () => withFolder(async (path) => {
  let store = await PieceStore.open(folderAt(path), nothingLost);
  await store.prepare([SIZE]);
  for (let i = 0; i < 6; i++) store.write(i % 2 ? B : A, i, SIZE, bytesOf(i));
  store.drop(A, 0);
  store.drop(B, 5);
  store.drop(B, 99);
  store.flush();
  assert.deepEqual(named(store), ['a2', 'a4', 'b1', 'b3']);
  assert.equal(files(path)[`${SIZE}.pieces`], 4 * SIZE);
  for (const piece of [2, 4]) assert.deepEqual(store.read(A, piece), bytesOf(piece));
  for (const piece of [1, 3]) assert.deepEqual(store.read(B, piece), bytesOf(piece));
  store.dropSwarm(B);
  store.write(A, 7, SIZE, bytesOf(7, 100));
  store.close();
  store = await PieceStore.open(folderAt(path), nothingLost);
  assert.deepEqual(named(store), ['a2', 'a4', 'a7']);
  assert.deepEqual(store.read(A, 7), bytesOf(7, 100));
  store.dropSwarm(A);
  store.flush();
  assert.equal(files(path)[`${SIZE}.pieces`], 0);
  store.close();
}));

test('where a piece was dropped the next one is written, and nothing is moved', () => withFolder(async (path) => {
  const accesses: string[] = [];
  const { names, open } = folderAt(path);
  const counted: StoreFolder = {
    names,
    open: async (name) => {
      const file = await open(name);
      return {
        ...file,
        read: (buffer, options) => (accesses.push(`read ${name} ${options.at}`), file.read(buffer, options)),
        write: (buffer, options) => (accesses.push(`write ${name} ${options.at}`), file.write(buffer, options)),
        truncate: (size) => (accesses.push(`truncate ${name} ${size}`), file.truncate(size)),
      };
    },
  };
  let store = await PieceStore.open(counted, nothingLost);
  await store.prepare([SIZE]);
  for (let i = 0; i < 4; i++) store.write(A, i, SIZE, bytesOf(i));
  store.flush();
  assert.deepEqual(accesses.splice(0).slice(-1), [`write ${SIZE}.map 0`], 'four pieces, one access to the map');
  store.drop(A, 1);
  store.write(A, 7, SIZE, bytesOf(7));
  store.flush();
  assert.deepEqual(accesses.splice(0), [`write ${SIZE}.pieces ${SIZE}`, `write ${SIZE}.map 32`]);
  store.flush();
  assert.deepEqual(accesses.splice(0), []);
  store.close();
  store = await PieceStore.open(folderAt(path), nothingLost);
  assert.deepEqual(named(store), ['a0', 'a2', 'a3', 'a7']);
  for (const piece of [0, 2, 3, 7]) assert.deepEqual(store.read(A, piece), bytesOf(piece));
  store.close();
}));

test('of a store that was not closed, what was flushed is there, and nothing under the name of another', () => withFolder(async (path) => {
  const store = await PieceStore.open(folderAt(path), nothingLost);
  await store.prepare([SIZE]);
  for (let i = 0; i < 3; i++) store.write(A, i, SIZE, bytesOf(i));
  store.flush();
  store.drop(A, 2);
  store.write(B, 9, SIZE, bytesOf(9)); // in the place of a2, and the map does not know
  store.write(B, 10, SIZE, bytesOf(10));
  store.read(B, 9); // all that was gathered is in the file now
  const again = await PieceStore.open(folderAt(path), nothingLost);
  assert.deepEqual(named(again), ['a0', 'a1', 'a2']);
  assert.deepEqual(again.read(A, 1), bytesOf(1));
  assert.deepEqual(again.read(A, 2), bytesOf(9), 'whoever reads it sees that its hash is another one');
  assert.equal(files(path)[`${SIZE}.pieces`], 3 * SIZE);
  again.close();
}));

test('a piece written again replaces the old bytes', () => withFolder(async (path) => {
  const store = await PieceStore.open(folderAt(path), nothingLost);
  await store.prepare([SIZE]);
  store.write(A, 1, SIZE, bytesOf(1));
  store.write(A, 1, SIZE, bytesOf(2, 50));
  assert.deepEqual(store.read(A, 1), bytesOf(2, 50));
  assert.equal(store.bytes, SIZE);
  store.close();
}));

test('a full disk: what has room is kept, of the rest the host hears, and old pieces make room for new ones', () => withFolder(async (path) => {
  const disk = { room: 3 * SIZE + 200 };
  const lost: string[] = [];
  let store = await PieceStore.open(folderAt(path, disk), (swarm, piece) => lost.push(`${swarm[0]}${piece}`));
  await store.prepare([SIZE]);
  for (let i = 0; i < 5; i++) store.write(A, i, SIZE, bytesOf(i));
  assert.throws(() => store.flush(), { name: 'QuotaExceededError' });
  assert.deepEqual(lost.splice(0), ['a3', 'a4']);
  assert.deepEqual(named(store), ['a0', 'a1', 'a2']);
  assert.equal(store.bytes, 3 * SIZE, 'so much and no more has room');
  store.flush();
  assert.equal(files(path)[`${SIZE}.pieces`], 3 * SIZE);
  store.drop(A, 0);
  store.write(A, 5, SIZE, bytesOf(5));
  store.flush();
  for (const i of [1, 2, 5]) assert.deepEqual(store.read(A, i), bytesOf(i));
  store.saveLayer(A, 0, bytesOf(1, 300));
  assert.throws(() => store.flush(), { name: 'QuotaExceededError' });
  disk.room = Infinity;
  store.saveLayer(A, 1, bytesOf(2, 32));
  store.close();
  store = await PieceStore.open(folderAt(path), nothingLost);
  assert.deepEqual(named(store), ['a1', 'a2', 'a5']);
  assert.deepEqual(store.loadLayers().map(({ file }) => file), [1]);
  store.close();
  assert.deepEqual(lost, []);
}));

test('pieces longer than what is gathered: who finds no room is told, and takes none from the others', () => withFolder(async (path) => {
  const size = 2 << 20;
  const disk = { room: 1.5 * size };
  const lost: string[] = [];
  const store = await PieceStore.open(folderAt(path, disk), (swarm, piece) => lost.push(`${swarm[0]}${piece}`));
  await store.prepare([size]);
  for (let i = 0; i < 2; i++) store.write(A, i, size, bytesOf(i, size));
  assert.throws(() => store.flush(), { name: 'QuotaExceededError' });
  assert.deepEqual(lost, ['a1']);
  assert.deepEqual(named(store), ['a0']);
  store.flush();
  assert.equal(files(path)[`${size}.pieces`], size);
  assert.deepEqual(store.read(A, 0), bytesOf(0, size));
  store.close();
}));

test('a disk that fails while the store is closed: all its files are closed', () => withFolder(async (path) => {
  const { names, open } = folderAt(path);
  const closed: string[] = [];
  let fails = false;
  const store = await PieceStore.open({
    names,
    open: async (name) => {
      const file = await open(name);
      return {
        ...file,
        write: (buffer, options) => {
          if (fails) throw new DOMException('the disk is gone', 'InvalidStateError');
          return file.write(buffer, options);
        },
        close: () => (closed.push(name), file.close()),
      };
    },
  }, () => {});
  await store.prepare([SIZE, 2 * SIZE]);
  store.write(A, 0, SIZE, bytesOf(0));
  fails = true;
  store.close();
  assert.deepEqual(closed.sort(), [`${SIZE}.map`, `${SIZE}.pieces`, `${2 * SIZE}.map`, `${2 * SIZE}.pieces`, 'index', 'layers'].sort());
}));

test('whatever is in its files, the store opens', () => withFolder(async (path) => {
  let store = await PieceStore.open(folderAt(path), nothingLost);
  await store.prepare([SIZE]);
  for (let i = 0; i < 4; i++) store.write(A, i, SIZE, bytesOf(i));
  store.saveLayer(A, 0, bytesOf(1, 64));
  store.saveLayer(B, 0, bytesOf(1, 64)); // no piece of it is here
  store.close();
  const folder = folderAt(path);
  const map = await folder.open(`${SIZE}.map`);
  const record = new Uint8Array(32);
  map.read(record, { at: 0 });
  map.write(record, { at: 64 }); // the third says that it is the first,
  map.write(new Uint8Array([255, 255, 255, 255]), { at: 32 + 24 }); // the second is too long,
  map.write(record.subarray(0, 10), { at: 4 * 32 }); // and the last was not finished
  map.close();
  const layers = await folder.open('layers');
  layers.write(new Uint8Array(40).fill(255), { at: layers.getSize() });
  layers.close();

  store = await PieceStore.open(folderAt(path), nothingLost);
  assert.deepEqual(named(store), ['a0', 'a3']);
  assert.deepEqual(store.read(A, 3), bytesOf(3));
  assert.equal(store.loadLayers().length, 1);
  assert.equal(files(path)['layers'], 28 + 64);
  store.saveLayer(B, 3, bytesOf(4, 32));
  store.write(B, 1, SIZE, bytesOf(1));
  store.close();
  store = await PieceStore.open(folderAt(path), nothingLost);
  assert.deepEqual(store.loadLayers().map(({ swarm, file }) => [swarm[0], file]), [['a', 0], ['b', 3]]);
  store.close();
}));

test('what was used longest ago is told first', () => withFolder(async (path) => {
  const hours = (count: number) => Date.parse('2026-01-01') + count * 3_600_000;
  const { now } = Date;
  try {
    const store = await PieceStore.open(folderAt(path), nothingLost);
    await store.prepare([SIZE]);
    for (let i = 0; i < 3; i++) {
      Date.now = () => hours(i);
      store.write(A, i, SIZE, bytesOf(i));
    }
    Date.now = () => hours(5);
    store.read(A, 0);
    store.close();
    const again = await PieceStore.open(folderAt(path), nothingLost);
    assert.deepEqual(again.pieces.map(({ piece }) => piece), [1, 2, 0]);
    again.close();
  } finally {
    Date.now = now;
  }
}));
