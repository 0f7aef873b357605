import { writeAll, type SyncFile } from './sync-file.ts';

/** Bytes that are written in one go, or one slot. */
const GATHERED = 1 << 20;

/**
 * A file of slots that writes those which follow each other in one go, when it is told to or must. (Chromium tells
 * another process of each write. Firefox, 153, crashes the tab when its worker is ended within an access to a file.)
 * `slot`: bytes; all that is written begins at multiples of it, and what is behind it in its slot may be lost.
 * `lost` hears which bytes there was no room for after all; whoever caused them to be written then hears it by an
 * exception.
 */
export class GatheringFile {
  readonly #file: SyncFile;
  readonly #slot: number;
  readonly #lost: (from: number, to: number) => void;
  readonly #bytes: Uint8Array;
  #at = 0;
  #length = 0;

  constructor(file: SyncFile, slot: number, lost: (from: number, to: number) => void) {
    this.#file = file;
    this.#slot = slot;
    this.#bytes = new Uint8Array(Math.max(GATHERED, slot));
    this.#lost = lost;
  }

  /** How many bytes were read: fewer at the end of the file. */
  read(buffer: Uint8Array, at: number): number {
    this.flush();
    return this.#file.read(buffer, { at });
  }

  write(bytes: Uint8Array, at: number): void {
    const gap = at - this.#at - this.#length;
    const fits = gap >= 0 && gap < this.#slot && this.#length + gap + bytes.length <= this.#bytes.length;
    if (this.#length > 0 && fits) {
      this.#bytes.fill(0, this.#length, this.#length + gap);
      this.#length += gap;
    } else {
      this.flush();
      this.#at = at;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Writes what there is, or the slots that there is room for. */
  flush(): void {
    const length = this.#length;
    this.#length = 0;
    for (let done = 0, step = length; done < length; ) {
      try {
        writeAll(this.#file, this.#bytes.subarray(done, Math.min(done + step, length)), this.#at + done);
        done += step;
      } catch (error) {
        if (step <= this.#slot) {
          this.#lost(this.#at + done, this.#at + length);
          throw error;
        }
        step = this.#slot;
      }
    }
  }

  /** Bytes in the file, without what is to be written. */
  get size(): number {
    return this.#file.getSize();
  }

  truncate(size: number): void {
    this.flush();
    this.#file.truncate(size);
  }

  /** What was not flushed is lost. */
  close(): void {
    this.#file.close();
  }
}
