import { Packing } from '../core/packing.ts';
import { HASH_SIZE, ID_SIZE } from '../generated/layout.ts';
import { checkObject } from './messages.ts';
import type { IndexAsset, IndexDocument } from './site-index.ts';

/**
 * The index as the core takes it (core/src/format/index_packed.h), or nothing at all, which the
 * core refuses. Whether what is packed is right, the core finds out.
 */
export function packIndex({ version, assets, swarms }: IndexDocument): Uint8Array {
  return Packing.pack((packing) => {
    const all = Object.entries(checkObject(assets)!).sort(([, a], [, b]) => Number(a.file) - Number(b.file));
    let left = all.length;
    const filesOf: Record<string, [string, IndexAsset][]> = Object.create(null);
    for (const entry of all) (filesOf[entry[1].swarm as string] ??= []).push(entry);
    packing.u32(version);
    for (const [key, { v2, v1, length, pieceLength }] of Object.entries(checkObject(swarms)!)) {
      const files = filesOf[key] ?? [];
      packing.hex(ID_SIZE, key);
      packing.hex(HASH_SIZE, v2);
      packing.hex(ID_SIZE, v1 ?? '0'.repeat(2 * ID_SIZE));
      packing.u64(length);
      packing.u32(pieceLength);
      packing.u32(Number(v1 != null));
      packing.u32(files.length);
      files.forEach(([path, { file, length, root, type }], number) => {
        if (file !== number) throw new RangeError();
        packing.u64(length);
        packing.hex(HASH_SIZE, root);
        packing.text(path);
        packing.text(type);
        left--;
      });
    }
    if (left) throw new RangeError(); // an asset of no swarm
  });
}
