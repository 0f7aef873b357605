import { anyOf, CONSENTS, defaultOptions, type PeertideOptions, type ResolvedOptions } from './options.ts';

/** Gives an option's value if it is allowed; refuses it otherwise. */
type Check<T> = (value: unknown, name: string) => T;

/**
 * Checks options one by one; relative URLs are taken from `base` (the page's).
 * At the first wrong one it calls `refuse`, which throws: this module is loaded
 * for itself, and an error's class is to be the page's.
 */
export function checkOptions(
  options: PeertideOptions,
  base: string,
  refuse: (option: string, expected: string) => never,
): ResolvedOptions {
  const defaults = defaultOptions(base);

  const oneOf =
    <T extends string>(...allowed: readonly T[]): Check<T> =>
    (value, name) => (allowed.includes(value as T) ? (value as T) : refuse(name, anyOf(allowed)));

  const flag: Check<boolean> = (value, name) => (typeof value === 'boolean' ? value : refuse(name, 'true or false'));

  const record: Check<Readonly<Record<string, unknown>>> = (value, name) =>
    typeof value === 'object' && value ? (value as Record<string, unknown>) : refuse(name, 'an object');

  const format: Check<string> = (value, name) =>
    typeof value === 'string' && /^\.?\w+$/.test(value) ? value : refuse(name, "like 'gif'");

  const list =
    <T>(check: Check<T>): Check<T[]> =>
    (value, name) => (Array.isArray(value) ? value.map((item) => check(item, name)) : refuse(name, 'a list'));

  /** A list that isn't empty, or its only item. */
  const oneOrMore =
    <T>(check: Check<T>): Check<T[]> =>
    (value, name) => list(check)(Array.isArray(value) && value.length > 0 ? value : [value], name);

  /** Whole numbers; Infinity only where it is the upper bound. */
  const whole =
    (min: number, max: number): Check<number> =>
    (value, name) =>
      (Number.isInteger(value) || value === Infinity) && Number(value) >= min && Number(value) <= max
        ? Number(value)
        : refuse(name, `a whole number, ${min} to ${max}`);

  /** A URL, or a path from `base`; `protocols` are those that it may then have. */
  const address =
    (protocols: RegExp, expected: string): Check<string> =>
    (value, name) => {
      try {
        const { href, protocol } = new URL(value as string, base);
        if (protocols.test(protocol) && (typeof value === 'string' || value instanceof URL)) return href;
      } catch {
        // Said below.
      }
      return refuse(name, expected);
    };

  /** An object that has no other properties than these: a misspelled one would change nothing, in silence. */
  const of = (known: object, given: Readonly<Record<string, unknown>>, prefix = '') => {
    for (const name in given) if (!(name in known)) refuse(prefix + name, `one of the options: ${Object.keys(known).join(', ')}`);
    return given;
  };

  const uploadOn: Check<ResolvedOptions['uploadOn']> = (value, name) => {
    const given = of(defaults.uploadOn, record(value, name), `${name}.`);
    const states = Object.entries(defaults.uploadOn).map(([state, usual]) => [state, flag(given[state] ?? usual, `${name}.${state}`)]);
    return Object.fromEntries(states) as ResolvedOptions['uploadOn'];
  };

  const url = address(/^https?:/, 'an http: or https: URL, or a path');
  const socket = address(/^(http|ws)s?:/, 'a ws: or wss: URL, or a list of them');
  const checks: { readonly [K in keyof ResolvedOptions]: Check<ResolvedOptions[K]> } = {
    server: oneOrMore((value, name) => socket(value, name).replace(/^http/, 'ws').replace(/#.*/, '')),
    serviceWorker: (value, name) => (value === false ? undefined : url(value, name)),
    consent: oneOf(...CONSENTS),
    prefer: oneOf('speed', 'savings'),
    mediaTypes: list(oneOf('image', 'video', 'audio', 'font', 'style', 'script', 'other')),
    excludeFormats: list(format),
    threshold: whole(0, 1e6),
    foldLoading: flag,
    geoLocate: flag,
    shareNode: flag,
    maxPeers: whole(1, 128),
    uploadLimit: whole(1, Infinity),
    uploadQuota: whole(0, Infinity),
    uploadOn,
    iceServers: list(record) as Check<unknown> as Check<RTCIceServer[]>,
    iceTransportPolicy: oneOf('all', 'relay'),
    store: oneOf('auto', 'opfs', 'memory'),
    storeLimit: whole(2 ** 20, Number.MAX_SAFE_INTEGER),
    workerUrl: url,
    wasmUrl: url,
    wasmNoSimdUrl: url,
    indexUrl: url,
    debug: flag,
  };
  const given = of(checks, record(options, 'options'));
  const resolve = ([name, check]: [string, Check<unknown>]) => {
    const value = given[name] ?? undefined;
    return [name, value === undefined ? defaults[name as keyof ResolvedOptions] : check(value, name)] as const;
  };
  return Object.fromEntries(Object.entries(checks).map(resolve)) as unknown as ResolvedOptions;
}
