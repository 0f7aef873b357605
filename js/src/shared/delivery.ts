import { PtError, Source } from '../generated/layout.ts';
import type { Asset, AssetClient, AssetRequest } from './asset-client.ts';
import { ORIGIN_MARK } from './eligible.ts';
import { namesBytes, parseRange } from './range.ts';

/** One request for an indexed asset. */
export interface DeliveryRequest {
  readonly client: AssetClient;
  readonly asset: Asset;
  /** The request's URL, for the part that only the origin could deliver. */
  readonly url: string;
  /** The `Range` header, if there is one. */
  readonly range: string | null;
  readonly blocking: boolean;
  readonly signal?: AbortSignal | null | undefined;
  /** The same request to the origin, untouched. */
  readonly plain: () => Promise<Response>;
  /**
   * Without progress for so long, the worker must show that it is there; the
   * origin is asked instead when it isn't, or after four times as long.
   */
  readonly patienceMs?: number;
  /** The bytes did not come in time: the worker may be gone, and so may who wanted them ({@link AssetClient.close}). */
  readonly onSilence?: () => Promise<void>;
}

/** Bytes asked for ahead of the consumer. */
const WINDOW_BYTES = 1 << 20;
/** Bytes that may wait in the stream before the window closes. */
const QUEUE_BYTES = 1 << 19;
const PATIENCE_MS = 4000;
/** A worker that is there decides itself when to ask the origin; it is not believed for ever. */
const PATIENCES_MAX = 4;

const SOURCE_NAMES: Record<number, string> = {
  [Source.Peer]: 'peer',
  [Source.Store]: 'store',
};

/**
 * Turns an asset's verified bytes into a streaming Response. Fails towards the
 * origin: before the first byte with the page's own request, after it with a
 * range request for the rest. It never hangs: what is silent for too long has
 * failed.
 */
export class Delivery {
  readonly #request: DeliveryRequest;
  readonly #end: number;
  readonly #stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly #abort = new AbortController();
  #controller!: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>;
  #assets: AssetRequest | undefined;
  #rest: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | undefined;
  #position: number;
  /** Bytes granted to the worker and not received yet. */
  #outstanding = 0;
  #begun: ((source: number | undefined) => void) | undefined;
  #finish!: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #progressAt = 0;

  /** Resolved when the body has ended, failed or been cancelled. */
  readonly done: Promise<void>;

