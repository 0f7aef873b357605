// The package as it is published, and new projects that install it.
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, symlink, writeFile } from 'node:fs/promises';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { promisify } from 'node:util';
import { smallSite } from '../browser/harness/fixture.mjs';
import { root } from '../browser/harness/paths.mjs';
import { seconds } from '../browser/harness/wait.mjs';

const run = promisify(execFile);
const here = fileURLToPath(new URL('.', import.meta.url));

export const packageFolder = path.join(root, 'js');
const work = path.join(root, 'build', 'package');
const made = [];
process.on('exit', () => made.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** A new folder, which goes when this process ends. */
export async function newFolder(name) {
  await mkdir(work, { recursive: true });
  const folder = await mkdtemp(path.join(work, `${name}-`));
  made.push(folder);
  return folder;
}

let packed;
/** The packed tarball: its path and the files in it. */
export function tarball() {
  packed ??= (async () => {
    const folder = await newFolder('tarball');
    const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: packageFolder });
    const [result] = Object.values(JSON.parse(stdout));
    return { file: path.join(folder, result.filename), files: result.files.map((file) => file.path) };
  })();
  return packed;
}

/** Writes files, given as text by path. */
export async function write(folder, files) {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), text);
  }
}

/** Installs the tarball into a project as npm does; `beside` names what it finds there besides, of this folder's packages. */
export async function install(folder, beside = []) {
  const { file } = await tarball();
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', '--no-save', '--no-package-lock', file], { cwd: folder });
  for (const name of beside) {
    const at = path.join(folder, 'node_modules', name);
    await mkdir(path.dirname(at), { recursive: true });
    await symlink(path.join(here, 'node_modules', name), at);
  }
}

/** A new project with these files and the package installed. */
export async function newProject(name, files, beside) {
  const folder = await newFolder(name);
  await write(folder, { 'package.json': JSON.stringify({ name, private: true, type: 'module' }), ...files });
  await install(folder, beside);
  return folder;
}

/** Puts the small site's pictures into a folder of the project. */
export async function addPictures(folder) {
  await cp(path.join(await smallSite(), 'img'), path.join(folder, 'img'), { recursive: true });
}

/** The visitor of a page that starts Peertide itself, as `tide`, once it has. */
export async function adopted(visitor) {
  await visitor.page.waitForFunction(() => globalThis.tide, { timeout: seconds(30) })
    .catch(() => { throw new Error(`the page did not start Peertide: ${visitor.problems.join('; ')}`); });
  await visitor.evaluate(() => globalThis.kit.adopt('tide'));
  return visitor;
}

export const readJson = async (file) => JSON.parse(await readFile(file, 'utf8'));
