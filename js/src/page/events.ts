import type { ByteRange } from '../shared/range.ts';
import type { PeertideStats } from './stats.ts';

/** Where verified bytes came from: the site, another visitor, or what was kept. */
export type AssetSource = 'origin' | 'peer' | 'store';

/** Verified bytes of an asset arrived from one giver; what comes within a tenth of a second is one event. */
export interface ProgressDetail {
  /** URL path. */
  readonly path: string;
  /** How many, in all the ranges. */
  readonly bytes: number;
  /** Where in the file they lie: in ascending order, none touching another. */
  readonly ranges: readonly ByteRange[];
  /** Where they came from. */
  readonly source: AssetSource;
  /** The visitor who gave them (40 hex digits), with source `'peer'`. */
  readonly peer: string | undefined;
}

/** How much of an asset is here. */
export interface AssetDetail {
  /** URL path. */
  readonly path: string;
  /** How much of it other visitors gave. */
  readonly bytesFromPeers: number;
  /** How much of it the site gave. */
  readonly bytesFromOrigin: number;
  /** What was kept from an earlier visit and read since. */
  readonly bytesFromStore: number;
  /** All of it is here and verified. */
  readonly complete: boolean;
}

/** A visitor began or ceased to exchange data with us. */
export interface PeerDetail {
  /** 40 hex digits. */
  readonly peer: string;
  /** What happened. */
  readonly state: 'connected' | 'disconnected';
  /** Number of the connection, unique in this instance. */
  readonly link: number;
}

/**
 * Bytes come from the origin: of one asset (`path` says which), or of all,
 * because Peertide can't run here.
 */
export interface FallbackDetail {
  /** URL path of the asset; undefined: all assets. */
  readonly path: string | undefined;
  /**
   * For an asset: `'alone'` (no other visitor is known), `'elected'` (this
   * visitor fetches for its neighbours), `'backup'` (the elected one was too
   * slow), `'urgent'` (it can't wait), `'rescue'` (a peer stalled). For all:
   * one line of English.
   */
  readonly reason: string;
}

/** A visitor sent bytes whose hash doesn't match; nothing of them was used. */
export interface BanDetail {
  /** 40 hex digits. */
  readonly peer: string;
  /** The swarm it happened in (40 hex digits). */
  readonly swarm: string;
  /** Number of the piece in the swarm. */
  readonly piece: number;
  /** One of the core's error numbers. */
  readonly code: number;
}

/** The connection to the signalling server changed. */
export interface ServerDetail {
  /** How the connection is now. */
  readonly state: 'connecting' | 'open' | 'closed';
  /** WebSocket URL of the server. */
  readonly url: string;
}

/** Something broke a rule and was dropped, or there is no storage; delivery goes on. */
export interface ErrorDetail {
  /** The visitor at fault (40 hex digits); undefined: the server, or this visitor. */
  readonly peer: string | undefined;
  /**
   * One of the core's error numbers; or of this visitor's own storage, each
   * once: `'store-unavailable'` (there is none here: assets are kept in memory),
   * `'store-full'` (the browser gives no more room: new assets replace old
   * ones), `'store-failed'` (from here on they are kept in memory).
   */
  readonly code: number | 'store-unavailable' | 'store-full' | 'store-failed';
  /** One line of English. */
  readonly message: string;
}

/** The events of a `Peertide`, all of them `CustomEvent`s. */
export interface PeertideEventMap {
  /** Verified bytes of an asset arrived. */
  progress: CustomEvent<ProgressDetail>;
  /** There is more of an asset than before. */
  asset: CustomEvent<AssetDetail>;
  /** Another visitor came or went. */
  peer: CustomEvent<PeerDetail>;
  /** Bytes come from the origin. */
  fallback: CustomEvent<FallbackDetail>;
  /** Another visitor sent wrong bytes. */
  ban: CustomEvent<BanDetail>;
  /** The connection to the signalling server changed. */
  server: CustomEvent<ServerDetail>;
  /** What `stats()` tells: once a second while it changes, the last time within a second after the last change. */
  stats: CustomEvent<PeertideStats>;
  /** Something broke a rule; delivery goes on. */
  error: CustomEvent<ErrorDetail>;
}
