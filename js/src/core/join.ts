// The order of streams in the file, as in wasm/split.mjs.
const HEAD = 1;
const OPS = 2;
const LOCALS = 3;
const REST = 4;
const TAIL = 12;

/**
 * Puts a wasm file together that `wasm/split.mjs` has taken apart (wasm/README.md draws the layout). Where that is
 * damaged it throws, or the result does not compile.
 */
export function join(split: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const lengths = new Uint32Array(split.buffer, 0, TAIL + 1);
  let end = lengths.byteLength;
  const table = split.subarray(end, end + lengths[0]!);
  /** Where each stream is read next. */
  const at = Array.from(lengths, (length) => (end += length) - length);
  if (end !== split.length) throw new Error(`streams of ${end} bytes in ${split.length}`);
  const wasm: number[] = [];
  let to = wasm;
  const next = (stream: number) => split[at[stream]!++]!;
  const copy = (stream: number, count: number) => {
    while (count-- > 0) to.push(next(stream));
  };
  /** Copies a LEB128; gives its first byte. */
  const number = (stream: number) => {
    const first = split[at[stream]!]!;
    do to.push(next(stream));
    while (to.at(-1)! > 127);
    return first;
  };

  copy(HEAD, lengths[HEAD]!);
  const opsEnd = at[LOCALS]!;
  while (at[OPS]! < opsEnd) {
    to = [];
    copy(LOCALS, next(LOCALS));
    for (let depth = 0; depth >= 0 && at[OPS]! < opsEnd; ) {
      const op = next(OPS);
      if (op > 254) copy(REST, next(OPS));
      else {
        to.push(op);
        // block, loop, if; end
        depth += op > 1 && op < 5 ? 1 : op === 11 ? -1 : 0;
        const operand = table[op === 253 ? 256 + number(OPS) : op]!;
        if (operand > 15) to.push((operand >> 4) - 1);
        if (operand) number(operand & 15);
      }
    }
    let length = to.length;
    for (; length > 127; length >>= 7) wasm.push((length & 127) | 128);
    wasm.push(length, ...to);
  }
  to = wasm;
  copy(TAIL, lengths[TAIL]!);
  return new Uint8Array(wasm);
}
