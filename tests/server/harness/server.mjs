// The program under test: `peertide` with a site of its own, on a free port.
import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
export const program = process.env.PEERTIDE_BIN ??
  path.resolve(here, '../../../build/native/peertide');
const patience = Number(process.env.PEERTIDE_PATIENCE ?? 1);
const limit_ms = 20_000 * patience;

/** Rejects when `promise` takes unreasonably long: it ends a hang. */
export async function within(what, promise, timeout_ms = limit_ms) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited in vain for ${what}`)), timeout_ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Asks again until `condition` gives something truthy: for what has no event. */
export async function until(what, condition, timeout_ms = limit_ms) {
  for (const end_ms = Date.now() + timeout_ms; ;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end_ms) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Runs the program to its end: { status, stdout, stderr }. */
export function run(...args) {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: limit_ms }, (error, stdout, stderr) => {
      resolve({ status: error ? error.code : 0, stdout, stderr });
    });
  });
}

/** A temporary folder with files ({ path: content }); removed with `context`'s test. */
export async function makeSite(context, files = {}) {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'peertide-server-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  await writeFiles(folder, files);
  return folder;
}

export async function writeFiles(folder, files) {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), content);
  }
}

/**
 * Starts `peertide serve`. Resolves when it has printed its URL; with
 * { ready: false } at once after that, else when the index is made.
 */
export async function serve(context, site, { args = [], ready = true, env = {} } = {}) {
  const child = spawn(program, ['serve', site, '--port', '0', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env },
  });
  let printed = '';
  const ended = new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(signal ?? code));
  });
  const url = within('the line with the URL', new Promise((resolve, reject) => {
    const look = (bytes) => {
      printed += bytes;
      const match = /Peertide serves .* at (https?:\/\/\S+)\/\n/.exec(printed);
      if (match) resolve(match[1]);
    };
    child.stdout.on('data', look);
    child.stderr.on('data', look);
    ended.then((status) => reject(new Error(`serve ended (${status}): ${printed}`)));
  }));
  const server = { child, ended, url: await url, log: () => printed };
  server.port = Number(new URL(server.url).port);
  server.stop = async (signal = 'SIGTERM') => {
    child.kill(signal);
    return within('the end of the server', ended);
  };
  server.stats = async () => (await fetch(`${server.url}/stats.json`)).json();
  server.index = async () => (await fetch(`${server.url}/.peertide/index.json`)).json();
  context.after(async () => {
    const status = await server.stop();
    if (status !== 0) throw new Error(`the server ended with ${status}:\n${printed}`);
  });
  if (ready) await until('the index', async () => (await server.stats()).index.ready);
  return server;
}

/** What a suite's `before` gives to makeSite() and serve() in place of a test's context. */
export function suiteContext(after) {
  const actions = [];
  after(async () => {
    for (const action of actions.reverse()) await action();
  });
  return { after: (action) => actions.push(action) };
}
