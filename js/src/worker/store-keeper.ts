import { fromHex } from '../core/words.ts';
import type { RecordReader } from '../core/record-reader.ts';
import { In, Out, PtError } from '../generated/layout.ts';
import { FIREFOX } from '../shared/firefox.ts';
import { hasOpfs, openOpfs } from './opfs.ts';
import { PieceStore } from './piece-store.ts';
import type { Pump } from './pump.ts';

/** Held by whoever uses the store: there is one for all tabs of a site. */
const LOCK = 'peertide-store';
/** The start waits so long for the store; it may come later. */
const OPEN_MS_MAX = 500;
/** What the core may keep in memory when the rest is on disk. */
const MEMORY_BYTES = 128 << 20;

/**
 * What was done to the store is written down once nothing more is done for so long (Firefox has a reason to touch
 * files seldom: see page/engine.ts), or at last so much later. A page that is left loses what came since.
 */
const LATE_MS_MAX = 250;
const PAUSE_MS = FIREFOX ? LATE_MS_MAX : 10;

/** Why visitors' pieces are kept in memory only. */
export type StoreTrouble = 'store-unavailable' | 'store-full' | 'store-failed';

/**
 * Keeps the core's verified pieces on disk, over reloads and visits: opens the
 * store, tells the core what is there, writes, reads and drops what it says.
 * Where there is no store, or it fails, everything goes on in memory.
 */
export class StoreKeeper {
  readonly #limit: number;
  readonly #tell: (code: StoreTrouble, text: string) => void;
  readonly #abort = new AbortController();
  #pump: Pump | undefined;
  #store: PieceStore | undefined;
  #sizes: readonly number[] = [];
  #prepared: Promise<void> = Promise.resolve();
  /** What the core uses, once it uses one. */
  #index: Uint8Array | undefined;
  /** Bytes that there has been room for when there was no more; below 0: that has not happened. */
  #room = -1;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #doneAt = 0;

  /** Resolved when the store is open, or isn't to be waited for. */
  readonly opened: Promise<void>;

