import type { AssetClient } from '../shared/asset-client.ts';
import { Delivery } from '../shared/delivery.ts';
import { eligiblePath, isBlocking } from '../shared/eligible.ts';
import type { Pages } from './pages.ts';

/** Answers the requests that visitors may deliver; all others don't notice it. */
export class Interceptor {
  readonly #origin: string;
  readonly #pages: Pages;

  constructor(origin: string, pages: Pages) {
    this.#origin = origin;
    this.#pages = pages;
  }

  /** One request. Where this returns without an answer, the browser acts as if we weren't there. */
  handle(event: FetchEvent): void {
    const { request, clientId } = event;
    const path = eligiblePath(request, this.#origin);
    if (path === undefined || path.startsWith('/.peertide/')) return;
    const client = this.#pages.get(clientId);
    if (client) {
      if (client.lookup(path)) event.respondWith(this.#deliver(event, client, path));
    } else if (this.#pages.mayRecover(clientId)) {
      event.respondWith(
        this.#pages.recover(clientId).then((found) => {
          return found?.lookup(path) ? this.#deliver(event, found, path) : fetch(request);
        }),
      );
    }
  }

  async #deliver(event: FetchEvent, client: AssetClient, path: string): Promise<Response> {
    const { request, clientId } = event;
    const isAbove = async () => request.destination === 'image' && (await this.#pages.isShown(clientId, request.url));
    if (client.foldLoading && (await isAbove())) return fetch(request);
    const asset = client.lookup(path);
    if (!asset) return fetch(request);
    const { response, done } = Delivery.respond({
      client,
      asset,
      url: request.url,
      range: request.headers.get('range'),
      blocking: isBlocking(request.destination),
      signal: request.signal,
      plain: () => fetch(request),
      onSilence: () => void this.#pages.check(clientId, client),
    });
    // While a body is open the browser must not stop us.
    event.waitUntil(done);
    return response;
  }
}
