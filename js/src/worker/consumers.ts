import type { RecordReader } from '../core/record-reader.ts';
import { toUtf8 } from '../core/words.ts';
import { In, PtError, Urgency } from '../generated/layout.ts';
import { FIREFOX } from '../shared/firefox.ts';
import { openPort, type Port, type PortEnd } from '../shared/port.ts';
import type { AssetTuple, ConsumerMessage, ProviderMessage } from '../shared/protocol.ts';
import { randomName } from '../shared/random-name.ts';
import { Parcels } from './parcels.ts';
import type { Pump } from './pump.ts';

/** Firefox (153) sends a port's messages of 64 KiB and more in shared memory of their own, at seven times the price. */
const PORT_PART_MAX = FIREFOX ? 49_152 : Infinity;

/** One port, and its running requests: the consumer's number to ours. */
interface Consumer {
  readonly port: Port;
  readonly kind: 'page' | 'sw';
  /** The tab it belongs to. */
  readonly owner: string;
  /** The name of its channel: it outlives this node. */
  readonly channel: string | undefined;
  readonly requests: Map<number, number>;
}

/** The ports of those who ask for assets: the page and the service worker. */
export class Consumers {
  readonly parcels = new Parcels();
  readonly #pump: Pump;
  readonly #consumers = new Set<Consumer>();
  readonly #requests = new Map<number, { consumer: Consumer; id: number }>();
  #index: (ProviderMessage & { t: 'index' }) | undefined;
  #paths = new Set<string>();
  /** Told apart from other nodes. */
  readonly #node = randomName();
  #lastId = 0;

  constructor(pump: Pump) {
    this.#pump = pump;
  }

  /** A new consumer, unless its channel is known; a tab's new service worker takes the place of the last one. */
  add(end: PortEnd, kind: 'page' | 'sw', owner: string): void {
    const channel = typeof end === 'string' ? end : undefined;
    for (const old of this.#consumers) {
      if (channel !== undefined && old.channel === channel) return;
      if (kind === 'sw' && old.kind === kind && old.owner === owner) this.#remove(old);
    }
    const port = openPort(end);
    const consumer: Consumer = { port, kind, owner, channel, requests: new Map() };
    this.#consumers.add(consumer);
    port.onmessage = ({ data }: MessageEvent<ConsumerMessage>) => this.#receive(consumer, data);
    this.#greet(consumer);
  }

  /** That tab is gone. */
  left(owner: string): void {
    for (const consumer of [...this.#consumers]) if (consumer.owner === owner) this.#remove(consumer);
  }

  /** Tells all consumers what they may ask for, and whether above the fold they shouldn't. */
  publish(assets: readonly AssetTuple[], foldLoading: boolean): void {
    this.#index = { t: 'index', assets, foldLoading };
    this.#paths = new Set(assets.map(([path]) => path));
    for (const consumer of this.#consumers) post(consumer, this.#index);
  }

  /** The next bytes of a request. */
  data(output: RecordReader): void {
    const request = this.#requests.get(output.id);
    if (!request) return;
    const partMax = 'lane' in request.consumer.port ? Infinity : PORT_PART_MAX;
    for (const data of this.parcels.pack(output.data, partMax)) {
      post(request.consumer, { t: 'data', id: request.id, data, source: output.code }, [data.buffer]);
    }
  }

  /** The end of a request. */
  end(requestId: number, code: number): void {
    const request = this.#requests.get(requestId);
    if (!request) return;
    this.#requests.delete(requestId);
    request.consumer.requests.delete(request.id);
    post(request.consumer, { t: 'end', id: request.id, code });
  }

  /** Ends everything that runs; nothing can be asked for any more, but of the tab that has the node next. */
  closeAll(): void {
    for (const consumer of [...this.#consumers]) if (consumer.channel !== undefined) this.#remove(consumer);
    this.publish([], false);
    for (const id of [...this.#requests.keys()]) this.end(id, PtError.Unreachable);
  }

  #greet(consumer: Consumer): void {
    post(consumer, { t: 'hello', node: this.#node });
    if (this.#index) post(consumer, this.#index);
  }

  #receive(consumer: Consumer, message: ConsumerMessage): void {
    if (message.t === 'hello?') {
      this.#greet(consumer);
      return;
    }
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
      text: toUtf8(message.path),
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

function post({ port }: Consumer, message: ProviderMessage, transfer?: Transferable[]): void {
  port.postMessage(message, transfer);
}
