import type { Port } from './port.ts';

/** What travels on a lane. */
export interface LaneMessage {
  readonly t: 'lane';
  readonly lane: number;
  readonly data: unknown;
}

/** One end of a lane; the other one has the same number. */
export interface Lane extends Port {
  readonly lane: number;
}

/**
 * Ports between a page and its worker that share the worker's own channel. That stays within the process, while
 * a `MessagePort`'s messages go by another one in Firefox (153), and those of 64 KiB and more at seven times the price.
 */
export class Lanes {
  readonly #post: (message: LaneMessage, transfer?: Transferable[]) => void;
  readonly #lanes = new Map<number, Lane>();
  #last = 0;

  constructor(post: (message: LaneMessage, transfer?: Transferable[]) => void) {
    this.#post = post;
  }

  /** Opens an end: of a new lane, or, as soon as the other side has told its number, of its. */
  open(lane = ++this.#last): Lane {
    const end: Lane = {
      lane,
      onmessage: null,
      postMessage: (data, transfer) => this.#post({ t: 'lane', lane, data }, transfer),
      close: () => this.#lanes.delete(lane),
    };
    this.#lanes.set(lane, end);
    return end;
  }

  /** What the other side says; what is for a closed lane is nobody's. */
  receive(message: LaneMessage): void {
    this.#lanes.get(message.lane)?.onmessage?.(message as unknown as MessageEvent);
  }
}
