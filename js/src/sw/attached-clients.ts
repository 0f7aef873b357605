const CACHE = 'peertide-attached';

/**
 * The ids of the pages that are attached, kept where they outlive a restart of
 * the service worker: the browser stops it whenever it is idle, and then only
 * these pages may be asked to attach again; all others pass at once. Without
 * storage a restart ends the interception.
 */
export class AttachedClients {
  readonly #scope: ServiceWorkerGlobalScope;
  readonly #cache: Promise<Cache>;
  readonly #ids = new Set<string>();
  #loaded = false;

  /** Resolved when the ids are known. */
  readonly loaded: Promise<void>;

  constructor(scope: ServiceWorkerGlobalScope) {
    this.#scope = scope;
    this.#cache = scope.caches.open(CACHE);
    this.loaded = this.#load()
      .catch(() => undefined)
      .then(() => void (this.#loaded = true));
  }

  /** False where the page is surely not attached. */
  maybeHas(id: string): boolean {
    return !this.#loaded || this.#ids.has(id);
  }

  add(id: string): Promise<unknown> {
    this.#ids.add(id);
    return this.#write((cache) => cache.put(key(id), new Response()));
  }

  delete(id: string): Promise<unknown> {
    this.#ids.delete(id);
    return this.#write((cache) => cache.delete(key(id)));
  }

  /** Reads the ids, and forgets those of pages that are gone. */
  async #load(): Promise<void> {
    const cache = await this.#cache;
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

  #write(change: (cache: Cache) => Promise<unknown>): Promise<unknown> {
    return this.#cache.then(change).catch(() => undefined);
  }
}

function key(id: string): string {
  return `/.peertide/attached/${encodeURIComponent(id)}`;
}
