import type {
  HlsLoaderCallbacks,
  HlsLoaderConfiguration,
  HlsLoaderContext,
  HlsLoaderResponse,
  HlsLoaderStats,
  HlsRetryPolicy,
} from './contract.ts';

/** What the loader needs of a `Peertide`: its `fetch`. */
export interface HlsFetcher {
  /** As `Peertide.fetch`. */
  fetch(input: string, init?: RequestInit): Promise<Response>;
}

/** An answer with a status that is no success. */
class StatusError extends Error {
  constructor(readonly response: Response) {
    super(response.statusText || `HTTP status ${response.status}`);
  }
}

/**
 * Loads one playlist, segment or key for hls.js by way of a `Peertide`. Made by
 * hls.js, with the class that `hlsLoader` gives.
 */
export abstract class HlsLoader<C extends HlsLoaderContext = HlsLoaderContext> {
  /** What is being loaded. */
  context: C | null = null;
  /** How far it is. */
  stats: HlsLoaderStats = freshStats();
  /** Where the bytes come from. */
  protected abstract readonly fetcher: HlsFetcher;
  #abort: AbortController | undefined;
  #response: Response | null = null;
  #onAbort: (() => void) | undefined;

  /** Starts; hears of the end by one of `callbacks`. */
  load(context: C, configuration: HlsLoaderConfiguration, callbacks: HlsLoaderCallbacks<C>): void {
    if (this.#abort) throw new Error('a loader loads once');
    const abort = (this.#abort = new AbortController());
    const { stats } = this;
    this.context = context;
    stats.loading.start = performance.now();
    this.#onAbort = () => callbacks.onAbort?.(stats, context, this.#response);
    void this.#load(context, configuration, callbacks, abort.signal);
  }

  /** Stops; tells `onAbort` where something was under way. */
  abort(): void {
    this.#end()?.();
  }

  /** Stops, and tells nobody. */
  destroy(): void {
    this.#end();
    this.context = null;
    this.#response = null;
  }

  /** A header of the answer, for hls.js. */
  getResponseHeader(name: string): string | null {
    return this.#response?.headers.get(name) ?? null;
  }

  /** Seconds that the answer lay in a cache, where the site says so. */
  getCacheAge(): number | null {
    const age = Number.parseFloat(this.getResponseHeader('age') ?? '');
    return Number.isFinite(age) ? age : null;
  }

  /** Ends what is under way; gives what is to be called for it. */
  #end(): (() => void) | undefined {
    const onAbort = this.#onAbort;
    this.#onAbort = undefined;
    if (onAbort) this.stats.aborted = true;
    this.#abort?.abort();
    return onAbort;
  }

  async #load(
    context: C,
    { loadPolicy }: HlsLoaderConfiguration,
    callbacks: HlsLoaderCallbacks<C>,
    signal: AbortSignal,
  ): Promise<void> {
    const { stats } = this;
    for (;;) {
      const attempt = new AbortController();
      const end = () => attempt.abort();
      const clock = new Clock(end);
      signal.addEventListener('abort', end, { once: true });
      try {
        const loaded = await this.#attempt(context, loadPolicy, clock, attempt.signal);
        if (signal.aborted) return;
        this.#onAbort = undefined;
        if (typeof loaded.data !== 'object' || loaded.data instanceof ArrayBuffer) {
          callbacks.onProgress?.(stats, context, loaded.data, this.#response!);
        }
        callbacks.onSuccess(loaded, stats, context, this.#response!);
        return;
      } catch (error) {
        if (signal.aborted) return;
        const isLate = attempt.signal.aborted;
        const code = error instanceof StatusError ? error.response.status : 0;
        const policy = isLate ? loadPolicy.timeoutRetry : code >= 500 ? loadPolicy.errorRetry : null;
        if (policy && stats.retry < policy.maxNumRetry) {
          await pause(delay(policy, stats.retry++), signal);
          if (signal.aborted) return;
          continue;
        }
        this.#onAbort = undefined;
        if (isLate) callbacks.onTimeout(stats, context, this.#response);
        else callbacks.onError({ code, text: String((error as Error).message) }, context, this.#response, stats);
        return;
      } finally {
        clock.stop();
        signal.removeEventListener('abort', end);
      }
    }
  }

  async #attempt(
    context: HlsLoaderContext,
    { maxTimeToFirstByteMs, maxLoadTimeMs }: HlsLoaderConfiguration['loadPolicy'],
    clock: Clock,
    signal: AbortSignal,
  ): Promise<HlsLoaderResponse> {
    const { loading } = this.stats;
    const { url, rangeStart, rangeEnd, responseType } = context;
    const headers = new Headers(context.headers);
    if (rangeEnd) headers.set('range', `bytes=${rangeStart ?? 0}-${rangeEnd - 1}`);
    const begin = performance.now();
    clock.set(Number.isFinite(maxTimeToFirstByteMs) && maxTimeToFirstByteMs > 0 ? maxTimeToFirstByteMs : maxLoadTimeMs);
    const response = await this.fetcher.fetch(url, { headers, signal });
    this.#response = response;
    if (!response.ok) {
      await response.body?.cancel();
      throw new StatusError(response);
    }
    clock.set(maxLoadTimeMs - (performance.now() - begin));
    loading.first = Math.max(performance.now(), loading.start);
    const bytes = await response.arrayBuffer();
    loading.end = Math.max(performance.now(), loading.first);
    this.stats.loaded = this.stats.total = bytes.byteLength;
    const code = response.status;
    // An answer that a script made has no URL of its own.
    const at = response.url || url;
    if (responseType === 'arraybuffer') return { url: at, data: bytes, code };
    const text = new TextDecoder().decode(bytes);
    return { url: at, data: responseType === 'json' ? (JSON.parse(text) as object) : text, code };
  }
}

/** One time limit at a time. */
class Clock {
  readonly #onEnd: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
  }

  set(ms: number): void {
    this.stop();
    if (Number.isFinite(ms)) this.#timer = setTimeout(this.#onEnd, Math.max(0, ms));
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

function freshStats(): HlsLoaderStats {
  return {
    aborted: false,
    loaded: 0,
    retry: 0,
    total: 0,
    chunkCount: 0,
    bwEstimate: 0,
    loading: { start: 0, first: 0, end: 0 },
    parsing: { start: 0, end: 0 },
    buffering: { start: 0, first: 0, end: 0 },
  };
}

/** Milliseconds before the next attempt after `retries` of them. */
function delay({ retryDelayMs, maxRetryDelayMs, backoff }: HlsRetryPolicy, retries: number): number {
  const factor = backoff === 'linear' ? retries + 1 : 2 ** retries;
  return Math.min(retryDelayMs * factor, maxRetryDelayMs);
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}
