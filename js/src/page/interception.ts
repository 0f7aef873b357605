import type { PortEnd } from '../shared/port.ts';
import type { FromServiceWorker, ToServiceWorker } from '../shared/protocol.ts';
import { randomName } from '../shared/random-name.ts';
import { isShownInWindow } from './fold.ts';

/** Interception covers the whole site. */
const SCOPE = '/';

/** The page's side of the service worker: gets control, attaches this page's worker. */
export class Interception {
  readonly #url: URL;
  readonly #container: ServiceWorkerContainer;
  readonly #makePort: () => PortEnd;
  readonly #instance = randomName();
  readonly #abort = new AbortController();
  #attached!: () => void;
  /** What began before this attached for the first time. */
  #begun: readonly string[] | undefined;

  /** Whether the page's own requests for indexed assets are answered. */
  active = false;
  /** Resolved when it has become active for the first time, or never will. */
  readonly ready: Promise<void>;

  /** `makePort` gives a new port to the page's worker, or a channel to another tab's. */
  constructor(url: string, container: ServiceWorkerContainer, makePort: () => PortEnd) {
    this.#url = new URL(url);
    this.#container = container;
    this.#makePort = makePort;
    this.ready = new Promise((resolve) => (this.#attached = resolve));
  }

  /**
   * Registers the service worker and attaches as soon as it controls the page.
   * Rejects where that can't be: not allowed here, or the site has another one.
   */
  async start(): Promise<void> {
    const { signal } = this.#abort;
    const scope = new URL(SCOPE, this.#url).href;
    const present = await this.#container.getRegistration(scope);
    const script = (present?.active ?? present?.waiting ?? present?.installing)?.scriptURL;
    if (present?.scope === scope && script && !this.#isOurs(script)) {
      throw new Error(`the site has a service worker of its own: ${script}`);
    }
    const listen = (type: string, listener: (event: Event) => void) =>
      this.#container.addEventListener(type, listener, { signal });
    listen('controllerchange', () => this.#attach());
    listen('message', (event) => this.#receive(event as MessageEvent<FromServiceWorker | undefined>));
    this.#container.startMessages();
    const registration = await this.#container.register(this.#url, { scope: SCOPE });
    if (signal.aborted) return;
    if (this.#controller) this.#attach();
    // After a forced reload nobody controls the page, and nobody will claim it unasked.
    else registration.active?.postMessage({ peertide: 'claim' } satisfies ToServiceWorker);
  }

  /** Ends the interception for this instance. */
  close(): void {
    this.#abort.abort();
    this.active = false;
    this.#attached();
    this.#controller?.postMessage({ peertide: 'detach', instance: this.#instance } satisfies ToServiceWorker);
  }

  get #controller(): ServiceWorker | undefined {
    const { controller } = this.#container;
    return controller && this.#isOurs(controller.scriptURL) ? controller : undefined;
  }

  #isOurs(script: string): boolean {
    const { origin, pathname } = new URL(script);
    return origin === this.#url.origin && pathname === this.#url.pathname;
  }

  #attach(): void {
    const controller = this.#controller;
    this.active = false;
    if (!controller || this.#abort.signal.aborted) return;
    const end = this.#makePort();
    const channel = typeof end === 'string' ? end : undefined;
    const message: ToServiceWorker = { peertide: 'attach', instance: this.#instance, channel, begun: (this.#begun ??= begunMedia()) };
    controller.postMessage(message, typeof end === 'string' ? [] : [end as MessagePort]);
  }

  #receive({ data: message, ports }: MessageEvent<FromServiceWorker | undefined>): void {
    if (message?.peertide === 'shown?') {
      ports[0]?.postMessage(isShownInWindow(message.url));
    } else if (message?.peertide === 'attach?') {
      this.#attach();
    } else if (message?.peertide === 'attached' && message.instance === this.#instance) {
      this.active = true;
      this.#attached();
    }
  }
}

/** The paths of the films and sounds that the page has, or had. */
function begunMedia(): string[] {
  const elements = [...document.querySelectorAll<HTMLMediaElement>('audio,video')].map(({ currentSrc }) => currentSrc);
  const loads = performance.getEntriesByType('resource') as PerformanceResourceTiming[];
  const ended = loads.filter(({ initiatorType }) => /audio|video/.test(initiatorType)).map(({ name }) => name);
  return [...elements, ...ended].map((url) => new URL(url, document.baseURI).pathname);
}
