// A visitor of the meeting point: WebSocket, subprotocol peertide.1.
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import WebSocket from 'ws';
import { within } from './server.mjs';

export const peerIdOf = (fingerprint) =>
  createHash('sha256').update(Buffer.from(fingerprint, 'hex')).digest('hex').slice(0, 40);

/** Connects and, unless told otherwise, says hello. */
export async function visit(context, server, { hello = {}, headers, protocol = 'peertide.1', localAddress } = {}) {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/.peertide/ws`, protocol,
    { headers, perMessageDeflate: false, localAddress });
  const messages = [];
  const waiting = [];
  socket.on('message', (data) => {
    const message = JSON.parse(data);
    const at = waiting.findIndex(({ matches }) => matches(message));
    if (at < 0) messages.push(message);
    else waiting.splice(at, 1)[0].resolve(message);
  });
  const closed = new Promise((resolve) => {
    socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }));
  });
  socket.on('error', () => {});
  context.after(() => socket.terminate());
  await within('the WebSocket to open', Promise.race([once(socket, 'open'),
    closed.then(() => { throw new Error('the WebSocket was refused'); })]));

  const fingerprint = hello?.fingerprint ?? randomBytes(32).toString('hex');
  const visitor = {
    socket, messages, fingerprint, peer: peerIdOf(fingerprint),
    closed: () => within('the WebSocket to close', closed),
    send: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    /** The next message with that action (and whatever else is asked). */
    next: (action, wanted = {}) => {
      const matches = (message) => message.action === action &&
        Object.entries(wanted).every(([key, value]) => message[key] === value);
      const at = messages.findIndex(matches);
      if (at >= 0) return Promise.resolve(messages.splice(at, 1)[0]);
      return within(`a message "${action}"`,
        new Promise((resolve) => { waiting.push({ matches, resolve }); }));
    },
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
