/** The parts of a `Request` that decide whether visitors may deliver it. */
export interface RequestFacts {
  readonly method: string;
  readonly url: string;
  readonly mode: string;
  readonly credentials: string;
  readonly cache: string;
  readonly destination: string;
  readonly headers: { keys(): Iterable<string> };
}

/** Marks the requests of our own worker, which the service worker lets pass. */
export const ORIGIN_MARK = 'peertide-origin';

/**
 * Requests with one of these headers get an answer that only the origin can give:
 * a private one, or one that depends on what the page already has.
 */
const ORIGIN_ONLY = /^(authorization$|if-)/;

/**
 * The path under which the index may know the request, or undefined where it
 * must go to the origin untouched: another method or origin, a query string, a
 * navigation, credentials, a page that asks for a fresh copy, or the script of a
 * worker, which takes its policies from the origin's headers. Plain `<img>`,
 * `<video>` and `<link>` say mode `no-cors` with credentials `include`; they
 * are no private requests, while `crossorigin="use-credentials"` is one.
 */
export function eligiblePath(request: RequestFacts, origin: string): string | undefined {
  if (request.method !== 'GET' || request.mode === 'navigate') return undefined;
  if (request.credentials === 'include' && request.mode !== 'no-cors') return undefined;
  if (request.destination.endsWith('worker')) return undefined;
  if (['no-store', 'reload', 'only-if-cached'].includes(request.cache)) return undefined;
  if ([...request.headers.keys()].some((name) => ORIGIN_ONLY.test(name) || name === ORIGIN_MARK)) return undefined;
  const url = new URL(request.url);
  // A blob's origin is the site's as well, but that is not how its URL begins.
  if (!url.href.startsWith(`${origin}/`) || /^[^#]*\?/.test(url.href)) return undefined;
  return url.pathname;
}

/** Destinations without which the page can't render (see `PT_URGENCY_BLOCKING`). */
export function isBlocking(destination: string): boolean {
  return ['style', 'script', 'font'].includes(destination);
}
