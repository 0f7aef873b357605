import { In, PtError } from '../generated/layout.ts';
import { ORIGIN_MARK } from '../shared/eligible.ts';
import { parseContentRange } from '../shared/range.ts';
import type { Pump } from './pump.ts';

/** Where a fetch went wrong, for the core. */
class OriginFailure extends Error {
  constructor(
    readonly code: number,
    readonly status: number,
  ) {
    super(`origin: error ${code}, HTTP status ${status}`);
  }
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
      .then(
        () => ({ code: PtError.Ok as number, status: 200 }),
        (error: unknown) =>
          error instanceof OriginFailure ? error : { code: PtError.Unreachable as number, status: 0 },
      )
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

  async #transfer(id: number, path: string, offset: number, length: number, signal: AbortSignal): Promise<void> {
    const url = new URL(path.replace(/[?#]/g, encodeURIComponent), location.origin);
    if (url.origin !== location.origin) throw new OriginFailure(PtError.Arg, 0);
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
    const refused = refusal(response, whole, offset, length);
    if (refused !== undefined || !response.body) {
      await response.body?.cancel();
      throw new OriginFailure(refused ?? PtError.Unreachable, response.status);
    }
    await this.#read(id, response.body.getReader(), response.status === 206 ? Infinity : length, signal);
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

/** Why an answer can't be used, or undefined. */
function refusal(response: Response, whole: boolean, offset: number, length: number): number | undefined {
  if (response.status === 200) return whole || offset === 0 ? undefined : PtError.Range;
  if (response.status !== 206) return PtError.Unreachable;
  const range = parseContentRange(response.headers.get('content-range'));
  if (whole) return PtError.Range;
  return range?.first === offset && range.last === offset + length - 1 ? undefined : PtError.Range;
}
