import { PeertideError } from '../errors.ts';
import { VERSION } from '../generated/layout.ts';
import type { PortEnd } from '../shared/port.ts';
import type { WorkerMessage } from '../shared/protocol.ts';
import type { Direct } from './direct.ts';
import { Engine } from './engine.ts';
import type { PeertideEventMap } from './events.ts';
import { makeIdentity } from './identity.ts';
import { Interception } from './interception.ts';
import { Links } from './links.ts';
import { anyOf, CONSENTS, defaultOptions, refuse, type ConsentOption, type PeertideOptions, type ResolvedOptions } from './options.ts';
import { PlainAttachment } from './plain-attachment.ts';
import { Policy } from './policy.ts';
import { Seat, type GuestChannel } from './seat.ts';
import { Statistics, type PeertideStats } from './stats.ts';

/** `start` waits at most so long for everything to be ready; the rest follows later. */
const START_MS_MAX = 3000;
/**
 * A page that is still loading has asked for the pictures in its HTML already:
 * they have the processor for themselves, but no longer than this.
 */
const LOADING_MS_MAX = 400;

/**
 * One node among a site's visitors: takes assets from others and gives to
 * them, verified against the site's index. Where that isn't possible, the
 * origin delivers as if Peertide weren't there.
 */
export class Peertide extends EventTarget {
  readonly #options: ResolvedOptions;
  readonly #abort = new AbortController();
  readonly #statistics = new Statistics();
  readonly #attachments = new Set<{ close(): void }>();
  /** What another tab that joins is to know: the node's last word of each kind. */
  readonly #lastWords = new Map<string, WorkerMessage>();
  #consent: ConsentOption;
  #started: Promise<void> | undefined;
  /** Where the node is shared with other tabs. */
  #seat: Seat | undefined;
  #engine: Engine | undefined;
  #links: Links | undefined;
  /** The page's own way to the node, past the service worker, from when it is needed. */
  #direct: Direct | undefined;
  #makingDirect: Promise<Direct | undefined> | undefined;
  #policy: Policy | undefined;
  #interception: Interception | undefined;

