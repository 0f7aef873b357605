const CACHE = 'peertide-attached';

/**
 * The ids of the pages that are attached, kept where they outlive a restart of
 * the service worker: the browser stops it whenever it is idle, and then only
 * these pages may be asked to attach again; all others pass at once.
 */
export class AttachedClients {
  readonly #scope: ServiceWorkerGlobalScope;
  readonly #ids = new Set<string>();
  #loaded = false;

  /** Resolved when the ids are known. */
  readonly loaded: Promise<void>;

  constructor(scope: ServiceWorkerGlobalScope) {
    this.#scope = scope;
    this.loaded = this.#load()
      .catch(() => undefined) // no storage: a restart ends the interception
      .then(() => void (this.#loaded = true));
  }

  /** False where the page is surely not attached. */
  maybeHas(id: string): boolean {
    return !this.#loaded || this.#ids.has(id);
  }

  async add(id: string): Promise<void> {
    this.#ids.add(id);
    await this.#store((cache) => cache.put(key(id), new Response()));
  }

  async delete(id: string): Promise<void> {
    this.#ids.delete(id);
    await this.#store((cache) => cache.delete(key(id)));
  }

  /** Reads the ids, and forgets those of pages that are gone. */
  async #load(): Promise<void> {
    const cache = await this.#scope.caches.open(CACHE);
    const [keys, clients] = await Promise.all([
      cache.keys(),
      this.#scope.clients.matchAll({ includeUncontrolled: true }),
    ]);
    const alive = new Set(clients.map((client) => client.id));
    for (const request of keys) {
      const id = decodeURIComponent(request.url.split('/').at(-1) as string);
      if (alive.has(id)) this.#ids.add(id);
      else await cache.delete(request);
    }
  }

  async #store(write: (cache: Cache) => Promise<unknown>): Promise<void> {
    try {
      await write(await this.#scope.caches.open(CACHE));
    } catch {
      // No storage: see above.
    }
  }
}

function key(id: string): string {
  return `/.peertide/attached/${encodeURIComponent(id)}`;
}
