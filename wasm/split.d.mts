export function split(wasm: Uint8Array): Uint8Array<ArrayBuffer>;
