// one file between two pages: Peertide, a bare data channel, WebTorrent, HTTP
//
//   tests/run bench:transfer      ROUNDS=5 LENGTH_MIB=64 for other sizes, BROWSERS=Firefox for one of the two
//
// All ways take turns in one run. Every time includes the set-up of its
// connection: from "nothing but a loaded page" to the last byte. Peertide's
// and WebTorrent's bytes are verified, Peertide's are also handed to the page.
//
// In Chromium the pages are tabs of an ordinary profile, told apart by host
// names: in private windows each write to disk crosses to another process.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { launch } from '../browser/harness/browsers.mjs';
import { connectBare, sendBare } from '../browser/harness/bare-channel.mjs';
import { installKit } from '../browser/harness/page-kit.mjs';
import { startServer } from '../browser/harness/server.mjs';
import { bigFileSite, median, report, round, setting } from './lib.mjs';
import { processorMs } from './processor.mjs';
import { sendBetweenWorkers, startWorkers } from './worker-channel.mjs';
import { installStores, seed, serveWebTorrent, take } from './webtorrent-page.mjs';

const rounds = setting('ROUNDS', 5);
const length = setting('LENGTH_MIB', 64) << 20;
const names = (process.env.BROWSERS ?? 'Chromium;Firefox').split(';');
const wanted = (process.env.WAYS ?? '').split(';').filter(Boolean);

const site = await bigFileSite(length);
const server = await startServer(site.folder);
const torrents = await serveWebTorrent(await readFile(path.join(site.folder, site.url)));
let browser;

async function page(url, install) {
  const visitor = await browser.visitor();
  if (install) await visitor.prepare(install);
  return visitor.open(url);
}

/** Lets go of what a giver's page has read before: it is not the transfer's work. (Firefox can't be asked to.) */
async function settle({ page }) {
  if (browser.name !== 'Chromium') return;
  const session = await page.createCDPSession();
  for (let at = 0; at < 2; at++) await session.send('HeapProfiler.collectGarbage');
  await session.detach();
}

/** In the page: deletes what the site keeps on disk. */
async function deleteFiles() {
  const folder = await navigator.storage.getDirectory();
  for await (const name of folder.keys()) await folder.removeEntry(name, { recursive: true });
}

/**
 * The visitors leave, and nothing of them stays on disk: half a minute later the system would write it down, beside
 * others' transfers, and would have to find other memory for what they keep.
 */
async function leave(url, visitors) {
  for (const visitor of visitors) {
    await visitor.open(url); // whoever had files open is gone
    await visitor.evaluate(deleteFiles);
    await visitor.close();
  }
}

async function bare(message, hashed) {
  const [giver, taker] = [await page(server.url), await page(server.url)];
  const before = await processorMs(browser.pid);
  const start_ms = performance.now();
  await connectBare(giver, taker);
  const connect_ms = performance.now() - start_ms;
  const { received, elapsed_ms } = await sendBare(giver, taker, length, message, hashed);
  const processor_ms = (await processorMs(browser.pid)) - before;
  assert.equal(received, length);
  await Promise.all([giver.close(), taker.close()]);
  return { elapsed_ms: connect_ms + elapsed_ms, sending_ms: elapsed_ms, processor_ms };
}

/** The same between workers that keep and hand on what comes (Chromium only: elsewhere channels stay in the page). */
async function betweenWorkers(message) {
  const [giver, taker] = [await page(server.url), await page(server.url)];
  await startWorkers([giver, taker], length, message);
  const before = await processorMs(browser.pid);
  const start_ms = performance.now();
  const received = await sendBetweenWorkers(giver, taker);
  const elapsed_ms = performance.now() - start_ms;
  const processor_ms = (await processorMs(browser.pid)) - before;
  assert.equal(received, length);
  await Promise.all([giver.close(), taker.close()]);
  return { elapsed_ms, processor_ms };
}

/** In the page: takes the file with the explicit API; from Peertide.start to the last byte. */
async function takeWithPeertide(url, store) {
  await import('/.peertide/peertide.js');
  let longTasks = 0;
  if (PerformanceObserver.supportedEntryTypes.includes('longtask')) {
    new PerformanceObserver((list) => { longTasks += list.getEntries().length; }).observe({ type: 'longtask' });
  } else {
    longTasks = undefined;
  }
  const start_ms = performance.now();
  await globalThis.kit.start({ serviceWorker: false, store });
  const reader = (await globalThis.kit.tide.fetch(url)).body.getReader();
  let received = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) received += part.value.length;
  return { received, elapsed_ms: performance.now() - start_ms, longTasks };
}

