import { In } from '../generated/layout.ts';
import { packMessage, readMessage, type ServerMessage } from './messages.ts';
import type { Pump } from './pump.ts';

const SUBPROTOCOL = 'peertide.1';
/** A connection that isn't open by then has failed. */
const OPEN_MS_MAX = 10_000;

/** How the connection to the signalling server is. */
export type ServerState = 'connecting' | 'open' | 'closed';

/** The signalling channel: one WebSocket at a time, to one of the servers in turn. */
export class ServerSocket {
  readonly #servers: readonly string[];
  readonly #pump: Pump;
  readonly #onState: (state: ServerState, url: string) => void;
  #first: WebSocket | undefined;
  #socket: WebSocket | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The server's last welcome; empty before the first. */
  welcome: ServerMessage = {};

  /** `servers`: at least one; `first`: a connection to the first of them that has begun. */
  constructor(
    servers: readonly string[],
    pump: Pump,
    onState: (state: ServerState, url: string) => void,
    first: WebSocket | undefined,
  ) {
    this.#servers = servers;
    this.#pump = pump;
    this.#onState = onState;
    this.#first = first;
  }

  /** Connects, the n-th time, to the n-th server of the list (around and around). */
  open(attempt: number): void {
    const first = this.#first;
    this.#first = undefined;
    this.close();
    const lost = () => {
      this.close();
      this.#pump.input({ kind: In.ServerClosed });
    };
    // (The one that has begun may have failed meanwhile.)
    const begun = first && first.readyState <= WebSocket.OPEN;
    const socket = begun ? first : openSocket(this.#servers[attempt % this.#servers.length]!);
    if (!socket) {
      lost();
      return;
    }
    this.#socket = socket;
    this.#onState('connecting', socket.url);
    this.#timer = setTimeout(lost, OPEN_MS_MAX);
    const opened = () => {
      clearTimeout(this.#timer);
      this.#onState('open', socket.url);
      this.#pump.input({ kind: In.ServerOpened });
    };
    socket.onopen = opened;
    socket.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (typeof data !== 'string') return;
      const message = readMessage(data);
      if (message?.['action'] === 'welcome') this.welcome = message;
      this.#pump.input({ kind: In.ServerMessage, data: packMessage(message) });
    };
    socket.onclose = lost;
    if (socket.readyState === WebSocket.OPEN) opened();
  }

  /** Sends one message; lost where the connection is gone. */
  send(message: string): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(message);
  }

  /** Closes the connection, if there is one; the core knows, and isn't told. */
  close(): void {
    this.#first?.close();
    this.#first = undefined;
    const socket = this.#socket;
    if (!socket) return;
    clearTimeout(this.#timer);
    this.#socket = socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
    this.#onState('closed', socket.url);
  }
}

/** Begins a connection; undefined where the browser refuses. */
export function openSocket(url: string): WebSocket | undefined {
  try {
    return new WebSocket(url, SUBPROTOCOL);
  } catch {
    return undefined;
  }
}
