import { In } from '../generated/layout.ts';
import type { AssetTuple } from '../shared/protocol.ts';
import { FileGone } from './fetch-file.ts';
import type { Pump } from './pump.ts';
import { mergeSettings, readSettings, type Settings } from './settings.ts';
import { SiteIndex } from './site-index.ts';
import type { StoreKeeper } from './store-keeper.ts';

/** A fetch that failed is repeated after this, doubled each time. */
const RETRY_MS_MIN = 2000;
const RETRIES_MAX = 6;
/** When the site hasn't answered by then, the index of the last visit is used meanwhile. */
const SAVED_MS = 2000;

/** An index, and whether it is the one of the last visit. */
interface Given {
  readonly index: SiteIndex;
  readonly saved: boolean;
}

/**
 * Keeps the site's index and settings current: fetches the index, gives it to
 * the core, tells what may be asked for and how. A setting holds as the page
 * says it, else as the server does, else as the index does.
 */
export class IndexKeeper {
  readonly #url: string;
  readonly #page: Settings;
  readonly #pump: Pump;
  readonly #store: StoreKeeper;
  readonly #publish: (assets: readonly AssetTuple[] | undefined, settings: Settings) => void;
  readonly #signal: AbortSignal;
  #server: Settings = readSettings(undefined);
  /** Given to the core, not confirmed yet, oldest first. */
  readonly #given: Given[] = [];
  #current: SiteIndex | undefined;
  #loading = false;
  #again = false;
  #failures = 0;

  /** `publish` hears of every change; without assets while there is no index yet. */
  constructor(
    options: Settings & { readonly indexUrl: string },
    pump: Pump,
    store: StoreKeeper,
    publish: (assets: readonly AssetTuple[] | undefined, settings: Settings) => void,
    signal: AbortSignal,
  ) {
    this.#url = options.indexUrl;
    this.#page = options;
    this.#pump = pump;
    this.#store = store;
    this.#publish = publish;
    this.#signal = signal;
  }

  /** Fetches the index, once more after a fetch that is under way; or waits for one that has begun elsewhere. */
  refresh(begun?: Promise<SiteIndex>): void {
    if (this.#loading) {
      this.#again = true;
      return;
    }
    this.#loading = true;
    const timer = setTimeout(() => this.#giveSaved(), SAVED_MS);
    (begun ?? SiteIndex.load(this.#url, this.#signal))
      .then((index) => this.#give({ index, saved: false }))
      .catch((error: unknown) => this.#failed(error))
      .finally(() => {
        clearTimeout(timer);
        this.#loading = false;
        if (!this.#again) return;
        this.#again = false;
        this.refresh();
      });
  }

  /** The core's word on the oldest index given to it. */
  taken(accepted: boolean): void {
    const given = this.#given.shift();
    if (given && accepted) {
      this.#current = given.index;
      this.#store.indexed(given.index.json, given.saved);
    }
    this.#tell(true);
  }

  /** Applies the server's settings where the page has none of its own. */
  setServerSettings(settings: unknown): void {
    this.#server = readSettings(settings);
    this.#tell(this.#current !== undefined);
  }

  async #give(given: Given): Promise<void> {
    if (!given.saved) this.#failures = 0;
    await this.#store.prepare(given.index.pieceLengths);
    if (this.#signal.aborted || (given.saved && (this.#current ?? this.#given[0]))) return;
    this.#given.push(given);
    this.#pump.input({ kind: In.Index, data: given.index.packed });
  }

  /** Until the site answers, what was here at the last visit is shown and shared. */
  #giveSaved(): boolean {
    const json = this.#current ? undefined : this.#store.savedIndex;
    if (!json?.length) return false;
    try {
      void this.#give({ index: SiteIndex.parse(json), saved: true });
      return true;
    } catch {
      return false; // it was not written to its end
    }
  }

  /** Without an index nothing is shared, and the page must not wait for it. */
  #failed(error: unknown): void {
    if (this.#signal.aborted) return;
    const saved = !(error instanceof FileGone) && this.#giveSaved();
    if (!saved && this.#failures === 0) {
      console.info(`Peertide: no site index (peertide serve and peertide index make one): ${error}`);
    }
    if (!saved && !this.#current) this.#tell(true);
    if (this.#failures >= RETRIES_MAX) return;
    const delay = RETRY_MS_MIN * 2 ** this.#failures++;
    const timer = setTimeout(() => this.refresh(), delay);
    this.#signal.addEventListener('abort', () => clearTimeout(timer));
  }

  #tell(indexed: boolean): void {
    const settings = mergeSettings(this.#page, this.#server, readSettings(this.#current?.settings));
    this.#publish(indexed ? (this.#current?.select(settings) ?? []) : undefined, settings);
  }
}
