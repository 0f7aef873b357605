import type { Asset, AssetClient } from '../shared/asset-client.ts';
import { Delivery } from '../shared/delivery.ts';
import { eligiblePath, isBlocking } from '../shared/eligible.ts';
import type { MediaWays } from './media-ways.ts';
import type { Pages } from './pages.ts';

/** Answers the requests that visitors may deliver; all others don't notice it. */
export class Interceptor {
  readonly #origin: string;
  readonly #pages: Pages;
  readonly #ways: MediaWays;

  constructor(origin: string, pages: Pages, ways: MediaWays) {
    this.#origin = origin;
    this.#pages = pages;
    this.#ways = ways;
  }

  /** One request. Where this returns without an answer, the browser acts as if we weren't there. */
  handle(event: FetchEvent): void {
    const { request, clientId } = event;
    const path = eligiblePath(request, this.#origin);
    if (path?.startsWith('/.peertide/') !== false) return;
    // A film that we began goes on with responses of ours, whoever has the bytes.
    const media = request.mode === 'no-cors' && /audio|video/.test(request.destination);
    const plain = async () => {
      const response = await fetch(request);
      return media ? new Response(response.body, response) : response;
    };
    const answer = (client: AssetClient | undefined) => {
      const asset = client?.lookup(path);
      if (!(media ? this.#ways.settle(clientId, path, !!asset) : asset)) return undefined;
      return client && asset ? this.#deliver(event, client, asset, plain) : plain();
    };
    const client = this.#pages.get(clientId);
    if (!client && this.#pages.mayRecover(clientId)) {
      event.respondWith(this.#pages.recover(clientId).then((found) => answer(found) ?? fetch(request)));
    } else {
      const response = answer(client);
      if (response) event.respondWith(response);
    }
  }

  async #deliver(
    event: FetchEvent,
    client: AssetClient,
    asset: Asset,
    plain: () => Promise<Response>,
  ): Promise<Response> {
    const { request, clientId } = event;
    if (client.foldLoading && request.destination === 'image' && (await this.#pages.isShown(clientId, request.url))) {
      return plain();
    }
    const { response, done } = Delivery.respond({
      client,
      asset,
      url: request.url,
      range: request.headers.get('range'),
      blocking: isBlocking(request.destination),
      signal: request.signal,
      plain,
      onSilence: () => this.#pages.check(clientId, client),
    });
    // While a body is open the browser must not stop us.
    event.waitUntil(done);
    return response;
  }
}
