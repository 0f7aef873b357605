// crowds in the simulator against what theory allows: time, offload, start-up, waste
//
//   tests/run bench:sim                        N up to 1,000; some minutes
//   SIZES=64,256,1000,10000 tests/run bench:sim   with the largest crowds: 8 GB
//   ONLY=flash,vod tests/run bench:sim         only these scenarios
//
// Prints JSON, and keeps it in build/sim/bench.json for tests/sim/report.
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { report, round } from './lib.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = `${root}build/sim`;
const sizes = (process.env.SIZES ?? '64,256,1000').split(',').map(Number);
const only = process.env.ONLY?.split(',');
const together = [10, 20, 1000];
const atOnce = [1, 2, 5, 10, 20, 50, 100];
const faults = ['mute', 'slow', 'vanish', 'origin-503', 'origin-dead', 'server-dead', 'partition', 'sybil'];

/** {scenario, args}: what to run. Streaming ones run by plain HTTP too. */
const plan = [
  ...['flash', 'flash-adsl'].flatMap((scenario) => sizes.map((N) => ({ scenario, args: ['--peers', N] }))),
  ...together.map((N) => ({ scenario: 'video-sync', args: ['--peers', N, '--against-http'] })),
  ...['vod', 'vod-cached'].flatMap((scenario) => atOnce.map((c) => ({
    scenario, args: ['--peers', Math.max(60, c * 6), '--set', `arrivals.concurrency=${c}`, '--against-http'] }))),
  { scenario: 'images', args: ['--against-http'] },
  { scenario: 'zipf-day', args: ['--against-http'] },
  { scenario: 'malicious', args: [] },
  ...faults.map((fault) => ({ scenario: `fault-${fault}`, args: [] })),
  ...['mute', 'slow', 'vanish'].map((fault) => ({ scenario: 'video-sync', fault,
    args: ['--peers', 40, '--set', `faults.${fault}=0.25`, '--against-http'] })),
  { scenario: 'video-sync', fault: 'server-dead', args: ['--peers', 40, '--set', 'server.deadS=[[1,30]]', '--against-http'] },
  { scenario: 'video-sync', fault: 'origin-503', args: ['--peers', 40, '--set', 'origin.busyS=[[10,20]]', '--against-http'] },
].filter(({ scenario }) => !only || only.includes(scenario));

async function simulate({ scenario, fault, args }, number) {
  const file = `${folder}/run-${number}.json`;
  const all = [`${root}tests/sim/scenarios/${scenario}.json`, ...args.map(String), '--json', file, '--quiet'];
  const command = ['build/native/peertide-sim', `tests/sim/scenarios/${scenario}.json`, ...args].join(' ');
  console.error(command);
  try {
    await promisify(execFile)(`${root}build/native/peertide-sim`, all);
  } catch (error) {
    return { scenario, fault, command, failed: String(error.stderr).trim().split('\n').at(-1) };
  }
  return { ...JSON.parse(await readFile(file, 'utf8')), fault, command };
}

const row = (run) => ({
  scenario: run.fault ? `${run.scenario} + ${run.fault}` : run.scenario,
  N: run.peers,
  c: run.concurrency,
  'last/limit': run.distribution && round(run.distribution.lastOverLimit),
  'median/limit': run.distribution && round(run.distribution.medianOverLimit),
  copies: run.origin && round(run.origin.copies, 2),
  offload: run.offload !== undefined ? round(run.offload) : run.failed,
  'of the limit': run.offloadLimit && round(run.offload / run.offloadLimit),
  'from peers': run.peerShare !== undefined && round(run.peerShare),
  'start p95 over HTTP, ms': run.http && round(run.startMs.p95 - run.http.startMs.p95, 0),
  rebuffering: run.rebuffering && round(run.rebuffering.ratio, 4),
  'by HTTP': run.http?.rebuffering && round(run.http.rebuffering.ratio, 4),
  wasted: run.wastedShare !== undefined && round(run.wastedShare, 4),
  'lost per attacker': run.attackers && round(run.attackers.piecesLostPerAttacker, 2),
  'wall, s': run.run && round(run.run.wallS, 1),
});

await mkdir(folder, { recursive: true });
const runs = [];
for (const [number, what] of plan.entries()) runs.push(await simulate(what, number));
const good = runs.filter((run) => !run.failed);
const result = { bench: 'sim', rows: runs.map(row), failed: runs.filter((run) => run.failed), runs: good };
await writeFile(`${folder}/bench.json`, JSON.stringify(result));
report(result.rows, { ...result, runs: undefined });
if (result.failed.length > 0) process.exitCode = 1;
