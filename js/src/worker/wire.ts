/** What a data channel tells about itself. */
export interface WireEvents {
  opened(): void;
  message(bytes: Uint8Array): void;
  /** The send queue is empty. */
  drained(): void;
  /** Comes once; nothing comes after it. */
  closed(): void;
}

/** A data channel, however it is reached from this worker. */
export interface Wire {
  /** Sends one message; the bytes are copied before it returns. */
  send(bytes: Uint8Array): void;
  /** Closes it; `closed` is told when it has happened. */
  close(): void;
}
