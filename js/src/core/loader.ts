/** A module of one function that uses a SIMD instruction (i8x16.popcnt of a splat). */
const SIMD_PROBE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15,
  253, 98, 11,
]);

/** Whether this browser runs WebAssembly with 128-bit SIMD. */
export function hasSimd(): boolean {
  return WebAssembly.validate(SIMD_PROBE);
}

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

/** Compiles and starts the module at `url`, which imports nothing. */
export async function loadCore(url: string, signal: AbortSignal): Promise<CoreExports> {
  const { exports } = await WebAssembly.instantiate(await compile(url, signal));
  const core = exports as unknown as CoreExports;
  core._initialize?.();
  return core;
}

async function compile(url: string, signal: AbortSignal): Promise<WebAssembly.Module> {
  const response = await fetch(url, { credentials: 'omit', signal });
  if (!response.ok) throw new Error(`${url}: HTTP status ${response.status}`);
  try {
    return await WebAssembly.compileStreaming(response.clone());
  } catch {
    // A host that names the wrong media type, or a browser without streaming.
    return WebAssembly.compile(await response.arrayBuffer());
  }
}
