import { PtError } from '../generated/layout.ts';
import { AssetClient } from '../shared/asset-client.ts';
import type { PortEnd } from '../shared/port.ts';
import type { FromServiceWorker, ToServiceWorker } from '../shared/protocol.ts';
import { AttachedClients } from './attached-clients.ts';
import type { MediaWays } from './media-ways.ts';

/** An unknown page that was attached has so long to attach again. */
const REATTACH_MS_MAX = 1000;
/** A page that isn't asked in vain says by then whether it shows a picture. */
const SHOWN_MS_MAX = 200;
/** A worker that is there answers within this. */
const PING_MS_MAX = 1000;

/** The attached pages: for each the way to its worker. */
export class Pages {
  readonly #scope: ServiceWorkerGlobalScope;
  readonly #attached: AttachedClients;
  readonly #ways: MediaWays;
  /** By client id; of several instances in a page the last one serves. */
  readonly #pages = new Map<string, Map<string, AssetClient>>();
  readonly #recoveries = new Map<string, Promise<AssetClient | undefined>>();
  readonly #awaited = new Map<string, (client: AssetClient) => void>();

  constructor(scope: ServiceWorkerGlobalScope, ways: MediaWays) {
    this.#scope = scope;
    this.#ways = ways;
    this.#attached = new AttachedClients(scope);
  }

  /** The way to a page's worker, if it is known. */
  get(clientId: string): AssetClient | undefined {
    return [...(this.#pages.get(clientId)?.values() ?? [])].at(-1);
  }

  /** Whether {@link recover} may find a page that {@link get} doesn't know. */
  mayRecover(clientId: string): boolean {
    return clientId !== '' && this.#attached.maybeHas(clientId);
  }

  /** Asks a page that was attached before a restart to attach again. */
  recover(clientId: string): Promise<AssetClient | undefined> {
    let recovery = this.#recoveries.get(clientId);
    if (!recovery) {
      recovery = this.#recover(clientId).finally(() => this.#recoveries.delete(clientId));
      this.#recoveries.set(clientId, recovery);
    }
    return recovery;
  }

  /** A page's message. */
  async receive(message: ToServiceWorker, source: Client, port: MessagePort | undefined): Promise<void> {
    if (message.peertide === 'claim') {
      await this.#scope.clients.claim();
    } else if (message.peertide === 'attach') {
      for (const path of message.begun ?? []) this.#ways.settle(source.id, path, false);
      const end = port ?? message.channel;
      if (end) await this.#attach(source, message.instance, end);
    } else if (message.peertide === 'detach') {
      await this.#detach(source.id, message.instance);
    }
  }

  /** Whether a page shows a picture in its window; one that is too busy to answer may do. */
  async isShown(clientId: string, url: string): Promise<boolean> {
    const page = await this.#scope.clients.get(clientId);
    return new Promise((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = ({ data }) => {
        port1.close();
        resolve(data !== false);
      };
      setTimeout(resolve, SHOWN_MS_MAX, true);
      page?.postMessage({ peertide: 'shown?', url } satisfies FromServiceWorker, [port2]);
    });
  }

  /**
   * A page's worker was silent: forgets it, unless it answers. Where the page is gone as well its requests are
   * not made good for by the origin: browsers don't tell that nobody waits for an answer any more.
   */
  async check(clientId: string, client: AssetClient): Promise<void> {
    if (await client.isAlive(PING_MS_MAX)) return;
    if (!(await this.#scope.clients.get(clientId))) client.close(PtError.State);
    for (const [instance, known] of this.#pages.get(clientId) ?? []) {
      if (known === client) await this.#detach(clientId, instance);
    }
  }

  async #attach(source: Client, instance: string, end: PortEnd): Promise<void> {
    const instances = this.#pages.get(source.id) ?? new Map<string, AssetClient>();
    instances.get(instance)?.close(PtError.Cancelled);
    instances.delete(instance); // so that it is the last one
    const client = new AssetClient(end);
    instances.set(instance, client);
    this.#pages.set(source.id, instances);
    const stored = this.#attached.add(source.id);
    await client.indexed;
    this.#awaited.get(source.id)?.(client);
    source.postMessage({ peertide: 'attached', instance } satisfies FromServiceWorker);
    await stored;
  }

  async #detach(clientId: string, instance: string): Promise<void> {
    const instances = this.#pages.get(clientId);
    instances?.get(instance)?.close(PtError.Cancelled);
    instances?.delete(instance);
    if (instances && instances.size > 0) return;
    this.#pages.delete(clientId);
    await this.#attached.delete(clientId);
  }

  async #recover(clientId: string): Promise<AssetClient | undefined> {
    await this.#attached.loaded;
    if (!this.#attached.maybeHas(clientId)) return undefined;
    const page = await this.#scope.clients.get(clientId);
    const client = page && (await this.#askToAttach(page));
    // (Where it has attached and only its index is still to come, it is asked again.)
    if (!client && !this.#pages.has(clientId)) await this.#attached.delete(clientId);
    return client;
  }

  #askToAttach(page: Client): Promise<AssetClient | undefined> {
    return new Promise<AssetClient | undefined>((resolve) => {
      setTimeout(() => resolve(undefined), REATTACH_MS_MAX);
      this.#awaited.set(page.id, resolve);
      page.postMessage({ peertide: 'attach?' } satisfies FromServiceWorker);
    }).finally(() => this.#awaited.delete(page.id));
  }
}
