// one file between two Chromium pages: Peertide, a bare data channel, WebTorrent, HTTP
//
//   tests/run bench:transfer      ROUNDS=5 LENGTH_MIB=64 for other sizes
//
// All ways take turns in one run. Every time includes the set-up of its
// connection: from "nothing but a loaded page" to the last byte. Peertide's
// and WebTorrent's bytes are verified, Peertide's are also handed to the page.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { launchChromium } from '../browser/harness/browsers.mjs';
import { connectBare, sendBare } from '../browser/harness/bare-channel.mjs';
import { installKit } from '../browser/harness/page-kit.mjs';
import { startServer } from '../browser/harness/server.mjs';
import { bigFileSite, median, report, round, setting } from './lib.mjs';
import { installStores, seed, serveWebTorrent, take } from './webtorrent-page.mjs';

const rounds = setting('ROUNDS', 5);
const length = setting('LENGTH_MIB', 64) << 20;

const site = await bigFileSite(length);
const server = await startServer(site.folder);
const torrents = await serveWebTorrent(await readFile(path.join(site.folder, site.url)));
const chromium = await launchChromium();

async function page(url, install) {
  const visitor = await chromium.visitor();
  if (install) await visitor.prepare(install);
  return visitor.open(url);
}

async function bare(message) {
  const [giver, taker] = [await page(server.url), await page(server.url)];
  const start_ms = performance.now();
  await connectBare(giver, taker);
  const connect_ms = performance.now() - start_ms;
  const { received, elapsed_ms } = await sendBare(giver, taker, length, message);
  assert.equal(received, length);
  await Promise.all([giver.close(), taker.close()]);
  return { elapsed_ms: connect_ms + elapsed_ms, sending_ms: elapsed_ms };
}

/** In the page: takes the file with the explicit API; from Peertide.start to the last byte. */
async function takeWithPeertide(url) {
  await import('/.peertide/peertide.js');
  const start_ms = performance.now();
  await globalThis.kit.start({ serviceWorker: false });
  const reader = (await globalThis.kit.tide.fetch(url)).body.getReader();
  let received = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) received += part.value.length;
  return { received, elapsed_ms: performance.now() - start_ms };
}

let giver; // Peertide's, kept through all rounds
async function peertide() {
  const taker = await page(`${server.url}/`, installKit);
  const before = (await server.stats()).origin.assetBodyBytes;
  const { received, elapsed_ms } = await taker.evaluate(takeWithPeertide, site.url);
  assert.equal(received, length);
  const originBytes = (await server.stats()).origin.assetBodyBytes - before;
  assert.ok(originBytes <= 0.05 * length, `${originBytes} bytes came from the origin: no transfer between visitors`);
  await taker.close();
  return { elapsed_ms, originBytes };
}

async function webtorrent(store) {
  const [from, to] = [await page(torrents.url, installStores), await page(torrents.url, installStores)];
  const torrent = await from.evaluate(seed, torrents.tracker);
  const { length: received, elapsed_ms } = await to.evaluate(take, torrent, store);
  assert.equal(received, length);
  await Promise.all([from.close(), to.close()]);
  return { elapsed_ms };
}

async function http() {
  const visitor = await page(server.url);
  const elapsed_ms = await visitor.evaluate(async (url) => {
    const start_ms = performance.now();
    const bytes = await (await fetch(url, { cache: 'no-store' })).arrayBuffer();
    return bytes.byteLength && performance.now() - start_ms;
  }, site.url);
  await visitor.close();
  return { elapsed_ms };
}

const ways = {
  'bare channel, 64 KiB': () => bare(64 << 10),
  'bare channel, 256 KiB': () => bare(256 << 10),
  Peertide: peertide,
  'WebTorrent, OPFS': () => webtorrent('opfs'),
  'WebTorrent, memory': () => webtorrent('memory'),
  'plain HTTP': http,
};
const wanted = (process.env.WAYS ?? '').split(';').filter(Boolean);
const chosen = Object.entries(ways).filter(([name]) => !wanted.length || wanted.some((part) => name.startsWith(part)));

try {
  giver = await page(`${server.url}/`, installKit);
  await giver.evaluate(takeWithPeertide, site.url);
  const runs = Object.fromEntries(chosen.map(([name]) => [name, []]));
  for (let round_ = 0; round_ < rounds; round_++) {
    for (const [name, way] of chosen) runs[name].push(await way());
  }
  const rate = (name) => length / 1e3 / median(runs[name].map(({ elapsed_ms }) => elapsed_ms));
  const sending = (name) => length / 1e3 / median(runs[name].map(({ sending_ms }) => sending_ms));
  const bares = chosen.map(([name]) => name).filter((name) => name.startsWith('bare'));
  const best = Math.max(...bares.map(rate));
  const bestSending = Math.max(...bares.map(sending));
  const rows = chosen.map(([name]) => ({ way: name, 'MB/s': round(rate(name), 1),
    'to bare channel': round(rate(name) / best), 'to its sending alone': round(rate(name) / bestSending) }));
  const ratio = (name) => (runs[name] ? round(rate(name) / best) : undefined);
  report(rows, {
    bench: 'transfer', lengthBytes: length, rounds,
    ratio: ratio('Peertide'),
    ratioToSendingAlone: runs.Peertide && round(rate('Peertide') / bestSending),
    webTorrentRatio: { opfs: ratio('WebTorrent, OPFS'), memory: ratio('WebTorrent, memory') },
    megabytesPerSecond: Object.fromEntries(chosen.map(([name]) => [name, round(rate(name), 2)])),
    milliseconds: Object.fromEntries(chosen.map(([name]) => [name, runs[name].map(({ elapsed_ms }) => round(elapsed_ms, 0))])),
    originShare: runs.Peertide && runs.Peertide.map(({ originBytes }) => round(originBytes / length, 4)),
  });
} finally {
  await chromium.close();
  await torrents.close();
  await server.stop();
}
