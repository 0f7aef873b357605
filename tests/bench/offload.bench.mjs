// the origin's share when N visitors take a site, one after the other and all at once
//
//   tests/run bench:offload      VISITORS=6 SITE=folder for other sizes
import { launchChromium } from '../browser/harness/browsers.mjs';
import { Stage, statsOf } from '../browser/harness/stage.mjs';
import { report, round, setting } from './lib.mjs';

const count = setting('VISITORS', 6);

/** All visitors of one server; what each wave of them cost the origin. */
async function measure(mode, waves) {
  const stage = await Stage.open({ site: process.env.SITE });
  try {
    // At most four visitors share a browser, as tabs of one machine would.
    const browsers = [];
    for (let at = 0; at < count; at += 4) browsers.push(await launchChromium());
    browsers.forEach((browser) => stage.atEnd(() => browser.close()));
    const rows = [];
    let number = 0;
    for (const size of waves) {
      const start_ms = performance.now();
      const visitors = [];
      const { bodyBytes } = await stage.server.measure(() => Promise.all(Array.from({ length: size }, async () => {
        const visitor = await stage.arrive({ browser: browsers[number++ % browsers.length] });
        visitors.push(visitor);
        await stage.takeAll(visitor);
      })));
      const stats = await Promise.all(visitors.map(statsOf));
      const fromPeers = stats.reduce((sum, { peers }) => sum + peers.bytesIn, 0);
      rows.push({ mode, visitors: size, 'copies from the origin': round(bodyBytes / stage.length),
        'copies from visitors': round(fromPeers / stage.length), ms: round(performance.now() - start_ms, 0) });
    }
    return { rows, length: stage.length };
  } finally {
    await stage.close();
  }
}

const sequential = await measure('one after the other', Array(count).fill(1));
const simultaneous = await measure('all at once', [count]);
const rows = [...sequential.rows, ...simultaneous.rows];
const copies = (part) => round(part.rows.reduce((sum, row) => sum + row['copies from the origin'], 0));
report(rows, { bench: 'offload', visitors: count, siteBytes: sequential.length,
  copiesFromOrigin: { sequential: copies(sequential), simultaneous: copies(simultaneous) }, rows });
