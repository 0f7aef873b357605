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

/** What unpacks the core: it holds it. */
interface Unpacker {
  readonly memory: WebAssembly.Memory;
  readonly file: WebAssembly.Global<'i32'>;
  /** Once; gives the file's length. */
  unpack?(): number;
}

/**
 * Compiles and starts a module that imports nothing: the core, or what unpacks it (`peertide.core.wasm`;
 * wasm/README.md).
 */
export async function loadCore(wasm: BufferSource | undefined): Promise<CoreExports> {
  const found = await instantiate<Unpacker>(wasm!);
  return (found.unpack ? await instantiate(new Uint8Array(found.memory.buffer, found.file.value, found.unpack())) : found) as CoreExports;
}

async function instantiate<Exports>(wasm: BufferSource): Promise<Exports> {
  return (await WebAssembly.instantiate(wasm)).instance.exports as Exports;
}
