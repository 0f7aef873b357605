import { canonicalPath } from './asset-path.ts';
import { openPort, type Port, type PortEnd } from './port.ts';
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

/** A request, and what of it is still to come. */
interface Running {
  id: number;
  readonly sink: AssetSink;
  readonly path: string;
  readonly blocking: boolean;
  offset: number;
  length: number;
  credit: number;
}

/** The consumer's end of a port to the worker: knows the index, asks for bytes. */
export class AssetClient {
  readonly #port: Port;
  readonly #running = new Map<number, Running>();
  #assets = new Map<string, Asset>();
  #lastId = 0;
  #node: string | undefined;
  #moved = false;
  #onIndex: (() => void) | undefined;
  readonly #onPong: (() => void)[] = [];

  /** Resolved when the first index has arrived. */
  readonly indexed: Promise<void>;
  /** Pictures above the fold are left to the origin. */
  foldLoading = false;

  constructor(end: PortEnd) {
    const port = openPort(end);
    this.#port = port;
    this.indexed = new Promise((resolve) => (this.#onIndex = resolve));
    port.onmessage = (event: MessageEvent<ProviderMessage>) => this.#receive(event.data);
    if (typeof end === 'string') this.#send({ t: 'hello?' });
  }

  /** The asset that a URL path (without query) names, if it is indexed. */
  lookup(path: string): Asset | undefined {
    return this.#assets.get(canonicalPath(path));
  }

  /** Asks for a part of an asset; `credit` bytes may come before more is granted. */
  open(
    request: { asset: Asset; offset: number; length: number; credit: number; blocking: boolean },
    sink: AssetSink,
  ): AssetRequest {
    const { asset, ...part } = request;
    const running: Running = { id: 0, sink, path: asset.path, ...part };
    this.#open(running);
    return {
      credit: (bytes) => {
        running.credit += bytes;
        if (this.#running.has(running.id)) this.#send({ t: 'credit', id: running.id, bytes });
      },
      cancel: () => {
        if (this.#running.delete(running.id)) this.#send({ t: 'cancel', id: running.id });
      },
    };
  }

  /** Whether the worker answers within `ms`. */
  isAlive(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      setTimeout(resolve, ms, false);
      this.#onPong.push(() => resolve(true));
      this.#send({ t: 'ping' });
    });
  }

  /** Ends every running request with `code` (`PtError.State`: nobody wants it any more) and forgets the index. */
  close(code: number): void {
    this.#assets.clear();
    this.#port.onmessage = null;
    this.#port.close();
    const running = [...this.#running.values()];
    this.#running.clear();
    for (const { sink } of running) sink.end(code);
    this.#onIndex?.();
  }

  #open(running: Running): void {
    const id = (running.id = ++this.#lastId);
    const { path, offset, length, credit, blocking } = running;
    this.#running.set(id, running);
    this.#send({ t: 'open', id, path, offset, length, credit, blocking });
  }

  /** The node has moved to another tab: it is asked for what is still missing. */
  #reopen(): void {
    this.#moved = false;
    const running = [...this.#running.values()];
    this.#running.clear();
    for (const each of running) this.#open(each);
  }

  #receive(message: ProviderMessage): void {
    if (message.t === 'hello') {
      this.#moved = this.#node !== undefined && this.#node !== message.node;
      this.#node = message.node;
      return;
    }
    if (message.t === 'index') {
      this.#assets = new Map(message.assets.map(entry));
      this.foldLoading = message.foldLoading;
      this.#onIndex?.();
      if (this.#moved) this.#reopen();
      return;
    }
    if (message.t === 'pong') {
      for (const onPong of this.#onPong.splice(0)) onPong();
      return;
    }
    const running = this.#running.get(message.id);
    if (!running) return;
    if (message.t === 'data') {
      const bytes = message.data;
      running.offset += bytes.length;
      running.length -= bytes.length;
      running.credit -= bytes.length;
      running.sink.data(bytes, message.source);
    } else {
      this.#running.delete(message.id);
      running.sink.end(message.code);
    }
  }

  #send(message: ConsumerMessage): void {
    this.#port.postMessage(message, []);
  }
}

function entry([path, length, type]: AssetTuple): [string, Asset] {
  return [canonicalPath(path), { path, length, type }];
}
