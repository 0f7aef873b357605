import type { RecordReader } from '../core/record-reader.ts';
import { In, PtError, Urgency } from '../generated/layout.ts';
import type { AssetTuple, ConsumerMessage, ProviderMessage } from '../shared/protocol.ts';
import type { Pump } from './pump.ts';

const encoder = new TextEncoder();

/** One port, and its running requests: the consumer's number to ours. */
interface Consumer {
  readonly port: MessagePort;
  readonly kind: 'page' | 'sw';
  readonly requests: Map<number, number>;
}

/** The ports of those who ask for assets: the page and the service worker. */
export class Consumers {
  readonly #pump: Pump;
  readonly #consumers = new Set<Consumer>();
  readonly #requests = new Map<number, { consumer: Consumer; id: number }>();
  #assets: readonly AssetTuple[] | undefined;
  #paths = new Set<string>();
  #lastId = 0;

  constructor(pump: Pump) {
    this.#pump = pump;
  }

  /** A new consumer; a new service worker takes the place of the last one. */
  add(port: MessagePort, kind: 'page' | 'sw'): void {
    for (const old of this.#consumers) if (kind === 'sw' && old.kind === kind) this.#remove(old);
    const consumer: Consumer = { port, kind, requests: new Map() };
    this.#consumers.add(consumer);
    port.onmessage = ({ data }: MessageEvent<ConsumerMessage>) => this.#receive(consumer, data);
    if (this.#assets) post(consumer, { t: 'index', assets: this.#assets });
  }

  /** Tells all consumers what they may ask for. */
  publish(assets: readonly AssetTuple[]): void {
    this.#assets = assets;
    this.#paths = new Set(assets.map(([path]) => path));
    for (const consumer of this.#consumers) post(consumer, { t: 'index', assets });
  }

  /** The next bytes of a request. */
  data(output: RecordReader): void {
    const request = this.#requests.get(output.id);
    if (!request) return;
    const data = output.data.slice().buffer as ArrayBuffer;
    post(request.consumer, { t: 'data', id: request.id, data, source: output.code }, [data]);
  }

  /** The end of a request. */
  end(requestId: number, code: number): void {
    const request = this.#requests.get(requestId);
    if (!request) return;
    this.#requests.delete(requestId);
    request.consumer.requests.delete(request.id);
    post(request.consumer, { t: 'end', id: request.id, code });
  }

  /** Ends everything that runs; nothing can be asked for any more. */
  closeAll(): void {
    this.publish([]);
    for (const id of [...this.#requests.keys()]) this.end(id, PtError.Unreachable);
  }

  #receive(consumer: Consumer, message: ConsumerMessage): void {
    if (message.t === 'ping') {
      post(consumer, { t: 'pong' });
      return;
    }
    if (message.t === 'open') {
      this.#open(consumer, message);
      return;
    }
    const id = consumer.requests.get(message.id);
    if (id === undefined) return;
    if (message.t === 'credit') {
      this.#pump.input({ kind: In.RequestCredit, id, length: message.bytes });
    } else {
      this.#cancel(consumer, message.id, id);
    }
  }

  #open(consumer: Consumer, message: ConsumerMessage & { t: 'open' }): void {
    if (!this.#paths.has(message.path)) {
      post(consumer, { t: 'end', id: message.id, code: PtError.Unknown });
      return;
    }
    const id = (this.#lastId = (this.#lastId + 1) >>> 0);
    consumer.requests.set(message.id, id);
    this.#requests.set(id, { consumer, id: message.id });
    this.#pump.input({
      kind: In.Request,
      id,
      text: encoder.encode(message.path),
      offset: message.offset,
      length: message.length,
      code: message.blocking ? Urgency.Blocking : Urgency.Normal,
    });
    this.#pump.input({ kind: In.RequestCredit, id, length: message.credit });
  }

  #cancel(consumer: Consumer, theirId: number, id: number): void {
    consumer.requests.delete(theirId);
    this.#requests.delete(id);
    this.#pump.input({ kind: In.RequestCancel, id });
  }

  #remove(consumer: Consumer): void {
    for (const [theirId, id] of [...consumer.requests]) this.#cancel(consumer, theirId, id);
    this.#consumers.delete(consumer);
    consumer.port.close();
  }
}

function post({ port }: Consumer, message: ProviderMessage, transfer: Transferable[] = []): void {
  port.postMessage(message, transfer);
}
