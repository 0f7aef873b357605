// The real core behind the real loader's interface: from an index to verified
// bytes, with the site as the only source. Needs the wasm files (wasm/README.md).
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Core } from '../src/core/core.ts';
import type { CoreInput } from '../src/core/core-input.ts';
import type { CoreExports } from '../src/core/loader.ts';
import type { RecordReader } from '../src/core/record-reader.ts';
import { packIndex } from '../src/worker/packed-index.ts';
import type { IndexDocument } from '../src/worker/site-index.ts';
import { Consent, In, Out, PtError, Source } from '../src/generated/layout.ts';

const encoder = new TextEncoder();
const fingerprint = new Uint8Array(32).fill(5);
const file = new Uint8Array(12_345).map((_, at) => (at * 7) & 255);
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

// A file of one 16 KiB leaf at most has the leaf's hash as its root (BEP 52).
const v2 = '5a'.repeat(32);
const index = {
  version: 1,
  created: '2026-11-20T10:00:00Z',
  assets: { '/a.bin': { type: 'image/x', length: file.length, root: sha256(file), swarm: v2.slice(0, 40), file: 0 } },
  swarms: { [v2.slice(0, 40)]: { v2, pieceLength: 16384, length: file.length } },
};

/** Indices that break one rule each of core/src/format/site_index.h. */
function* wrongIndices(): Generator<IndexDocument> {
  const key = v2.slice(0, 40);
  const other = 'c3'.repeat(32);
  const [asset, swarm] = [index.assets['/a.bin'], index.swarms[key]!];
  const withAsset = (change: object, path = '/a.bin') => ({ ...index, assets: { [path]: { ...asset, ...change } } });
  const withSwarm = (change: object, name = key) => ({ ...index, swarms: { [name]: { ...swarm, ...change } } });
  const documents: unknown[] = [
    {}, [], { ...index, version: 2 }, { ...index, version: '1' }, { ...index, version: undefined },
    { ...index, assets: undefined }, { ...index, assets: [] }, { ...index, assets: null }, { ...index, assets: 7 }, { ...index, assets: 'abc' },
    { ...index, swarms: undefined }, { ...index, swarms: [] }, { ...index, swarms: null }, { ...index, swarms: {} },
    withAsset({}, 'a.bin'), withAsset({}, ''), withAsset({}, '/a?b'), withAsset({}, '/a#b'), withAsset({}, '/a\nb'), withAsset({}, '/a\0b'),
    withAsset({}, '/\ud800'), withAsset({}, `/${'a'.repeat(1024)}`), withAsset({}, `/${'é'.repeat(512)}`),
    { ...index, assets: { '/a.bin': null } }, { ...index, assets: { '/a.bin': [] } }, { ...index, assets: { '/a.bin': 7 } },
    withAsset({ type: 1 }), withAsset({ type: undefined }), withAsset({ type: '' }), withAsset({ type: 'a/b\r\nX: y' }),
    withAsset({ type: 'a\0b' }), withAsset({ type: 'a'.repeat(129) }), withAsset({ type: ['image/x'] }),
    withAsset({ length: 0 }), withAsset({ length: -1 }), withAsset({ length: 1.5 }), withAsset({ length: 2 ** 54 }), withAsset({ length: Infinity }),
    withAsset({ length: '12345' }), withAsset({ length: 12_344 }), withAsset({ length: 12_346 }), withAsset({ length: null }),
    withAsset({ root: 'ab' }), withAsset({ root: `${'0'.repeat(63)}g` }), withAsset({ root: 1 }), withAsset({ root: '0'.repeat(66) }),
    withAsset({ root: ['0'.repeat(64)] }), withAsset({ swarm: other.slice(0, 40) }), withAsset({ swarm: undefined }), withAsset({ swarm: 'g' }),
    withAsset({ file: 1 }), withAsset({ file: -1 }), withAsset({ file: 0.5 }), withAsset({ file: '0' }), withAsset({ file: 4096 }), withAsset({ file: null }),
    withSwarm({ v2: other }), withSwarm({ v2: v2.slice(2) }), withSwarm({ v2: undefined }), withSwarm({}, 'a'), withSwarm({}, key.slice(1)),
    withSwarm({ v1: 'ab' }), withSwarm({ v1: 7 }), withSwarm({ pieceLength: 16_385 }), withSwarm({ pieceLength: 8192 }),
    withSwarm({ pieceLength: 2 ** 25 }), withSwarm({ pieceLength: '16384' }), withSwarm({ length: 0 }), withSwarm({ length: 12_344 }),
    withSwarm({ length: 2 ** 53 + 2 }), { ...index, swarms: { [key]: null } },
    { ...index, swarms: { ...index.swarms, [key.toUpperCase()]: swarm } },
    { ...index, swarms: { ...index.swarms, [other.slice(0, 40)]: { ...swarm, v2: other } } },
    { ...index, assets: { ...index.assets, '/b.bin': asset } },
    { ...index, assets: { ...index.assets, '/b.bin': { ...asset, file: 2, length: 1 } }, swarms: { [key]: { ...swarm, length: 12_346 } } },
  ];
  for (const document of documents) yield document as IndexDocument;
}

