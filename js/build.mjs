// Makes dist/: the bundles, their types, and the wasm files.
//   --hashed-names DIR  makes DIR as well: the same files under names that say their content,
//                       with peertide.integrity.json (see README.md)
//   PEERTIDE_WASM_DIR   where the wasm files are; default: the build folder beside js/
import { parse } from 'acorn';
import { build } from 'esbuild';
import { minify } from 'terser';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { brotliCompressSync, constants } from 'node:zlib';
import { pack } from '../wasm/pack.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const dist = join(here, 'dist');
const wasmDir = process.env.PEERTIDE_WASM_DIR ?? join(here, '..', 'build', 'wasm');

/**
 * The modules that a page may import, one file each. The first is the worker's script as well: together they are
 * a fifteenth smaller, and the browser has it already when the worker asks for it.
 */
const entries = {
  peertide: 'src/whole.ts',
  'peertide.hls': 'src/hls.ts',
  'peertide.consent': 'src/consent.ts',
  'peertide.stats': 'src/stats.ts',
};
/** Page and worker apart, as bundlers want them: package.json names the first in `exports`. */
const page = { 'peertide.page': 'src/index.ts' };
const worker = { 'peertide.worker': 'src/worker/main.ts' };
/** Loaded by the page's module where it is needed. */
const aside = { 'peertide.aside': 'src/aside.ts', 'peertide.checks': 'src/checks.ts' };
/** Its name is a promise: browsers know a service worker by its URL. */
const serviceWorker = { 'peertide.sw': 'src/sw/main.ts' };
/** The core; the first is the second, packed. */
const coreFiles = ['peertide.core.wasm', 'peertide.wasm', 'peertide.nosimd.wasm'];

const common = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  target: ['chrome111', 'firefox114', 'safari16.4'],
  sourcemap: true,
  sourcesContent: true,
  legalComments: 'none',
};

const fail = (text) => {
  console.error(`build.mjs: ${text}`);
  process.exit(1);
};

function options() {
  try {
    return parseArgs({ options: { 'hashed-names': { type: 'string' } } }).values;
  } catch (error) {
    return fail(error.message);
  }
}

/**
 * Zopfli writes gzip that is a twentieth smaller than zlib's, and takes seconds for it. (Imported
 * here and not above: it takes over how Node reports errors, and those of the build are not its own.)
 */
const importZopfli = async () => (await import('@gfx/zopfli')).default;

/** What servers hand out instead where a browser takes it: `peertide serve` does, and many others. */
async function compress(folder) {
  const zopfli = await importZopfli();
  const names = readdirSync(folder).filter((each) => /\.(js|wasm)$/.test(each));
  for (const name of names) {
    const bytes = readFileSync(join(folder, name));
    writeFileSync(join(folder, `${name}.gz`), await zopfli.gzipAsync(bytes, { numiterations: 60 }));
    writeFileSync(join(folder, `${name}.br`), brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }));
  }
}

/** Changes what page/engine.ts says about the files beside it. */
const engine = (change) => ({
  name: 'engine',
  setup: ({ onLoad }) =>
    onLoad({ filter: /\/page\/engine\.ts$/ }, ({ path }) => ({ contents: change(readFileSync(path, 'utf8')), loader: 'ts' })),
});
const WORKER_URL = "new URL('./peertide.worker.js', import.meta.url)";
/** In the file that is both, the worker's script is the file itself. */
const workerIsItself = (source) => (source.includes(WORKER_URL) ? source.replace(WORKER_URL, 'import.meta.url') : fail('engine.ts names its worker otherwise'));

/** What a module loads by import() is a file beside it; `nameOf` gives its name. */
const besideIt = (nameOf) => ({
  name: 'beside it',
  setup: ({ onResolve }) =>
    onResolve({ filter: /./ }, ({ kind, path }) =>
      kind === 'dynamic-import' ? { path: `./${nameOf(`peertide.${basename(path, '.ts')}.js`)}`, external: true } : undefined,
    ),
});

/**
 * Makes the private members of classes (whose names esbuild has made short) ordinary ones: `this.#t`, and the mention of
 * each field, take more than `this.t`. Elements, which inherit much, are left alone. Columns stay as they are.
 */
function openPrivates(code) {
  const text = code.split('');
  const visit = (node, opens) => {
    if (/^Class(Declaration|Expression)$/.test(node.type)) opens = !node.superClass || node.superClass.name === 'EventTarget';
    if (node.type === 'ClassBody' && opens) {
      const named = (isPrivate) => node.body.flatMap(({ key }) => (key && (key.type === 'PrivateIdentifier') === isPrivate ? key.name : []));
      const both = named(true).filter((name) => named(false).includes(name));
      if (both.length > 0) fail(`a class has both #${both[0]} and ${both[0]}`);
    }
    if (node.left?.type === 'PrivateIdentifier') fail(`#${node.left.name} in … is not provided for`);
    if (node.type === 'PropertyDefinition' && opens && !node.value && !node.static) {
      text.fill(' ', node.start, node.end); // a field that begins as undefined
      return;
    }
    if (node.type === 'PrivateIdentifier' && opens) {
      const glued = /\w/.test(code[node.start - 1]); // as in get#t
      text.splice(node.start, node.name.length + 1, ...(glued ? ` ${node.name}` : `${node.name} `));
    }
    for (const value of Object.values(node)) {
      for (const each of [value].flat()) if (typeof each?.type === 'string') visit(each, opens);
    }
  };
  visit(parse(code, { ecmaVersion: 'latest', sourceType: 'module' }), false);
  return text.join('');
}

