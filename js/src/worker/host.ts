import { Core } from '../core/core.ts';
import { loadCore } from '../core/loader.ts';
import type { RecordReader } from '../core/record-reader.ts';
import { toUtf8 } from '../core/words.ts';
import { Consent, Flag, In, Out, PtError } from '../generated/layout.ts';
import type { PeertideEventMap } from '../page/events.ts';
import { Lanes } from '../shared/lanes.ts';
import type { AssetTuple, NodeEvent, PageMessage, PolicyState, WorkerInit, WorkerMessage } from '../shared/protocol.ts';
import { bridgedChannel } from './bridged-channel.ts';
import { Channels } from './channels.ts';
import { Consumers } from './consumers.ts';
import { fetchFile } from './fetch-file.ts';
import { IndexKeeper } from './index-keeper.ts';
import { unpackMessage, type ServerMessage } from './messages.ts';
import { OriginFetches } from './origin-fetches.ts';
import { Pump } from './pump.ts';
import { Reporter } from './reporter.ts';
import { openSocket, ServerSocket } from './server-socket.ts';
import type { Settings } from './settings.ts';
import { SiteIndex } from './site-index.ts';
import { StoreKeeper } from './store-keeper.ts';

/** In the order of the core's `Fallback`, from 1. */
const FALLBACKS = ['alone', 'elected', 'backup', 'urgent', 'rescue'];
type Post = (message: WorkerMessage, transfer?: Transferable[]) => void;
const NOBODY = '0'.repeat(40);
const peerOf = ({ peer }: RecordReader) => (peer === NOBODY ? undefined : peer);
const isLegacy = (output: RecordReader) => (output.flags & Flag.Legacy) !== 0;

/**
 * The node's host in the worker: gives the core what happens, carries out what
 * it asks for. The page keeps what only a window has (RTCPeerConnection).
 */
export class Host {
  readonly #post: Post;
  readonly #core: Core;
  readonly #pump: Pump;
  readonly #consumers: Consumers;
  readonly #lanes: Lanes;
  readonly #channels: Channels;
  readonly #origin: OriginFetches;
  readonly #server: ServerSocket;
  readonly #reporter: Reporter;
  readonly #index: IndexKeeper;
  readonly #store: StoreKeeper;
  #policy: PolicyState;
  #threshold = 0;
  /** This is not the first connection to the server: before it nobody told of changes. */
  #missed = false;

  /** Starts the node, with the core that the page has loaded meanwhile. */
  static async start(
    init: WorkerInit,
    loaded: Promise<ArrayBuffer | undefined>,
    post: Post,
    signal: AbortSignal,
  ): Promise<Host> {
    const store = new StoreKeeper(init.store, init.storeLimit, (code, message) =>
      post({ t: 'event', type: 'error', detail: { peer: undefined, code, message } }),
    );
    try {
      // What takes a turn of the network or of the disk begins at once. (Whether the index came is for its keeper to say.)
      const index = SiteIndex.load(init.indexUrl, signal);
      index.then(({ pieceLengths }) => store.prepare(pieceLengths)).catch(() => undefined);
      const socket = init.policy.consent === Consent.Denied ? undefined : openSocket(init.servers[0]!);
      // The first fails where SIMD is missing, or did not come; the second runs everywhere.
      const core = loaded.then(loadCore).catch(() => fetchFile(init.wasmNoSimdUrl, signal).then(loadCore));
      const [exports] = await Promise.all([core, store.opened]);
      signal.throwIfAborted();
      return new Host(init, post, exports, store, index, socket, signal);
    } catch (error) {
      store.close();
      throw error;
    }
  }

