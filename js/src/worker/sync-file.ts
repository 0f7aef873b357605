/** The part of a `FileSystemSyncAccessHandle` that the store uses. */
export interface SyncFile {
  /** How many bytes were read: fewer at the end of the file. */
  read(buffer: Uint8Array, options: { at: number }): number;
  /** How many bytes were written. Throws where the disk or the quota is full. */
  write(buffer: Uint8Array, options: { at: number }): number;
  truncate(size: number): void;
  getSize(): number;
  close(): void;
}

/** The folder in which the store's files are. */
export interface StoreFolder {
  names(): Promise<string[]>;
  /** Opens a file for this store alone; makes it where there is none. */
  open(name: string): Promise<SyncFile>;
}

/** Writes all of `bytes`, or throws. */
export function writeAll(file: SyncFile, bytes: Uint8Array, at: number): void {
  if (file.write(bytes, { at }) !== bytes.length) throw new DOMException('written in part', 'QuotaExceededError');
}

/** All of a file. */
export function readAll(file: SyncFile): Uint8Array {
  const bytes = new Uint8Array(file.getSize());
  return bytes.subarray(0, file.read(bytes, { at: 0 }));
}
