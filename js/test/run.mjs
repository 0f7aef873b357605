// Bundles each *.test.ts beside this file and runs them under Node's test runner.
import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const out = mkdtempSync(join(tmpdir(), 'peertide-js-'));
try {
  const tests = readdirSync(here).filter((name) => name.endsWith('.test.ts'));
  await build({
    entryPoints: tests.map((name) => join(here, name)),
    outdir: out,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node18',
    sourcemap: 'inline',
  });
  const wasm = process.env.PEERTIDE_WASM_DIR ?? join(here, '..', '..', 'build', 'wasm');
  const { status } = spawnSync(
    process.execPath,
    ['--enable-source-maps', '--test', ...tests.map((name) => join(out, name.replace(/\.ts$/, '.mjs')))],
    { stdio: 'inherit', env: { ...process.env, PEERTIDE_WASM_DIR: wasm } },
  );
  process.exitCode = status ?? 1;
} finally {
  rmSync(out, { recursive: true, force: true });
}
