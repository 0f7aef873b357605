import { canonicalPath } from './asset-path.ts';
import type { AssetTuple, ConsumerMessage, ProviderMessage } from './protocol.ts';

/** What is known of an indexed asset. */
export interface Asset {
  /** As the index spells it. */
  readonly path: string;
  readonly length: number;
  readonly type: string;
}

/** Where the answer to an {@link AssetClient.open} goes. */
export interface AssetSink {
  data(bytes: Uint8Array, source: number): void;
  /** Nothing more comes: 0, or one of the core's errors. */
  end(code: number): void;
}

/** A running request. */
export interface AssetRequest {
  /** The consumer takes that many more bytes. */
  credit(bytes: number): void;
  /** Nothing of it is wanted any more; the sink hears nothing from here on. */
  cancel(): void;
}

/** The consumer's end of a port to the worker: knows the index, asks for bytes. */
export class AssetClient {
  readonly #port: MessagePort;
  readonly #sinks = new Map<number, AssetSink>();
  #assets = new Map<string, Asset>();
  #lastId = 0;
  #onIndex: (() => void) | undefined;
  #onPong: (() => void) | undefined;

  /** Resolved when the first index has arrived. */
  readonly indexed: Promise<void>;

  constructor(port: MessagePort) {
    this.#port = port;
    this.indexed = new Promise((resolve) => (this.#onIndex = resolve));
    port.onmessage = (event: MessageEvent<ProviderMessage>) => this.#receive(event.data);
  }

  /** The asset that a URL path (without query) names, if it is indexed. */
  lookup(path: string): Asset | undefined {
    return this.#assets.get(path) ?? this.#assets.get(canonicalPath(path));
  }

  /** Asks for a part of an asset; `credit` bytes may come before more is granted. */
  open(
    request: { asset: Asset; offset: number; length: number; credit: number; blocking: boolean },
    sink: AssetSink,
  ): AssetRequest {
    const id = ++this.#lastId;
    const { asset, ...part } = request;
    this.#sinks.set(id, sink);
    this.#send({ t: 'open', id, path: asset.path, ...part });
    return {
      credit: (bytes) => {
        if (this.#sinks.has(id)) this.#send({ t: 'credit', id, bytes });
      },
      cancel: () => {
        if (this.#sinks.delete(id)) this.#send({ t: 'cancel', id });
      },
    };
  }

  /** Whether the worker answers within `ms`. */
  isAlive(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), ms);
      this.#onPong = () => {
        clearTimeout(timer);
        resolve(true);
      };
      this.#send({ t: 'ping' });
    });
  }

  /** Ends every running request with `code` and forgets the index. */
  close(code: number): void {
    this.#assets.clear();
    this.#port.onmessage = null;
    this.#port.close();
    const sinks = [...this.#sinks.values()];
    this.#sinks.clear();
    for (const sink of sinks) sink.end(code);
    this.#onIndex?.();
  }

  #receive(message: ProviderMessage): void {
    if (message.t === 'index') {
      this.#assets = new Map(message.assets.map(entry));
      this.#onIndex?.();
      return;
    }
    if (message.t === 'pong') {
      this.#onPong?.();
      return;
    }
    const sink = this.#sinks.get(message.id);
    if (message.t === 'data') {
      sink?.data(new Uint8Array(message.data), message.source);
    } else {
      this.#sinks.delete(message.id);
      sink?.end(message.code);
    }
  }

  #send(message: ConsumerMessage): void {
    this.#port.postMessage(message);
  }
}

function entry([path, length, type]: AssetTuple): [string, Asset] {
  return [canonicalPath(path), { path, length, type }];
}