  /**
   * Starts a node, while the page is loading once it has its pictures or after
   * 0.4 seconds. Resolves when the node is ready, or 3 seconds later with what is
   * there by then; also where Peertide can't run (`stats().fallback` says why).
   * Rejects only with {@link PeertideError} `invalid-option`.
   */
  static async start(options?: PeertideOptions): Promise<Peertide> {
    // Documents without an address of their own (srcdoc, blob:) are of the site, too.
    const base = /^http/.test(location.href) ? location.href : self.origin;
    let fault: string | undefined;
    const checks = options && (await import('../checks.ts').catch((error: unknown) => void (fault = String(error))));
    const tide = new Peertide(checks ? checks.checkOptions(options, base, refuse) : defaultOptions(base));
    if (tide.#options.debug) {
      const aside = await import('../aside.ts').catch(() => undefined);
      if (aside) new aside.DebugLog(tide, tide.#abort.signal);
    }
    tide.#started = tide.#start(fault);
    await tide.#started;
    return tide;
  }

  private constructor(options: ResolvedOptions) {
    super();
    this.#options = options;
    this.#consent = options.consent;
    const { signal } = this.#abort;
    addEventListener('pagehide', () => this.#leave(), { signal });
    addEventListener('pageshow', ({ persisted }) => persisted && this.#comeBack(), { signal });
  }

  /**
   * Like the global fetch(), but indexed assets of this site come from other
   * visitors: a verified, streaming Response, with ranges and abort. Whatever
   * isn't indexed, isn't a GET, has a query or credentials is fetched plainly.
   */
  async fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
    const request = new Request(input, init);
    return ((await this.#makeDirect()) ?? globalThis).fetch(request);
  }

  /**
   * Fills in, under `root` and as they come, `<img data-src data-srcset
   * data-sizes>`, the `<source data-srcset>` of a `<picture>`, `<video data-src>`,
   * `<audio data-src>` and elements with `data-background` (a CSS background),
   * without needing a service worker. Where the service worker doesn't answer,
   * a picture is chosen from a `srcset` once and stays when the window changes.
   * Gives a function that stops.
   */
  attach(root: ParentNode & Node): () => void {
    this.#assertOpen();
    const direct = () => (this.#interception?.active ? undefined : this.#direct);
    const attachment = direct()?.attach(root, direct) ?? new PlainAttachment(root);
    this.#attachments.add(attachment);
    return () => {
      attachment.close();
      this.#attachments.delete(attachment);
    };
  }

  /** The counters: at most a second old, and a tenth of one while bytes arrive. */
  stats(): PeertideStats {
    return this.#statistics.snapshot(this.#interception?.active ?? false);
  }

  /**
   * The visitor's decision: `'granted'` takes and gives, `'download-only'`
   * takes, `'denied'` has nothing to do with other visitors.
   */
  setConsent(consent: ConsentOption): void {
    this.#assertOpen();
    if (!CONSENTS.includes(consent)) refuse('consent', anyOf(CONSENTS));
    this.#seat?.setConsent(consent);
    this.#decide(consent);
  }

  /** Leaves: ends connections and interception. What runs is completed by the origin. */
  async close(): Promise<void> {
    if (this.#abort.signal.aborted) return;
    this.#abort.abort();
    for (const attachment of this.#attachments) attachment.close();
    this.#stop();
  }

  /** The same as {@link close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * A page that is left takes its node with it at once. Chromium keeps both for a while in case the visitor comes back;
   * a worker that then goes on to write to the disk has their process ended, and with it the page that follows.
   */
  #leave(): void {
    // (The service worker is not told: what it was to answer the origin would complete, for nobody.)
    this.#engine?.kill();
    this.#seat?.close();
  }

  /** A page that the browser has kept is shown again: it starts anew. */
  async #comeBack(): Promise<void> {
    await this.#started;
    if (this.#ended) return;
    this.#stop();
    this.#started = this.#start();
  }

  /** With a `fault` nothing is done: the options are not known, and may forbid it. */
  async #start(fault?: string): Promise<void> {
    const missing = ['WebAssembly', 'RTCPeerConnection'].find((name) => !(name in globalThis));
    if (fault || missing) {
      this.#fallBack(fault ?? `this browser has no ${missing}`);
      return;
    }
    try {
      const { signal } = this.#abort;
      if (document.readyState !== 'complete') {
        await withTimeout(new Promise((resolve) => addEventListener('load', resolve)), LOADING_MS_MAX, signal);
        if (signal.aborted) return; // left meanwhile: no seat is to be taken
      }
      const seat = this.#options.shareNode ? this.#takeSeat() : undefined;
      this.#seat = seat;
      await seat?.take();
      if (signal.aborted) return;
      const hosting = seat && !seat.hosting ? undefined : this.#host();
      this.#makingDirect = undefined; // who asked while the page came back was answered by the site
      const reachable = this.#intercept().then(() => (this.#interception?.active ? undefined : this.#makeDirect()));
      await hosting;
      await withTimeout(reachable, START_MS_MAX, signal);
    } catch (error) {
      this.#fallBack(`Peertide could not start: ${error}`);
    }
  }

  /** The node is that of all tabs with the same index and servers, and the same version of this. */
  #takeSeat(): Seat | undefined {
    const { indexUrl, server } = this.#options;
    return navigator.locks && new Seat(`peertide ${VERSION} ${indexUrl} ${server.join(' ')}`, {
      host: () => {
        this.#host().catch((error: unknown) => this.#fallBack(`Peertide could not start: ${error}`));
      },
      guest: (guest, channels, isNew) => this.#welcome(guest, channels, isNew),
      left: (guest) => this.#engine?.post({ t: 'left', owner: guest }),
      told: (message) => this.#receive(message),
      consent: (consent) => this.#decide(consent),
    });
  }

  /** A tab asks our node. */
  #welcome(guest: string, channels: readonly GuestChannel[], isNew: boolean): void {
    for (const { name, kind } of channels) this.#engine?.post({ t: 'consumer', port: name, kind, owner: guest });
    if (isNew) for (const message of this.#lastWords.values()) this.#seat?.tell(message);
  }

  /** Whether there is a node to ask, here or in another tab. */
  get #hasNode(): boolean {
    return !!this.#engine || this.#seat?.hosting === false;
  }

  /** A new way to the node, for the page or for the service worker. */
  #makePort(kind: 'page' | 'sw'): PortEnd {
    const seat = this.#seat;
    return seat && !seat.hosting ? seat.open(kind) : this.#engine!.makePort(kind, seat?.id ?? '');
  }

  /**
   * Sees to the page's own way to the node. Gives it when the index has arrived
   * there, or should have; nothing where there is no node, or it can't be loaded.
   */
  #makeDirect(): Promise<Direct | undefined> {
    const make = async () => {
      try {
        const aside = await import('../aside.ts');
        if (!this.#hasNode) return;
        this.#direct = new aside.Direct(this.#makePort('page'));
        await withTimeout(this.#direct.indexed, START_MS_MAX, this.#abort.signal);
      } catch (error) {
        console.info(`Peertide: tide.fetch() and tide.attach() go to the site: ${error}`);
      }
      return this.#direct;
    };
    return (this.#makingDirect ??= make());
  }

  #decide(consent: ConsentOption): void {
    this.#consent = consent;
    this.#policy?.setConsent(consent);
  }

  /** Runs the node in this tab. */
  async #host(): Promise<void> {
    const options = this.#options;
    const { iceServers, server: servers, ...forWorker } = options;
    this.#engine = new Engine(options, (message) => this.#receive(message));
    const { certificate, fingerprint } = await makeIdentity();
    if (!this.#engine) return; // the worker failed meanwhile
    this.#links = new Links(
      {
        certificates: [certificate],
        iceServers: [...(iceServers ?? [])],
        iceTransportPolicy: options.iceTransportPolicy,
      },
      this.#engine,
    );
    // (The visitor may have decided since this began.)
    this.#policy = new Policy({ ...options, consent: this.#consent }, (policy) => this.#engine?.post({ t: 'policy', policy }));
    this.#engine.post({
      ...forWorker,
      servers,
      wasmNoSimdUrl: Engine.noSimdUrl(options),
      t: 'init',
      fingerprint,
      policy: this.#policy.state,
    });
  }

