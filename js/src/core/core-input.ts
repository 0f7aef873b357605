import type { In } from '../generated/layout.ts';

/** One `pt_event` for the core; which fields count is said beside each `In`. */
export interface CoreInput {
  readonly kind: In;
  readonly code?: number;
  readonly id?: number;
  readonly link?: number;
  /** Whole, up to 2^53, or Infinity. */
  readonly offset?: number;
  /** Whole, up to 2^53, or Infinity (to the end, no limit). */
  readonly length?: number;
  /** 20 bytes. */
  readonly swarm?: Uint8Array;
  readonly text?: Uint8Array;
  readonly data?: Uint8Array;
}
