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
  let end = 4 * (TAIL + 1);
  const table = split.subarray(end, end + lengths[0]!);
  /** Where each stream is read next. */
  const at = lengths.map((length) => (end += length) - length);
  if (end !== split.length) throw new RangeError();
  // The page waits for this, and it runs once: all in one buffer, without a function for each byte.
  const wasm = new Uint8Array(2 * end);
  let to = 0;
  const copy = (stream: number, count: number) => {
    const from = at[stream]!;
    wasm.set(split.subarray(from, (at[stream] = from + count)), to);
    to += count;
  };
  /** Copies a LEB128; gives its first byte. */
  const number = (stream: number) => {
    let from = at[stream]!;
    const first = split[from]!;
    while ((wasm[to++] = split[from++]!) > 127);
    at[stream] = from;
    return first;
  };

  copy(HEAD, lengths[HEAD]!);
  const opsEnd = at[LOCALS]!;
  while (at[OPS]! < opsEnd) {
    const body = (to += 5);
    copy(LOCALS, split[at[LOCALS]!++]!);
    for (let depth = 0; depth >= 0 && at[OPS]! < opsEnd; ) {
      const op = split[at[OPS]!++]!;
      if (op > 254) copy(REST, split[at[OPS]!++]!);
      else {
        wasm[to++] = op;
        // block, loop, if; end
        depth += op > 1 && op < 5 ? 1 : op === 11 ? -1 : 0;
        const operand = table[op === 253 ? 256 + number(OPS) : op]!;
        if (operand > 15) wasm[to++] = (operand >> 4) - 1;
        if (operand) number(operand & 15);
      }
    }
    const bodyEnd = to;
    let length = bodyEnd - body;
    to = body - 5;
    for (; length > 127; length >>= 7) wasm[to++] = (length & 127) | 128;
    wasm[to++] = length;
    wasm.copyWithin(to, body, bodyEnd);
    to += bodyEnd - body;
  }
  copy(TAIL, lengths[TAIL]!);
  return wasm.subarray(0, to);
}
