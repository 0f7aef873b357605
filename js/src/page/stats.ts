import { Source } from '../generated/layout.ts';
import type { CoreStats, PieceReport } from '../shared/protocol.ts';
import type { AssetDetail } from './events.ts';

/** One visitor we exchange data with. */
export interface PeerStats {
  /** 40 hex digits. */
  readonly id: string;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Smoothed round trip of requests; undefined until measured. */
  readonly rttMs: number | undefined;
}

/** One asset of which something is here. */
export interface AssetStats {
  /** URL path. */
  readonly path: string;
  readonly length: number;
  readonly fromOrigin: number;
  readonly fromPeers: number;
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
  readonly origin: { readonly bytes: number; readonly requests: number };
  readonly peers: {
    readonly connected: number;
    readonly bytesIn: number;
    readonly bytesOut: number;
    readonly list: readonly PeerStats[];
  };
  readonly assets: readonly AssetStats[];
  /** Bytes that came twice or were thrown away. */
  readonly wasted: number;
  /** Visitors that sent wrong bytes. */
  readonly banned: readonly string[];
  /** Pieces whose hash didn't match. */
  readonly piecesFailed: number;
  /** Bytes verified, kept now, and handed to the page. */
  readonly verified: number;
  readonly stored: number;
  readonly delivered: number;
}

/** The page's copy of the counters, and what arrived of each asset. */
export class Statistics {
  readonly #lengthOf: (path: string) => number;
  readonly #assets = new Map<string, { fromOrigin: number; fromPeers: number }>();
  readonly #banned = new Set<string>();
  #core: CoreStats | undefined;
  id = '';
  backend = '';
  fallback: string | undefined;
  server: 'connecting' | 'open' | 'closed' = 'closed';

  /** `lengthOf` knows an indexed asset's length (0: not indexed). */
  constructor(lengthOf: (path: string) => number) {
    this.#lengthOf = lengthOf;
  }

  /** Takes a report; gives the assets of which there is more now. */
  take(pieces: readonly PieceReport[], core: CoreStats): AssetDetail[] {
    this.#core = core;
    const changed = new Set<string>();
    for (const { path, bytes, source } of pieces) {
      const asset = this.#assets.get(path) ?? { fromOrigin: 0, fromPeers: 0 };
      if (source === Source.Peer) asset.fromPeers += bytes;
      else asset.fromOrigin += bytes;
      this.#assets.set(path, asset);
      changed.add(path);
    }
    return [...changed].map((path) => {
      const { fromOrigin, fromPeers, complete } = this.#asset(path);
      return { path, bytesFromPeers: fromPeers, bytesFromOrigin: fromOrigin, complete };
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
      delivered: core?.delivered ?? 0,
    };
  }

  #asset(path: string): AssetStats {
    const { fromOrigin, fromPeers } = this.#assets.get(path) ?? { fromOrigin: 0, fromPeers: 0 };
    const length = this.#lengthOf(path);
    return { path, length, fromOrigin, fromPeers, complete: length > 0 && fromOrigin + fromPeers >= length };
  }
}
