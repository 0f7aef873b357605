// A real TURN server (coturn) on a free port, with a shared secret as operators use it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { freePort } from './server.mjs';
import { seconds, until, within } from './wait.mjs';

export const turnProgram = process.env.TURNSERVER ?? '/usr/bin/turnserver';

/** This machine's address towards others: browsers offer no other one to a relay. */
function ownAddress() {
  const all = Object.values(os.networkInterfaces()).flat();
  return all.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1';
}

/**
 * Starts it: `url` (turn:…), `secretFile`, `log()` (what it has printed),
 * `stop()`.
 */
export async function startTurn() {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'peertide-turn-'));
  const [port, address] = [await freePort(), ownAddress()];
  const secretFile = path.join(folder, 'secret');
  const secret = 'a secret for one test';
  await writeFile(secretFile, `${secret}\n`);
  const child = spawn(turnProgram, ['-n', '--verbose', '--log-file', 'stdout', '--no-tls', '--no-dtls', '--no-cli',
    '--listening-ip', address, '--listening-port', String(port), '--relay-ip', address, '--min-port', '51000', '--max-port', '51999',
    '--use-auth-secret', '--static-auth-secret', secret, '--realm', 'peertide.test', '--pidfile', path.join(folder, 'pid'),
    '--userdb', path.join(folder, 'db')], { stdio: ['ignore', 'pipe', 'pipe'], cwd: folder });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => { printed += bytes; });
  const ended = once(child, 'exit').catch(() => {});
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await within('coturn to end', ended, seconds(10));
    await rm(folder, { recursive: true, force: true });
  };
  await until('coturn to listen', () => {
    if (child.exitCode !== null) throw new Error(`turnserver ended at once:\n${printed}`);
    return /listener opened on\s*: /i.test(printed) && printed.includes(String(port));
  }, seconds(20));
  return { url: `turn:${address}:${port}`, secretFile, log: () => printed, stop };
}
