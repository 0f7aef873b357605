import { LinkState, Signal } from '../generated/layout.ts';

/** A pair that isn't connected by then is given up. */
const CONNECT_MS_MAX = 10_000;
/** ICE found no way; late candidates have so long to change that. */
const ICE_FAILED_MS = 2000;
/** An interruption that lasts so long is an end. */
const INTERRUPTED_MS_MAX = 5000;
/** Candidates are gathered so long where the description must have them all. */
const GATHER_MS_MAX = 2000;
/** Candidates that may come before their offer or answer. */
const CANDIDATES_MAX = 64;

/** Where a link's news goes. */
export interface LinkEvents {
  /** For the peer: an SDP, or a candidate as JSON. */
  signal(kind: number, text: string): void;
  /** One of the core's `LinkState`; after failed or closed nothing comes. */
  state(state: number): void;
  /** A channel we made (`created`) or were offered. To be passed on at once. */
  channel(channel: RTCDataChannel, created: boolean): void;
}

/** One RTCPeerConnection: brings it up with trickled candidates, tells how it fares. */
export class Link {
  readonly #connection: RTCPeerConnection;
  /** The peer hears no candidates: they go into the description. */
  readonly #whole: boolean;
  readonly #events: LinkEvents;
  /** Theirs, until their description is set. */
  #waiting: RTCIceCandidateInit[] | undefined = [];
  /** Ours, until our description is sent. */
  #unsent: string[] | undefined = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #connected = false;
  #ended = false;

  /** `whole`: no trickling, as WebTorrent wants it. Throws where the browser makes no more connections. */
  constructor(configuration: RTCConfiguration, whole: boolean, events: LinkEvents) {
    const connection = new RTCPeerConnection(configuration);
    this.#connection = connection;
    this.#whole = whole;
    this.#events = events;
    connection.onicecandidate = ({ candidate }) => {
      if (!candidate?.candidate || whole) return;
      const text = JSON.stringify(candidate.toJSON());
      if (this.#unsent) this.#unsent.push(text);
      else if (!this.#ended) events.signal(Signal.Candidate, text);
    };
    connection.ondatachannel = ({ channel }) => events.channel(channel, false);
    connection.onconnectionstatechange = () => this.#watch();
    connection.oniceconnectionstatechange = () => this.#watch();
    this.#failAfter(CONNECT_MS_MAX);
  }

  /** Makes a channel; the first one belongs before {@link offer}. */
  open(label: string): void {
    if (this.#ended) return;
    this.#events.channel(this.#connection.createDataChannel(label, { ordered: true }), true);
  }

  /** Invites the peer. */
  offer(): Promise<void> {
    return this.#attempt(() => this.#describe(Signal.Offer));
  }

  /** What the peer says (one of the core's `Signal`). */
  receive(kind: number, text: string): Promise<void> {
    if (kind === Signal.Candidate) return this.#addCandidate(text);
    return this.#attempt(async () => {
      const type = kind === Signal.Offer ? 'offer' : 'answer';
      await this.#connection.setRemoteDescription({ type, sdp: text });
      const waiting = this.#waiting ?? [];
      this.#waiting = undefined;
      for (const candidate of waiting) await this.#useCandidate(candidate);
      if (kind === Signal.Offer) await this.#describe(Signal.Answer);
    });
  }

  /** Ends it without a word. */
  close(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#connection.close();
  }

  /** All candidates are there, or as many as came in time. */
  #gathered(): Promise<void> {
    const connection = this.#connection;
    return new Promise((resolve) => {
      setTimeout(resolve, GATHER_MS_MAX);
      const look = () => connection.iceGatheringState === 'complete' && resolve();
      connection.onicegatheringstatechange = look;
      look();
    });
  }

  /** Makes the offer or the answer, whichever is due, and tells the peer. */
  async #describe(kind: number): Promise<void> {
    await this.#connection.setLocalDescription();
    if (this.#whole) await this.#gathered();
    const description = this.#connection.localDescription;
    if (this.#ended || !description) return;
    this.#events.signal(kind, description.sdp);
    const unsent = this.#unsent ?? [];
    this.#unsent = undefined;
    for (const candidate of unsent) this.#events.signal(Signal.Candidate, candidate);
  }

  async #addCandidate(text: string): Promise<void> {
    let candidate: RTCIceCandidateInit;
    try {
      candidate = JSON.parse(text) as RTCIceCandidateInit;
    } catch {
      return;
    }
    if (!this.#waiting) await this.#useCandidate(candidate);
    else if (this.#waiting.length < CANDIDATES_MAX) this.#waiting.push(candidate);
  }

  /** One candidate that can't be used harms nothing: others may do. */
  async #useCandidate(candidate: RTCIceCandidateInit): Promise<void> {
    await this.#connection.addIceCandidate(candidate).catch(() => undefined);
  }

  async #attempt(step: () => Promise<void>): Promise<void> {
    if (this.#ended) return;
    try {
      await step();
    } catch {
      this.#end(LinkState.Failed);
    }
  }

  #watch(): void {
    if (this.#ended) return;
    const { connectionState, iceConnectionState } = this.#connection;
    if (connectionState === 'connected') {
      clearTimeout(this.#timer);
      if (this.#connected) return;
      this.#connected = true;
      this.#events.state(LinkState.Connected);
    } else if (connectionState === 'closed' || (this.#connected && connectionState === 'failed')) {
      this.#end(LinkState.Closed);
    } else if (connectionState === 'failed' || iceConnectionState === 'failed') {
      this.#failAfter(ICE_FAILED_MS);
    } else if (this.#connected && connectionState === 'disconnected') {
      this.#failAfter(INTERRUPTED_MS_MAX);
    }
  }

  #failAfter(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#end(LinkState.Failed), ms);
  }

  #end(state: number): void {
    if (this.#ended) return;
    this.close();
    this.#events.state(state);
  }
}
