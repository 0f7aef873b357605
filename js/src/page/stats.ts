import { Source } from '../generated/layout.ts';
import type { AssetTuple, CoreStats, PieceReport } from '../shared/protocol.ts';
import type { AssetDetail } from './events.ts';

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
  /** Our peer id (40 hex digits); empty where Peertide can't run. */
  readonly id: string;
  /** The SHA-256 implementation in use; empty where Peertide can't run. */
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
  /** Pieces whose hash didn't match. */
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

type AssetBytes = { fromOrigin: number; fromPeers: number; fromStore: number };

/** The page's copy of the counters, and what arrived of each asset. */
export class Statistics {
  /** Of indexed assets. */
  #lengths = new Map<string, number>();
  readonly #assets = new Map<string, AssetBytes>();
  readonly #banned = new Set<string>();
  #core: CoreStats | undefined;
  id = '';
  backend = '';
  fallback: string | undefined;
  server: 'connecting' | 'open' | 'closed' = 'closed';

  /** The site's index has changed. */
  setIndex(assets: readonly AssetTuple[]): void {
    this.#lengths = new Map(assets.map(([path, length]) => [path, length]));
  }

  /** Takes a report; gives the assets of which there is more now. */
  take(pieces: readonly PieceReport[], core: CoreStats): AssetDetail[] {
    this.#core = core;
    const changed = new Set<string>();
    for (const { path, bytes, source } of pieces) {
      const asset = this.#assets.get(path) ?? nothing();
      if (source === Source.Peer) asset.fromPeers += bytes;
      else if (source === Source.Store) asset.fromStore += bytes;
      else asset.fromOrigin += bytes;
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
    const core = this.#core;
    const { id, backend, fallback, server } = this;
    const list = (core?.peers ?? []).filter((peer) => peer.connected);
    return {
      id,
      backend,
      fallback,
      intercepting,
      server,
      origin: { bytes: core?.originBytes ?? 0, requests: core?.originRequests ?? 0 },
      peers: {
        connected: core?.peersConnected ?? 0,
        bytesIn: core?.peerBytesIn ?? 0,
        bytesOut: core?.peerBytesOut ?? 0,
        list: list.map(({ id: peer, bytesIn, bytesOut, rttMs }) => ({ id: peer, bytesIn, bytesOut, rttMs })),
      },
      assets: [...this.#assets.keys()].map((path) => this.#asset(path)),
      wasted: core?.wasted ?? 0,
      banned: [...this.#banned],
      piecesFailed: core?.piecesFailed ?? 0,
      verified: core?.verified ?? 0,
      stored: core?.stored ?? 0,
      onDisk: core?.onDisk ?? 0,
      delivered: core?.delivered ?? 0,
    };
  }

  #asset(path: string): AssetStats {
    const asset = this.#assets.get(path) ?? nothing();
    const length = this.#lengths.get(path) ?? 0;
    const here = asset.fromOrigin + asset.fromPeers + asset.fromStore;
    return { path, length, ...asset, complete: length > 0 && here >= length };
  }
}

function nothing(): AssetBytes {
  return { fromOrigin: 0, fromPeers: 0, fromStore: 0 };
}
