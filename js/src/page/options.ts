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
  /** Upload to others, bytes in all. Default: no limit. */
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
  /** URL of `peertide.core.bin` or `peertide.wasm`, which hold the same. Default: the former, beside this module. */
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

const UPLOAD_ON: Required<UploadOn> = { cellular: false, saveData: false, lowBattery: false, hidden: true };

/** Gives an option's value if it is allowed; refuses it otherwise. */
type Check<T> = (value: unknown, name: string) => T;

/**
 * Checks the options one by one; relative URLs are taken from `base` (the
 * page's). Throws {@link PeertideError} `invalid-option` at the first wrong one.
 */
export function resolveOptions(options: PeertideOptions, base: string): ResolvedOptions {
  const url = address(base, /^https?:/, 'an http: or https: URL, or a path');
  const socket = address(base, /^(http|ws)s?:/, 'a ws: or wss: URL, or a list of them');
  /** For each its check, and its default. */
  const checks: { readonly [K in keyof ResolvedOptions]: readonly [Check<ResolvedOptions[K]>, unknown?] } = {
    server: [oneOrMore((value, name) => socket(value, name).replace(/^http/, 'ws').replace(/#.*/, '')), '/.peertide/ws'],
    serviceWorker: [(value, name) => (value === false ? undefined : url(value, name)), '/.peertide/peertide.sw.js'],
    consent: [oneOf('granted', 'download-only', 'denied'), 'granted'],
    prefer: [oneOf('speed', 'savings'), 'speed'],
    mediaTypes: [list(oneOf('image', 'video', 'audio', 'font', 'style', 'script', 'other'))],
    excludeFormats: [list(format)],
    threshold: [whole(0, 1e6)],
    foldLoading: [flag],
    shareNode: [flag, true],
    geoLocate: [flag, true],
    maxPeers: [whole(1, 128), 24],
    uploadLimit: [whole(1, Infinity), Infinity],
    uploadQuota: [whole(0, Infinity), Infinity],
    uploadOn: [uploadOn, {}],
    iceServers: [list(record) as Check<unknown> as Check<RTCIceServer[]>],
    iceTransportPolicy: [oneOf('all', 'relay'), 'all'],
    store: [oneOf('auto', 'opfs', 'memory'), 'auto'],
    storeLimit: [whole(2 ** 20, Number.MAX_SAFE_INTEGER), 2 ** 30],
    workerUrl: [url],
    wasmUrl: [url],
    wasmNoSimdUrl: [url],
    indexUrl: [url, '/.peertide/index.json'],
    debug: [flag, false],
  };
  const given = record(options, 'options');
  const resolve = ([name, [check, fallback]]: [string, readonly [Check<unknown>, unknown?]]) => {
    const value = given[name] ?? fallback;
    return [name, value === undefined ? value : check(value, name)] as const;
  };
  return Object.fromEntries(Object.entries(checks).map(resolve)) as unknown as ResolvedOptions;
}

function refuse(option: string, expected: string): never {
  throw new PeertideError('invalid-option', `option ${option}: expected ${expected}`, option);
}

function oneOf<T extends string>(...allowed: readonly T[]): Check<T> {
  return (value, name) => (allowed.includes(value as T) ? (value as T) : refuse(name, `'${allowed.join("', '")}'`));
}

function flag(value: unknown, name: string): boolean {
  return typeof value === 'boolean' ? value : refuse(name, 'true or false');
}

function record(value: unknown, name: string): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value ? (value as Record<string, unknown>) : refuse(name, 'an object');
}

function format(value: unknown, name: string): string {
  return typeof value === 'string' && /^\.?\w+$/.test(value) ? value : refuse(name, "like 'gif'");
}

function list<T>(check: Check<T>): Check<T[]> {
  return (value, name) => (Array.isArray(value) ? value.map((item) => check(item, name)) : refuse(name, 'a list'));
}

/** A list that isn't empty, or its only item. */
function oneOrMore<T>(check: Check<T>): Check<T[]> {
  return (value, name) => list(check)(Array.isArray(value) && value.length > 0 ? value : [value], name);
}

/** Whole numbers; Infinity only where it is the upper bound. */
function whole(min: number, max: number): Check<number> {
  return (value, name) =>
    (Number.isInteger(value) || value === Infinity) && Number(value) >= min && Number(value) <= max
      ? Number(value)
      : refuse(name, `a whole number, ${min} to ${max}`);
}

/** A URL, or a path from `base`; `protocols` are those that it may then have. */
function address(base: string, protocols: RegExp, expected: string): Check<string> {
  return (value, name) => {
    try {
      const { href, protocol } = new URL(value as string, base);
      if (protocols.test(protocol) && (typeof value === 'string' || value instanceof URL)) return href;
    } catch {
      // Said below.
    }
    return refuse(name, expected);
  };
}

function uploadOn(value: unknown, name: string): Required<UploadOn> {
  const given = record(value, name);
  const states = Object.entries(UPLOAD_ON).map(([state, usual]) => [state, flag(given[state] ?? usual, `${name}.${state}`)]);
  return Object.fromEntries(states) as Required<UploadOn>;
}
