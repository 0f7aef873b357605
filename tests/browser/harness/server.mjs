// `peertide serve` as a child process on a free port.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { peertideProgram } from './paths.mjs';
import { seconds, until, within } from './wait.mjs';

/** A TCP port nobody listens on at the moment. */
export async function freePort() {
  const probe = net.createServer();
  probe.listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

/**
 * Starts the server for a site folder and waits until it answers.
 * `url` is its origin, without a trailing slash; `log()` what it has printed.
 */
export async function startServer(site, { args = [], port } = {}) {
  const listen = port ?? (await freePort());
  const child = spawn(peertideProgram, ['serve', site, '--port', String(listen), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const printed = [];
  child.stdout.on('data', (bytes) => printed.push(bytes));
  child.stderr.on('data', (bytes) => printed.push(bytes));
  const log = () => Buffer.concat(printed).toString();
  const ended = new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? code));
  });
  const running = () => child.exitCode === null && child.signalCode === null && child.pid;
  const url = `http://127.0.0.1:${listen}`;

  const stats = async () => (await fetch(`${url}/stats.json`, { cache: 'no-store' })).json();
  const server = { url, port: listen, pid: child.pid, log, stats, ended };

  /** SIGTERM; the exit code, or an error when it needs longer than 10 s. */
  server.stop = async () => {
    if (running()) child.kill('SIGTERM');
    try {
      return await within('the server to end after SIGTERM', ended, seconds(10));
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  };
  /** SIGKILL: gone without a farewell, as in a power cut. */
  server.kill = async () => {
    if (running()) child.kill('SIGKILL');
    await ended;
  };
  /** What the counters of `origin` grew by while `action` ran, and its result. */
  server.measure = async (action) => {
    const before = (await stats()).origin;
    const result = await action();
    const after = (await stats()).origin;
    const grown = (name) => after[name] - before[name];
    return { result, bodyBytes: grown('bodyBytes'), requests: grown('requests'),
      assetBodyBytes: grown('assetBodyBytes'), assetRequests: grown('assetRequests') };
  };

  await until('the server to answer and its index to be made', async () => {
    if (!running()) throw new Error(`peertide serve ended at once (${await ended}):\n${log()}`);
    try {
      return (await fetch(`${url}/healthz`)).ok && (await stats()).index.ready;
    } catch {
      return false;
    }
  });
  return server;
}