/**
 * Builds modules (or the service worker's script): name, code and source map of each. What esbuild
 * has minified is minified again: Terser finds another fortieth.
 */
function bundle(sources, { plugins = [besideIt((name) => name), ...(sources === entries ? [engine(workerIsItself)] : [])] } = {}) {
  const format = sources === serviceWorker ? 'iife' : 'esm';
  return Promise.all(
    Object.entries(sources).map(async ([stem, source]) => {
      const name = `${stem}.js`;
      const { outputFiles } = await build({ ...common, format, entryPoints: [source], outfile: join(dist, name), plugins, write: false });
      const [content, bundled] = ['.map', '.js'].map((end) => outputFiles.find(({ path }) => path.endsWith(end)).text);
      const { code, map } = await minify(openPrivates(bundled), {
        module: format === 'esm',
        ecma: 2022,
        compress: { passes: 3, keep_fargs: false, sequences: false, pure_getters: true, inline: 1, lhs_constants: false, booleans: false },
        sourceMap: { content, filename: name, includeSources: true },
      });
      return { name, code, map };
    }),
  );
}

/** Writes a script that names its source map, and the map. */
function writeScript(folder, file, { code, map }) {
  const script = `${code}\n//# sourceMappingURL=${file}.map\n`;
  writeFileSync(join(folder, file), script);
  writeFileSync(join(folder, `${file}.map`), map);
  return script;
}

function makeTypes() {
  const compiler = join(here, 'node_modules', 'typescript', 'bin', 'tsc');
  const { status } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.types.json'], { cwd: here, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
  // The compiler leaves the sources' names in imports; in dist/ they are modules.
  for (const name of readdirSync(join(dist, 'types'), { recursive: true })) {
    if (!name.endsWith('.d.ts')) continue;
    const file = join(dist, 'types', name);
    writeFileSync(file, readFileSync(file, 'utf8').replace(/(from '\.[^']*)\.ts'/g, "$1.js'"));
  }
  for (const [name, source] of Object.entries({ ...entries, peertide: page['peertide.page'] })) {
    writeFileSync(join(dist, `${name}.d.ts`), `export * from './types/${basename(source, '.ts')}.js';\n`);
  }
}

function makeCore() {
  const [core, ...wasmFiles] = coreFiles;
  const read = (name) => readFileSync(join(wasmDir, name));
  for (const name of wasmFiles) {
    if (existsSync(join(wasmDir, name))) copyFileSync(join(wasmDir, name), join(dist, name));
    else console.warn(`${name} is not built yet: dist/ goes without it.`);
  }
  if (!existsSync(join(wasmDir, wasmFiles[0]))) return;
  writeFileSync(join(dist, core), pack(read(wasmFiles[0]), { packer: read('pack.wasm'), unpacker: read('unpack.wasm') }));
}

const hashOf = (bytes, algorithm, encoding) => createHash(algorithm).update(bytes).digest(encoding);

/** `peertide.wasm` becomes `peertide.0123456789abcdef.wasm`. */
function hashedName(file, bytes) {
  const [, stem, extension] = /^(.*)\.(\w+)$/.exec(file);
  return `${stem}.${hashOf(bytes, 'sha256', 'hex').slice(0, 16)}.${extension}`;
}

/**
 * The same files under names that change with their content. The main module
 * is built once more, with the new names of what it loads.
 */
async function makeHashed(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const files = {};
  const add = (name, bytes, file = hashedName(name, bytes)) => {
    files[name] = { file, integrity: `sha384-${hashOf(bytes, 'sha384', 'base64')}` };
    writeFileSync(join(folder, file), bytes);
  };
  for (const name of coreFiles) if (existsSync(join(dist, name))) add(name, readFileSync(join(dist, name)));
  const addModules = async (sources, more) => {
    for (const { name, code, map } of await bundle(sources, more)) {
      const file = sources === serviceWorker ? name : hashedName(name, code);
      add(name, writeScript(folder, file, { code, map }), file);
    }
  };
  await addModules(worker);
  await addModules(serviceWorker);
  await addModules(aside);
  const hashedNameOf = (name) => files[name]?.file ?? fail(`${name} is needed, but was not built`);
  const rename = (source) => source.replace(/'\.\/(peertide\.[\w.]+)'/g, (_, name) => `'./${hashedNameOf(name)}'`);
  await addModules(entries, { plugins: [engine((source) => rename(workerIsItself(source))), besideIt(hashedNameOf)] });
  writeFileSync(join(folder, 'peertide.integrity.json'), `${JSON.stringify(files, null, 2)}\n`);
}

const { 'hashed-names': hashed } = options();
if (!existsSync(join(here, 'src', 'generated', 'layout.ts'))) {
  fail('js/src/generated/layout.ts is missing: build the wasm files first (see wasm/README.md).');
}
if (hashed !== undefined && existsSync(hashed) && readdirSync(hashed).some((name) => !name.startsWith('peertide.'))) {
  fail(`${hashed} has other files in it: --hashed-names empties its folder`);
}
rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });
for (const sources of [entries, page, aside, worker, serviceWorker]) {
  for (const script of await bundle(sources)) writeScript(dist, script.name, script);
}
makeTypes();
makeCore();
for (const name of ['LICENSE', 'CHANGELOG.md']) copyFileSync(join(here, '..', name), join(dist, name));
await compress(dist);
if (hashed !== undefined) {
  await makeHashed(resolve(hashed));
  await compress(resolve(hashed));
}