  /** Resolved when the page's own requests are answered, or never will be. */
  async #intercept(): Promise<void> {
    const { serviceWorker } = this.#options;
    if (serviceWorker === undefined || !navigator.serviceWorker) return;
    const makePort = () => this.#makePort('sw');
    const interception = new Interception(serviceWorker, navigator.serviceWorker, makePort);
    this.#interception = interception;
    try {
      await interception.start();
      await interception.ready;
    } catch (error) {
      // Everything else works without it.
      interception.close();
      console.info(`Peertide: no interception: ${serviceWorker}: ${error}; use tide.fetch() and tide.attach()`);
    }
  }

  #receive(message: WorkerMessage): void {
    switch (message.t) {
      case 'dead':
        this.#fallBack(message.reason);
        break;
      case 'dial':
        this.#links?.dial(message.link, message.swarm, message.legacy);
        break;
      case 'signal':
        this.#links?.signal(message.link, message.kind, message.text, message.legacy);
        break;
      case 'hangup':
        this.#links?.hangUp(message.link);
        break;
      case 'channel':
        this.#links?.open(message.link, message.swarm);
        break;
      case 'ice':
        if (!this.#options.iceServers) this.#links?.setIceServers(message.servers as RTCIceServer[]);
        break;
      default:
        this.#tell(message);
    }
  }

  /** What the page only wants to know of. */
  #tell(message: WorkerMessage): void {
    if (this.#seat?.hosting) {
      this.#seat.tell(message);
      if (message.t === 'report') this.#lastWords.set(message.t, { ...message, pieces: [] });
      else if (message.t !== 'event') this.#lastWords.set(message.t, message);
      else if (message.type === 'server') this.#lastWords.set(message.type, message);
    }
    switch (message.t) {
      case 'ready':
        this.#statistics.id = message.id;
        this.#statistics.backend = message.backend;
        break;
      case 'index':
        this.#statistics.setIndex(message.assets);
        break;
      case 'event': {
        const { type, detail } = message;
        if (type === 'server') this.#statistics.server = detail.state;
        else if (type === 'ban') this.#statistics.ban(detail.peer);
        // Of what went wrong from the beginning the page is to hear, too.
        if (type === 'error') this.#emitLater(type, detail);
        else this.#emit(type, detail);
        break;
      }
      case 'report':
        this.#report(message);
        break;
    }
  }

  #report({ pieces, stats, tick }: WorkerMessage & { t: 'report' }): void {
    const changed = this.#statistics.take(pieces, stats);
    for (const piece of pieces) this.#emit('progress', piece);
    for (const detail of changed) this.#emit('asset', detail);
    if (tick) this.#emit('stats', this.stats());
  }

  /** Peertide can't run (any more): from here on everything is a plain fetch. */
  #fallBack(reason: string): void {
    if (this.#ended) return;
    this.#statistics.fallback = reason;
    this.#stop();
    console.info(`Peertide: everything comes from the origin: ${reason}`);
    this.#emitLater('fallback', { path: undefined, reason });
  }

  /** Whether everything is a plain fetch from here on. */
  get #ended(): boolean {
    return !!this.#statistics.fallback || this.#abort.signal.aborted;
  }

  #stop(): void {
    this.#interception?.close();
    this.#policy?.close();
    this.#links?.closeAll();
    this.#engine?.close();
    this.#seat?.close();
    this.#direct?.close();
    this.#seat = undefined;
    this.#interception = this.#policy = this.#links = this.#engine = this.#direct = undefined;
    this.#makingDirect = Promise.resolve(undefined);
  }

  #emit<K extends keyof PeertideEventMap>(type: K, detail: PeertideEventMap[K]['detail']): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  /** The page can listen once `start` has resolved, and its code has run on. */
  #emitLater<K extends keyof PeertideEventMap>(type: K, detail: PeertideEventMap[K]['detail']): void {
    void Promise.resolve(this.#started).then(() => setTimeout(() => this.#emit(type, detail)));
  }

  #assertOpen(): void {
    if (this.#abort.signal.aborted) throw new PeertideError('closed', 'this Peertide is closed');
  }
}

/** What only types say of it: each event comes with its own detail. */
export interface Peertide {
  /** Listens to one of the events of {@link PeertideEventMap}. */
  addEventListener<K extends keyof PeertideEventMap>(
    type: K,
    listener: ((this: Peertide, event: PeertideEventMap[K]) => unknown) | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
  /** Listens to an event of any other type. */
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
}

/** Resolves with the promise, or when the time is over, or when aborted. */
function withTimeout(promise: Promise<unknown>, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    const end = () => {
      clearTimeout(timer);
      resolve();
    };
    signal.addEventListener('abort', end);
    promise.then(end, reject).finally(() => signal.removeEventListener('abort', end));
  });
}
