// The processes of a browser, as Linux shows them: which of them runs what is
// told by the names of its threads.
import { readFile, readdir } from 'node:fs/promises';

const text = (file) => readFile(file, 'utf8').then((read) => read.trim(), () => '');
const numbers = async (folder) => (await readdir(folder).catch(() => [])).filter((name) => /^\d+$/.test(name));

/** Process ids of `ancestor`'s descendants. */
async function descendants(ancestor) {
  const children = new Map();
  for (const pid of await numbers('/proc')) {
    // pid (name) state parent …; a name may have brackets itself.
    const parent = Number((await text(`/proc/${pid}/stat`)).split(')').at(-1).trim().split(' ')[1]);
    children.set(parent, [...(children.get(parent) ?? []), Number(pid)]);
  }
  const found = [];
  for (const waiting = [ancestor]; waiting.length > 0;) {
    const next = children.get(waiting.pop()) ?? [];
    found.push(...next);
    waiting.push(...next);
  }
  return found;
}

/**
 * What Chromium's renderers run for a site: [{ pid, serviceWorker, worker }] of
 * those that run one of the two.
 */
export async function workersOf(browserPid) {
  const found = [];
  for (const pid of await descendants(browserPid)) {
    const names = await Promise.all((await numbers(`/proc/${pid}/task`)).map((thread) => text(`/proc/${pid}/task/${thread}/comm`)));
    const runs = (name) => names.some((each) => each.startsWith(name));
    const [serviceWorker, worker] = [runs('ServiceWorker t'), runs('DedicatedWorker')];
    if (serviceWorker || worker) found.push({ pid, serviceWorker, worker });
  }
  return found;
}
