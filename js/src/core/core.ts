import { ConfigLayout, HASH_SIZE, ID_SIZE, PeerStatsLayout, StatsLayout } from '../generated/layout.ts';
import type { PeerStats } from '../page/stats.ts';
import type { CoreStats } from '../shared/protocol.ts';
import type { CoreInput } from './core-input.ts';
import type { CoreExports } from './loader.ts';
import { RecordReader } from './record-reader.ts';
import { RecordWriter } from './record-writer.ts';
import { getU32, getU64, setU32, setU64, toHex } from './words.ts';

/** What a node is made with (`pt_config`). */
export interface CoreConfig {
  /** 8 random bytes. */
  readonly seed: Uint8Array;
  readonly memoryMax: number;
  readonly peersMax: number;
  readonly consent: number;
  /** The server is not to prefer peers nearby. */
  readonly anywhere: boolean;
  /** The origin comes last. */
  readonly savings: boolean;
  readonly fingerprint: Uint8Array;
}

/** Inputs given in one call, at most about this many bytes. */
const BATCH_BYTES_MAX = 1 << 20;

/**
 * One node in WebAssembly. Views of its memory are made anew after each call,
 * because any call may move it.
 */
export class Core {
  readonly #exports: CoreExports;
  #nowUs = 0;

  constructor(exports: CoreExports, config: CoreConfig) {
    this.#exports = exports;
    const at = exports.config();
    const view = new DataView(exports.memory.buffer);
    const bytes = new Uint8Array(exports.memory.buffer);
    bytes.set(config.seed.subarray(0, 8), at + ConfigLayout.seed);
    bytes.set(config.fingerprint.subarray(0, HASH_SIZE), at + ConfigLayout.fingerprint);
    setU64(view, at + ConfigLayout.memoryMax, config.memoryMax);
    setU32(view, at + ConfigLayout.peersMax, config.peersMax);
    setU32(view, at + ConfigLayout.consent, config.consent);
    setU32(view, at + ConfigLayout.anywhere, Number(config.anywhere));
    setU32(view, at + ConfigLayout.savings, Number(config.savings));
    const error = exports.start(this.#now());
    if (error !== 0) throw new Error(`the core did not start (${error})`);
  }

  /**
   * Gives the inputs, in batches, and hands every output to `handle` in order.
   * `handle` must not call `run`.
   */
  run(inputs: readonly CoreInput[], handle: (output: RecordReader) => void): void {
    let next = 0;
    do {
      let bytes = 0;
      const first = next;
      while (next < inputs.length && (next === first || bytes < BATCH_BYTES_MAX)) {
        bytes += RecordWriter.size(inputs[next++]!);
      }
      this.#batch(inputs, first, next, bytes, handle);
    } while (next < inputs.length);
  }

  #batch(
    inputs: readonly CoreInput[],
    first: number,
    end: number,
    bytes: number,
    handle: (output: RecordReader) => void,
  ): void {
    const core = this.#exports;
    const at = core.in(bytes);
    if (at === 0) throw new Error('the core is out of memory');
    const writer = new RecordWriter(core.memory.buffer, at, bytes);
    for (let i = first; i < end; i++) writer.write(inputs[i]!);
    let rest = bytes;
    do {
      // The part that was not taken has been moved to the buffer's start.
      rest -= core.run(this.#now(), rest);
      const reader = new RecordReader(core.memory.buffer, core.out(), core.out_len());
      while (reader.next()) handle(reader);
    } while (rest > 0 || core.pending() !== 0);
  }

  /** Milliseconds until the core wants to be called again, or Infinity. */
  get waitMs(): number {
    return (this.#exports.deadline() - this.#now()) / 1000;
  }

  /** Our peer id, 40 hex digits. */
  get id(): string {
    return this.#peerId(this.#exports.id());
  }

  /** The name of the SHA-256 implementation in use. */
  get backend(): string {
    const start = this.#exports.backend();
    const bytes = new Uint8Array(this.#exports.memory.buffer, start, 64);
    return String.fromCharCode(...bytes.subarray(0, bytes.indexOf(0)));
  }

  /** The counters, now. */
  get stats(): CoreStats {
    const at = this.#exports.stats();
    const list = this.#peers();
    const view = new DataView(this.#exports.memory.buffer, at);
    const u64 = (field: StatsLayout) => getU64(view, field);
    return {
      origin: { bytes: u64(StatsLayout.originBytes), requests: u64(StatsLayout.originRequests) },
      peers: {
        connected: getU32(view, StatsLayout.peersConnected),
        bytesIn: u64(StatsLayout.peerBytesIn),
        bytesOut: u64(StatsLayout.peerBytesOut),
        list,
      },
      wasted: u64(StatsLayout.wastedBytes),
      verified: u64(StatsLayout.verifiedBytes),
      stored: u64(StatsLayout.storedBytes),
      onDisk: u64(StatsLayout.diskBytes),
      delivered: u64(StatsLayout.deliveredBytes),
      piecesFailed: u64(StatsLayout.piecesFailed),
    };
  }

  /** Those who are connected. */
  #peers(): PeerStats[] {
    const peers: PeerStats[] = [];
    for (let slot = 0; ; slot++) {
      const at = this.#exports.peer_stats(slot);
      if (at === 0) return peers;
      const view = new DataView(this.#exports.memory.buffer, at);
      if (getU32(view, PeerStatsLayout.connected) === 0) continue;
      const rttUs = getU32(view, PeerStatsLayout.rttUs);
      peers.push({
        id: this.#peerId(at + PeerStatsLayout.peer),
        bytesIn: getU64(view, PeerStatsLayout.bytesIn),
        bytesOut: getU64(view, PeerStatsLayout.bytesOut),
        rttMs: rttUs === 0 ? undefined : rttUs / 1000,
      });
    }
  }

  #peerId(at: number): string {
    return toHex(new Uint8Array(this.#exports.memory.buffer, at, ID_SIZE));
  }

  /** The core's clock: whole microseconds that never go back. */
  #now(): number {
    this.#nowUs = Math.max(this.#nowUs, Math.floor(performance.now() * 1000));
    return this.#nowUs;
  }
}
