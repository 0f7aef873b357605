import { EventLayout, ID_SIZE, RECORD_ALIGN } from '../generated/layout.ts';
import type { CoreInput } from './core-input.ts';
import { setU32, setU64 } from './words.ts';

/** Packs inputs into the core's input buffer: the struct, its text, its data, padding. */
export class RecordWriter {
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  #at = 0;

  /** Writes to `length` bytes of `buffer` from `start`, which is aligned. */
  constructor(buffer: ArrayBufferLike, start: number, length: number) {
    this.#view = new DataView(buffer, start, length);
    this.#bytes = new Uint8Array(buffer, start, length);
  }

  /** Bytes that an input takes in the buffer. */
  static size(input: CoreInput): number {
    const bytes = EventLayout.size + (input.text?.length ?? 0) + (input.data?.length ?? 0);
    return Math.ceil(bytes / RECORD_ALIGN) * RECORD_ALIGN;
  }

  /** Appends one input; the caller has made room for it. */
  write(input: CoreInput): void {
    const { text, data, swarm } = input;
    const start = this.#at;
    const view = this.#view;
    this.#bytes.fill(0, start, start + EventLayout.size);
    view.setUint16(start + EventLayout.kind, input.kind, true);
    setU32(view, start + EventLayout.code, input.code ?? 0);
    setU32(view, start + EventLayout.id, input.id ?? 0);
    setU32(view, start + EventLayout.link, input.link ?? 0);
    setU64(view, start + EventLayout.offset, input.offset ?? 0);
    setU64(view, start + EventLayout.length, input.length ?? 0);
    if (swarm) this.#bytes.set(swarm.subarray(0, ID_SIZE), start + EventLayout.swarm);
    setU32(view, start + EventLayout.textLen, text?.length ?? 0);
    setU32(view, start + EventLayout.dataLen, data?.length ?? 0);
    let at = start + EventLayout.size;
    if (text) {
      this.#bytes.set(text, at);
      at += text.length;
    }
    if (data) this.#bytes.set(data, at);
    this.#at = start + RecordWriter.size(input);
  }
}
