import { PeertideError } from '../errors.ts';

/** Whether this visitor takes from and gives to others. */
export type ConsentOption = 'granted' | 'download-only' | 'denied';

/** A kind of asset, by its media type. */
export type MediaType = 'image' | 'video' | 'audio' | 'font' | 'style' | 'script' | 'other';

/** What counts when visitors are slower than the origin. */
export type PreferOption = 'speed' | 'savings';

/** Where assets are kept. */
export type StoreOption = 'auto' | 'opfs' | 'memory';

/** In which states of the device this visitor uploads to others. */
export interface UploadOn {
  /** On a mobile network. Default false. */
  cellular?: boolean;
  /** While the visitor asks browsers to save data. Default false. */
  saveData?: boolean;
  /** While the battery is below 20% and not charging. Default false. */
  lowBattery?: boolean;
  /** While the tab is hidden. Default true. */
  hidden?: boolean;
}

/** Options of `Peertide.start`; all of them can be left out. */
export interface PeertideOptions {
  /**
   * WebSocket URL of the signalling server (`ws:` or `wss:`), or a list of
   * them, tried in turn. Default: `/.peertide/ws` at this origin.
   */
  server?: string | readonly string[];
  /**
   * URL of the service worker, at this origin, which answers the page's own
   * `<img>`, `<video>` and fetch(). `false`: no interception, only
   * `tide.fetch` and `tide.attach`. Default `/.peertide/peertide.sw.js`.
   */
  serviceWorker?: string | URL | false;
  /** Default `'granted'`. See {@link Peertide.setConsent}. */
  consent?: ConsentOption;
  /**
   * `'speed'` (the default): where visitors would make the page wait, the
   * origin delivers. `'savings'`: the origin comes last; who has something, or
   * may have it, is waited for several times as long.
   */
  prefer?: PreferOption;
  /** Kinds of assets that visitors deliver. Default: the server's setting, or all. */
  mediaTypes?: readonly MediaType[];
  /** File name extensions (`'gif'`) that always come from the origin. Default: the server's setting, or none. */
  excludeFormats?: readonly string[];
  /**
   * Others that must be there before this visitor looks for them: with 3, the
   * first three visitors load from the origin, the fourth from them. Counted
   * for each swarm. Default: the site's setting, or 0.
   */
  threshold?: number;
  /**
   * Pictures that are in the window when they are first shown come from the
   * origin, the others from visitors. Give the pictures their size (`width` and
   * `height`, or CSS): without it all of them may be in the window at first.
   * Default: the site's setting, or false.
   */
  foldLoading?: boolean;
  /**
   * Whether the signalling server, where it knows places, may name visitors
   * nearby first. Default true.
   */
  geoLocate?: boolean;
  /**
   * Whether the site's tabs in one browser share a node: one of them runs it,
   * with its options, the others ask it; when it is closed, the next one takes
   * over. Default true.
   */
  shareNode?: boolean;
  /** Connections to other visitors at once, 1 to 128. Default 24. */
  maxPeers?: number;
  /** Upload to others, bytes per second. Default: no limit. */
  uploadLimit?: number;
  /** Upload to others, bytes of a node: another page, or a tab that takes the node over, counts anew. Default: no limit. */
  uploadQuota?: number;
  /** In which states of the device this visitor uploads. */
  uploadOn?: UploadOn;
  /** STUN and TURN servers. Default: what the signalling server names. */
  iceServers?: readonly RTCIceServer[];
  /** `'relay'` hides this visitor's address behind a TURN server. Default `'all'`. */
  iceTransportPolicy?: RTCIceTransportPolicy;
  /**
   * Where assets are kept: `'opfs'`, the browser's private file system, over
   * reloads and visits; `'memory'`, while the page is open; `'auto'` (the
   * default), the former where the browser has it. Where it is refused, an
   * event `error` says so and memory is used.
   */
  store?: StoreOption;
  /** Bytes of assets kept for this visitor and others, at least 1 MiB. Default 1 GiB. */
  storeLimit?: number;
  /** URL of `peertide.worker.js`, at this origin. Default: beside this module. */
  workerUrl?: string | URL;
  /** URL of `peertide.core.wasm` or `peertide.wasm`, which hold the same. Default: the former, beside this module. */
  wasmUrl?: string | URL;
  /** URL of `peertide.nosimd.wasm`, for browsers where the other can't be loaded or needs SIMD. Default: beside this module. */
  wasmNoSimdUrl?: string | URL;
  /** URL of the site index. Default `/.peertide/index.json`. */
  indexUrl?: string | URL;
  /** Tells in the console, in groups that open, what happens. Default false. */
  debug?: boolean;
}

/** Options after checking, with their defaults. */
export interface ResolvedOptions {
  /** At least one. */
  readonly server: readonly string[];
  readonly serviceWorker: string | undefined;
  readonly consent: ConsentOption;
  readonly prefer: PreferOption;
  readonly mediaTypes: readonly MediaType[] | undefined;
  readonly excludeFormats: readonly string[] | undefined;
  readonly threshold: number | undefined;
  readonly foldLoading: boolean | undefined;
  readonly geoLocate: boolean;
  readonly shareNode: boolean;
  readonly maxPeers: number;
  readonly uploadLimit: number;
  readonly uploadQuota: number;
  readonly uploadOn: Required<UploadOn>;
  readonly iceServers: readonly RTCIceServer[] | undefined;
  readonly iceTransportPolicy: RTCIceTransportPolicy;
  readonly store: StoreOption;
  readonly storeLimit: number;
  readonly workerUrl: string | undefined;
  readonly wasmUrl: string | undefined;
  readonly wasmNoSimdUrl: string | undefined;
  readonly indexUrl: string;
  readonly debug: boolean;
}

/** What holds where nothing is said; relative URLs are taken from `base` (the page's). */
export function defaultOptions(base: string): ResolvedOptions {
  const url = (path: string) => new URL(path, base).href;
  return {
    server: [url('/.peertide/ws').replace(/^http/, 'ws')],
    serviceWorker: url('/.peertide/peertide.sw.js'),
    consent: 'granted',
    prefer: 'speed',
    mediaTypes: undefined,
    excludeFormats: undefined,
    threshold: undefined,
    foldLoading: undefined,
    geoLocate: true,
    shareNode: true,
    maxPeers: 24,
    uploadLimit: Infinity,
    uploadQuota: Infinity,
    uploadOn: { cellular: false, saveData: false, lowBattery: false, hidden: true },
    iceServers: undefined,
    iceTransportPolicy: 'all',
    store: 'auto',
    storeLimit: 2 ** 30,
    workerUrl: undefined,
    wasmUrl: undefined,
    wasmNoSimdUrl: undefined,
    indexUrl: url('/.peertide/index.json'),
    debug: false,
  };
}

/** What the visitor can have decided, in the order of the core's `Consent`. */
export const CONSENTS: readonly ConsentOption[] = ['granted', 'download-only', 'denied'];

/** Throws {@link PeertideError} `invalid-option`. */
export function refuse(option: string, expected: string): never {
  throw new PeertideError('invalid-option', `option ${option}: expected ${expected}`, option);
}

/** What an option may be that is one of a few words. */
export function anyOf(words: readonly string[]): string {
  return `'${words.join("', '")}'`;
}
