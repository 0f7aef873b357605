import { LinkState, Signal } from '../generated/layout.ts';
import { bridge } from './channel-bridge.ts';
import type { Engine } from './engine.ts';
import { Link } from './link.ts';

/** A channel label that names a swarm. */
const SWARM = /^[0-9a-f]{40}$/;
/** What the core is told of a label that names none: a WebTorrent client's. */
const NO_SWARM = '0'.repeat(40);

/** The page's RTCPeerConnections, by the numbers under which the core knows them. */
export class Links {
  readonly #configuration: RTCConfiguration;
  readonly #engine: Engine;
  readonly #links = new Map<number, Link>();
  /** Undefined until the first channel has shown it. */
  #transferable: boolean | undefined;

  constructor(configuration: RTCConfiguration, engine: Engine) {
    this.#configuration = { ...configuration };
    this.#engine = engine;
  }

  /** For connections made from now on. */
  setIceServers(servers: readonly RTCIceServer[]): void {
    this.#configuration.iceServers = [...servers];
  }

  /** Invites a peer, with one channel for `swarm`. */
  dial(id: number, swarm: string, legacy: boolean): void {
    const link = this.#make(id, legacy);
    link?.open(swarm);
    void link?.offer();
  }

  /** What a peer says; an offer makes the link. */
  signal(id: number, kind: number, text: string, legacy: boolean): void {
    if (kind === Signal.Offer && !this.#links.has(id)) this.#make(id, legacy);
    if (kind !== Signal.Bye) void this.#links.get(id)?.receive(kind, text);
  }

  /** Makes one more channel on a link. */
  open(id: number, swarm: string): void {
    this.#links.get(id)?.open(swarm);
  }

  hangUp(id: number): void {
    this.#links.get(id)?.close();
    this.#links.delete(id);
  }

  closeAll(): void {
    for (const id of this.#links.keys()) this.hangUp(id);
  }

  #make(id: number, legacy: boolean): Link | undefined {
    this.hangUp(id);
    const ended = (state: number) => this.#engine.post({ t: 'link', link: id, state });
    try {
      const link = new Link(this.#configuration, legacy, {
        signal: (kind, text) => this.#engine.post({ t: 'signal', link: id, kind, text }),
        state: (state) => {
          if (state !== LinkState.Connected) this.#links.delete(id);
          ended(state);
        },
        channel: (channel, created) => this.#passOn(id, channel, created, legacy),
      });
      this.#links.set(id, link);
      return link;
    } catch {
      // A bad ICE server, or more connections than the browser makes for one tab.
      ended(LinkState.Failed);
      return undefined;
    }
  }

  /** Gives a channel to the worker; it must be in the task in which the channel came to be. */
  #passOn(link: number, channel: RTCDataChannel, created: boolean, legacy: boolean): void {
    const named = SWARM.test(channel.label);
    const swarm = named ? channel.label : NO_SWARM;
    if (!named && !legacy) {
      channel.close();
      return;
    }
    if (this.#transferable !== false) {
      try {
        this.#engine.post({ t: 'channel', link, swarm, created, channel }, [channel as unknown as Transferable]);
        this.#transferable = true;
        return;
      } catch {
        this.#transferable = false;
      }
    }
    const lane = this.#engine.lanes.open();
    this.#engine.post({ t: 'channel', link, swarm, created, channel: lane.lane });
    bridge(channel, lane);
  }
}
