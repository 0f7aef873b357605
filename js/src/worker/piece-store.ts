import { LayerFile, type StoredLayer } from './layer-file.ts';
import { SlotFile, type StoredPiece } from './slot-file.ts';
import { readAll, writeAll, type StoreFolder, type SyncFile } from './sync-file.ts';

const SIZE_MIN = 16_384;
const SIZE_MAX = 16_777_216;

/**
 * What a visitor keeps on disk: pieces, the hashes they are checked with, and
 * the index they belong to. All of it is only as good as the hashes in it.
 *
 *     N.pieces, N.map    pieces of N bytes (slot-file.ts)
 *     layers             their hashes (layer-file.ts)
 *     index              the site's index that was used last
 */
export class PieceStore {
  readonly #folder: StoreFolder;
  readonly #lost: (swarm: string, piece: number) => void;
  readonly #index: SyncFile;
  readonly #layers: LayerFile;
  readonly #classes = new Map<number, SlotFile>();

  /**
   * Opens all there is, for this store alone; throws where that can't be. `lost` hears of
   * pieces that were written and, as it turned out later, found no room.
   */
  static async open(folder: StoreFolder, lost: (swarm: string, piece: number) => void): Promise<PieceStore> {
    const [index, layers, names] = await Promise.all([folder.open('index'), folder.open('layers'), folder.names()]);
    const store = new PieceStore(folder, lost, index, layers);
    try {
      await store.prepare(names.map((name) => parseInt(name)));
    } catch (error) {
      store.close();
      throw error;
    }
    return store;
  }

  private constructor(
    folder: StoreFolder,
    lost: (swarm: string, piece: number) => void,
    index: SyncFile,
    layers: SyncFile,
  ) {
    this.#folder = folder;
    this.#lost = lost;
    this.#index = index;
    this.#layers = new LayerFile(layers);
  }

  /** Makes ready for pieces of these lengths: whatever else is done needs no waiting. */
  async prepare(sizes: Iterable<number>): Promise<void> {
    for (const size of new Set(sizes)) {
      if (!(size >= SIZE_MIN && size <= SIZE_MAX) || this.#classes.has(size)) continue;
      const [data, map] = await Promise.all([this.#folder.open(`${size}.pieces`), this.#folder.open(`${size}.map`)]);
      this.#classes.set(size, new SlotFile(size, data, map, this.#lost));
    }
  }

  /** Bytes on disk that are there for pieces. */
  get bytes(): number {
    return [...this.#classes.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** The pieces there are, least recently used first. */
  get pieces(): StoredPiece[] {
    return [...this.#classes.values()].flatMap(({ pieces }) => pieces).sort((a, b) => a.used - b.used);
  }

  /** The layers of the swarms of which there are pieces. */
  loadLayers(): StoredLayer[] {
    const swarms = new Set(this.pieces.map(({ swarm }) => swarm));
    return this.#layers.load((swarm) => swarms.has(swarm));
  }

  /** The site's index, as it was saved. */
  loadIndex(): Uint8Array {
    return readAll(this.#index);
  }

  saveIndex(bytes: Uint8Array): void {
    this.#index.truncate(0);
    writeAll(this.#index, bytes, 0);
  }

  saveLayer(swarm: string, file: number, hashes: Uint8Array): void {
    this.#layers.add(swarm, file, hashes);
  }

  /** A piece of a swarm whose pieces have `size` bytes (for which it is prepared), but for the last of a file. */
  write(swarm: string, piece: number, size: number, bytes: Uint8Array): void {
    this.#classes.get(size)!.write(swarm, piece, bytes);
  }

  /** The bytes of a piece, or undefined where they can't be read. */
  read(swarm: string, piece: number): Uint8Array | undefined {
    for (const slots of this.#classes.values()) {
      const bytes = slots.read(swarm, piece);
      if (bytes) return bytes;
    }
    return undefined;
  }

  drop(swarm: string, piece: number): void {
    for (const slots of this.#classes.values()) slots.drop(swarm, piece);
  }

  /** All pieces of a swarm. */
  dropSwarm(swarm: string): void {
    for (const slots of this.#classes.values()) slots.dropSwarm(swarm);
  }

  /** Writes down where pieces are now: to be called when nothing more is to be done for a while. */
  flush(): void {
    this.#layers.flush();
    for (const slots of this.#classes.values()) slots.flush();
  }

  /** Closes all files; what there is no room for, or no disk any more, is lost. */
  close(): void {
    try {
      this.flush();
    } catch {
      // The next visit does without.
    }
    for (const file of [this.#index, this.#layers, ...this.#classes.values()]) file.close();
  }
}