interface Seen {
  kind: number;
  id: number;
  code: number;
  offset: number;
  length: number;
  text: string;
  data: Uint8Array;
}

async function start(name: string) {
  const bytes = readFileSync(join(process.env['PEERTIDE_WASM_DIR']!, name));
  const { instance } = await WebAssembly.instantiate(bytes, {});
  const exports = instance.exports as unknown as CoreExports;
  const core = new Core(exports, {
    seed: new Uint8Array(8).fill(1),
    memoryMax: 1 << 28,
    peersMax: 8,
    consent: Consent.Granted,
    anywhere: false,
    savings: false,
    fingerprint,
  });
  const run = (...inputs: CoreInput[]) => {
    const seen: Seen[] = [];
    core.run(inputs, (output: RecordReader) => {
      const { kind, id, code, offset, length, text, data } = output;
      seen.push({ kind, id, code, offset, length, text, data: data.slice() });
    });
    return seen;
  };
  return { core, run };
}

for (const name of ['peertide.wasm', 'peertide.nosimd.wasm']) {
  test(`${name}: from the index to verified bytes`, async () => {
    const { core, run } = await start(name);
    assert.equal(core.id, sha256(fingerprint).slice(0, 40));
    assert.notEqual(core.backend, '');

    const indexed = run({ kind: In.Index, data: packIndex(index) });
    assert.deepEqual(indexed.filter(({ kind }) => kind === Out.Indexed).map(({ code }) => code), [PtError.Ok]);

    let seen = run(
      { kind: In.Request, id: 1, text: encoder.encode('/a.bin'), offset: 0, length: file.length, code: 1 },
      { kind: In.RequestCredit, id: 1, length: file.length },
    );
    // With nobody else known the origin is asked, now or when its time has come.
    while (!seen.some(({ kind }) => kind === Out.OriginGet)) {
      assert.ok(core.waitMs < 10_000, 'it must not wait for ever');
      await new Promise((resolve) => setTimeout(resolve, Math.max(1, core.waitMs)));
      seen = run({ kind: In.Tick });
    }
    const get = seen.find(({ kind }) => kind === Out.OriginGet)!;
    assert.equal(get.text, '/a.bin');
    const end = get.length === Infinity ? file.length : get.offset + get.length;
    seen = run(
      { kind: In.OriginData, id: get.id, data: file.subarray(get.offset, end) },
      { kind: In.OriginEnd, id: get.id, code: PtError.Ok, offset: 200 },
    );
    const data = seen.filter(({ kind }) => kind === Out.RequestData);
    assert.deepEqual(new Uint8Array(Buffer.concat(data.map((output) => output.data))), file);
    assert.ok(data.every(({ code }) => code === Source.Origin));
    assert.deepEqual(seen.filter(({ kind }) => kind === Out.RequestEnd).map(({ code }) => code), [PtError.Ok]);
    const [piece] = seen.filter(({ kind }) => kind === Out.Piece);
    assert.deepEqual([piece!.text, piece!.offset, piece!.length, piece!.code], ['/a.bin', 0, file.length, Source.Origin]);
    const { origin, verified, peers } = core.stats;
    assert.deepEqual([origin.bytes, verified], [file.length, file.length]);
    assert.deepEqual(peers, { connected: 0, bytesIn: 0, bytesOut: 0, list: [] });
  });

  test(`${name}: an index that is none is refused, an unknown asset too`, async () => {
    const { run } = await start(name);
    for (const document of wrongIndices()) {
      const [refused] = run({ kind: In.Index, data: packIndex(document) }).filter(({ kind }) => kind === Out.Indexed);
      assert.ok(refused!.code < 0, JSON.stringify(document));
      assert.equal(refused!.length, 0);
    }
    const [end] = run({ kind: In.Request, id: 2, text: encoder.encode('/none'), length: Infinity }).filter(
      ({ kind }) => kind === Out.RequestEnd,
    );
    assert.deepEqual({ id: end!.id, code: end!.code }, { id: 2, code: PtError.Unknown });
  });
}
