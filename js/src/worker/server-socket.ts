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
  #release: (() => void) | undefined;
  #socket: WebSocket | undefined;
  #welcome: ServerMessage = {};

  /** `servers`: at least one. */
  constructor(servers: readonly string[], pump: Pump, onState: (state: ServerState, url: string) => void) {
    this.#servers = servers;
    this.#pump = pump;
    this.#onState = onState;
  }

  /** The server's last welcome; empty before the first. */
  get welcome(): ServerMessage {
    return this.#welcome;
  }

  /** Connects, the n-th time, to the n-th server of the list (around and around). */
  open(attempt: number): void {
    this.close();
    const url = this.#servers[attempt % this.#servers.length] as string;
    let socket: WebSocket;
    try {
      socket = new WebSocket(url, SUBPROTOCOL);
    } catch {
      this.#pump.input({ kind: In.ServerClosed });
      return;
    }
    this.#socket = socket;
    this.#onState('connecting', url);
    const lost = () => {
      this.close();
      this.#pump.input({ kind: In.ServerClosed });
    };
    const timer = setTimeout(lost, OPEN_MS_MAX);
    this.#release = () => {
      clearTimeout(timer);
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
      this.#onState('closed', url);
    };
    socket.onopen = () => {
      clearTimeout(timer);
      this.#onState('open', url);
      this.#pump.input({ kind: In.ServerOpened });
    };
    socket.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (typeof data !== 'string') return;
      const message = readMessage(data);
      if (message?.['action'] === 'welcome') this.#welcome = message;
      this.#pump.input({ kind: In.ServerMessage, data: packMessage(message) });
    };
    socket.onclose = lost;
  }

  /** Sends one message; lost where the connection is gone. */
  send(message: string): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(message);
  }

  /** Closes the connection, if there is one; the core asked for it and isn't told. */
  close(): void {
    const release = this.#release;
    this.#socket = this.#release = undefined;
    release?.();
  }
}