  private constructor(
    init: WorkerInit,
    post: Post,
    exports: Awaited<ReturnType<typeof loadCore>>,
    store: StoreKeeper,
    index: Promise<SiteIndex>,
    socket: WebSocket | undefined,
    signal: AbortSignal,
  ) {
    this.#post = post;
    this.#core = new Core(exports, {
      seed: crypto.getRandomValues(new Uint8Array(8)),
      memoryMax: init.storeLimit,
      peersMax: init.maxPeers,
      consent: init.policy.consent,
      anywhere: !init.geoLocate,
      savings: init.prefer === 'savings',
      fingerprint: init.fingerprint,
    });
    this.#pump = new Pump(this.#core, {
      output: (output) => this.#carryOut(output),
      run: () => this.#reporter.changed(),
      crash: (error) => this.#crash(error),
      spent: (message) => this.#consumers.parcels.reuse(message),
    });
    this.#consumers = new Consumers(this.#pump);
    this.#lanes = new Lanes(post);
    this.#channels = new Channels(this.#pump);
    this.#origin = new OriginFetches(this.#pump);
    this.#server = new ServerSocket(init.servers, this.#pump, (state, url) => this.#tell('server', { state, url }), socket);
    this.#reporter = new Reporter(this.#core, post);
    this.#policy = init.policy;
    this.#store = store;
    store.connect(this.#pump);
    const apply = (assets: readonly AssetTuple[] | undefined, settings: Settings) => this.#apply(assets, settings);
    this.#index = new IndexKeeper(init, this.#pump, store, apply, signal);
    this.#threshold = init.threshold ?? 0;
    this.#setPolicy();
    this.#index.refresh(index);
    post({ t: 'ready', id: this.#core.id, backend: this.#core.backend });
  }

  /** One message of the page's. */
  receive(message: PageMessage): void {
    switch (message.t) {
      case 'policy':
        this.#policy = message.policy;
        this.#setPolicy();
        break;
      case 'signal':
        this.#pump.input({
          kind: In.PeerSignal,
          link: message.link,
          code: message.kind,
          data: toUtf8(message.text),
        });
        break;
      case 'link':
        this.#pump.input({ kind: In.PeerState, link: message.link, code: message.state });
        break;
      case 'channel': {
        const { link, swarm, created, channel } = message;
        const reached = typeof channel === 'number' ? bridgedChannel(this.#lanes.open(channel)) : channel;
        this.#channels.adopt(link, swarm, created, reached);
        break;
      }
      case 'lane':
        this.#lanes.receive(message);
        break;
      case 'consumer': {
        const { port, kind, owner } = message;
        this.#consumers.add(typeof port === 'number' ? this.#lanes.open(port) : port, kind, owner);
        break;
      }
      case 'left':
        this.#consumers.left(message.owner);
        break;
      case 'init':
      case 'core':
      case 'rest':
      case 'close':
        break; // run.ts has seen to it
    }
  }

  /** Does nothing more, as the worker is about to be ended, after `until` (ms since 1970). */
  rest(until: number): void {
    this.#pump.close();
    this.#store.rest(until);
  }

  /** Lets go of everything; running requests end with an error. */
  close(): void {
    this.#pump.close();
    this.#reporter.close();
    this.#consumers.closeAll();
    this.#origin.cancelAll();
    this.#server.close();
    this.#channels.closeAll();
    this.#store.close();
  }

  #apply(assets: readonly AssetTuple[] | undefined, { threshold = 0, foldLoading = false }: Settings): void {
    if (assets) {
      this.#post({ t: 'index', assets });
      this.#consumers.publish(assets, foldLoading);
    }
    if (threshold === this.#threshold) return;
    this.#threshold = threshold;
    this.#setPolicy();
  }

  #setPolicy(): void {
    const { consent, uploadLimit, uploadQuota } = this.#policy;
    const left = Math.max(0, uploadQuota - this.#core.stats.peers.bytesOut);
    // The core's word for "no limit" is 0 for the rate, and all ones for the quota.
    const rate = uploadLimit === Infinity ? 0 : uploadLimit;
    // (The core does that, too, if it has opened it already.)
    if (consent === Consent.Denied) this.#server.close();
    this.#pump.input({ kind: In.Policy, code: consent, offset: rate, length: left, id: this.#threshold });
  }

  #carryOut(output: RecordReader): void {
    switch (output.kind) {
      case Out.RequestData:
        this.#consumers.data(output);
        break;
      case Out.RequestEnd:
        this.#reporter.flush(); // so that the page's figures include what it just got
        this.#consumers.end(output.id, output.code);
        break;
      case Out.OriginGet:
        this.#origin.get(output.id, output.text, output.offset, output.length);
        break;
      case Out.OriginCancel:
        this.#origin.cancel(output.id);
        break;
      case Out.ServerOpen:
        this.#missed = output.id > 0;
        this.#server.open(output.id);
        break;
      case Out.ServerSend:
        this.#server.send(unpackMessage(output.data));
        break;
      case Out.ServerClose:
        this.#server.close();
        break;
      case Out.ServerWelcome:
        this.#welcome(this.#server.welcome);
        break;
      case Out.ChannelSend:
        this.#channels.send(output.id, output.data);
        break;
      case Out.ChannelClose:
        this.#channels.close(output.id);
        break;
      case Out.StoreWrite:
      case Out.StoreLayer:
      case Out.StoreRead:
      case Out.StoreDrop:
        this.#store.carryOut(output);
        break;
      case Out.Indexed:
        this.#index.taken(output.code === PtError.Ok);
        break;
      case Out.IndexStale:
        this.#index.refresh();
        break;
      default:
        this.#tellPage(output);
    }
  }

  /** Outputs that the page carries out, or only wants to know of. */
  #tellPage(output: RecordReader): void {
    switch (output.kind) {
      case Out.PeerDial:
        this.#post({ t: 'dial', link: output.link, swarm: output.swarm, legacy: isLegacy(output) });
        break;
      case Out.PeerSignal:
        this.#post({
          t: 'signal',
          link: output.link,
          kind: output.code,
          text: output.dataText,
          legacy: isLegacy(output),
        });
        break;
      case Out.PeerClose:
        this.#post({ t: 'hangup', link: output.link });
        break;
      case Out.ChannelOpen:
        this.#post({ t: 'channel', link: output.link, swarm: output.swarm });
        break;
      case Out.PeerUp:
      case Out.PeerDown:
        this.#tell('peer', {
          peer: output.peer,
          link: output.link,
          state: output.kind === Out.PeerUp ? 'connected' : 'disconnected',
        });
        break;
      case Out.Piece:
        this.#reporter.piece(output.text, { offset: output.offset, length: output.length }, output.code, output.peer);
        break;
      case Out.Fallback:
        this.#tell('fallback', { path: output.text, reason: FALLBACKS[output.code - 1]! });
        break;
      case Out.Ban:
        this.#tell('ban', { peer: output.peer, swarm: output.swarm, piece: output.offset, code: output.code });
        break;
      case Out.Fault:
        this.#tell('error', { peer: peerOf(output), code: output.code, message: output.text });
        break;
    }
  }

  #tell<K extends NodeEvent>(type: K, detail: PeertideEventMap[K]['detail']): void {
    this.#post({ t: 'event', type, detail } as WorkerMessage);
  }

  /** What the server's welcome has for us: ICE servers, and settings for clients. */
  #welcome({ iceServers, settings }: ServerMessage): void {
    if (Array.isArray(iceServers)) this.#post({ t: 'ice', servers: iceServers as object[] });
    this.#index.setServerSettings(settings);
    if (this.#missed) this.#index.refresh();
  }

  /** The node can't go on: nobody may wait for it. */
  #crash(error: unknown): void {
    this.close();
    this.#post({ t: 'dead', reason: String(error) });
  }
}
