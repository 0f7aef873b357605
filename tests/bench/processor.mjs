// How long the processor has worked for a program and all that it started.
import { readdir, readFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK']));

/** Milliseconds, user and system, of a process and its living descendants since their starts. */
export async function processorMs(root) {
  const processes = new Map();
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const text = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => ''); // it may have ended
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    if (fields.length > 12) processes.set(Number(name), { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) });
  }
  const isOfRoot = (pid) => pid === root || (processes.has(pid) && isOfRoot(processes.get(pid).parent));
  const ticks = [...processes].filter(([pid]) => isOfRoot(pid)).reduce((sum, [, each]) => sum + each.ticks, 0);
  return (ticks * 1000) / ticksPerSecond;
}
