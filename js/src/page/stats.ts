import type { AssetTuple, CoreStats } from '../shared/protocol.ts';
import type { AssetDetail, ProgressDetail } from './events.ts';

/** One visitor we exchange data with. */
export interface PeerStats {
  /** 40 hex digits. */
  readonly id: string;
  /** Bytes that it gave us. */
  readonly bytesIn: number;
  /** Bytes that we gave it. */
  readonly bytesOut: number;
  /** Smoothed round trip of requests; undefined until measured. */
  readonly rttMs: number | undefined;
}

/** One asset of which something is here. */
export interface AssetStats {
  /** URL path. */
  readonly path: string;
  /** Bytes of the whole file; 0: it is no longer in the index. */
  readonly length: number;
  /** Bytes that the site gave. */
  readonly fromOrigin: number;
  /** Bytes that other visitors gave. */
  readonly fromPeers: number;
  /** What was kept from an earlier visit and read since. */
  readonly fromStore: number;
  /** All of it is here and verified. */
  readonly complete: boolean;
}

/** What `tide.stats()` tells; bytes and counts since the start. */
export interface PeertideStats {
  /** Our peer id (40 hex digits); empty where Peertide can't run, and until the tab that runs the node has told it. */
  readonly id: string;
  /** The SHA-256 implementation in use; empty where `id` is. */
  readonly backend: string;
  /** Why everything comes from the origin; undefined while Peertide runs. */
  readonly fallback: string | undefined;
  /** Whether the page's own requests are answered by the service worker. */
  readonly intercepting: boolean;
  /** The connection to the signalling server. */
  readonly server: 'connecting' | 'open' | 'closed';
  /** Body bytes and requests that visitors' exchange took from the site. */
  readonly origin: {
    /** Bytes of their bodies. */
    readonly bytes: number;
    /** How many requests. */
    readonly requests: number;
  };
  /** The exchange with other visitors. */
  readonly peers: {
    /** How many we have a connection to. */
    readonly connected: number;
    /** Bytes of assets that they gave us. */
    readonly bytesIn: number;
    /** Bytes of assets that we gave them. */
    readonly bytesOut: number;
    /** One by one. */
    readonly list: readonly PeerStats[];
  };
  /** Each asset of which something arrived. */
  readonly assets: readonly AssetStats[];
  /** Bytes that came twice or were thrown away. */
  readonly wasted: number;
  /** Visitors that sent wrong bytes. */
  readonly banned: readonly string[];
  /** Wrong pieces of which nothing could be kept. */
  readonly piecesFailed: number;
  /** Bytes verified. */
  readonly verified: number;
  /** Bytes kept in memory now. */
  readonly stored: number;
  /** Bytes of pieces on disk now; some are in memory, too. */
  readonly onDisk: number;
  /** Bytes handed to the page. */
  readonly delivered: number;
}

/** While there is no node. */
const NONE: CoreStats = {
  origin: { bytes: 0, requests: 0 },
  peers: { connected: 0, bytesIn: 0, bytesOut: 0, list: [] },
  wasted: 0,
  piecesFailed: 0,
  verified: 0,
  stored: 0,
  onDisk: 0,
  delivered: 0,
};

type AssetBytes = { fromOrigin: number; fromPeers: number; fromStore: number };

/** The page's copy of the counters, and what arrived of each asset. */
export class Statistics {
  /** Of indexed assets. */
  #lengths = new Map<string, number>();
  readonly #assets = new Map<string, AssetBytes>();
  readonly #banned = new Set<string>();
  #core = NONE;
  id = '';
  backend = '';
  fallback: string | undefined;
  server: 'connecting' | 'open' | 'closed' = 'closed';

  /** The site's index has changed. */
  setIndex(assets: readonly AssetTuple[]): void {
    this.#lengths = new Map(assets.map(([path, length]) => [path, length]));
  }

  /** Takes a report; gives the assets of which there is more now. */
  take(pieces: readonly ProgressDetail[], core: CoreStats): AssetDetail[] {
    this.#core = core;
    const changed = new Set<string>();
    for (const { path, bytes, source } of pieces) {
      const asset = this.#assets.get(path) ?? { fromOrigin: 0, fromPeers: 0, fromStore: 0 };
      asset[source === 'peer' ? 'fromPeers' : source === 'store' ? 'fromStore' : 'fromOrigin'] += bytes;
      this.#assets.set(path, asset);
      changed.add(path);
    }
    return [...changed].map((path) => {
      const { fromOrigin, fromPeers, fromStore, complete } = this.#asset(path);
      return { path, bytesFromPeers: fromPeers, bytesFromOrigin: fromOrigin, bytesFromStore: fromStore, complete };
    });
  }

  ban(peer: string): void {
    this.#banned.add(peer);
  }

  snapshot(intercepting: boolean): PeertideStats {
    const { id, backend, fallback, server } = this;
    const assets = [...this.#assets.keys()].map((path) => this.#asset(path));
    return { ...this.#core, id, backend, fallback, intercepting, server, assets, banned: [...this.#banned] };
  }

  #asset(path: string): AssetStats {
    const asset = this.#assets.get(path) as AssetBytes;
    const length = this.#lengths.get(path) ?? 0;
    const here = asset.fromOrigin + asset.fromPeers + asset.fromStore;
    return { path, length, ...asset, complete: length > 0 && here >= length };
  }
}
