import type { Wire, WireEvents } from './wire.ts';

/**
 * A data channel that stayed in the page, because this browser can't transfer
 * it: the page forwards its frames over a port (see page/channel-bridge.ts).
 */
export class BridgedWire implements Wire {
  readonly #port: MessagePort;
  readonly #events: WireEvents;
  #closed = false;

  constructor(port: MessagePort, events: WireEvents) {
    this.#port = port;
    this.#events = events;
    port.onmessage = ({ data }: MessageEvent<ArrayBuffer | 'open' | 'drained' | 'closed'>) => {
      if (this.#closed) return;
      if (data === 'open') events.opened();
      else if (data === 'drained') events.drained();
      else if (data === 'closed') this.#close();
      else events.message(new Uint8Array(data));
    };
  }

  send(bytes: Uint8Array): void {
    const copy = bytes.slice().buffer as ArrayBuffer;
    this.#port.postMessage(copy, [copy]);
  }

  close(): void {
    this.#port.postMessage('close');
    this.#close();
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#port.close();
    this.#events.closed();
  }
}
