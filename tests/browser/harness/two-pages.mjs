// The small site with two pages that start Peertide by themselves, as any site's
// would, for visitors who go from one to the other.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { copySite, smallSite } from './fixture.mjs';
import { Stage } from './stage.mjs';

export const pages = ['/', '/other.html'];

/** In the page, before its own scripts: the options with which it starts Peertide. */
export const setOptions = (options) => { globalThis.options = options; };

/** A stage with a copy of the small site that has these pages. */
export async function stageWithPages() {
  const { folder, remove } = await copySite(await smallSite());
  await makePages(folder);
  const stage = await Stage.open({ site: folder });
  stage.atEnd(remove);
  return stage;
}

async function makePages(folder) {
  for (const name of ['index.html', 'other.html']) {
    await writeFile(path.join(folder, name), `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>${name}</title><link rel="icon" href="data:,"><main></main>
<script type="module" async>
import { Peertide } from '/.peertide/peertide.js';
globalThis.tide = await Peertide.start({ ...globalThis.options, consent: localStorage.consent ?? 'granted' });
</script></html>
`);
  }
}
