import type { PeertideEventMap, ProgressDetail } from '../page/events.ts';
import type { PeertideStats } from '../page/stats.ts';
import type { LaneMessage } from './lanes.ts';

/**
 * What travels between the page, its worker and the service worker. All of it
 * is structured-cloned; payload bytes are transferred.
 */

/** One indexed asset: URL path, length in bytes, media type. */
export type AssetTuple = readonly [path: string, length: number, type: string];

/** A consumer (page or service worker) to the worker, over its own port. */
export type ConsumerMessage =
  | {
      readonly t: 'open';
      /** Chosen by the consumer, never reused on this port. */
      readonly id: number;
      readonly path: string;
      readonly offset: number;
      readonly length: number;
      /** Bytes the consumer takes at once; `credit` messages add to it. */
      readonly credit: number;
      readonly blocking: boolean;
    }
  | { readonly t: 'credit'; readonly id: number; readonly bytes: number }
  | { readonly t: 'cancel'; readonly id: number }
  /** To be answered with `hello`: on a named channel nobody knows which end opens first. */
  | { readonly t: 'hello?' }
  /** To be answered with `pong`: are you there? */
  | { readonly t: 'ping' };

/** The worker to a consumer. */
export type ProviderMessage =
  /**
   * The first one; the index follows when there is one. From another node than
   * before: it has moved, what runs is to be opened anew.
   */
  | { readonly t: 'hello'; readonly node: string }
  /** What may be asked for; replaces the last one. */
  | { readonly t: 'index'; readonly assets: readonly AssetTuple[]; readonly foldLoading: boolean }
  /** The next bytes, in order; `source` is one of the core's `Source`. */
  | { readonly t: 'data'; readonly id: number; readonly data: Uint8Array; readonly source: number }
  /** Nothing more comes; `code` is 0 or one of the core's `PtError`. */
  | { readonly t: 'end'; readonly id: number; readonly code: number }
  | { readonly t: 'pong' };

/** What the page's worker needs to begin. */
export interface WorkerInit {
  readonly t: 'init';
  readonly wasmNoSimdUrl: string;
  readonly indexUrl: string;
  /** WebSocket URLs, tried in turn. */
  readonly servers: readonly string[];
  /** SHA-256 fingerprint of our DTLS certificate, 32 bytes. */
  readonly fingerprint: Uint8Array;
  readonly maxPeers: number;
  readonly store: 'auto' | 'opfs' | 'memory';
  readonly storeLimit: number;
  /** Undefined: what the server's settings say. */
  readonly mediaTypes: readonly string[] | undefined;
  readonly excludeFormats: readonly string[] | undefined;
  readonly threshold: number | undefined;
  readonly foldLoading: boolean | undefined;
  /** False: the server is not to prefer visitors nearby. */
  readonly geoLocate: boolean;
  readonly prefer: 'speed' | 'savings';
  readonly policy: PolicyState;
}

/** What the page allows at the moment. */
export interface PolicyState {
  /** One of the core's `Consent`. */
  readonly consent: number;
  /** Bytes per second; Infinity: no limit. */
  readonly uploadLimit: number;
  /** Bytes in all, over the node's life; Infinity: no limit. */
  readonly uploadQuota: number;
}

/** The page to its worker. */
export type PageMessage =
  | WorkerInit
  /** Once, soon before or after that; undefined: it can't be had. */
  | { readonly t: 'core'; readonly core: ArrayBuffer | undefined }
  | { readonly t: 'policy'; readonly policy: PolicyState }
  | { readonly t: 'signal'; readonly link: number; readonly kind: number; readonly text: string }
  | { readonly t: 'link'; readonly link: number; readonly state: number }
  | {
      readonly t: 'channel';
      readonly link: number;
      readonly swarm: string;
      readonly created: boolean;
      /** The channel itself, or the lane to it where channels can't be transferred. */
      readonly channel: RTCDataChannel | number;
    }
  /** `port`: itself, a lane, or the name of a channel. `owner`: the tab that asks, or for which the service worker does. */
  | { readonly t: 'consumer'; readonly port: MessagePort | number | string; readonly kind: 'page' | 'sw'; readonly owner: string }
  | LaneMessage
  /** That tab is gone. */
  | { readonly t: 'left'; readonly owner: string }
  /** The worker is about to be ended, but not before `until` (ms since 1970). */
  | { readonly t: 'rest'; readonly until: number }
  | { readonly t: 'close' };

/** The core's counters (`pt_stats`), as the page tells them. */
export type CoreStats = Omit<PeertideStats, 'id' | 'backend' | 'fallback' | 'intercepting' | 'server' | 'assets' | 'banned'>;

/** What the worker tells of as the page's events do; the others the page makes itself. */
export type NodeEvent = 'server' | 'peer' | 'fallback' | 'ban' | 'error';

/** The worker to its page. */
export type WorkerMessage =
  | LaneMessage
  | { readonly t: 'ready'; readonly id: string; readonly backend: string }
  /** The node can't run (any more); requests go to the origin. */
  | { readonly t: 'dead'; readonly reason: string }
  /** `legacy`: the peer is a WebTorrent client (the core's `Flag.Legacy`). */
  | { readonly t: 'dial'; readonly link: number; readonly swarm: string; readonly legacy: boolean }
  | {
      readonly t: 'signal';
      readonly link: number;
      readonly kind: number;
      readonly text: string;
      readonly legacy: boolean;
    }
  | { readonly t: 'hangup'; readonly link: number }
  | { readonly t: 'channel'; readonly link: number; readonly swarm: string }
  | { readonly t: 'ice'; readonly servers: readonly object[] }
  | { [K in NodeEvent]: { readonly t: 'event'; readonly type: K; readonly detail: PeertideEventMap[K]['detail'] } }[NodeEvent]
  /** What may be asked for; replaces the last one. */
  | { readonly t: 'index'; readonly assets: readonly AssetTuple[] }
  | { readonly t: 'report'; readonly pieces: readonly ProgressDetail[]; readonly stats: CoreStats; readonly tick: boolean };

/** The page to the service worker. */
export type ToServiceWorker =
  /**
   * With a port to the page's worker, or the channel to another tab's. The last instance attached serves.
   * `begun`: paths of films and sounds that began before the first time, and so go on past us
   * (pages of older versions don't say).
   */
  | {
      readonly peertide: 'attach';
      readonly instance: string;
      readonly channel: string | undefined;
      readonly begun?: readonly string[];
    }
  | { readonly peertide: 'detach'; readonly instance: string }
  /** The page is not controlled (a forced reload): please claim it. */
  | { readonly peertide: 'claim' };

/** The service worker to a page. */
export type FromServiceWorker =
  /** The index has arrived: requests are answered from here on. */
  | { readonly peertide: 'attached'; readonly instance: string }
  /** Is a picture with that URL in the window? To be answered with a boolean, on the port that comes with it. */
  | { readonly peertide: 'shown?'; readonly url: string }
  /** The browser restarted the service worker: please attach again. */
  | { readonly peertide: 'attach?' };