  /** Answers the request; the second promise says when the body has ended. */
  static respond(request: DeliveryRequest): { response: Promise<Response>; done: Promise<void> } {
    const none = Promise.resolve();
    const range = parseRange(request.range, request.asset.length);
    if (range === 'other') return { response: request.plain(), done: none };
    if (range === 'unsatisfiable') {
      const headers = { 'content-range': `bytes */${request.asset.length}` };
      const response = new Response(null, { status: 416, headers });
      return { response: Promise.resolve(response), done: none };
    }
    const whole = range === 'whole';
    const delivery = new Delivery(request, whole ? 0 : range.offset, whole ? request.asset.length : range.length);
    return { response: delivery.#respond(!whole), done: delivery.done };
  }

  private constructor(request: DeliveryRequest, offset: number, length: number) {
    this.#request = request;
    this.#position = offset;
    this.#end = offset + length;
    this.done = new Promise((resolve) => (this.#finish = resolve));
    this.#stream = new ReadableStream<Uint8Array<ArrayBuffer>>(
      {
        start: (controller) => {
          this.#controller = controller as ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>;
        },
        pull: () => this.#pull(),
        cancel: () => this.#stop(),
      },
      new ByteLengthQueuingStrategy({ highWaterMark: QUEUE_BYTES }),
    );
  }

  async #respond(partial: boolean): Promise<Response> {
    const { asset, signal, plain } = this.#request;
    const [offset, end] = [this.#position, this.#end];
    const onAbort = () => this.#fail(signal?.reason);
    signal?.addEventListener('abort', onAbort);
    void this.done.then(() => signal?.removeEventListener('abort', onAbort));
    const begun = new Promise<number | undefined>((resolve) => (this.#begun = resolve));
    if (signal?.aborted) onAbort();
    else this.#open();
    const source = await begun;
    if (source === undefined) {
      if (this.#abort.signal.aborted) throw signal?.reason;
      this.#stop();
      return plain();
    }
    const name = SOURCE_NAMES[source] ?? 'origin';
    const headers = new Headers({
      'accept-ranges': 'bytes',
      'content-length': String(end - offset),
      'content-type': asset.type,
      'server-timing': `peertide;desc="${name}"`,
      'x-peertide': name,
    });
    if (partial) headers.set('content-range', `bytes ${offset}-${end - 1}/${asset.length}`);
    return new Response(this.#stream, { status: partial ? 206 : 200, headers });
  }

  #open(): void {
    const { client, asset, blocking } = this.#request;
    const [offset, length] = [this.#position, this.#end - this.#position];
    const credit = Math.min(length, WINDOW_BYTES);
    this.#outstanding = credit;
    this.#assets = client.open(
      { asset, offset, length, credit, blocking },
      { data: (bytes, source) => this.#data(bytes, source), end: (code) => this.#ended(code) },
    );
    this.#watch();
  }

  #data(bytes: Uint8Array, source: number): void {
    this.#outstanding -= bytes.length;
    this.#begin(source);
    this.#enqueue(bytes);
  }

  /** Says where the first bytes come from, or that none do. */
  #begin(source: number | undefined): void {
    this.#begun?.(source);
    this.#begun = undefined;
  }

  #enqueue(bytes: Uint8Array): void {
    this.#position += bytes.length;
    this.#progressAt = Date.now();
    this.#controller.enqueue(bytes as Uint8Array<ArrayBuffer>);
    if (this.#position < this.#end) return;
    this.#controller.close();
    this.#stop();
  }

  #ended(code: number): void {
    this.#assets = undefined;
    if (code === PtError.State) this.#fail(undefined);
    else if (this.#position < this.#end) this.#rescue(code);
  }

  /** The consumer has room: let more come. */
  #pull(): void | Promise<void> {
    if (this.#rest) return this.#pullRest(this.#rest);
    if (!this.#assets) return;
    const queued = QUEUE_BYTES - (this.#controller.desiredSize ?? 0);
    const wanted = this.#end - this.#position - this.#outstanding;
    const room = Math.min(WINDOW_BYTES - this.#outstanding - queued, wanted);
    if (room <= 0 || (room < WINDOW_BYTES / 4 && room < wanted)) return;
    this.#outstanding += room;
    this.#assets.credit(room);
    this.#watch();
  }

  /** Looks after a request that owes us bytes. */
  #watch(): void {
    this.#progressAt = Date.now();
    this.#timer ??= setTimeout(() => void this.#check(), this.#patience);
  }

  get #patience(): number {
    return this.#request.patienceMs ?? PATIENCE_MS;
  }

  get #owed(): boolean {
    return this.#assets !== undefined && this.#outstanding > 0;
  }

  async #check(): Promise<void> {
    const patience = this.#patience;
    const silent = () => Date.now() - this.#progressAt;
    let wait = patience - silent();
    if (this.#owed && wait <= 0) {
      if (silent() >= PATIENCES_MAX * patience || !(await this.#request.client.isAlive(patience))) {
        await this.#request.onSilence?.();
        if (this.#owed && silent() >= patience) {
          this.#rescue(PtError.Unreachable);
          return;
        }
      }
      wait = patience;
    }
    this.#timer = this.#owed ? setTimeout(() => void this.#check(), wait) : undefined;
  }

  /** The worker could not deliver: the origin has the rest. */
  #rescue(code: number): void {
    this.#assets?.cancel();
    this.#assets = undefined;
    clearTimeout(this.#timer);
    if (this.#begun) {
      this.#begin(undefined);
    } else if (code === PtError.Stale) {
      // The file changed: its new bytes must not be glued to the old ones.
      this.#fail(new TypeError(`${this.#request.asset.path} has changed`));
    } else {
      this.#openRest().catch((error: unknown) => this.#fail(error));
    }
  }

  async #openRest(): Promise<void> {
    const [first, last] = [this.#position, this.#end - 1];
    const response = await fetch(this.#request.url, {
      headers: { range: `bytes=${first}-${last}`, [ORIGIN_MARK]: '1' },
      cache: 'no-store',
      credentials: 'omit',
      signal: this.#abort.signal,
    });
    const fits = namesBytes(response.headers.get('content-range'), first, last, this.#request.asset.length);
    if (response.status !== 206 || !fits || !response.body) {
      await response.body?.cancel();
      throw new TypeError(`${this.#request.asset.path} ended early`);
    }
    this.#rest = response.body.getReader() as ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;
    if ((this.#controller.desiredSize ?? 0) > 0) await this.#pullRest(this.#rest);
  }

  async #pullRest(rest: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>): Promise<void> {
    try {
      const { value } = await rest.read();
      if (!value || value.length > this.#end - this.#position) {
        throw new TypeError(`${this.#request.asset.path} ended early`);
      }
      if (!this.#abort.signal.aborted) this.#enqueue(value);
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(reason: unknown): void {
    if (this.#abort.signal.aborted) return;
    this.#controller.error(reason);
    this.#stop();
  }

  /** Lets go of everything; called once the body has its end, however it came. */
  #stop(): void {
    clearTimeout(this.#timer);
    this.#assets?.cancel();
    this.#assets = undefined;
    this.#begin(undefined);
    this.#abort.abort();
    this.#finish();
  }
}
