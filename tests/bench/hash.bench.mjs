// SHA-256 over 16 KiB blocks in Chromium: ours with and without SIMD, hash-wasm, WebCrypto
//
//   tests/run bench:hash      SECONDS=2 for another time per way and round
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { launchChromium } from '../browser/harness/browsers.mjs';
import { root } from '../browser/harness/paths.mjs';
import { serve } from '../browser/harness/web.mjs';
import { median, report, round, setting } from './lib.mjs';

const rounds = setting('ROUNDS', 5);
const time_ms = setting('SECONDS', 1) * 1000;

const built = path.join(process.env.PT_WASM_DIR ?? path.join(root, 'build', 'wasm'));
const { resolve } = createRequire(import.meta.url);
const files = {
  '/': ['text/html', '<!doctype html><title>hashes</title><link rel="icon" href="data:,">'],
  '/simd.wasm': ['application/wasm', await readFile(path.join(built, 'bench_hash.wasm'))],
  '/scalar.wasm': ['application/wasm', await readFile(path.join(built, 'bench_hash_nosimd.wasm'))],
  '/hash-wasm.js': ['text/javascript', await readFile(resolve('hash-wasm/dist/sha256.umd.min.js'))],
};

/** In the page: makes `globalThis.ways`, functions that hash `block` bytes each time. */
async function prepare() {
  const leaf = 16384;
  const hex = (bytes) => [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  const ours = async (url) => {
    const { instance } = await WebAssembly.instantiateStreaming(fetch(url), {
      env: { emscripten_notify_memory_growth() {} }, wasi_snapshot_preview1: { proc_exit() {} } });
    const x = instance.exports;
    x._initialize?.();
    const size = x.bench_buffer_size();
    const block = new Uint8Array(x.memory.buffer, x.bench_buffer(), size);
    block.forEach((_, at) => { block[at] = at * 31 + (at >> 9); });
    return { bytes: size, block: block.slice(-leaf), run: () => hex(new Uint8Array(x.memory.buffer, x.bench_hash(), 32)) };
  };
  await new Promise((resolve, reject) => {
    const script = Object.assign(document.createElement('script'), { src: '/hash-wasm.js', onload: resolve, onerror: reject });
    document.head.append(script);
  });
  const simd = await ours('/simd.wasm');
  const { block } = simd;
  const hasher = await globalThis.hashwasm.createSHA256();
  globalThis.ways = {
    'Peertide, SIMD': simd,
    'Peertide, no SIMD': await ours('/scalar.wasm'),
    'hash-wasm': { bytes: leaf, run: () => hasher.init().update(block).digest('hex') },
    WebCrypto: { bytes: leaf, run: async () => hex(await crypto.subtle.digest('SHA-256', block)) },
    'WebCrypto, 16 at once': { bytes: 16 * leaf, run: async () =>
      hex((await Promise.all(Array.from({ length: 16 }, () => crypto.subtle.digest('SHA-256', block))))[15]) },
  };
  const results = {};
  for (const [name, way] of Object.entries(globalThis.ways)) results[name] = await way.run();
  return results;
}

/** In the page: megabytes per second of one way. */
async function measure(name, wanted_ms) {
  const { bytes, run } = globalThis.ways[name];
  const start_ms = performance.now();
  let count = 0;
  let elapsed_ms = 0;
  while (elapsed_ms < wanted_ms) {
    for (let at = 0; at < Math.max(1, (1 << 20) / bytes); at++, count++) await run();
    elapsed_ms = performance.now() - start_ms;
  }
  return count * bytes / 1e3 / elapsed_ms;
}

const web = await serve((request, response) => {
  const [type, body] = files[request.url] ?? ['text/plain', ''];
  response.writeHead(files[request.url] ? 200 : 404, { 'content-type': type });
  response.end(body);
});
const chromium = await launchChromium();
try {
  const visitor = await (await chromium.visitor()).open(web.url);
  const digests = await visitor.evaluate(prepare);
  assert.equal(new Set(Object.values(digests)).size, 1, `all must agree: ${JSON.stringify(digests)}`);
  const rates = Object.fromEntries(Object.keys(digests).map((name) => [name, []]));
  for (let at = 0; at < rounds; at++) {
    for (const name of Object.keys(rates)) rates[name].push(await visitor.evaluate(measure, name, time_ms));
  }
  const rows = Object.entries(rates).map(([way, values]) => ({ way, 'MB/s': round(median(values), 0),
    'to WebCrypto': round(median(values) / median(rates.WebCrypto)) }));
  report(rows, { bench: 'hash', blockBytes: 16384, rounds,
    megabytesPerSecond: Object.fromEntries(rows.map((row) => [row.way, row['MB/s']])) });
} finally {
  await chromium.close();
  await web.close();
}