  /**
   * `limit`: bytes on disk. `mode`: `'auto'` says nothing where the browser has
   * no such storage. `tell` hears of trouble, each kind once.
   */
  constructor(mode: 'auto' | 'opfs' | 'memory', limit: number, tell: (code: StoreTrouble, text: string) => void) {
    this.#limit = limit;
    this.#tell = tell;
    if (mode === 'memory') {
      this.opened = Promise.resolve();
    } else if (!hasOpfs()) {
      this.opened = Promise.resolve();
      if (mode === 'opfs') tell('store-unavailable', 'this browser has no file system');
    } else {
      this.opened = new Promise((resolve) => {
        const timer = setTimeout(resolve, OPEN_MS_MAX);
        this.#open(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  /** From here on the core is told. */
  connect(pump: Pump): void {
    this.#pump = pump;
  }

  /** The index that was used last, if it is known. */
  get savedIndex(): Uint8Array | undefined {
    return this.#attempt((store) => store.loadIndex());
  }

  /** Makes ready for an index with pieces of these lengths. */
  async prepare(sizes: readonly number[]): Promise<void> {
    this.#sizes = sizes;
    // One after the other: a file can't be opened twice.
    this.#prepared = this.#prepared.then(() => this.#store?.prepare(sizes)).catch((error: unknown) => this.#fail(error));
    await this.#prepared;
  }

  /** The core uses an index: tells it what is on disk, the first time, and keeps a new one. */
  indexed(json: Uint8Array, saved: boolean): void {
    if (!saved) this.#attempt((store) => store.saveIndex(json));
    if (!this.#index) this.#tellCore();
    this.#index = json;
  }

  /** Does what the core says. */
  carryOut(output: RecordReader): void {
    const { kind, id, swarm, length, data } = output;
    this.#doneAt = Date.now();
    if (!this.#timer) this.#await(this.#doneAt + LATE_MS_MAX);
    if (kind === Out.StoreRead) {
      this.#read(swarm, id);
    } else if (kind === Out.StoreWrite) {
      this.#attempt(
        (store) => store.write(swarm, id, length, data),
        () => this.#say(swarm, id, PtError.Full),
      );
    } else if (kind === Out.StoreLayer) {
      this.#attempt((store) => store.saveLayer(swarm, id, data));
    } else {
      this.#attempt((store) => (length === Infinity ? store.dropSwarm(swarm) : store.drop(swarm, id)));
    }
  }

  /** The worker is about to be ended: after `until` (ms since 1970) no file may be touched any more. */
  rest(until: number): void {
    if (Date.now() < until) this.#flush();
    this.#store = undefined;
  }

  close(): void {
    this.#abort.abort();
    this.#store?.close();
    this.#store = undefined;
  }

  /** Waits for the lock, opens the store, and holds both until the end. */
  #open(done: () => void): void {
    const { signal } = this.#abort;
    const folder = openOpfs();
    folder.catch(() => undefined); // heard below
    navigator.locks
      .request(LOCK, { signal }, async () => {
        const store = await PieceStore.open(await folder, (swarm, piece) =>
          this.#say(swarm, piece, PtError.Full),
        );
        if (signal.aborted) {
          store.close();
          return;
        }
        this.#store = store;
        await this.prepare(this.#sizes);
        done();
        if (this.#index) {
          this.indexed(this.#index, false);
          this.#tellCore();
        }
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      })
      .catch((error: unknown) => {
        if (!signal.aborted) this.#tell('store-unavailable', `nothing is kept on disk: ${error}`);
      })
      .finally(done);
  }

  /** Waits for a pause, until `latest`. */
  #await(latest: number): void {
    const wait = Math.min(this.#doneAt + PAUSE_MS, latest) - Date.now();
    if (wait > 0) this.#timer = setTimeout(() => this.#await(latest), wait);
    else this.#flush();
  }

  #flush(): void {
    this.#timer = undefined;
    this.#attempt((store) => store.flush());
  }

  #tellCore(): void {
    const pump = this.#pump;
    this.#attempt((store) => {
      const layers = store.loadLayers();
      pump?.input({ kind: In.StoreLimit, offset: Math.min(MEMORY_BYTES, this.#limit), length: this.#limit });
      for (const { swarm, file, hashes } of layers) {
        pump?.input({ kind: In.StoredLayer, swarm: fromHex(swarm), id: file, data: hashes });
      }
      for (const [swarm, numbers] of bySwarm(store.pieces)) {
        pump?.input({ kind: In.Stored, swarm: fromHex(swarm), data: new Uint8Array(Uint32Array.from(numbers).buffer) });
      }
    });
  }

  #read(swarm: string, id: number): void {
    const data = this.#attempt((store) => store.read(swarm, id));
    if (data) this.#pump?.input({ kind: In.StoreData, swarm: fromHex(swarm), id, data });
    else this.#say(swarm, id, PtError.Unreachable);
  }

  /** A piece is not on disk after all. */
  #say(swarm: string, id: number, code: number): void {
    this.#pump?.input({ kind: In.StoreData, swarm: fromHex(swarm), id, code });
  }

  /** Does something with the store, if there is one; no room and failure have their consequences. */
  #attempt<T>(action: (store: PieceStore) => T, otherwise?: () => void): T | undefined {
    const store = this.#store;
    try {
      if (store) return action(store);
    } catch (error) {
      if ((error as Error).name === 'QuotaExceededError') this.#setFull(store!);
      else this.#fail(error);
    }
    otherwise?.();
    return undefined;
  }

  /**
   * There is room for no more than what is there: old pieces make room for new ones. (What they give back the browser may
   * count as taken for a moment longer. So there may be less when it says no again, and there is as much room as before.)
   */
  #setFull(store: PieceStore): void {
    const first = this.#room < 0;
    this.#room = Math.max(this.#room, store.bytes);
    this.#pump?.input({ kind: In.StoreLimit, offset: Math.min(MEMORY_BYTES, this.#limit), length: this.#room });
    if (first) this.#tell('store-full', `the browser gives no more room on disk than ${this.#room} bytes`);
  }

  /** From here on in memory. */
  #fail(error: unknown): void {
    if (!this.#store) return;
    this.#tell('store-failed', `nothing is kept on disk: ${error}`);
    this.close();
    this.#pump?.input({ kind: In.StoreLimit, offset: this.#limit, length: 0 });
  }
}

/** The numbers of pieces that follow each other and are of one swarm. */
function bySwarm(pieces: readonly { readonly swarm: string; readonly piece: number }[]): [string, number[]][] {
  const groups: [string, number[]][] = [];
  for (const { swarm, piece } of pieces) {
    const last = groups.at(-1);
    if (last?.[0] === swarm) last[1].push(piece);
    else groups.push([swarm, [piece]]);
  }
  return groups;
}
