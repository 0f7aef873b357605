/** A module whose functions' lengths take five bytes each, and how long its parts are (bytes; `functions`: how many). */
export interface Spread {
  readonly file: Uint8Array;
  readonly head: number;
  readonly functions: number;
  readonly tail: number;
}
export function spread(wasm: Uint8Array): Spread;
export function pack(wasm: Uint8Array, builds: { packer: Uint8Array; unpacker: Uint8Array }): Uint8Array<ArrayBuffer>;
