// What the page hears of the counters. If the last change were told by no
// tick, a page that draws its figures on 'stats' would show old ones for ever.
import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';
import { Source } from '../src/generated/layout.ts';
import type { CoreStats, WorkerMessage } from '../src/shared/protocol.ts';
import { Reporter } from '../src/worker/reporter.ts';

type Report = WorkerMessage & { t: 'report' };

/** Timers that run as `pass` says: those of Node's test runner are made differently in 18 and in 20. */
interface Timer {
  readonly at: number;
  readonly run: () => void;
}

let now = 0;
let timers: Timer[] = [];
mock.method(performance, 'now', () => now);
mock.method(globalThis, 'setTimeout', ((run: () => void, ms: number) => {
  const timer = { at: now + ms, run };
  timers.push(timer);
  return timer;
}) as unknown as typeof setTimeout);
mock.method(globalThis, 'clearTimeout', ((timer?: Timer) => {
  timers = timers.filter((each) => each !== timer);
}) as unknown as typeof clearTimeout);

let counters: { verified: number; delivered: number };
let reports: (Report & { at: number })[];
let reporter: Reporter;

beforeEach(() => {
  now += 10_000;
  timers = []; // of the test before
  counters = { verified: 0, delivered: 0 };
  reports = [];
  const core = { get stats() { return { ...counters } as CoreStats; } };
  reporter = new Reporter(core, (message) => reports.push({ ...(message as Report), at: now }));
});

function pass(ms: number): void {
  for (let i = 0; i < ms; i++) {
    now += 1;
    for (const due of timers.filter(({ at }) => at <= now)) {
      if (!timers.includes(due)) continue; // one before it has cleared it
      timers = timers.filter((each) => each !== due);
      due.run();
    }
  }
}

const ticks = () => reports.filter(({ tick }) => tick);

test('a change that was flushed without a tick is told by one within a second', () => {
  reporter.changed();
  pass(1);
  assert.equal(ticks().length, 1);
  counters.verified = 5;
  reporter.changed();
  reporter.flush(); // a request ended: the page's figures must include it
  assert.deepEqual([reports.at(-1)!.tick, reports.at(-1)!.stats.verified], [false, 5]);
  const changedAt = now;
  pass(1001);
  assert.equal(ticks().length, 2);
  assert.equal(ticks()[1]!.stats.verified, 5);
  assert.ok(ticks()[1]!.at - changedAt <= 1000);
});

test('what is told with pieces gets its tick as well', () => {
  reporter.changed();
  pass(1);
  counters.verified = 7;
  reporter.piece('/a', { offset: 0, length: 7 }, Source.Origin, '');
  reporter.changed();
  pass(101);
  assert.equal(reports.at(-1)!.tick, false);
  pass(900);
  assert.equal(ticks().at(-1)!.stats.verified, 7);
});

test('a giver, of whom no request ends and no piece arrives, hears what it gave', () => {
  reporter.changed();
  pass(1);
  for (let block = 1; block <= 250; block++) {
    counters.delivered = block;
    reporter.changed();
    pass(10);
  }
  pass(1000);
  assert.equal(ticks().at(-1)!.stats.delivered, 250);
  assert.ok(ticks().length <= 5, `${ticks().length} ticks in 3.5 seconds`);
  for (const [i, tick] of ticks().slice(1).entries()) assert.ok(tick.at - ticks()[i]!.at >= 1000);
});

test('each giver of a file has one report, with the ranges it gave', () => {
  const peer = 'ab'.repeat(20);
  const give = (path: string, from: number, to: number, giver: string) => {
    const source = giver === '' ? Source.Origin : Source.Peer;
    reporter.piece(path, { offset: from, length: to - from }, source, giver);
    reporter.changed();
  };
  give('/film', 100, 200, peer); // at once: nothing was told for long
  pass(1);
  assert.deepEqual(reports.at(-1)!.pieces.map(({ ranges }) => ranges), [[{ offset: 100, length: 100 }]]);
  for (const [from, to] of [[400, 500], [200, 300], [300, 400], [900, 930]]) give('/film', from!, to!, peer);
  give('/film', 500, 600, '');
  give('/picture', 0, 50, peer);
  const before = reports.length;
  pass(100);
  assert.equal(reports.length, before + 1);
  assert.deepEqual(reports.at(-1)!.pieces, [
    {
      path: '/film',
      bytes: 330,
      ranges: [
        { offset: 200, length: 300 },
        { offset: 900, length: 30 },
      ],
      source: 'peer',
      peer,
    },
    { path: '/film', bytes: 100, ranges: [{ offset: 500, length: 100 }], source: 'origin', peer: undefined },
    { path: '/picture', bytes: 50, ranges: [{ offset: 0, length: 50 }], source: 'peer', peer },
  ]);
});

test('nothing is told while nothing changes', () => {
  counters.verified = 1;
  reporter.changed();
  pass(2000);
  const before = reports.length;
  for (let run = 0; run < 20; run++) {
    reporter.changed();
    pass(500);
  }
  assert.equal(reports.length, before);
});

test('nothing is told after the end', () => {
  reporter.changed();
  reporter.close();
  pass(2000);
  assert.equal(reports.length, 0);
});
