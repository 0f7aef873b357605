// Servers on one core, the load generator on the other.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import os from 'node:os';
import path from 'node:path';
import { root } from '../browser/harness/paths.mjs';
import { setting } from './lib.mjs';

const serverCore = setting('SERVER_CORE', 0);
const loadCore = setting('LOAD_CORE', 1);
if (os.cpus().length < 2) throw new Error('this measurement needs two processor cores');

export const built = (name) => path.join(root, 'build', 'native', name);

/** Starts a server pinned to its core: { pid, output, stop() }. `output` grows with what it prints. */
export function startPinned(command, args, options = {}) {
  const child = spawn('taskset', ['-c', String(serverCore), command, ...args.map(String)],
    { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  const server = { pid: child.pid, output: '' };
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => { server.output += text; });
  const ended = once(child, 'exit');
  server.stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  /** Resolves with the match once the output has it. */
  server.says = async (pattern) => {
    for (;;) {
      const match = pattern.exec(server.output);
      if (match) return match;
      const [what] = await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data'),
        ended.then(() => [null])]);
      if (what === null) throw new Error(`${command} ended: ${server.output}`);
    }
  };
  return server;
}

/** Runs peertide-load on its core; its result. */
export function load(...args) {
  return new Promise((resolve, reject) => {
    execFile('taskset', ['-c', String(loadCore), built('peertide-load'), '--quiet', ...args.map(String)],
      { maxBuffer: 1 << 20 }, (error, stdout, stderr) => {
        if (error) reject(new Error(`peertide-load ${args.join(' ')}: ${stderr || error.message}`));
        else resolve(JSON.parse(stdout));
      });
  });
}

/** `peertide serve` without limits of rates, once its index is ready. */
export async function startPeertide(folder, ...args) {
  const off = ['max-messages', 'max-bytes', 'max-joins', 'max-network-messages', 'max-network-joins',
    'max-network-connections'].flatMap((name) => [`--${name}`, '0']);
  const server = startPinned(built('peertide'), ['serve', folder, '--port', '0',
    '--max-connections', '19000', ...off, ...args]);
  const [, url] = await server.says(/ at (http:\S+)\/\n/);
  await server.says(/indexed \d+ files/);
  const index = await (await fetch(`${url}/.peertide/index.json`)).json();
  return { ...server, url, swarms: Object.keys(index.swarms) };
}
