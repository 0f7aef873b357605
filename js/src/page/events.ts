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
  readonly source: AssetSource;
  /** The visitor who gave them (40 hex digits), with source `'peer'`. */
  readonly peer: string | undefined;
}

/** How much of an asset is here. */
export interface AssetDetail {
  /** URL path. */
  readonly path: string;
  readonly bytesFromPeers: number;
  readonly bytesFromOrigin: number;
  /** All of it is here and verified. */
  readonly complete: boolean;
}

/** A visitor began or ceased to exchange data with us. */
export interface PeerDetail {
  /** 40 hex digits. */
  readonly peer: string;
  readonly state: 'connected' | 'disconnected';
  /** Number of the connection, unique in this instance. */
  readonly link: number;
}

/**
 * Bytes come from the origin: of one asset (`path` says which), or of all,
 * because Peertide can't run here.
 */
export interface FallbackDetail {
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
  readonly swarm: string;
  readonly piece: number;
  /** One of the core's error numbers. */
  readonly code: number;
}

/** The connection to the signalling server changed. */
export interface ServerDetail {
  readonly state: 'connecting' | 'open' | 'closed';
  readonly url: string;
}

/** Something broke a rule and was dropped; delivery goes on. */
export interface ErrorDetail {
  /** The visitor at fault (40 hex digits); undefined: the server. */
  readonly peer: string | undefined;
  /** One of the core's error numbers. */
  readonly code: number;
  readonly message: string;
}

/** The events of a `Peertide`, all of them `CustomEvent`s. */
export interface PeertideEventMap {
  progress: CustomEvent<ProgressDetail>;
  asset: CustomEvent<AssetDetail>;
  peer: CustomEvent<PeerDetail>;
  fallback: CustomEvent<FallbackDetail>;
  ban: CustomEvent<BanDetail>;
  server: CustomEvent<ServerDetail>;
  /** What `stats()` tells: once a second while it changes, the last time within a second after the last change. */
  stats: CustomEvent<PeertideStats>;
  error: CustomEvent<ErrorDetail>;
}
