// gzip and brotli bytes of all that a page loads of Peertide
//
//   tests/run bench:size
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { root } from '../browser/harness/paths.mjs';
import { report } from './lib.mjs';

const budget = 42_000; // gzip bytes together, with the SIMD file
const dist = process.env.PEERTIDE_DIST ?? path.join(root, 'js', 'dist');
/** The worker's script is the page's, which the browser has by then. It loads the other file only where SIMD is missing. */
const names = ['peertide.js', 'peertide.sw.js', 'peertide.core.wasm'];
const other = 'peertide.nosimd.wasm';

/** Length of what servers hand out instead of a file: its compressed twin, which must hold the same. */
async function twinLength(file, bytes, extension, decompress) {
  const twin = await readFile(path.join(dist, `${file}.${extension}`));
  assert.ok(decompress(twin).equals(bytes), `${file}.${extension} is not ${file}`);
  return twin.length;
}

const rows = await Promise.all([...names, other].map(async (file) => {
  const bytes = await readFile(path.join(dist, file));
  return { file, bytes: bytes.length, gzip: await twinLength(file, bytes, 'gz', gunzipSync),
    brotli: await twinLength(file, bytes, 'br', brotliDecompressSync) };
}));
const loaded = rows.filter(({ file }) => file !== other);
const sum = (name) => loaded.reduce((total, row) => total + row[name], 0);
const together = { bytes: sum('bytes'), gzip: sum('gzip'), brotli: sum('brotli') };
report([...rows, { file: `together, without ${other}`, ...together }],
  { bench: 'size', budgetGzipBytes: budget, together, files: rows });
if (together.gzip > budget) throw new Error(`${together.gzip} gzip bytes are more than the budget of ${budget}`);
