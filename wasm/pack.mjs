// Makes the file that visitors load: a wasm file, packed, in a wasm file that unpacks it (pack.c). README.md says how.

const BODY_SIZE = 5;
const [DATA, DATA_COUNT, CODE] = [11, 12, 10];
/** Numbers of operations behind the prefixes 0xfc and 0xfd, as pack.c counts them. */
const [BULK, SIMD] = [0xc5, 0xd2];
/** What follows an operation: how many LEB128s (3: as many as the first says, and one more), and how many bytes. */
const shape = (numbers, bytes = 0) => numbers | (bytes << 2);
const shapes = new Map([
  [shape(1), [0x02, 0x03, 0x04, 0x0c, 0x0d, 0x10, 0x20, 0x21, 0x22, 0x23, 0x24, 0x3f, 0x40, 0x41, 0x42, BULK + 9, BULK + 11]],
  [shape(2), [0x11, ...range(0x28, 0x3e), BULK + 8, BULK + 10, ...range(SIMD, SIMD + 11)]],
  [shape(3), [0x0e]],
  [shape(0, 4), [0x43]],
  [shape(0, 8), [0x44]],
  [shape(0, 16), [SIMD + 12, SIMD + 13]],
  [shape(0, 1), range(SIMD + 21, SIMD + 34)],
]);

function range(from, to) {
  return Array.from({ length: to - from + 1 }, (_, at) => from + at);
}

/** An unsigned LEB128 (https://webassembly.github.io/spec/core/binary/values.html), in `size` bytes or as few as it takes. */
function leb128(value, size = 1) {
  const bytes = [];
  for (; value > 127 || bytes.length < size - 1; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return [...bytes, value];
}

class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  byte() {
    if (this.at >= this.bytes.length) throw new Error('pack.mjs: the file ends too early');
    return this.bytes[this.at++];
  }

  number() {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }

  take(count) {
    if (count > this.bytes.length - this.at) throw new Error('pack.mjs: the file ends too early');
    return this.bytes.subarray(this.at, (this.at += count));
  }
}

/** The same module, and where its functions are: each one's length takes five bytes. */
export function spread(wasm) {
  const read = new Reader(wasm);
  const before = [...read.take(8)]; // magic and version
  for (;;) {
    const id = read.byte();
    const content = read.take(read.number());
    if (id !== CODE) {
      before.push(id, ...leb128(content.length), ...content);
      continue;
    }
    const inner = new Reader(content);
    const functions = inner.number();
    const bodies = Array.from({ length: functions }, () => inner.take(inner.number()));
    const count = leb128(functions);
    const length = bodies.reduce((sum, body) => sum + BODY_SIZE + body.length, count.length);
    const head = [...before, CODE, ...leb128(length), ...count];
    const tail = read.take(wasm.length - read.at);
    const file = Buffer.concat([Buffer.from(head), ...bodies.flatMap((body) => [Buffer.from(leb128(body.length, BODY_SIZE)), body]), tail]);
    return { file, head: head.length, functions, tail: tail.length, bodies };
  }
}

const load = (wasm) => new WebAssembly.Instance(new WebAssembly.Module(wasm)).exports;

/** The shapes of operations, by number. */
const shapeOf = new Uint8Array(256);
for (const [value, operations] of shapes) for (const operation of operations) shapeOf[operation] = value;

/** The operations of a function, without what follows them. */
function* operationsOf(body) {
  const read = new Reader(body);
  for (let runs = read.number(); runs > 0; runs--) read.take(read.number() && 1);
  while (read.at < body.length) {
    const operation = read.byte();
    yield operation;
    const kind = operation < 0xfc ? operation : operation === 0xfc ? BULK + Math.min(read.number(), 12) : SIMD + Math.min(read.number(), 35);
    const numbers = shapeOf[kind] & 3;
    for (let left = numbers < 3 ? numbers : read.number() + 1; left > 0; left--) read.number();
    read.take(shapeOf[kind] >> 2);
  }
}

/** The operations there are, the most frequent ones first. */
function byFrequency(bodies) {
  const counts = new Map();
  for (const body of bodies) for (const operation of operationsOf(body)) counts.set(operation, (counts.get(operation) ?? 0) + 1);
  return [...counts].sort(([a, often], [b, oftenToo]) => oftenToo - often || a - b).map(([operation]) => operation);
}

/** Puts bytes at an address of a module that has no data yet. */
function withData(wasm, address, bytes) {
  if (load(wasm).memory.buffer.byteLength < address + bytes.length) throw new Error('pack.mjs: the data does not fit');
  const read = new Reader(wasm);
  for (read.at = 8; read.at < wasm.length; read.take(read.number())) {
    if ([DATA, DATA_COUNT].includes(read.byte())) throw new Error('pack.mjs: what unpacks has data of its own');
  }
  const segment = [1, 0, 0x41, ...signed(address), 0x0b, ...leb128(bytes.length), ...bytes];
  return Buffer.from([...wasm, DATA, ...leb128(segment.length), ...segment]);
}

function signed(value) {
  const bytes = leb128(value);
  return bytes.at(-1) & 64 ? [...bytes.slice(0, -1), bytes.at(-1) | 128, 0] : bytes;
}

/**
 * A module that exports `unpack`, which gives the length of what is then at `file` in its `memory`: `wasm`, but that
 * the lengths of functions take five bytes. `packer` and `unpacker` are pack.c's two builds. Throws an Error where
 * that isn't possible.
 */
export function pack(wasm, { packer, unpacker }) {
  const parts = spread(wasm);
  const order = byFrequency(parts.bodies);
  const host = load(packer);
  const { memory, file, packed } = host;
  const at = packed.value;
  const view = new DataView(memory.buffer);
  const bytes = new Uint8Array(memory.buffer);
  [parts.head, parts.functions, parts.tail].forEach((value, field) => {
    if (value > 0xffff) throw new Error('pack.mjs: the file has parts that are too long');
    view.setUint16(at + 2 * field, value, true);
  });
  bytes.set(order, at + 6);
  bytes.set(shapeOf, at + 262);
  bytes.set(parts.file, file.value);
  const all = bytes.slice(at, at + 518 + host.pack());

  const result = withData(unpacker, at, all); // both builds have it in the same place
  const made = load(result);
  const unpacked = new Uint8Array(made.memory.buffer, made.file.value, made.unpack());
  if (!parts.file.equals(unpacked)) throw new Error('pack.mjs: what is packed does not come out again');
  return result;
}
