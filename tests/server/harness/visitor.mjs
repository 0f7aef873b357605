// A visitor of the meeting point: WebSocket, subprotocol peertide.1.
import { createHash, randomBytes } from 'node:crypto';
import { openInbox } from './inbox.mjs';

export const peerIdOf = (fingerprint) =>
  createHash('sha256').update(Buffer.from(fingerprint, 'hex')).digest('hex').slice(0, 40);

/** Connects and, unless told otherwise, says hello. */
export async function visit(context, server, { hello = {}, headers, protocol = 'peertide.1', localAddress } = {}) {
  const inbox = await openInbox(context, server, '/.peertide/ws', protocol, { headers, localAddress });
  const fingerprint = hello?.fingerprint ?? randomBytes(32).toString('hex');
  const visitor = {
    ...inbox, fingerprint, peer: peerIdOf(fingerprint),
    /** The next message with that action (and whatever else is asked). */
    next: (action, wanted = {}) => inbox.take(`a message "${action}"`, (message) => message.action === action &&
      Object.entries(wanted).every(([key, value]) => message[key] === value)),
  };
  visitor.sayHello = (more = {}) => visitor.send({ action: 'hello', peer: visitor.peer, fingerprint,
    caps: [], ...more });
  visitor.join = async (h, left = 1000, want = 64) => {
    const id = randomBytes(4).toString('hex'); // `peers` also comes unasked, to a crowd that grew
    visitor.send({ action: 'join', id, swarms: [{ h, left, want }] });
    return visitor.next('peers', { h, id });
  };
  /** Everything sent before has been handled when this resolves. */
  visitor.settled = async () => {
    const id = randomBytes(4).toString('hex');
    visitor.send({ action: 'sync-by-unknown-action', id });
    await visitor.next('error', { id });
  };
  if (hello) {
    visitor.sayHello(hello);
    visitor.welcome = await visitor.next('welcome');
  }
  return visitor;
}
