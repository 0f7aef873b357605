import { In, PtError } from '../generated/layout.ts';
import { ORIGIN_MARK } from '../shared/eligible.ts';
import { namesBytes } from '../shared/range.ts';
import type { Pump } from './pump.ts';

/** How a fetch ended: one of the core's errors, and the HTTP status (0: none). */
interface Outcome {
  readonly code: number;
  readonly status: number;
}

/**
 * Fetches from the site itself, streamed chunk by chunk into the core. Only
 * same-origin URLs are asked for, without credentials: what visitors share is
 * what anybody may have.
 */
export class OriginFetches {
  readonly #pump: Pump;
  readonly #running = new Map<number, AbortController>();

  constructor(pump: Pump) {
    this.#pump = pump;
  }

  /** Fetches `length` bytes from `offset`, or the whole file with Infinity. */
  get(id: number, path: string, offset: number, length: number): void {
    const abort = new AbortController();
    this.#running.set(id, abort);
    this.#transfer(id, path, offset, length, abort.signal)
      .catch((): Outcome => ({ code: PtError.Unreachable, status: 0 }))
      .then(({ code, status }) => {
        if (abort.signal.aborted) return;
        this.#running.delete(id);
        this.#pump.input({ kind: In.OriginEnd, id, code, offset: status });
      });
  }

  /** Stops a fetch; the core hears nothing more of it. */
  cancel(id: number): void {
    this.#running.get(id)?.abort();
    this.#running.delete(id);
  }

  cancelAll(): void {
    for (const id of [...this.#running.keys()]) this.cancel(id);
  }

  async #transfer(id: number, path: string, offset: number, length: number, signal: AbortSignal): Promise<Outcome> {
    const url = new URL(path.replace(/[?#]/g, encodeURIComponent), location.origin);
    if (url.origin !== location.origin) return { code: PtError.Arg, status: 0 };
    const whole = length === Infinity;
    const response = await fetch(url, {
      headers: {
        [ORIGIN_MARK]: '1',
        ...(whole ? {} : { range: `bytes=${offset}-${offset + length - 1}` }),
      },
      // Whole files may come from the browser's cache once the site confirms
      // them; ranges may not, since concurrent ones would wait for each other.
      cache: whole ? 'no-cache' : 'no-store',
      credentials: 'omit',
      signal,
    });
    const { body, status } = response;
    const code = verdict(response, whole, offset, length);
    if (code !== PtError.Ok || !body) {
      await body?.cancel();
      return { code: code || PtError.Unreachable, status };
    }
    await this.#read(id, body.getReader(), status === 206 ? Infinity : length, signal);
    return { code, status };
  }

  async #read(
    id: number,
    body: ReadableStreamDefaultReader<Uint8Array>,
    bytesMax: number,
    signal: AbortSignal,
  ): Promise<void> {
    let bytes = 0;
    while (bytes < bytesMax) {
      const { value, done } = await body.read();
      if (done || signal.aborted) return;
      const data = value.subarray(0, bytesMax - bytes);
      bytes += data.length;
      this.#pump.input({ kind: In.OriginData, id, data });
    }
    // A site without ranges answered with the whole file; its start was asked for.
    await body.cancel();
  }
}

/** Whether an answer can be used: Ok, or one of the core's errors. */
function verdict(response: Response, whole: boolean, offset: number, length: number): number {
  if (response.status === 200) return whole || offset === 0 ? PtError.Ok : PtError.Range;
  if (response.status !== 206) return PtError.Unreachable;
  const asked = !whole && namesBytes(response.headers.get('content-range'), offset, offset + length - 1);
  return asked ? PtError.Ok : PtError.Range;
}