async function peertide(store) {
  const giver = await page(`${server.url}/`, installKit);
  await giver.evaluate(takeWithPeertide, site.url, store);
  await settle(giver);
  const taker = await page(`${server.url}/`, installKit);
  const before = { origin: (await server.stats()).origin.assetBodyBytes, processor: await processorMs(browser.pid) };
  const { received, elapsed_ms, longTasks } = await taker.evaluate(takeWithPeertide, site.url, store);
  const processor_ms = (await processorMs(browser.pid)) - before.processor;
  assert.equal(received, length);
  const originBytes = (await server.stats()).origin.assetBodyBytes - before.origin;
  assert.ok(originBytes <= 0.05 * length, `${originBytes} bytes came from the origin: no transfer between visitors`);
  await leave(`${server.url}/`, [giver, taker]);
  return { elapsed_ms, originBytes, processor_ms, longTasks };
}

async function webtorrent(store) {
  const [from, to] = [await page(torrents.url, installStores), await page(torrents.url, installStores)];
  const torrent = await from.evaluate(seed, torrents.tracker);
  await settle(from);
  const before = await processorMs(browser.pid);
  const { length: received, elapsed_ms } = await to.evaluate(take, torrent, store);
  const processor_ms = (await processorMs(browser.pid)) - before;
  assert.equal(received, length);
  await leave(torrents.url, [from, to]);
  return { elapsed_ms, processor_ms };
}

async function http() {
  const visitor = await page(server.url);
  const before = await processorMs(browser.pid);
  const elapsed_ms = await visitor.evaluate(async (url) => {
    const start_ms = performance.now();
    const bytes = await (await fetch(url, { cache: 'no-store' })).arrayBuffer();
    return bytes.byteLength && performance.now() - start_ms;
  }, site.url);
  const processor_ms = (await processorMs(browser.pid)) - before;
  await visitor.close();
  return { elapsed_ms, processor_ms };
}

const own = {
  'bare channel, 64 KiB': () => bare(64 << 10),
  'bare channel, 256 KiB': () => bare(256 << 10),
  'hashed, 64 KiB': () => bare(64 << 10, true),
  'Peertide, OPFS': () => peertide('opfs'),
  'Peertide, memory': () => peertide('memory'),
};
const waysOf = {
  Chromium: { ...own, 'between workers, 64 KiB': () => betweenWorkers(64 << 10),
    'WebTorrent, OPFS': () => webtorrent('opfs'), 'WebTorrent, memory': () => webtorrent('memory'), 'plain HTTP': http },
  Firefox: { ...own, 'plain HTTP': http },
};

/** All ways of a browser in turns: rows for people, figures for machines. */
async function measure(name) {
  const chosen = Object.entries(waysOf[name]).filter(([way]) => !wanted.length || wanted.some((part) => way.startsWith(part)));
  browser = await launch(name);
  const runs = Object.fromEntries(chosen.map(([way]) => [way, []]));
  try {
    for (let at = 0; at < rounds; at++) {
      for (const [way, go] of chosen) runs[way].push(await go());
    }
  } finally {
    await browser.close();
  }
  const usual = (way, key) => median(runs[way].map((run) => run[key]));
  const rate = (way, key = 'elapsed_ms') => length / 1e3 / usual(way, key);
  const bares = Object.keys(runs).filter((way) => way.startsWith('bare'));
  const best = (key) => bares.reduce((most, way) => Math.max(most, rate(way, key)), 0) || undefined;
  const leastWork = Math.min(...bares.map((way) => usual(way, 'processor_ms')));
  const list = (key, digits) => Object.fromEntries(Object.entries(runs).filter(([, each]) => each[0][key] !== undefined)
    .map(([way, each]) => [way, each.map((run) => round(run[key], digits))]));
  const of = (value) => Object.fromEntries(Object.keys(runs).map((way) => [way, round(value(way))]));
  const figures = {
    ratio: best('elapsed_ms') && of((way) => rate(way) / best('elapsed_ms')),
    ratioToSendingAlone: best('sending_ms') && of((way) => rate(way) / best('sending_ms')),
    processorRatio: best('elapsed_ms') && of((way) => usual(way, 'processor_ms') / leastWork),
    megabytesPerSecond: of((way) => rate(way)),
    milliseconds: list('elapsed_ms', 0), processorMs: list('processor_ms', 0), longTasks: list('longTasks', 0),
    originBytes: list('originBytes', 0),
  };
  const rows = Object.keys(runs).map((way) => ({ browser: name, way, 'MB/s': round(rate(way), 1),
    'to bare channel': figures.ratio?.[way], 'to its sending alone': figures.ratioToSendingAlone?.[way],
    'processor time to bare': figures.processorRatio?.[way] }));
  return { rows, figures };
}

try {
  const results = {};
  for (const name of names) results[name] = await measure(name);
  report(Object.values(results).flatMap(({ rows }) => rows), { bench: 'transfer', lengthBytes: length, rounds,
    ...Object.fromEntries(Object.entries(results).map(([name, { figures }]) => [name, figures])) });
} finally {
  await torrents.close();
  await server.stop();
}
