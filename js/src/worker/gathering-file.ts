import { writeAll, type SyncFile } from './sync-file.ts';

/** Bytes that are written in one go. */
const GATHERED_MAX = 1 << 20;

/**
 * A file that writes what comes one behind the other in one go, when it is told to or must. (Chromium tells another
 * process of each write. Firefox, 153, crashes the tab when its worker is ended within an access to a file.)
 * `slot`: all parts begin at multiples of it, and what is behind one in its slot may be lost.
 */
export class GatheringFile implements SyncFile {
  readonly #file: SyncFile;
  readonly #slot: number;
  readonly #bytes = new Uint8Array(GATHERED_MAX);
  #at = 0;
  #length = 0;

  constructor(file: SyncFile, slot = 1) {
    this.#file = file;
    this.#slot = slot;
  }

  read(buffer: Uint8Array, options: { at: number }): number {
    this.gathered();
    return this.#file.read(buffer, options);
  }

  write(buffer: Uint8Array, { at }: { at: number }): number {
    const gap = at - this.#at - this.#length;
    const fits = gap >= 0 && gap < this.#slot && this.#length + gap + buffer.length <= GATHERED_MAX;
    if (this.#length > 0 && fits) {
      this.#bytes.fill(0, this.#length, this.#length + gap);
      this.#length += gap;
    } else {
      this.gathered();
      if (buffer.length > GATHERED_MAX) return this.#file.write(buffer, { at });
      this.#at = at;
    }
    this.#bytes.set(buffer, this.#length);
    this.#length += buffer.length;
    return buffer.length;
  }

  /** Writes what there is; throws where there is no room for it: then it is lost. */
  gathered(): void {
    const bytes = this.#bytes.subarray(0, this.#length);
    this.#length = 0;
    if (bytes.length > 0) writeAll(this.#file, bytes, this.#at);
  }

  truncate(size: number): void {
    this.gathered();
    this.#file.truncate(size);
  }

  getSize(): number {
    this.gathered();
    return this.#file.getSize();
  }

  close(): void {
    try {
      this.gathered();
    } finally {
      this.#file.close();
    }
  }
}
