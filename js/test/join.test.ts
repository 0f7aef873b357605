// What visitors load is the core, sorted and deflated: it must come out as it went in, and damage must not hang a
// visitor or pass for a core. Needs dist/ (`npm run build`).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { inflateRawSync } from 'node:zlib';
import { join } from '../src/core/join.ts';
import { split } from '../../wasm/split.mjs';

const file = (name: string) => readFileSync(`dist/${name}`);
const sorted = () => new Uint8Array(inflateRawSync(file('peertide.core.bin')));

test('peertide.core.bin is peertide.wasm, byte for byte', () => {
  assert.deepEqual(Buffer.from(join(sorted())), file('peertide.wasm'));
});

test('a file without SIMD survives it as well', () => {
  const wasm = file('peertide.nosimd.wasm');
  assert.deepEqual(Buffer.from(join(new Uint8Array(split(wasm)))), wasm);
});

test('a damaged file throws, or becomes one that is no longer than what its bytes can ask for', () => {
  let state = 1;
  const random = (below: number) => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) % below;
  const right = sorted();
  let refused = 0;
  for (let round = 0; round < 300; round++) {
    const damaged = right.slice(0, round % 3 === 0 ? random(right.length) & ~3 : right.length);
    for (let flips = 1 + random(4); flips > 0 && damaged.length > 0; flips--) {
      damaged[round % 2 === 0 ? random(Math.min(64, damaged.length)) : random(damaged.length)]! ^= 1 << random(8);
    }
    try {
      assert.ok(join(damaged).length <= 257 * right.length);
    } catch (error) {
      assert.ok(error instanceof RangeError, String(error));
      refused++;
    }
  }
  assert.ok(refused > 100, `${refused} refused`);
});

test('what is no wasm, or has what is not provided for, is not sorted', () => {
  const wasm = file('peertide.wasm');
  assert.throws(() => split(wasm.subarray(0, 5000)), /ends too early/);
  // Magic, version; section 10, of one function without variables: an operation that there isn't, end.
  const unknown = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 10, 5, 1, 3, 0, 0xe0, 0x0b);
  assert.throws(() => split(unknown), /no operation 0xe0/);
});
