// Makes dist/: the three bundles, their types, and copies of the wasm files.
//   PEERTIDE_WASM_DIR   where the wasm files are; default: the build folder beside js/
import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

const here = fileURLToPath(new URL('.', import.meta.url));
const dist = join(here, 'dist');
const wasmDir = process.env.PEERTIDE_WASM_DIR ?? join(here, '..', 'build', 'wasm');

if (!existsSync(join(here, 'src', 'generated', 'layout.ts'))) {
  console.error('js/src/generated/layout.ts is missing: build the wasm files first (see wasm/README.md).');
  process.exit(1);
}
rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });

const common = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  target: ['chrome111', 'firefox114', 'safari16.4'],
  sourcemap: true,
  sourcesContent: true,
  legalComments: 'none',
};
await Promise.all([
  build({ ...common, entryPoints: ['src/index.ts'], outfile: 'dist/peertide.js', format: 'esm' }),
  build({ ...common, entryPoints: ['src/worker/main.ts'], outfile: 'dist/peertide.worker.js', format: 'esm' }),
  build({ ...common, entryPoints: ['src/sw/main.ts'], outfile: 'dist/peertide.sw.js', format: 'iife' }),
]);

const types = spawnSync(process.execPath, [join(here, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.types.json'], {
  cwd: here,
  stdio: 'inherit',
});
if (types.status !== 0) process.exit(types.status ?? 1);
// The compiler leaves the sources' names in imports; in dist/ they are modules.
for (const name of readdirSync(join(dist, 'types'), { recursive: true })) {
  if (!name.endsWith('.d.ts')) continue;
  const file = join(dist, 'types', name);
  writeFileSync(file, readFileSync(file, 'utf8').replace(/(from '\.[^']*)\.ts'/g, "$1.js'"));
}
writeFileSync(join(dist, 'peertide.d.ts'), "export * from './types/index.js';\n");

for (const name of ['peertide.wasm', 'peertide.nosimd.wasm']) {
  const from = join(wasmDir, name);
  if (existsSync(from)) copyFileSync(from, join(dist, name));
  else console.warn(`${name} is not built yet: dist/ goes without it.`);
}
