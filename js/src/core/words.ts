/** The core's words are little-endian. */
export function getU32(view: DataView, at: number): number {
  return view.getUint32(at, true);
}

/** Of a negative number its two's complement. */
export function setU32(view: DataView, at: number, value: number): void {
  view.setUint32(at, value, true);
}

/** 64-bit words of the core as numbers: all ones (no limit, never, to the end) is Infinity. */
export function getU64(view: DataView, at: number): number {
  const low = getU32(view, at);
  const high = getU32(view, at + 4);
  return low === 0xffffffff && high === 0xffffffff ? Infinity : high * 0x1_0000_0000 + low;
}

/** The reverse of {@link getU64}; values are whole, 0..2^53 or Infinity. */
export function setU64(view: DataView, at: number, value: number): void {
  const all = value === Infinity;
  setU32(view, at, all ? 0xffffffff : value % 0x1_0000_0000);
  setU32(view, at + 4, all ? 0xffffffff : Math.floor(value / 0x1_0000_0000));
}

const encoder = /* @__PURE__ */ new TextEncoder();

/** Text as the core takes it, in UTF-8. */
export function toUtf8(text: string): Uint8Array {
  return encoder.encode(text);
}

const decoder = /* @__PURE__ */ new TextDecoder();

/** The core's text. */
export function fromUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

const HEX = /* @__PURE__ */ Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Bytes as lowercase hex digits. */
export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += HEX[byte];
  return text;
}

/** Hex digits as bytes; the caller knows that `text` is well-formed. */
export function fromHex(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}
