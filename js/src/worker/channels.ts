import { fromHex } from '../core/words.ts';
import { In } from '../generated/layout.ts';
import type { Pump } from './pump.ts';
import { Wire, type WireChannel, type WireEvents } from './wire.ts';

/** The data channels, by the numbers under which the core knows them. */
export class Channels {
  readonly #pump: Pump;
  readonly #wires = new Map<number, Wire>();
  #lastId = 0;

  constructor(pump: Pump) {
    this.#pump = pump;
  }

  /** Takes over a channel of the page's. */
  adopt(link: number, swarm: string, created: boolean, channel: WireChannel): void {
    const id = ++this.#lastId;
    const events: WireEvents = {
      opened: () =>
        this.#pump.input({ kind: In.ChannelOpened, id, link, swarm: fromHex(swarm), code: created ? 1 : 0 }),
      message: (data) => this.#pump.input({ kind: In.ChannelMessage, id, data }),
      drained: () => this.#pump.input({ kind: In.ChannelDrained, id }),
      closed: () => {
        this.#wires.delete(id);
        this.#pump.input({ kind: In.ChannelClosed, id });
      },
    };
    this.#wires.set(id, new Wire(channel, events));
  }

  send(id: number, message: Uint8Array): void {
    this.#wires.get(id)?.send(message);
  }

  close(id: number): void {
    this.#wires.get(id)?.close();
  }

  closeAll(): void {
    for (const wire of this.#wires.values()) wire.close();
  }
}
