import type { WorkerMessage } from '../shared/protocol.ts';
import { randomName } from '../shared/random-name.ts';
import type { ConsentOption } from './options.ts';

/** Between the tabs that share a node, on the channel that has its name. */
type SeatMessage =
  /** To the host: we are here, and ask on these channels. */
  | { readonly t: 'guest'; readonly guest: string; readonly channels: readonly GuestChannel[] }
  /** To the guests: the node is here now. */
  | { readonly t: 'host' }
  | { readonly t: 'told'; readonly message: WorkerMessage }
  | { readonly t: 'consent'; readonly consent: ConsentOption };

/** A way on which a tab, or the service worker for it, asks for assets. */
export interface GuestChannel {
  /** Of the `BroadcastChannel`. */
  readonly name: string;
  readonly kind: 'page' | 'sw';
}

/** What a tab learns at the seat. */
export interface SeatEvents {
  /** The node is to run in this tab from now on. */
  host(): void;
  /** Of the host: a tab asks on these channels; a new one has heard nothing of the node yet. */
  guest(guest: string, channels: readonly GuestChannel[], isNew: boolean): void;
  /** Of the host: that tab is gone. */
  left(guest: string): void;
  /** Of a guest: what the node says. */
  told(message: WorkerMessage): void;
  /** The visitor decided in another tab. */
  consent(consent: ConsentOption): void;
}

/**
 * Which of a site's tabs runs the node: whoever holds a lock. When that tab is
 * closed or crashes, the browser gives the lock to the next one in line. Every
 * tab holds a lock of its own besides, by which the host sees it go.
 */
export class Seat {
  readonly id = randomName();
  readonly #name: string;
  readonly #events: SeatEvents;
  readonly #abort = new AbortController();
  readonly #channel: BroadcastChannel;
  /** One of a kind: a new service worker's takes the place of the last one's. */
  #channels: readonly GuestChannel[] = [];
  readonly #guests = new Set<string>();
  #count = 0;
  /** Whether the node runs in this tab. */
  hosting = false;

  /** Needs locks, which a browser has in a secure context. */
  constructor(name: string, events: SeatEvents) {
    this.#name = name;
    this.#events = events;
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = ({ data }: MessageEvent<SeatMessage>) => this.#receive(data);
  }

  /** Resolved when it is known whether this tab is the host. Rejects where locks are refused. */
  async take(): Promise<void> {
    await this.#hold(this.#lockOf(this.id), {});
    if (await this.#hold(this.#name, { ifAvailable: true }, () => (this.hosting = true))) {
      this.#post({ t: 'host' }); // for those who asked too early
      return;
    }
    const { signal } = this.#abort;
    this.#hold(this.#name, { signal }, () => this.#succeed()).catch(() => undefined);
  }

  /** A new channel to the node, wherever it runs: its name. */
  open(kind: 'page' | 'sw'): string {
    const name = `${this.#name} ${this.id} ${++this.#count}`;
    this.#channels = [...this.#channels.filter((each) => each.kind !== kind), { name, kind }];
    this.#announce();
    return name;
  }

  /** Tells the guests what the node says. */
  tell(message: WorkerMessage): void {
    this.#post({ t: 'told', message });
  }

  /** Tells the other tabs what the visitor has decided. */
  setConsent(consent: ConsentOption): void {
    this.#post({ t: 'consent', consent });
  }

  /** Leaves; if the node ran here, the next tab has it. */
  close(): void {
    this.hosting = false;
    this.#channel.close();
    this.#abort.abort();
  }

  #succeed(): void {
    this.hosting = true;
    this.#events.host();
    this.#events.guest(this.id, this.#channels, false);
    this.#post({ t: 'host' });
  }

  #announce(): void {
    if (this.#channels.length === 0) return;
    this.#post({ t: 'guest', guest: this.id, channels: this.#channels });
  }

  #receive(message: SeatMessage): void {
    if (message.t === 'consent') {
      this.#events.consent(message.consent);
    } else if (!this.hosting) {
      if (message.t === 'host') this.#announce();
      else if (message.t === 'told') this.#events.told(message.message);
    } else if (message.t === 'guest') {
      const isNew = !this.#guests.has(message.guest);
      if (isNew) this.#watch(message.guest);
      this.#events.guest(message.guest, message.channels, isNew);
    }
  }

  /** Hears when a guest is gone: then its lock can be had. */
  #watch(guest: string): void {
    this.#guests.add(guest);
    const { signal } = this.#abort;
    navigator.locks
      .request(this.#lockOf(guest), { signal }, () => {
        this.#guests.delete(guest);
        this.#events.left(guest);
      })
      .catch(() => undefined); // closed before
  }

  #lockOf(guest: string): string {
    return `${this.#name} ${guest}`;
  }

  /** Resolved with true once the lock is held, until this is closed; with false where somebody else has it. */
  #hold(name: string, options: LockOptions, held?: () => void): Promise<boolean> {
    return new Promise((resolve, reject) => {
      navigator.locks
        .request(name, options, (lock) => {
          resolve(lock !== null);
          const { signal } = this.#abort;
          if (!lock || signal.aborted) return undefined;
          held?.();
          return new Promise<void>((release) => signal.addEventListener('abort', () => release()));
        })
        .catch(reject);
    });
  }

  #post(message: SeatMessage): void {
    if (!this.#abort.signal.aborted) this.#channel.postMessage(message);
  }
}
