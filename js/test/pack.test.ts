// What visitors load is the core, packed, in what unpacks it: it must come out as it went in, and damage must neither
// hang a visitor nor pass for a core. Needs dist/ (`npm run build`) and the wasm build beside it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pack, spread } from '../../wasm/pack.mjs';

const file = (name: string) => readFileSync(`dist/${name}`);
const builds = () => {
  const build = (name: string) => readFileSync(join(process.env['PEERTIDE_WASM_DIR'] ?? '../build/wasm', name));
  return { packer: build('pack.wasm'), unpacker: build('unpack.wasm') };
};
/** What is in a packed file (no longer than this, whatever it says: 256 KiB, and a function's length). */
const BYTES_MAX = (1 << 18) + 5;
function unpack(packed: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const { memory, file, unpack } = new WebAssembly.Instance(new WebAssembly.Module(packed)).exports as {
    memory: WebAssembly.Memory;
    file: WebAssembly.Global<'i32'>;
    unpack(): number;
  };
  return new Uint8Array(memory.buffer, file.value, unpack());
}
const interfaceOf = (wasm: Uint8Array<ArrayBuffer>) => WebAssembly.Module.exports(new WebAssembly.Module(wasm));

test('peertide.core.wasm is peertide.wasm, but that functions\' lengths take five bytes', () => {
  const unpacked = unpack(new Uint8Array(file('peertide.core.wasm')));
  assert.deepEqual(Buffer.from(unpacked), spread(file('peertide.wasm')).file);
  assert.deepEqual(interfaceOf(unpacked), interfaceOf(new Uint8Array(file('peertide.wasm'))));
});

test('a file without SIMD survives it as well', () => {
  const wasm = file('peertide.nosimd.wasm');
  assert.deepEqual(Buffer.from(unpack(pack(wasm, builds()))), spread(wasm).file);
});

test('a damaged file comes to an end, and does not become a core', () => {
  let state = 1;
  const random = (below: number) => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) % below;
  const right = new Uint8Array(file('peertide.core.wasm'));
  /** Where what is packed begins: behind what unpacks it, and a few bytes that say what follows. */
  const begin = builds().unpacker.length + 16;
  for (let round = 0; round < 40; round++) {
    const damaged = right.slice();
    const among = round % 2 === 0 ? 518 : right.length - begin; // lengths and tables, or all
    for (let flips = 1 + random(4); flips > 0; flips--) damaged[begin + random(among)]! ^= 1 << random(8);
    const unpacked = unpack(damaged);
    assert.ok(unpacked.length <= BYTES_MAX, `${unpacked.length} bytes`);
    if (WebAssembly.validate(unpacked)) assert.deepEqual(Buffer.from(unpacked), spread(file('peertide.wasm')).file);
  }
});

test('what is no wasm, or can not be packed, is refused', () => {
  const wasm = file('peertide.wasm');
  assert.throws(() => pack(wasm.subarray(0, 5000), builds()), /ends too early/);
  assert.throws(() => pack(wasm, { ...builds(), unpacker: file('peertide.core.wasm') }), /data of its own/);
});
