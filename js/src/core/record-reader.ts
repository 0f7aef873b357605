import { EventLayout, ID_SIZE, RECORD_ALIGN } from '../generated/layout.ts';
import { fromUtf8, getU32, getU64, toHex } from './words.ts';

/**
 * Reads the core's output buffer record by record, without copying: `data` is
 * a view of the core's memory and lives until the core runs again.
 */
export class RecordReader {
  readonly #buffer: ArrayBufferLike;
  readonly #view: DataView;
  readonly #start: number;
  readonly #end: number;
  #at = 0;
  #next = 0;

  constructor(buffer: ArrayBufferLike, start: number, length: number) {
    this.#buffer = buffer;
    this.#view = new DataView(buffer, start, length);
    this.#start = start;
    this.#end = length;
  }

  /** Goes to the next record (the first at first); false when there is none. */
  next(): boolean {
    if (this.#next + EventLayout.size > this.#end) return false;
    this.#at = this.#next;
    const bytes = EventLayout.size + this.#textLength + this.#dataLength;
    this.#next += Math.ceil(bytes / RECORD_ALIGN) * RECORD_ALIGN;
    return true;
  }

  get kind(): number {
    return this.#view.getUint16(this.#at + EventLayout.kind, true);
  }
  get flags(): number {
    return this.#view.getUint16(this.#at + EventLayout.flags, true);
  }
  get code(): number {
    return this.#view.getInt32(this.#at + EventLayout.code, true);
  }
  get id(): number {
    return getU32(this.#view, this.#at + EventLayout.id);
  }
  get link(): number {
    return getU32(this.#view, this.#at + EventLayout.link);
  }
  get offset(): number {
    return getU64(this.#view, this.#at + EventLayout.offset);
  }
  get length(): number {
    return getU64(this.#view, this.#at + EventLayout.length);
  }
  /** 40 hex digits. */
  get peer(): string {
    return toHex(this.#slice(EventLayout.peer, ID_SIZE));
  }
  /** 40 hex digits. */
  get swarm(): string {
    return toHex(this.#slice(EventLayout.swarm, ID_SIZE));
  }
  get text(): string {
    return fromUtf8(this.#slice(EventLayout.size, this.#textLength));
  }
  get data(): Uint8Array {
    return this.#slice(EventLayout.size + this.#textLength, this.#dataLength);
  }
  /** `data` as UTF-8 text. */
  get dataText(): string {
    return fromUtf8(this.data);
  }

  get #textLength(): number {
    return getU32(this.#view, this.#at + EventLayout.textLen);
  }
  get #dataLength(): number {
    return getU32(this.#view, this.#at + EventLayout.dataLen);
  }

  #slice(offset: number, length: number): Uint8Array {
    return new Uint8Array(this.#buffer, this.#start + this.#at + offset, length);
  }
}
