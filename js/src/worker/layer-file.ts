import { fromHex, getU32, setU32, toHex } from '../core/words.ts';
import { readAll, writeAll, type SyncFile } from './sync-file.ts';

/** Bytes before the hashes: swarm (20), file number, length of the hashes (4 each, little-endian). */
const HEAD_SIZE = 28;

/** The hashes of a file's pieces, as the core gave them. */
export interface StoredLayer {
  /** 40 hex digits. */
  readonly swarm: string;
  /** The file's number in the swarm. */
  readonly file: number;
  readonly hashes: Uint8Array;
}

/**
 * Piece hashes, one layer after the other; the last one of a file counts. Those
 * of swarms that are gone are left out when the file is opened the next time.
 */
export class LayerFile {
  readonly #file: SyncFile;
  readonly #added: Uint8Array[] = [];
  #end = 0;

  constructor(file: SyncFile) {
    this.#file = file;
  }

  /** Reads all layers of swarms that `wanted` knows; the others are gone from here on. */
  load(wanted: (swarm: string) => boolean): StoredLayer[] {
    const layers = new Map<string, StoredLayer>();
    const bytes = readAll(this.#file);
    const view = new DataView(bytes.buffer);
    let count = 0;
    for (let at = 0; at + HEAD_SIZE <= bytes.length; count++) {
      const swarm = toHex(bytes.subarray(at, at + 20));
      const file = getU32(view, at + 20);
      const end = at + HEAD_SIZE + getU32(view, at + 24);
      if (end > bytes.length) break;
      const hashes = bytes.subarray(at + HEAD_SIZE, end);
      if (wanted(swarm)) layers.set(`${swarm} ${file}`, { swarm, file, hashes });
      this.#end = at = end;
    }
    if (layers.size < count) {
      this.#end = 0;
      for (const { swarm, file, hashes } of layers.values()) this.add(swarm, file, hashes);
      this.flush();
    }
    this.#file.truncate(this.#end);
    return [...layers.values()];
  }

  /** Is written by {@link flush}. */
  add(swarm: string, file: number, hashes: Uint8Array): void {
    const layer = new Uint8Array(HEAD_SIZE + hashes.length);
    layer.set(fromHex(swarm));
    const view = new DataView(layer.buffer);
    setU32(view, 20, file);
    setU32(view, 24, hashes.length);
    layer.set(hashes, HEAD_SIZE);
    this.#added.push(layer);
  }

  /** Throws where there is no room: then it lacks what is new. */
  flush(): void {
    for (const layer of this.#added.splice(0)) {
      writeAll(this.#file, layer, this.#end);
      this.#end += layer.length;
    }
  }

  /** What was not flushed is lost. */
  close(): void {
    this.#file.close();
  }
}
