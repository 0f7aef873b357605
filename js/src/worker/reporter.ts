import { Source } from '../generated/layout.ts';
import type { AssetSource, ProgressDetail } from '../page/events.ts';
import type { CoreStats, WorkerMessage } from '../shared/protocol.ts';
import { joinRanges, type ByteRange } from '../shared/range.ts';

/** Verified pieces are told to the page at most so often. */
const PIECES_MS = 100;
/** A tick, the page's 'stats' event: at most so often, and at the latest so long after the last change. */
const TICK_MS = 1000;

const SOURCES: Record<number, AssetSource> = {
  [Source.Peer]: 'peer',
  [Source.Store]: 'store',
};

/** Tells the page what arrived and how the counters stand, in few messages. */
export class Reporter {
  readonly #core: { readonly stats: CoreStats };
  readonly #post: (message: WorkerMessage) => void;
  #pieces = new Map<string, ProgressDetail & { readonly ranges: ByteRange[] }>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerAt = Infinity;
  #reportedAt = -Infinity;
  #tickedAt = -Infinity;
  /** The counters as the page knows them, and as the last tick told them. */
  #reported = '';
  #ticked = '';

  constructor(core: { readonly stats: CoreStats }, post: (message: WorkerMessage) => void) {
    this.#core = core;
    this.#post = post;
  }

  /** A part of an asset was verified; `code` is one of the core's `Source`. */
  piece(path: string, part: ByteRange, code: number, giver: string): void {
    const source = SOURCES[code] ?? 'origin';
    const peer = source === 'peer' ? giver : undefined;
    const key = `${source} ${peer} ${path}`;
    const before = this.#pieces.get(key);
    const ranges = before?.ranges ?? [];
    ranges.push(part);
    this.#pieces.set(key, { path, bytes: (before?.bytes ?? 0) + part.length, ranges, source, peer });
  }

  /** The core ran: something may have changed. */
  changed(): void {
    this.#arm(this.#pieces.size > 0 ? this.#reportedAt + PIECES_MS : this.#tickedAt + TICK_MS);
  }

  /** Reports now, if anything is new. What no tick has told yet gets one within a second. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const now = performance.now();
    const stats = this.#core.stats;
    const text = JSON.stringify(stats);
    const tick = text !== this.#ticked && now - this.#tickedAt >= TICK_MS;
    this.#reportedAt = now;
    if (tick || text !== this.#reported || this.#pieces.size > 0) {
      const pieces = [...this.#pieces.values()].map((piece) => ({ ...piece, ranges: joinRanges(piece.ranges) }));
      this.#pieces = new Map();
      this.#reported = text;
      this.#post({ t: 'report', pieces, stats, tick });
    }
    if (tick) {
      this.#ticked = text;
      this.#tickedAt = now;
    } else if (text !== this.#ticked) {
      this.#arm(this.#tickedAt + TICK_MS);
    }
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Sees to a report at that time, unless an earlier one is due. */
  #arm(at: number): void {
    if (this.#timer !== undefined && this.#timerAt <= at) return;
    clearTimeout(this.#timer);
    this.#timerAt = at;
    this.#timer = setTimeout(() => this.flush(), Math.max(0, at - performance.now()));
  }
}
