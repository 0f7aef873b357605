import type { Core } from '../core/core.ts';
import type { CoreInput } from '../core/core-input.ts';
import type { RecordReader } from '../core/record-reader.ts';
import { In } from '../generated/layout.ts';

/** setTimeout's largest delay. */
const TIMER_MS_MAX = 0x7fffffff;

/**
 * Feeds the core: inputs that arrive in one task are given in one call at its
 * end (a task of its own would cost each block a turn of the event loop, and
 * senders pack their messages anyway); and the core is called when its deadline
 * is.
 */
export class Pump {
  readonly #core: Core;
  readonly #handle: (output: RecordReader) => void;
  readonly #onRun: () => void;
  readonly #onCrash: (error: unknown) => void;
  readonly #onSpent: (message: Uint8Array) => void;
  #inputs: CoreInput[] = [];
  #scheduled = false;
  #running = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerAt = Infinity;
  #closed = false;

  constructor(
    core: Core,
    on: {
      /** One output; its bytes live until this returns. */
      output: (output: RecordReader) => void;
      /** The outputs of a call are all handled. */
      run: () => void;
      /** The core failed: it must not be used any more. */
      crash: (error: unknown) => void;
      /** The core has read a channel's message: its bytes are nobody's. */
      spent: (message: Uint8Array) => void;
    },
  ) {
    this.#core = core;
    this.#handle = on.output;
    this.#onRun = on.run;
    this.#onCrash = on.crash;
    this.#onSpent = on.spent;
  }

  /** Queues one input. */
  input(input: CoreInput): void {
    if (this.#closed) return;
    this.#inputs.push(input);
    if (!this.#running) this.#schedule();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#inputs = [];
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => this.#run());
  }

  #run(): void {
    this.#scheduled = false;
    if (this.#closed || this.#running) return;
    const inputs = this.#inputs.length > 0 ? this.#inputs : [{ kind: In.Tick }];
    this.#inputs = [];
    this.#running = true;
    try {
      this.#core.run(inputs, this.#handle);
      for (const { kind, data } of inputs) if (kind === In.ChannelMessage) this.#onSpent(data!);
    } catch (error) {
      this.close();
      this.#onCrash(error);
      return;
    } finally {
      this.#running = false;
    }
    if (this.#inputs.length > 0) this.#schedule();
    this.#arm();
    this.#onRun();
  }

  /** Sets the timer to the core's deadline. One that comes too early, because that has moved on, costs less than another. */
  #arm(): void {
    const waitMs = this.#core.waitMs;
    const at = performance.now() + waitMs;
    if (!(at < this.#timerAt - 1)) return;
    clearTimeout(this.#timer);
    this.#timerAt = at;
    this.#timer = setTimeout(
      () => {
        this.#timerAt = Infinity;
        this.#run();
      },
      Math.min(Math.ceil(waitMs), TIMER_MS_MAX),
    );
  }
}
