// Sorts a wasm file's instructions by kind, so that it compresses better: a code section mixes operations, variables,
// offsets and numbers byte by byte; each kind on its own is a seventh smaller once deflated. js/src/core/join.ts puts
// them together again, to the same bytes. README.md draws the layout.

/** Streams, in their order in the file. Those between OPS and TAIL hold what the operations leave out. */
const [TABLE, HEAD, OPS, LOCALS, REST, OFFSETS, BLOCKS, BRANCHES, CALLS, VARIABLES, NUMBERS, LONG_NUMBERS, TAIL] = Array(13).keys();
const SIMD = 0xfd;
/** In OPS: an instruction is in REST, as it is; its length follows. */
const VERBATIM = 0xff;
/** Added to operations behind SIMD, to tell them from the others. */
const SIMD_AT = 0x100;

/**
 * What follows an operation: the stream of a LEB128 (https://webassembly.github.io/spec/core/binary/instructions.html).
 * With ALIGNED, as loads and stores have it: an alignment precedes that.
 */
const ALIGNED = 16;
const operands = new Map([[0x02, BLOCKS], [0x03, BLOCKS], [0x04, BLOCKS], [0x0c, BRANCHES], [0x0d, BRANCHES], [0x10, CALLS],
  [0x20, VARIABLES], [0x21, VARIABLES], [0x22, VARIABLES], [0x23, REST], [0x24, REST], [0x41, NUMBERS], [0x42, LONG_NUMBERS]]);
for (let op = 0x28; op <= 0x3e; op++) operands.set(op, OFFSETS | ALIGNED);
for (let sub = 0; sub <= 11; sub++) operands.set(SIMD_AT + sub, OFFSETS | ALIGNED);

/** Operations that nothing follows: unreachable, nop, else, end, return, drop, select; comparisons, arithmetic, conversions. */
const isPlain = (op) => [0x00, 0x01, 0x05, 0x0b, 0x0f, 0x1a, 0x1b].includes(op) || (op >= 0x45 && op <= 0xc4) ||
  (op >= SIMD_AT + 14 && !(op >= SIMD_AT + 21 && op <= SIMD_AT + 34) && !(op >= SIMD_AT + 84 && op <= SIMD_AT + 93));

class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  byte() {
    if (this.at >= this.bytes.length) throw new Error('split.mjs: the file ends too early');
    return this.bytes[this.at++];
  }

  /** An unsigned LEB128. */
  number() {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }

  /** Passes `count` LEB128s, with or without a sign. */
  pass(count = 1) {
    while (count > 0) if (this.byte() < 128) count--;
  }

  since(begin) {
    return this.bytes.subarray(begin, this.at);
  }
}

/** Passes what follows the operation that `read` has just passed, of those that are kept as they are. */
function passOperands(read, op) {
  const sub = op === 0xfc || op === SIMD ? read.number() : 0;
  const unknown = () => { throw new Error(`split.mjs: no operation 0x${op.toString(16)} ${sub} is known`); };
  if (op >= 0x28 && op <= 0x3e) read.pass(2);
  else if (op === 0x0e) read.pass(read.number() + 1); // br_table
  else if (op === 0x11) read.pass(2); // call_indirect
  else if (op === 0x3f || op === 0x40) read.pass(); // memory.size, memory.grow
  else if (op === 0x43) read.at += 4;
  else if (op === 0x44) read.at += 8;
  else if (op === 0xfc) read.pass(sub < 8 ? 0 : { 8: 2, 9: 1, 10: 2, 11: 1 }[sub] ?? unknown());
  else if (op !== SIMD) unknown();
  else if (sub < 12) read.pass(2);
  else if (sub < 14) read.at += 16; // v128.const, i8x16.shuffle
  else if (sub >= 21 && sub <= 34) read.at++; // lanes
  else unknown(); // lanes from and to memory: clang does not make them at -Oz
}

/**
 * Reads `wasm` and tells `to` of its parts: `head`, all before the functions, `locals` of each, its instructions, as
 * `plain` operation or `known` operation with what follows or `verbatim`, and `tail`, all behind.
 */
function parse(wasm, to) {
  const read = new Reader(wasm);
  read.at = 8; // magic and version
  for (;;) {
    const id = read.byte();
    const length = read.number();
    if (id === 10) break;
    read.at += length;
  }
  const functions = read.number();
  to.head(read.since(0));
  for (let count = 0; count < functions; count++) {
    const end = read.number() + read.at;
    const begin = read.at;
    for (let runs = read.number(); runs > 0; runs--) {
      read.pass();
      read.byte();
    }
    to.locals(read.since(begin));
    while (read.at < end) parseOne(read, to);
    if (read.at !== end) throw new Error('split.mjs: an instruction goes beyond its function');
  }
  to.tail(read.bytes.subarray(read.at));
}

function parseOne(read, to) {
  const begin = read.at;
  const op = read.byte();
  const which = op === SIMD ? SIMD_AT + read.number() : op;
  const name = read.since(begin);
  const operand = operands.get(which);
  if (operand !== undefined) {
    const alignment = operand & ALIGNED ? read.byte() : undefined;
    const from = read.at;
    read.pass();
    to.known(which, { name, stream: operand & ~ALIGNED, alignment, operand: read.since(from), all: read.since(begin) });
  } else if (isPlain(which)) {
    to.plain(name);
  } else {
    read.at = begin + 1;
    passOperands(read, op);
    to.verbatim(read.since(begin));
  }
}

/** The alignment that each load and store has most often: Map of operation and alignment. */
function usualAlignments(wasm) {
  const counts = new Map();
  const none = () => {};
  parse(wasm, { head: none, locals: none, plain: none, verbatim: none, tail: none, known(which, { alignment }) {
    if (alignment === undefined) return;
    if (!counts.has(which)) counts.set(which, new Map());
    counts.get(which).set(alignment, (counts.get(which).get(alignment) ?? 0) + 1);
  } });
  return new Map([...counts].map(([which, found]) => [which, [...found].sort(([, a], [, b]) => b - a)[0][0]]));
}

/** A wasm file, sorted (before it is deflated). Throws an Error where it has what is not provided for. */
export function split(wasm) {
  const usual = usualAlignments(wasm);
  const streams = Array.from({ length: TAIL + 1 }, () => []);
  const put = (stream, bytes) => { for (const byte of bytes) streams[stream].push(byte); };
  const table = new Uint8Array(Math.max(...operands.keys()) + 1);
  for (const [which, operand] of operands) {
    table[which] = operand & ALIGNED ? (operand & ~ALIGNED) | ((usual.get(which) ?? 0) + 1) << 4 : operand;
  }
  put(TABLE, table);

  const verbatim = (bytes) => {
    put(OPS, [VERBATIM, bytes.length]);
    put(REST, bytes);
  };
  parse(wasm, {
    head: (bytes) => put(HEAD, bytes),
    locals(bytes) {
      put(LOCALS, [bytes.length]);
      put(LOCALS, bytes);
    },
    plain: (name) => put(OPS, name),
    known(which, { name, stream, alignment, operand, all }) {
      if (alignment !== undefined && alignment !== usual.get(which)) return verbatim(all);
      put(OPS, name);
      put(stream, operand);
    },
    verbatim,
    tail: (bytes) => put(TAIL, bytes),
  });

  const lengths = new Uint8Array(4 * streams.length);
  streams.forEach((stream, at) => new DataView(lengths.buffer).setUint32(4 * at, stream.length, true));
  return Buffer.concat([lengths, ...streams.map((stream) => Uint8Array.from(stream))]);
}
