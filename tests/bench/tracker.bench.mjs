// The meeting point: announces beside bittorrent-tracker's server, memory, joins and signals
//
//   tests/run bench:tracker   ROUNDS=5 SECONDS=5 MANY=15000 IDLE=10000 for another size
//
// Server on one core, generator on the other, the servers taking turns. Responses are all
// messages that the server sends: replies, offers, answers. Where the cores are not ours
// alone, responses per second of the server's processor time say more than those per second.
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { siteCache } from '../browser/harness/paths.mjs';
import { median, report, round, setting } from './lib.mjs';
import { load, startPeertide, startPinned } from './pinned.mjs';

const rounds = setting('ROUNDS', 3);
const seconds = setting('SECONDS', 4);
const many = setting('MANY', 15000);
const idle = setting('IDLE', 5000);
const connections = 1000;
const swarmCount = 20;

/** A site with twenty swarms: files of more than 4 MiB are one each. */
async function site() {
  const folder = path.join(siteCache, 'twenty-swarms');
  await mkdir(folder, { recursive: true });
  for (let at = 0; at < swarmCount; at++) {
    await writeFile(path.join(folder, `${at}.bin`), Buffer.alloc((4 << 20) + 1 + at, at));
  }
  return folder;
}

const folder = await site();

async function startOurs() {
  const server = await startPeertide(folder);
  const keys = server.swarms.flatMap((swarm) => ['--swarm', swarm]);
  const socket = server.url.replace('http', 'ws');
  return { ...server, name: 'Peertide', announce: [...keys, `${socket}/`],
    native: [...keys, `${socket}/.peertide/ws`] };
}

async function startTheirs() {
  const script = fileURLToPath(new URL('./tracker-server.mjs', import.meta.url));
  const server = startPinned(process.execPath, [script]);
  const [, port] = await server.says(/(\d+)\n/);
  return { ...server, name: 'bittorrent-tracker', announce: ['--swarms', swarmCount, `ws://127.0.0.1:${port}/`] };
}

/** One measurement with a fresh server. */
async function measure(start, how, where = 'announce') {
  const server = await start();
  try {
    const result = await load('--pid', server.pid, ...how, ...server[where]);
    if (result.lost + result.errors > 0) throw new Error(`${server.name}: ${JSON.stringify(result)}`);
    return result;
  } finally {
    await server.stop();
  }
}

const announces = (count, ...more) => ['--connections', count, '--offers', 5, '--offer-bytes', 600,
  '--seconds', seconds, ...more];
// All of many announce in turn, about once a second, and are answered together: in fewer
// turns, one more or less would be seen in the figure.
const manySeconds = Math.max(20, seconds);
const ways = {
  ours: [startOurs, announces(connections)],
  theirs: [startTheirs, announces(connections)],
  oursAnswered: [startOurs, announces(connections, '--answers', 1)],
  theirsAnswered: [startTheirs, announces(connections, '--answers', 1)],
  oursMany: [startOurs, announces(many, '--seconds', manySeconds)],
  joins: [startOurs, ['--work', 'join', '--connections', connections, '--seconds', seconds], 'native'],
  signals: [startOurs, ['--work', 'signal', '--connections', connections, '--seconds', seconds], 'native'],
};
const results = Object.fromEntries(Object.keys(ways).map((name) => [name, []]));
for (let at = 0; at < rounds; at++) {
  for (const [name, way] of Object.entries(ways)) results[name].push(await measure(...way));
}
const perSecond = (name) => median(results[name].map((r) => r.perSecond.responses));
const perCpuSecond = (name) => median(results[name].map((r) =>
  (r.measured.replies + r.measured.offers + r.measured.answers) / r.serverCpuS));
const ratio = (a, b) => ({ perSecond: round(perSecond(a) / perSecond(b)),
  perCpuSecond: round(perCpuSecond(a) / perCpuSecond(b)) });

// Open loop at half of what each could do.
const half = (name) => Math.max(1, median(results[name].map((r) => r.perSecond.replies)) / 2);
const latency = {
  ours: await measure(startOurs, announces(connections, '--rate', half('ours'))),
  theirs: await measure(startTheirs, announces(connections, '--rate', half('theirs'))),
};
const waiting = ['--idle', '--settle', 2, '--connections', idle];
const memory = {
  native: await measure(startOurs, ['--work', 'join', ...waiting], 'native'),
  ours: await measure(startOurs, waiting),
  theirs: await measure(startTheirs, waiting),
};

const rows = Object.keys(ways).map((way) => ({ way, 'responses/s': round(perSecond(way), 0),
  'per CPU second': round(perCpuSecond(way), 0) }));
const us = (result) => ({ rate: result.rate, p50: result.latencyUs.p50, p99: result.latencyUs.p99,
  unanswered: result.unanswered });
report(rows, { bench: 'tracker', rounds, seconds, connections, swarms: swarmCount,
  responses: Object.fromEntries(rows.map((row) => [row.way, { perSecond: row['responses/s'],
    perCpuSecond: row['per CPU second'] }])),
  toBittorrentTracker: { announces: ratio('ours', 'theirs'), answered: ratio('oursAnswered', 'theirsAnswered') },
  manyToFew: { connections: many, ...ratio('oursMany', 'ours') },
  latencyAtHalfUs: { ours: us(latency.ours), theirs: us(latency.theirs) },
  idleBytesPerConnection: Object.fromEntries(Object.entries(memory).map(([name, { memory: m }]) =>
    [name, round(m.perConnection, 0)])) });
