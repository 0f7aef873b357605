import { join } from './join.ts';

/** The exports of `peertide.wasm` (see wasm/README.md). */
export interface CoreExports {
  readonly memory: WebAssembly.Memory;
  _initialize?(): void;
  pt_wasm_config(): number;
  pt_wasm_start(nowUs: number): number;
  pt_wasm_in(bytes: number): number;
  pt_wasm_run(nowUs: number, inBytes: number): number;
  pt_wasm_pending(): number;
  pt_wasm_out(): number;
  pt_wasm_out_len(): number;
  pt_wasm_deadline(): number;
  pt_wasm_id(): number;
  pt_wasm_stats(): number;
  pt_wasm_peer_stats(slot: number): number;
  pt_wasm_backend(): number;
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
  const { exports } = (await WebAssembly.instantiate(wasm)).instance;
  const core = exports as unknown as CoreExports;
  core._initialize?.();
  return core;
}

function inflate(bytes: ArrayBuffer): Promise<ArrayBuffer> {
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'))).arrayBuffer();
}
