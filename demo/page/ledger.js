// Who brought what: the page's own account, kept from 'progress' events.

import { percentText, shortId, visitorsText } from './words.js';

/** The giver that stands for the site itself. */
export const ORIGIN = 'origin';
const PEER_COLOURS = 6;

/** What has arrived of one file. */
class Entry {
  /** Bytes by giver: ORIGIN or a visitor's id, in the order of their first piece. */
  givers = new Map();
  bytes = 0;
  complete = false;

  get fromOrigin() {
    return this.givers.get(ORIGIN) ?? 0;
  }

  get peers() {
    return [...this.givers.keys()].filter((giver) => giver !== ORIGIN);
  }

  /** 'origin', 'peers', 'mixed', or 'none' while nothing came. */
  get kind() {
    if (this.bytes === 0) return 'none';
    if (this.fromOrigin === 0) return 'peers';
    return this.fromOrigin === this.bytes ? ORIGIN : 'mixed';
  }

  /** Where it came from, in a few words. */
  get text() {
    const { kind, peers } = this;
    if (kind === 'none') return 'on its way';
    if (kind === ORIGIN) return 'origin';
    const who = peers.length === 1 ? `visitor ${shortId(peers[0])}` : visitorsText(peers.length);
    return kind === 'peers' ? who : `${percentText(1 - this.fromOrigin / this.bytes)} from ${who}`;
  }
}

/** Entries by URL path, and a colour for each visitor. */
export class Ledger {
  #entries = new Map();
  #colours = new Map();

  entry(path) {
    let entry = this.#entries.get(path);
    if (!entry) this.#entries.set(path, (entry = new Entry()));
    return entry;
  }

  /** Takes the detail of a 'progress' event; gives the entry it changed. */
  add({ path, bytes, source, peer }) {
    const entry = this.entry(path);
    const giver = source === 'peer' && peer ? peer : ORIGIN;
    entry.givers.set(giver, (entry.givers.get(giver) ?? 0) + bytes);
    entry.bytes += bytes;
    return entry;
  }

  /** A file came without Peertide: all of it is the origin's. */
  addPlain(path, bytes) {
    const entry = this.entry(path);
    if (entry.bytes === 0) entry.givers.set(ORIGIN, (entry.bytes = bytes));
    entry.complete = true;
    return entry;
  }

  /** The CSS colour of a giver; a visitor keeps its colour while the page lives. */
  colour(giver) {
    if (giver === ORIGIN) return 'var(--origin)';
    if (!this.#colours.has(giver)) this.#colours.set(giver, this.#colours.size % PEER_COLOURS);
    return `var(--peer-${this.#colours.get(giver)})`;
  }
}
