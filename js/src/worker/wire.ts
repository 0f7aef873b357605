/** What this needs of an `RTCDataChannel`: the channel itself, or one that stayed in the page. */
export type WireChannel = Pick<
  RTCDataChannel,
  | 'binaryType'
  | 'bufferedAmountLowThreshold'
  | 'onopen'
  | 'onmessage'
  | 'onbufferedamountlow'
  | 'onclose'
  | 'readyState'
  | 'send'
  | 'close'
>;

/** What a data channel tells about itself. */
export interface WireEvents {
  opened(): void;
  message(bytes: Uint8Array): void;
  /** The send queue is empty. */
  drained(): void;
  /** Comes once; nothing comes after it. */
  closed(): void;
}

/** No client says so much at once; what some browsers take, the core's memory could not hold. */
const MESSAGE_BYTES_MAX = 1 << 20;

/** A data channel, as the core knows it. */
export class Wire {
  readonly #channel: WireChannel;
  readonly #events: WireEvents;
  /** Messages that came before the channel said that it is open; then undefined. */
  #early: Uint8Array[] | undefined = [];
  #closed = false;

  constructor(channel: WireChannel, events: WireEvents) {
    this.#channel = channel;
    this.#events = events;
    channel.binaryType = 'arraybuffer';
    channel.bufferedAmountLowThreshold = 0;
    channel.onopen = () => this.#open();
    channel.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (!(data instanceof ArrayBuffer) || data.byteLength > MESSAGE_BYTES_MAX) return;
      const bytes = new Uint8Array(data);
      if (this.#early) this.#early.push(bytes);
      else events.message(bytes);
    };
    channel.onbufferedamountlow = () => events.drained();
    channel.onclose = () => this.#close();
    if (channel.readyState === 'open') this.#open();
    if (channel.readyState === 'closed') this.#close();
  }

  /** Sends one message; the bytes are copied before it returns. */
  send(bytes: Uint8Array): void {
    try {
      this.#channel.send(bytes as Uint8Array<ArrayBuffer>);
    } catch {
      // Closing, or its queue is full beyond what the browser holds.
      this.close();
    }
  }

  /** Closes it; `closed` is told at once. */
  close(): void {
    this.#channel.close();
    this.#close();
  }

  #open(): void {
    const early = this.#early;
    if (!early || this.#closed) return;
    this.#early = undefined;
    this.#events.opened();
    for (const bytes of early) this.#events.message(bytes);
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#channel.onmessage = this.#channel.onbufferedamountlow = null;
    this.#events.closed();
  }
}
