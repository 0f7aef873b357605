// The load generator of tests/load.
import { execFile } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const program = process.env.PEERTIDE_LOAD ??
  fileURLToPath(new URL('../../../build/native/peertide-load', import.meta.url));

/** Runs it to its end: { status, stdout, stderr }. */
export function runLoad(args) {
  return new Promise((resolve) => {
    execFile(path.resolve(program), ['--quiet', ...args.map(String)], { timeout: 120_000 },
      (error, stdout, stderr) => resolve({ status: error ? error.code : 0, stdout, stderr }));
  });
}

/** Runs it and reads its result; throws when it fails. */
export async function load(...args) {
  const { status, stdout, stderr } = await runLoad(args);
  if (status !== 0) throw new Error(`peertide-load ended with ${status}: ${stderr}`);
  return JSON.parse(stdout);
}
