/** What our messages need of a `MessagePort`; a `BroadcastChannel` of two and a lane have it, too. */
export interface Port {
  onmessage: ((event: MessageEvent) => void) | null;
  postMessage(message: unknown, transfer?: Transferable[]): void;
  close(): void;
}

/**
 * One end of a way to a node: a port, or, where the node may move to another
 * tab, the name of a `BroadcastChannel` that only the two ends open.
 */
export type PortEnd = Port | string;

/** Opens an end. On a named one nothing is transferred: bytes are copied. */
export function openPort(end: PortEnd): Port {
  return typeof end === 'string' ? new BroadcastChannel(end) : end;
}
