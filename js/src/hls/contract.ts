/**
 * What hls.js (1.5 and later) expects of a loader and gives to it, as far as it
 * is used here: named after its types, so that this package needs none of them.
 */

/** What is to be loaded. */
export interface HlsLoaderContext {
  /** Where it is. */
  url: string;
  /** `'arraybuffer'`, `'json'`, or else text. */
  responseType: string;
  /** Sent with the request. */
  headers?: Record<string, string>;
  /** The first byte that is wanted, with `rangeEnd`. Default 0. */
  rangeStart?: number;
  /** The first byte that is no longer wanted. */
  rangeEnd?: number;
}

/** When an attempt is made again. */
export interface HlsRetryPolicy {
  /** How often at most. */
  maxNumRetry: number;
  /** The first delay. */
  retryDelayMs: number;
  /** No delay is longer. */
  maxRetryDelayMs: number;
  /** How the delay grows. Default: it doubles. */
  backoff?: 'exponential' | 'linear';
}

/** How patient hls.js is. */
export interface HlsLoaderConfiguration {
  /** The policy for what is loaded. */
  loadPolicy: {
    /** 0 or Infinity: only the whole time counts. */
    maxTimeToFirstByteMs: number;
    /** For the whole load. */
    maxLoadTimeMs: number;
    /** After a time limit has passed. */
    timeoutRetry: HlsRetryPolicy | null;
    /** After an answer with a status of 500 and more. */
    errorRetry: HlsRetryPolicy | null;
  };
}

/** When something began and ended; 0: not yet. */
export interface HlsTimes {
  /** When it began. */
  start: number;
  /** When it ended. */
  end: number;
}

/** The same of something that arrives bit by bit. */
export interface HlsLoadTimes extends HlsTimes {
  /** When the first of it was there. */
  first: number;
}

/** What hls.js wants to know of a load; times as `performance.now()` tells them. */
export interface HlsLoaderStats {
  /** It was stopped. */
  aborted: boolean;
  /** Bytes that are here. */
  loaded: number;
  /** Attempts after the first one. */
  retry: number;
  /** Bytes of the whole answer. */
  total: number;
  /** Kept by hls.js. */
  chunkCount: number;
  /** Kept by hls.js. */
  bwEstimate: number;
  /** The load itself. */
  loading: HlsLoadTimes;
  /** Kept by hls.js. */
  parsing: HlsTimes;
  /** Kept by hls.js. */
  buffering: HlsLoadTimes;
}

/** What was loaded. */
export interface HlsLoaderResponse {
  /** Where it came from in the end. */
  url: string;
  /** Of the kind that `responseType` asked for. */
  data: ArrayBuffer | string | object;
  /** The HTTP status. */
  code: number;
}

/** How a load ends: by exactly one of these, or by none after `abort` and `destroy`. */
export interface HlsLoaderCallbacks<C extends HlsLoaderContext> {
  /** It is here. */
  onSuccess(response: HlsLoaderResponse, stats: HlsLoaderStats, context: C, details: Response): void;
  /** It can't be had; `code` is the HTTP status, 0 without an answer. */
  onError(
    error: { code: number; text: string },
    context: C,
    details: Response | null,
    stats: HlsLoaderStats,
  ): void;
  /** It took too long. */
  onTimeout(stats: HlsLoaderStats, context: C, details: Response | null): void;
  /** It was stopped by `abort`. */
  onAbort?(stats: HlsLoaderStats, context: C, details: Response | null): void;
  /** Called once, with all of it, before `onSuccess`. */
  onProgress?(stats: HlsLoaderStats, context: C, data: ArrayBuffer | string, details: Response): void;
}
