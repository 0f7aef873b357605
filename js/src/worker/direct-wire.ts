import type { Wire, WireEvents } from './wire.ts';

/** A data channel that was transferred to this worker. */
export class DirectWire implements Wire {
  readonly #channel: RTCDataChannel;
  readonly #events: WireEvents;
  #opened = false;
  #closed = false;

  constructor(channel: RTCDataChannel, events: WireEvents) {
    this.#channel = channel;
    this.#events = events;
    channel.binaryType = 'arraybuffer';
    channel.bufferedAmountLowThreshold = 0;
    channel.onopen = () => this.#open();
    channel.onmessage = ({ data }: MessageEvent<unknown>) => {
      this.#open(); // browsers may give the first message before they say so
      if (data instanceof ArrayBuffer) events.message(new Uint8Array(data));
    };
    channel.onbufferedamountlow = () => events.drained();
    channel.onclose = () => this.#close();
    if (channel.readyState === 'open') this.#open();
    if (channel.readyState === 'closed') this.#close();
  }

  send(bytes: Uint8Array): void {
    try {
      this.#channel.send(bytes as Uint8Array<ArrayBuffer>);
    } catch {
      // Closing, or its queue is full beyond what the browser holds.
      this.close();
    }
  }

  close(): void {
    this.#channel.close();
    this.#close();
  }

  #open(): void {
    if (this.#opened || this.#closed) return;
    this.#opened = true;
    this.#events.opened();
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#channel.onmessage = this.#channel.onbufferedamountlow = null;
    this.#events.closed();
  }
}
