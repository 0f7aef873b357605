import { FIREFOX } from '../shared/firefox.ts';
import { Lanes } from '../shared/lanes.ts';
import type { Port } from '../shared/port.ts';
import type { PageMessage, WorkerMessage } from '../shared/protocol.ts';

/** Where the parts of the package are. */
export interface EngineUrls {
  readonly workerUrl: string | undefined;
  readonly wasmUrl: string | undefined;
  readonly wasmNoSimdUrl: string | undefined;
}

/** Enough for the worker to end what it does, and to do no more. */
const REST_MS = 50;

/** The page's worker, in which the core runs. */
export class Engine {
  readonly #worker: Worker;
  /** Ways to the worker for this page alone; it is to be told of each. */
  readonly lanes = new Lanes((message, transfer) => this.post(message, transfer));

  /**
   * Starts the worker's script; throws where that is not allowed. `onMessage`
   * hears what it says; a script that doesn't load or fails says `dead`.
   */
  constructor({ workerUrl, wasmUrl }: EngineUrls, onMessage: (message: WorkerMessage) => void) {
    // Spelled out in one expression, because that is what bundlers look for; without one, the worker's script is this
    // file itself (see whole.ts).
    this.#worker = workerUrl
      ? new Worker(workerUrl, { type: 'module', name: 'peertide' })
      : new Worker(new URL('./peertide.worker.js', import.meta.url), { type: 'module', name: 'peertide' });
    this.#worker.onmessage = ({ data }: MessageEvent<WorkerMessage>) =>
      data.t === 'lane' ? this.lanes.receive(data) : onMessage(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      onMessage({ t: 'dead', reason: event.message || 'the worker could not be loaded' });
    };
    // The core comes while the worker's script does. (The worker sees whether it is one.)
    void fetch(wasmUrl ?? new URL('./peertide.core.wasm', import.meta.url), { credentials: 'omit' })
      .then((response) => response.arrayBuffer())
      .catch(() => undefined)
      .then((core) => this.post({ t: 'core', core }));
  }

  post(message: PageMessage, transfer?: Transferable[]): void {
    this.#worker.postMessage(message, transfer as Transferable[]);
  }

  /** A new port on which this tab, or the service worker for it, can ask for assets. */
  makePort(kind: 'page' | 'sw', owner: string): Port {
    if (kind === 'page') {
      const lane = this.lanes.open();
      this.post({ t: 'consumer', port: lane.lane, kind, owner });
      return lane;
    }
    const { port1, port2 } = new MessageChannel();
    this.post({ t: 'consumer', port: port1, kind, owner }, [port1]);
    return port2;
  }

  /** Ends the worker as it is: the page is being left. */
  kill(): void {
    // Firefox (153) crashes the tab when its worker is ended within an access to a file. (See also worker/store-keeper.ts.)
    if (FIREFOX) {
      const start = Date.now();
      this.post({ t: 'rest', until: start + REST_MS / 2 });
      while (Date.now() < start + REST_MS);
    }
    this.#worker.terminate();
  }

  /** Lets the worker end what runs, and ends it. */
  close(): void {
    this.#worker.onmessage = this.#worker.onerror = null;
    this.post({ t: 'close' });
  }

  /** URL of the core's other file: beside this module unless the page says otherwise. */
  static noSimdUrl({ wasmNoSimdUrl }: EngineUrls): string {
    return wasmNoSimdUrl ?? new URL('./peertide.nosimd.wasm', import.meta.url).href;
  }
}
