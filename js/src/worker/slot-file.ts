import { fromHex, getU32, setU32, toHex } from '../core/words.ts';
import { readAll, writeAll, type SyncFile } from './sync-file.ts';

/** Bytes of a record of the map: swarm (20), piece, length, used (4 each, little-endian). */
const RECORD_SIZE = 32;
/** A later use is written down when the last one noted is so long ago. */
const USED_MINUTES = 30;

/** A piece in a slot. */
export interface StoredPiece {
  /** 40 hex digits. */
  readonly swarm: string;
  readonly piece: number;
  /** Bytes. */
  readonly length: number;
  /** When it was last used: minutes since 1970. */
  used: number;
}

/**
 * Pieces of one size: slots in one file, and a map that says which piece is in
 * which. There are no holes: the last slot moves into one that becomes free, so
 * that the file is never longer than what is in it. Nothing here is believed
 * when it is read back: whoever uses a piece checks its hash.
 */
export class SlotFile {
  readonly #size: number;
  readonly #data: SyncFile;
  readonly #map: SyncFile;
  readonly #slots: StoredPiece[] = [];
  /** In which slot a piece is, by swarm and number. */
  readonly #places = new Map<string, number>();

  /** Takes over both files; records that can't be are dropped. */
  constructor(size: number, data: SyncFile, map: SyncFile) {
    this.#size = size;
    this.#data = data;
    this.#map = map;
    const bytes = readAll(map);
    const view = new DataView(bytes.buffer);
    const count = Math.min(Math.floor(bytes.length / RECORD_SIZE), Math.ceil(data.getSize() / size));
    const bad: number[] = [];
    for (let at = 0; at < count; at++) {
      const start = at * RECORD_SIZE;
      const [piece, length, used] = [20, 24, 28].map((field) => getU32(view, start + field)) as [
        number,
        number,
        number,
      ];
      const swarm = toHex(bytes.subarray(start, start + 20));
      this.#slots.push({ swarm, piece, length, used });
      if (length === 0 || length > size || this.#place(swarm, piece) !== undefined) bad.push(at);
      else this.#note(at);
    }
    this.#cut();
    for (const at of bad.reverse()) this.#free(at);
  }

  /** What is there, in no order. */
  get pieces(): readonly StoredPiece[] {
    return this.#slots;
  }

  /** Bytes on disk. */
  get bytes(): number {
    return this.#slots.length * this.#size;
  }

  /** Throws where there is no room; then nothing has changed. */
  write(swarm: string, piece: number, bytes: Uint8Array): void {
    const place = this.#place(swarm, piece);
    const at = place ?? this.#slots.length;
    const slot = { swarm, piece, length: bytes.length, used: now() };
    try {
      writeAll(this.#data, bytes, at * this.#size);
      this.#record(at, slot);
    } catch (error) {
      if (place === undefined) this.#cut();
      throw error;
    }
    this.#slots[at] = slot;
    this.#note(at);
  }

  /** The bytes of a piece, or undefined where they can't be read. */
  read(swarm: string, piece: number): Uint8Array | undefined {
    const at = this.#place(swarm, piece);
    if (at === undefined) return undefined;
    const slot = this.#slots[at]!;
    const bytes = new Uint8Array(slot.length);
    if (this.#data.read(bytes, { at: at * this.#size }) !== slot.length) return undefined;
    if (now() - slot.used >= USED_MINUTES) {
      slot.used = now();
      this.#record(at, slot);
    }
    return bytes;
  }

  drop(swarm: string, piece: number): void {
    const at = this.#place(swarm, piece);
    if (at !== undefined) this.#free(at);
  }

  dropSwarm(swarm: string): void {
    for (let at = this.#slots.length - 1; at >= 0; at--) if (this.#slots[at]!.swarm === swarm) this.#free(at);
  }

  close(): void {
    this.#data.close();
    this.#map.close();
  }

  #place(swarm: string, piece: number): number | undefined {
    return this.#places.get(`${swarm} ${piece}`);
  }

  #note(at: number): void {
    const { swarm, piece } = this.#slots[at]!;
    this.#places.set(`${swarm} ${piece}`, at);
  }

  /** Puts the last slot in the place of this one. */
  #free(at: number): void {
    const { swarm, piece } = this.#slots[at]!;
    const last = this.#slots.pop()!;
    if (this.#place(swarm, piece) === at) this.#places.delete(`${swarm} ${piece}`);
    const end = this.#slots.length;
    if (at < end) {
      const bytes = new Uint8Array(last.length);
      this.#data.read(bytes, { at: end * this.#size });
      writeAll(this.#data, bytes, at * this.#size);
      this.#record(at, last);
      this.#slots[at] = last;
      this.#note(at);
    }
    this.#cut();
  }

  #record(at: number, { swarm, piece, length, used }: StoredPiece): void {
    const bytes = new Uint8Array(RECORD_SIZE);
    bytes.set(fromHex(swarm));
    const view = new DataView(bytes.buffer);
    [piece, length, used].forEach((value, field) => setU32(view, 20 + 4 * field, value));
    writeAll(this.#map, bytes, at * RECORD_SIZE);
  }

  /** Ends both files behind the last slot. */
  #cut(): void {
    this.#data.truncate(this.#slots.length * this.#size);
    this.#map.truncate(this.#slots.length * RECORD_SIZE);
  }
}

function now(): number {
  return Math.floor(Date.now() / 60_000);
}
