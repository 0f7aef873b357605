import { Packing } from '../core/packing.ts';
import { toUtf8 } from '../core/words.ts';
import { HASH_SIZE, ID_SIZE } from '../generated/layout.ts';

/** A message as it is on the wire, in JSON; nothing is checked. */
export type ServerMessage = Record<string, unknown>;

/** Longer ones are not read. */
const BYTES_MAX = 65536;
/** In the order of the core's `enum pt_signal`, from 1. */
const KINDS = ['offer', 'answer', 'candidate', 'bye'];
const NOBODY = '0'.repeat(2 * ID_SIZE);

/** Packs a field of somebody's, or unpacks one of the core's: undefined where it is absent. */
type Field = (packing: Packing, value?: unknown) => unknown;
type Fields = Record<string, Field>;

const pass = (packing: Packing, fields: Fields, values?: unknown) =>
  Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, field(packing, (values as ServerMessage | undefined)?.[name])]),
  );

/** The same value; throws unless it is an object. */
export function checkObject<T>(value: T): T {
  if (typeof value !== 'object' || Array.isArray(value)) throw new TypeError();
  return value;
}

const id: Field = (packing, value) => packing.hex(ID_SIZE, value);
const text: Field = (packing, value) => packing.text(value);
const count: Field = (packing, value) => packing.u32(value ?? 0);
const exact: Field = (packing, value) => packing.u64(value);
const list =
  (item: Field): Field =>
  (packing, value) => {
    const length = packing.u32(Array.isArray(value) ? value.length : undefined);
    return Array.from({ length }, (_, i) => item(packing, (value as unknown[] | undefined)?.[i]));
  };
const idIfAny: Field = (packing, value) => {
  const hex = id(packing, value ?? NOBODY);
  return hex === NOBODY ? undefined : hex;
};
const textIfAny: Field = (packing, value) => text(packing, value ?? '') || undefined;

/** In the order of the core's `enum pt_signalling_action`, from 1; fields in that of signalling_packed.h. */
const ACTIONS: Record<string, Fields> = {
  hello: {
    peer: id,
    fingerprint: (packing, value) => packing.hex(HASH_SIZE, value),
    anywhere: count,
    resume: textIfAny,
    caps: () => [],
  },
  welcome: { resume: textIfAny },
  join: { swarms: list((packing) => pass(packing, { left: exact, want: count, h: id })) },
  leave: { swarms: list((packing) => pass(packing, { left: exact, want: count, h: id })['h']) },
  peers: {
    h: id,
    complete: count,
    incomplete: count,
    interval: count,
    peers: list((packing, value) => pass(packing, { peer: id, legacy: idIfAny, near: count }, value)),
  },
  signal: {
    to: idIfAny,
    from: idIfAny,
    legacy: idIfAny,
    kind: (packing, value) => KINDS[packing.u32(KINDS.indexOf(value as string) + 1) - 1],
    nonce: textIfAny,
    sdp: textIfAny,
    candidate: (packing, value) => {
      const json = packing.text(value == null ? '' : JSON.stringify(checkObject(value)));
      return json ? (JSON.parse(json) as unknown) : undefined;
    },
  },
  undelivered: { to: id },
  stats: {
    originBytes: exact,
    peerBytesIn: exact,
    peerBytesOut: exact,
    wasted: exact,
    from: (packing) =>
      Object.fromEntries(
        list((packing) => {
          const [peer, , bytes] = [id(packing), count(packing), exact(packing)];
          return [peer, bytes];
        })(packing) as [string, number][],
      ),
  },
  report: { peer: id, swarm: id, piece: count, kind: text },
  indexed: {},
  drain: { afterMs: exact },
  error: { code: text, message: textIfAny },
};
const WORDS = Object.keys(ACTIONS);

/** Reads a message of the server's; undefined where it is none. */
export function readMessage(json: string): ServerMessage | undefined {
  if (toUtf8(json).length > BYTES_MAX) return;
  try {
    return Object(JSON.parse(json)) as ServerMessage;
  } catch {
    return;
  }
}

/** A message of the server's for the core, which is told nothing at all where it is malformed. */
export function packMessage(message: ServerMessage | undefined): Uint8Array {
  return Packing.pack((packing) => {
    const action = message!['action'];
    if (typeof action !== 'string') throw new TypeError();
    packing.u32(WORDS.indexOf(action) + 1 || WORDS.length + 1);
    pass(packing, ACTIONS[action] ?? {}, message);
  });
}

/** A message of the core's as JSON. */
export function unpackMessage(packed: Uint8Array): string {
  const packing = Packing.unpack(packed);
  const action = WORDS[packing.u32() - 1]!;
  return JSON.stringify({ action, ...pass(packing, ACTIONS[action]!) });
}
