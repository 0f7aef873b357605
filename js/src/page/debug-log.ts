import type { PeertideEventMap } from './events.ts';
import type { PeertideStats } from './stats.ts';

/** What happens within this is one group. */
const GROUP_MS = 1000;

const EVENTS = ['server', 'peer', 'asset', 'fallback', 'ban', 'error'] as const satisfies (keyof PeertideEventMap)[];

/** An instance whose events are told. */
interface Told extends EventTarget {
  stats(): PeertideStats;
}

/** Tells in the console what an instance does: one closed group for each second in which something happens. */
export class DebugLog {
  readonly #tide: Told;
  readonly #signal: AbortSignal;
  #lines: [string, unknown][] = [];

  /** Ends with `signal`, after a last group. */
  constructor(tide: Told, signal: AbortSignal) {
    this.#tide = tide;
    this.#signal = signal;
    for (const type of EVENTS) {
      tide.addEventListener(type, (event) => this.#note(type, (event as CustomEvent).detail), { signal });
    }
    signal.addEventListener('abort', () => this.#note('closed', undefined));
  }

  #note(type: string, detail: unknown): void {
    if (this.#lines.push([type, detail]) === 1) setTimeout(() => this.#print(), this.#signal.aborted ? 0 : GROUP_MS);
  }

  #print(): void {
    const { id, server, origin, peers, fallback } = this.#tide.stats();
    const state = fallback ?? `server ${server}, ${peers.connected} peers`;
    const bytes = `${peers.bytesIn} B in, ${peers.bytesOut} B out, ${origin.bytes} B from the origin`;
    console.groupCollapsed(`Peertide ${id.slice(0, 8)}: ${state}; ${bytes}`);
    for (const [type, detail] of this.#lines) console.log(type, detail);
    if (peers.list.length > 0) console.table(peers.list);
    console.groupEnd();
    this.#lines = [];
  }
}
