import { PtError } from '../generated/layout.ts';
import { AssetClient } from '../shared/asset-client.ts';
import { Delivery } from '../shared/delivery.ts';
import { eligiblePath, ORIGIN_MARK } from '../shared/eligible.ts';
import type { PortEnd } from '../shared/port.ts';
import { Attachment } from './attachment.ts';
import { Filler } from './filler.ts';

/** The page's own way to the node, for what the service worker doesn't answer. */
export class Direct {
  readonly #client: AssetClient;

  constructor(end: PortEnd) {
    this.#client = new AssetClient(end);
  }

  /** Resolved when the first index has arrived. */
  get indexed(): Promise<void> {
    return this.#client.indexed;
  }

  /** Whether pictures in the window are left to the origin. */
  get foldLoading(): boolean {
    return this.#client.foldLoading;
  }

  /** A verified, streaming Response for an indexed asset; anything else is fetched plainly. */
  async fetch(request: Request): Promise<Response> {
    const path = eligiblePath(request, location.origin);
    const client = this.#client;
    const asset = path === undefined ? undefined : client.lookup(path);
    if (!asset || request.integrity) return fetch(request); // that hash the browser checks
    return Delivery.respond({
      client,
      asset,
      url: request.url,
      range: request.headers.get('range'),
      blocking: false,
      signal: request.signal,
      plain: () => {
        const marked = new Request(request);
        marked.headers.set(ORIGIN_MARK, '1'); // not through our service worker again
        return fetch(marked);
      },
    }).response;
  }

  /** Whether visitors deliver this URL. */
  isIndexed(url: string): boolean {
    const { origin, pathname, search } = new URL(url, document.baseURI);
    return origin === location.origin && search === '' && this.#client.lookup(pathname) !== undefined;
  }

  /** Fills in the marked elements under `root`, by way of what `direct` then gives. */
  attach(root: ParentNode & Node, direct: () => Direct | undefined): Attachment {
    return new Attachment(root, direct);
  }

  /** Fills in single elements. */
  makeFiller(): Filler {
    return new Filler(this);
  }

  /** What runs is completed by the origin. */
  close(): void {
    this.#client.close(PtError.Cancelled);
  }
}
