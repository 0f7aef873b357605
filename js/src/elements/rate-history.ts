/** Counters that only grow, bytes. */
export interface Counters {
  readonly peers: number;
  readonly origin: number;
}

type Name = 'peers' | 'origin';

/** Bytes per second over the last seconds, out of counters that are told now and then. */
export class RateHistory {
  readonly #seconds: number;
  #last: Counters | undefined;
  /** The second (of the caller's clock) that the last rate is of. */
  #at = 0;
  #rates: Record<Name, number[]> = { peers: [], origin: [] };

  /** Keeps that many seconds. */
  constructor(seconds: number) {
    this.#seconds = seconds;
    this.clear();
  }

  /** The oldest first, one for each second; the last one is still growing. */
  get rates(): Readonly<Record<Name, readonly number[]>> {
    return this.#rates;
  }

  /** Nothing came in all these seconds. */
  get isQuiet(): boolean {
    return [...this.#rates.peers, ...this.#rates.origin].every((rate) => rate === 0);
  }

  clear(): void {
    this.#last = undefined;
    const zeros = () => new Array<number>(this.#seconds).fill(0);
    this.#rates = { peers: zeros(), origin: zeros() };
  }

  /** The counters as they are now; the first ones are where counting begins. */
  add(nowMs: number, counters: Counters): void {
    this.rest(nowMs);
    for (const name of ['peers', 'origin'] as const) {
      const more = counters[name] - (this.#last?.[name] ?? counters[name]);
      const rates = this.#rates[name];
      rates[rates.length - 1] = (rates.at(-1) ?? 0) + Math.max(0, more);
    }
    this.#last = counters;
  }

  /** Time goes on. */
  rest(nowMs: number): void {
    const second = Math.floor(nowMs / 1000);
    const passed = this.#at === 0 ? 0 : Math.min(this.#seconds, Math.max(0, second - this.#at));
    this.#at = second;
    for (const rates of Object.values(this.#rates)) {
      for (let i = 0; i < passed; i++) {
        rates.shift();
        rates.push(0);
      }
    }
  }
}
