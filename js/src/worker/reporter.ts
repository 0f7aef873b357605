import type { Core } from '../core/core.ts';
import type { PieceReport, WorkerMessage } from '../shared/protocol.ts';

/** Verified pieces are told to the page at most so often. */
const PIECES_MS = 100;
/** The counters, while they change. */
const TICK_MS = 1000;

/** Tells the page what arrived and how the counters stand, in few messages. */
export class Reporter {
  readonly #core: Core;
  readonly #post: (message: WorkerMessage) => void;
  #pieces = new Map<string, PieceReport>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerAt = Infinity;
  #reportedAt = -Infinity;
  #tickedAt = -Infinity;
  #last = '';

  constructor(core: Core, post: (message: WorkerMessage) => void) {
    this.#core = core;
    this.#post = post;
  }

  /** Bytes of an asset were verified. */
  piece(path: string, bytes: number, source: number, peer: string): void {
    const key = `${source} ${peer} ${path}`;
    const before = this.#pieces.get(key)?.bytes ?? 0;
    this.#pieces.set(key, { path, bytes: before + bytes, source, peer });
  }

  /** The core ran: something may have changed. */
  changed(): void {
    const now = performance.now();
    const at = this.#pieces.size > 0 ? this.#reportedAt + PIECES_MS : this.#tickedAt + TICK_MS;
    if (this.#timer !== undefined && this.#timerAt <= at) return;
    clearTimeout(this.#timer);
    this.#timerAt = at;
    this.#timer = setTimeout(() => this.flush(), Math.max(0, at - now));
  }

  /** Reports now, if anything is new. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const now = performance.now();
    const stats = this.#core.stats;
    const text = JSON.stringify(stats);
    const tick = now - this.#tickedAt >= TICK_MS;
    if (tick) this.#tickedAt = now;
    this.#reportedAt = now;
    if (text === this.#last && this.#pieces.size === 0) return;
    this.#last = text;
    const pieces = [...this.#pieces.values()];
    this.#pieces = new Map();
    this.#post({ t: 'report', pieces, stats, tick });
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
