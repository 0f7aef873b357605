import { In } from '../generated/layout.ts';
import type { AssetTuple } from '../shared/protocol.ts';
import type { Pump } from './pump.ts';
import { SiteIndex, type AssetFilter } from './site-index.ts';

/** A fetch that failed is repeated after this, doubled each time. */
const RETRY_MS_MIN = 2000;
const RETRIES_MAX = 6;

/** Keeps the site's index current: fetches it, gives it to the core, tells who asks. */
export class IndexKeeper {
  readonly #url: string;
  readonly #pageFilter: AssetFilter;
  readonly #pump: Pump;
  readonly #publish: (assets: readonly AssetTuple[]) => void;
  readonly #signal: AbortSignal;
  #serverFilter: AssetFilter = { mediaTypes: undefined, excludeFormats: undefined };
  /** Given to the core, not confirmed yet, oldest first. */
  readonly #given: SiteIndex[] = [];
  #current: SiteIndex | undefined;
  #loading = false;
  #again = false;
  #failures = 0;

  constructor(
    options: AssetFilter & { readonly indexUrl: string },
    pump: Pump,
    publish: (assets: readonly AssetTuple[]) => void,
    signal: AbortSignal,
  ) {
    this.#url = options.indexUrl;
    this.#pageFilter = options;
    this.#pump = pump;
    this.#publish = publish;
    this.#signal = signal;
  }

  /** Fetches the index (once more after a fetch that is under way). */
  refresh(): void {
    if (this.#loading) {
      this.#again = true;
      return;
    }
    this.#loading = true;
    SiteIndex.load(this.#url, this.#signal)
      .then(
        (index) => this.#give(index),
        () => this.#failed(),
      )
      .finally(() => {
        this.#loading = false;
        if (!this.#again) return;
        this.#again = false;
        this.refresh();
      });
  }

  /** The core's word on the oldest index given to it. */
  taken(accepted: boolean): void {
    const index = this.#given.shift();
    if (index && accepted) this.#current = index;
    this.#select();
  }

  /** Applies the server's settings where the page has none of its own. */
  setServerFilter(settings: unknown): void {
    const { mediaTypes, excludeFormats } = (settings ?? {}) as Record<string, unknown>;
    this.#serverFilter = { mediaTypes: strings(mediaTypes), excludeFormats: strings(excludeFormats) };
    if (this.#current) this.#select();
  }

  #give(index: SiteIndex): void {
    this.#failures = 0;
    this.#given.push(index);
    this.#pump.input({ kind: In.Index, data: index.json });
  }

  /** Without an index nothing is shared, and the page must not wait for it. */
  #failed(): void {
    if (this.#signal.aborted) return;
    if (!this.#current) this.#publish([]);
    if (this.#failures >= RETRIES_MAX) return;
    const delay = RETRY_MS_MIN * 2 ** this.#failures++;
    const timer = setTimeout(() => this.refresh(), delay);
    this.#signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  }

  #select(): void {
    const { mediaTypes, excludeFormats } = this.#pageFilter;
    const assets = this.#current?.select({
      mediaTypes: mediaTypes ?? this.#serverFilter.mediaTypes,
      excludeFormats: excludeFormats ?? this.#serverFilter.excludeFormats,
    });
    this.#publish(assets ?? []);
  }
}

function strings(value: unknown): string[] | undefined {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : undefined;
}
