import { join } from './join.ts';

/** The exports of `peertide.wasm` (see wasm/README.md). */
export interface CoreExports {
  readonly memory: WebAssembly.Memory;
  config(): number;
  start(nowUs: number): number;
  in(bytes: number): number;
  run(nowUs: number, inBytes: number): number;
  pending(): number;
  out(): number;
  out_len(): number;
  deadline(): number;
  id(): number;
  stats(): number;
  peer_stats(slot: number): number;
  backend(): number;
}

/**
 * Compiles and starts the module at `url`, which imports nothing: a wasm file, or one that is split and deflated
 * (`peertide.core.bin`; wasm/README.md).
 */
export async function loadCore(url: string, signal: AbortSignal): Promise<CoreExports> {
  const response = await fetch(url, { credentials: 'omit', signal });
  if (!response.ok) throw new Error(`${url}: HTTP status ${response.status}`);
  const bytes = await response.arrayBuffer();
  // A wasm file begins with a zero.
  const wasm = new Uint8Array(bytes)[0] ? join(new Uint8Array(await inflate(bytes))) : bytes;
  return (await WebAssembly.instantiate(wasm)).instance.exports as unknown as CoreExports;
}

function inflate(bytes: ArrayBuffer): Promise<ArrayBuffer> {
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'))).arrayBuffer();
}
