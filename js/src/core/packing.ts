import { fromHex, fromUtf8, getU32, getU64, setU32, setU64, toHex, toUtf8 } from './words.ts';

/**
 * Packs values for the core, or unpacks the core's (then values given don't count). Each method
 * returns what the packed bytes say. core/src/format/ says what is packed how (signalling_packed.h,
 * index_packed.h).
 */
export class Packing {
  #view: DataView;
  #at = 0;
  readonly #packs: boolean;

  private constructor(view: DataView, packs: boolean) {
    this.#view = view;
    this.#packs = packs;
  }

  /** What `write` packs; nothing at all, which the core refuses, where it throws. */
  static pack(write: (packing: Packing) => void): Uint8Array {
    const packing = new Packing(new DataView(new ArrayBuffer(1024)), true);
    try {
      write(packing);
      return packing.#slice(0, packing.#at);
    } catch {
      return new Uint8Array();
    }
  }

  static unpack({ buffer, byteOffset }: Uint8Array): Packing {
    return new Packing(new DataView(buffer, byteOffset), false);
  }

  u32(value?: unknown): number {
    return this.#pass(4, value as number, getU32, setU32);
  }

  u64(value?: unknown): number {
    return this.#pass(8, value as number, getU64, setU64);
  }

  /** Bytes as hex digits. */
  hex(size: number, value?: unknown): string {
    return this.#pass(
      size,
      (value as string | undefined)?.toLowerCase(),
      (_, at) => toHex(this.#slice(at, size)),
      (_, at, hex) => this.#slice(at, size).set(fromHex(hex)),
    );
  }

  /** A text and its length. */
  text(value?: unknown): string {
    const bytes = toUtf8(value as string);
    const size = this.u32(bytes.length);
    return this.#pass(
      size,
      value as string,
      (_, at) => fromUtf8(this.#slice(at, size)),
      (_, at) => this.#slice(at, size).set(bytes),
    );
  }

  #slice(at: number, size: number): Uint8Array {
    return new Uint8Array(this.#view.buffer, this.#view.byteOffset + at, size);
  }

  /** A value that comes back changed is not of its kind: somebody's JSON says anything. */
  #pass<T>(
    size: number,
    value: T | undefined,
    get: (view: DataView, at: number) => T,
    set: (view: DataView, at: number, value: T) => void,
  ): T {
    const at = this.#at;
    this.#at += size;
    if (this.#packs) {
      if (this.#at > this.#view.byteLength) {
        const larger = new Uint8Array(2 * this.#at);
        larger.set(this.#slice(0, at));
        this.#view = new DataView(larger.buffer);
      }
      set(this.#view, at, value as T);
    }
    const packed = get(this.#view, at);
    if (this.#packs && packed !== value) throw new RangeError();
    return packed;
  }
}
