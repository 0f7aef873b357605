/** The oldest are forgotten from so many films and sounds on. */
const WAYS_MAX = 1000;

/**
 * Which way a page's films and sounds go: answered by us, or past us. Chromium
 * ends a film with an error when one part of it is a response that a service
 * worker made and another one came from the network (a response that lies would
 * let it read other sites' films), so that a film goes on as it began. Elements
 * with `crossorigin` are checked otherwise, and free to change.
 */
export class MediaWays {
  readonly #ours = new Map<string, boolean>();

  /** Whether we answer for that film; `ours` is what becomes of one that begins. */
  settle(clientId: string, path: string, ours: boolean): boolean {
    const key = `${clientId} ${path}`;
    const way = this.#ours.get(key) ?? ours;
    this.#ours.set(key, way);
    this.#ours.delete([...this.#ours.keys()].at(-WAYS_MAX) as string);
    return way;
  }
}
