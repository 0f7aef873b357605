import type { StoreFolder, SyncFile } from './sync-file.ts';

/** The folder's name; another layout of its files gets another one. */
const FOLDER = 'peertide-1';

/** Whether this browser has what the store needs. */
export function hasOpfs(): boolean {
  return 'FileSystemSyncAccessHandle' in globalThis;
}

/** The store's folder in the origin private file system; throws where it is refused. */
export async function openOpfs(): Promise<StoreFolder> {
  const root = await navigator.storage.getDirectory();
  const folder = await root.getDirectoryHandle(FOLDER, { create: true });
  return {
    names: async () => {
      const names: string[] = [];
      for await (const name of folder.keys()) names.push(name);
      return names;
    },
    open: async (name): Promise<SyncFile> => {
      const file = await folder.getFileHandle(name, { create: true });
      return (await file.createSyncAccessHandle()) as SyncFile;
    },
  };
}
