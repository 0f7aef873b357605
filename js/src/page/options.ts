import { PeertideError } from '../errors.ts';

/** Whether this visitor takes from and gives to others. */
export type ConsentOption = 'granted' | 'download-only' | 'denied';

/** A kind of asset, by its media type. */
export type MediaType = 'image' | 'video' | 'audio' | 'font' | 'style' | 'script' | 'other';

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
  /** URL of `peertide.wasm`. Default: beside this module. */
  wasmUrl?: string | URL;
  /** URL of `peertide.nosimd.wasm`, for browsers without SIMD. Default: beside this module. */
  wasmNoSimdUrl?: string | URL;
  /** URL of the site index. Default `/.peertide/index.json`. */
  indexUrl?: string | URL;
  /** Tells in the console, in groups that open, what happens. Default false. */
  debug?: boolean;
}

/** Options after checking, with their defaults. */
export interface ResolvedOptions {
  readonly servers: readonly string[];
  readonly serviceWorker: string | undefined;
  readonly consent: ConsentOption;
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

const CONSENTS: readonly ConsentOption[] = ['granted', 'download-only', 'denied'];
const MEDIA_TYPES: readonly MediaType[] = ['image', 'video', 'audio', 'font', 'style', 'script', 'other'];
const UPLOAD_ON: Required<UploadOn> = { cellular: false, saveData: false, lowBattery: false, hidden: true };

/**
 * Checks the options one by one; relative URLs are taken from `base` (the
 * page's). Throws {@link PeertideError} `invalid-option` at the first wrong one.
 */
export function resolveOptions(options: PeertideOptions, base: string): ResolvedOptions {
  if (typeof options !== 'object' || options === null) refuse('options', 'an object');
  const url = (name: keyof PeertideOptions, fallback?: string) => urlOption(options[name], name, base, fallback);
  const { serviceWorker } = options;
  return {
    servers: serverOption(options.server, base),
    serviceWorker: serviceWorker === false ? undefined : url('serviceWorker', '/.peertide/peertide.sw.js'),
    consent: oneOf(options.consent ?? 'granted', 'consent', CONSENTS),
    mediaTypes: list(options.mediaTypes, 'mediaTypes')?.map((type) => oneOf(type, 'mediaTypes', MEDIA_TYPES)),
    excludeFormats: list(options.excludeFormats, 'excludeFormats')?.map((format) =>
      typeof format === 'string' && /^\.?\w+$/.test(format) ? format : refuse('excludeFormats', "like 'gif'"),
    ),
    threshold: options.threshold === undefined ? undefined : number(options.threshold, 'threshold', 0, 1e6),
    foldLoading: options.foldLoading === undefined ? undefined : flag(options.foldLoading, 'foldLoading'),
    shareNode: flag(options.shareNode ?? true, 'shareNode'),
    geoLocate: flag(options.geoLocate ?? true, 'geoLocate'),
    maxPeers: number(options.maxPeers ?? 24, 'maxPeers', 1, 128),
    uploadLimit: number(options.uploadLimit ?? Infinity, 'uploadLimit', 1, Infinity),
    uploadQuota: number(options.uploadQuota ?? Infinity, 'uploadQuota', 0, Infinity),
    uploadOn: uploadOnOption(options.uploadOn),
    iceServers: list(options.iceServers, 'iceServers'),
    iceTransportPolicy: oneOf(options.iceTransportPolicy ?? 'all', 'iceTransportPolicy', ['all', 'relay']),
    store: oneOf(options.store ?? 'auto', 'store', ['auto', 'opfs', 'memory']),
    storeLimit: number(options.storeLimit ?? 2 ** 30, 'storeLimit', 2 ** 20, Number.MAX_SAFE_INTEGER),
    workerUrl: url('workerUrl'),
    wasmUrl: url('wasmUrl'),
    wasmNoSimdUrl: url('wasmNoSimdUrl'),
    indexUrl: url('indexUrl', '/.peertide/index.json')!,
    debug: flag(options.debug ?? false, 'debug'),
  };
}

function refuse(option: string, expected: string): never {
  throw new PeertideError('invalid-option', `option ${option}: expected ${expected}`, option);
}

function oneOf<T extends string>(value: unknown, name: string, allowed: readonly T[]): T {
  return allowed.includes(value as T) ? (value as T) : refuse(name, allowed.map((word) => `'${word}'`).join(', '));
}

function flag(value: unknown, name: string): boolean {
  return typeof value === 'boolean' ? value : refuse(name, 'true or false');
}

function list<T>(value: readonly T[] | undefined, name: string): readonly T[] | undefined {
  return value === undefined || Array.isArray(value) ? value : refuse(name, 'a list');
}

/** Whole numbers; Infinity only where it is the upper bound. */
function number(value: unknown, name: string, min: number, max: number): number {
  const whole = typeof value === 'number' && (Number.isInteger(value) || value === Infinity);
  if (whole && value >= min && value <= max) return value;
  return refuse(name, max === Infinity ? `a whole number from ${min}, or Infinity` : `a whole number, ${min} to ${max}`);
}

function urlOption(value: unknown, name: string, base: string, fallback: string): string;
function urlOption(value: unknown, name: string, base: string, fallback?: string): string | undefined;
function urlOption(value: unknown, name: string, base: string, fallback?: string): string | undefined {
  const given = value ?? fallback;
  if (given === undefined) return undefined;
  if (typeof given !== 'string' && !(given instanceof URL)) refuse(name, 'a URL');
  try {
    const { href, protocol } = new URL(given, base);
    if (protocol === 'http:' || protocol === 'https:') return href;
  } catch {
    // Said below.
  }
  return refuse(name, 'an http: or https: URL, or a path');
}

function serverOption(value: PeertideOptions['server'], base: string): readonly string[] {
  const given = value === undefined ? ['/.peertide/ws'] : typeof value === 'string' ? [value] : value;
  if (!Array.isArray(given) || given.length === 0) refuse('server', 'a WebSocket URL or a list of them');
  return given.map((server: unknown) => {
    let url: URL;
    try {
      url = new URL(server as string, base);
    } catch {
      return refuse('server', 'a WebSocket URL');
    }
    if (/^https?:$/.test(url.protocol)) url.protocol = url.protocol.replace('http', 'ws');
    url.hash = '';
    return /^wss?:$/.test(url.protocol) ? url.href : refuse('server', 'a ws: or wss: URL');
  });
}

function uploadOnOption(value: UploadOn | undefined): Required<UploadOn> {
  if (value !== undefined && (typeof value !== 'object' || value === null)) refuse('uploadOn', 'an object');
  const resolved = { ...UPLOAD_ON };
  for (const name of Object.keys(UPLOAD_ON) as (keyof UploadOn)[]) {
    const wanted: unknown = value?.[name];
    if (wanted !== undefined) resolved[name] = flag(wanted, `uploadOn.${name}`);
  }
  return resolved;
}
