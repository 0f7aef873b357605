// time from navigation to all pictures shown: plain HTTP, Peertide alone, Peertide with a neighbour
//
//   tests/run bench:start      ROUNDS=20 for fewer visits of each kind (of 20 the 95th percentile is nearly the slowest)
//
// Each visit is a new visitor with nothing stored. The pictures stand in the
// page as plain <img>, as on any site. On a "first page" the browser asks for
// them before the service worker is there; a "next page" (the visitor has
// looked at another page of the site for a while) is under its control from the
// beginning. Visits of all kinds take turns, in an order that changes, and
// begin when the browser is done with what came before.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { copySite, smallSite } from '../browser/harness/fixture.mjs';
import { traceLoad } from '../browser/harness/main-thread.mjs';
import { Stage } from '../browser/harness/stage.mjs';
import { median, quantile, report, round, setting } from './lib.mjs';

const rounds = setting('ROUNDS', 50);
/** So long a new browsing context, or a page that has been opened, is left alone. */
const settle_ms = 500;
const { folder, remove } = await copySite(await smallSite());
const stage = await Stage.open({ site: folder });
stage.atEnd(remove);

const images = stage.pictures.map((url) => `<img src="${url}" alt="">`).join('\n');
const page = (script) => `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Pictures</title><link rel="icon" href="data:,">
${script}
${images}
</html>
`;
await writeFile(path.join(folder, 'plain.html'), page(''));
await writeFile(path.join(folder, 'plain-first.html'), page('').replaceAll(/<img[^>]*>/g, ''));
const tidal = `<script type="module" async>
import { Peertide } from '/.peertide/peertide.js';
globalThis.tide = await Peertide.start();
</script>`;
await writeFile(path.join(folder, 'tidal.html'), page(tidal));
await writeFile(path.join(folder, 'first.html'), page(tidal).replaceAll(/<img[^>]*>/g, ''));

/** New visitors of a page whose main thread is watched; what is usual of them. */
async function watch(name, visits) {
  const seen = [];
  for (let at = 0; at < visits; at++) {
    const visitor = await (await stage.browser()).visitor();
    const thread = await traceLoad(visitor, `${stage.server.url}/${name}`);
    const early = await visitor.evaluate(() => {
      const entries = performance.getEntriesByType('resource');
      const first = Math.min(...entries.filter(({ initiatorType }) => initiatorType === 'img').map(({ responseEnd }) => responseEnd));
      return entries.filter((entry) => entry.name.includes('/.peertide/') && entry.responseEnd < first)
        .reduce((sum, { transferSize }) => sum + transferSize, 0);
    });
    seen.push({ ...thread, early });
    await visitor.close();
  }
  const usual = (key) => round(median(seen.map((each) => each[key])), 1);
  return { scriptMs: usual('script_ms'), scriptMsMax: round(Math.max(...seen.map((each) => each.script_ms)), 1), allTasksMs: usual('tasks_ms'),
    longestTaskMs: round(Math.max(...seen.map((each) => each.longest_ms)), 1), peertideBytesBeforeFirstPicture: usual('early') };
}

/** A new visitor of a page; milliseconds from the start of navigation until the last picture is there. */
async function visit({ name, first }) {
  const visitor = await (await stage.browser()).visitor();
  if (first) {
    await visitor.open(`${stage.server.url}/${first}`);
    if (first === 'first.html') await visitor.page.waitForFunction(() => globalThis.tide);
  }
  await new Promise((resolve) => setTimeout(resolve, settle_ms));
  await visitor.open(`${stage.server.url}/${name}`);
  const elapsed_ms = await visitor.evaluate(() => Math.max(...performance.getEntriesByType('resource')
    .filter(({ initiatorType }) => initiatorType === 'img').map(({ responseEnd }) => responseEnd)));
  await visitor.close();
  return elapsed_ms;
}

const ways = {
  'plain HTTP': { name: 'plain.html' },
  'plain HTTP, next page': { name: 'plain.html', first: 'plain-first.html' },
  'Peertide, first page, alone': { name: 'tidal.html' },
  'Peertide, next page, alone': { name: 'tidal.html', first: 'first.html' },
  'Peertide, first page, one neighbour': { name: 'tidal.html', neighbour: true },
  'Peertide, next page, one neighbour': { name: 'tidal.html', first: 'first.html', neighbour: true },
};

try {
  await visit(ways['plain HTTP']); // the browser itself warms up
  const times = Object.fromEntries(Object.keys(ways).map((way) => [way, []]));
  for (let at = 0; at < rounds; at++) {
    for (const neighbour of [false, true]) {
      const giver = neighbour && (await stage.arrive());
      if (giver) await stage.takeAll(giver);
      const turn = Object.entries(ways).filter(([, each]) => Boolean(each.neighbour) === neighbour);
      for (const [way, kind] of at % 2 ? turn.reverse() : turn) times[way].push(await visit(kind));
      if (giver) await giver.close();
    }
  }
  const mainThread = { 'plain HTTP': await watch('plain.html', rounds), 'Peertide, first page': await watch('tidal.html', rounds) };
  const rows = Object.entries(times).map(([way, values]) => ({ way, 'median ms': round(quantile(values, 0.5), 1),
    'p95 ms': round(quantile(values, 0.95), 1), 'max ms': round(Math.max(...values), 1) }));
  const plain = (way) => (ways[way].first ? 'plain HTTP, next page' : 'plain HTTP');
  const over = (part) => Object.fromEntries(Object.keys(ways).filter((way) => way.startsWith('Peertide'))
    .map((way) => [way, round(quantile(times[way], part) - quantile(times[plain(way)], part), 1)]));
  report(rows, { bench: 'start', rounds, pictures: stage.pictures.length,
    medianOverPlainMs: over(0.5), p95OverPlainMs: over(0.95), mainThreadBeforeLoad: mainThread,
    milliseconds: Object.fromEntries(Object.entries(times).map(([way, values]) => [way, values.map((value) => round(value, 1))])) });
} finally {
  await stage.close();
}
