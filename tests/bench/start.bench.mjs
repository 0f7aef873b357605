// time from navigation to all pictures shown: plain HTTP, Peertide alone, Peertide with a neighbour
//
//   tests/run bench:start      ROUNDS=20 for another number of visits of each kind
//
// Each visit is a new visitor with nothing stored. The pictures stand in the
// page as plain <img>, as on any site.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { copySite, smallSite } from '../browser/harness/fixture.mjs';
import { Stage } from '../browser/harness/stage.mjs';
import { quantile, report, round, setting } from './lib.mjs';

const rounds = setting('ROUNDS', 20);
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
await writeFile(path.join(folder, 'tidal.html'), page(
  `<script type="module">import { Peertide } from '/.peertide/peertide.js'; globalThis.tide = await Peertide.start();</script>`));

/** A new visitor; milliseconds from the start of navigation until the last picture is shown. */
async function visit(name) {
  const visitor = await (await stage.browser()).visitor();
  await visitor.open(`${stage.server.url}/${name}`);
  const elapsed_ms = await visitor.evaluate(() => {
    const ends = performance.getEntriesByType('resource').filter(({ initiatorType }) => initiatorType === 'img').map(({ responseEnd }) => responseEnd);
    return Math.max(...ends);
  });
  return { visitor, elapsed_ms };
}

try {
  const times = { 'plain HTTP': [], 'Peertide, nobody else': [], 'Peertide, one neighbour': [] };
  for (let at = 0; at < rounds; at++) {
    for (const [way, name] of [['plain HTTP', 'plain.html'], ['Peertide, nobody else', 'tidal.html']]) {
      const { visitor, elapsed_ms } = await visit(name);
      times[way].push(elapsed_ms);
      await visitor.close();
    }
    const neighbour = await stage.arrive();
    await stage.takeAll(neighbour);
    const { visitor, elapsed_ms } = await visit('tidal.html');
    times['Peertide, one neighbour'].push(elapsed_ms);
    await visitor.close();
    await neighbour.close();
  }
  const rows = Object.entries(times).map(([way, values]) => ({ way, 'median ms': round(quantile(values, 0.5), 1),
    'p95 ms': round(quantile(values, 0.95), 1), 'max ms': round(Math.max(...values), 1) }));
  const p95 = (way) => quantile(times[way], 0.95);
  report(rows, { bench: 'start', rounds, pictures: stage.pictures.length,
    p95OverPlainMs: { alone: round(p95('Peertide, nobody else') - p95('plain HTTP'), 1),
      withNeighbour: round(p95('Peertide, one neighbour') - p95('plain HTTP'), 1) },
    milliseconds: Object.fromEntries(Object.entries(times).map(([way, values]) => [way, values.map((value) => round(value, 1))])) });
} finally {
  await stage.close();
}
