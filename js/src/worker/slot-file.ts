import { fromHex, getU32, setU32, toHex } from '../core/words.ts';
import { GatheringFile } from './gathering-file.ts';
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
 * Pieces of one size: slots in one file, and a map that says which piece is in which. Each access
 * to a file has its price, so a piece that is dropped leaves a hole for the next one, and the map
 * hears of all that has changed at once, by {@link flush}. Behind that there are no holes: the last
 * slots have moved into them, and the file is never longer than what is in it. Nothing here is
 * believed when it is read back: whoever uses a piece checks its hash.
 */
export class SlotFile {
  readonly #size: number;
  readonly #data: GatheringFile;
  readonly #map: SyncFile;
  readonly #slots: (StoredPiece | undefined)[] = [];
  readonly #holes: number[] = [];
  /** Slots that the map doesn't know as they are. */
  readonly #changed = new Set<number>();
  /** In which slot a piece is, by swarm and number. */
  readonly #places = new Map<string, number>();

  /**
   * Takes over both files; records that can't be are dropped. `lost` hears of pieces
   * that were written and, as it turned out later, found no room.
   */
  constructor(size: number, data: SyncFile, map: SyncFile, lost: (swarm: string, piece: number) => void) {
    this.#size = size;
    this.#map = map;
    this.#data = new GatheringFile(data, size, (from, to) => {
      for (let at = from / size; at < to / size; at++) {
        const slot = this.#slots[at];
        if (!slot) continue;
        this.#free(at);
        lost(slot.swarm, slot.piece);
      }
    });
    const bytes = readAll(map);
    const view = new DataView(bytes.buffer);
    const count = Math.min(Math.floor(bytes.length / RECORD_SIZE), Math.ceil(data.getSize() / size));
    for (let at = 0; at < count; at++) {
      const start = at * RECORD_SIZE;
      const [piece, length, used] = [20, 24, 28].map((field) => getU32(view, start + field)) as [
        number,
        number,
        number,
      ];
      const swarm = toHex(bytes.subarray(start, start + 20));
      if (length === 0 || length > size || this.#place(swarm, piece) !== undefined) this.#holes.push(at);
      else this.#put(at, { swarm, piece, length, used });
    }
    this.flush();
    this.#cut();
  }

  /** What is there, in no order. */
  get pieces(): readonly StoredPiece[] {
    return this.#slots.filter((slot) => slot !== undefined);
  }

  /** Bytes of all whole slots in the file, with the holes. */
  get bytes(): number {
    return this.#data.size - (this.#data.size % this.#size);
  }

  /** Throws where there is no room; then nothing has changed, but that earlier pieces may be lost. */
  write(swarm: string, piece: number, bytes: Uint8Array): void {
    const hole = this.#holes.at(-1);
    const at = this.#place(swarm, piece) ?? hole ?? this.#slots.length;
    this.#data.write(bytes, at * this.#size);
    if (at === hole) this.#holes.pop();
    this.#put(at, { swarm, piece, length: bytes.length, used: now() });
    this.#changed.add(at);
  }

  /** The bytes of a piece, or undefined where they can't be read. */
  read(swarm: string, piece: number): Uint8Array | undefined {
    const at = this.#place(swarm, piece);
    if (at === undefined) return undefined;
    const slot = this.#slots[at]!;
    const bytes = new Uint8Array(slot.length);
    if (this.#data.read(bytes, at * this.#size) !== slot.length) return undefined;
    if (now() - slot.used >= USED_MINUTES) {
      slot.used = now();
      this.#changed.add(at);
    }
    return bytes;
  }

  drop(swarm: string, piece: number): void {
    const at = this.#place(swarm, piece);
    if (at !== undefined) this.#free(at);
  }

  dropSwarm(swarm: string): void {
    this.#slots.forEach((slot, at) => slot?.swarm === swarm && this.#free(at));
  }

  /** Brings both files up to date. Throws where there is no room: then the map lacks what is new. */
  flush(): void {
    if (this.#fillHoles()) this.#cut();
    this.#data.flush();
    this.#writeMap();
  }

  /** What was not flushed is lost. */
  close(): void {
    this.#data.close();
    this.#map.close();
  }

  #place(swarm: string, piece: number): number | undefined {
    return this.#places.get(`${swarm} ${piece}`);
  }

  #put(at: number, slot: StoredPiece): void {
    this.#slots[at] = slot;
    this.#places.set(`${slot.swarm} ${slot.piece}`, at);
  }

  #free(at: number): void {
    const { swarm, piece } = this.#slots[at]!;
    this.#places.delete(`${swarm} ${piece}`);
    this.#slots[at] = undefined;
    this.#holes.push(at);
  }

  /** Moves the last slots to where nothing is; whether there were holes. */
  #fillHoles(): boolean {
    const slots = this.#slots;
    const holes = this.#holes;
    const any = holes.length > 0;
    for (; holes.length > 0; holes.pop()) {
      while (slots.length > 0 && !slots.at(-1)) slots.pop();
      const hole = holes.at(-1)!;
      const last = slots.length - 1;
      if (hole > last) continue;
      const slot = slots[last]!;
      const bytes = new Uint8Array(slot.length);
      this.#data.read(bytes, last * this.#size);
      this.#data.write(bytes, hole * this.#size);
      this.#put(hole, slot);
      slots.pop();
      this.#changed.add(hole);
    }
    return any;
  }

  /** Tells the map of what has changed: slots that follow each other in one go. */
  #writeMap(): void {
    const changed = [...this.#changed].filter((at) => at < this.#slots.length).sort((a, b) => a - b);
    this.#changed.clear();
    for (let first = 0, end = 1; first < changed.length; first = end++) {
      while (changed[end] === changed[end - 1]! + 1) end++;
      const records = new Uint8Array((end - first) * RECORD_SIZE);
      const view = new DataView(records.buffer);
      for (let each = first; each < end; each++) {
        const { swarm, piece, length, used } = this.#slots[changed[each]!]!;
        const start = (each - first) * RECORD_SIZE;
        records.set(fromHex(swarm), start);
        [piece, length, used].forEach((value, field) => setU32(view, start + 20 + 4 * field, value));
      }
      writeAll(this.#map, records, changed[first]! * RECORD_SIZE);
    }
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
