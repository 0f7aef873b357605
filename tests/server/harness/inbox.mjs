// A WebSocket of JSON messages, and a test that waits for certain ones.
import { once } from 'node:events';
import WebSocket from 'ws';
import { within } from './server.mjs';

/**
 * Connects. `protocol` may be undefined; `options` are those of `ws`. The test's
 * context ends the socket. Messages that nobody waits for are kept.
 */
export async function openInbox(context, server, path, protocol, options) {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}${path}`, protocol,
    { perMessageDeflate: false, ...options });
  const messages = [];
  const waiting = [];
  socket.on('message', (data, isBinary) => {
    const message = JSON.parse(data);
    Object.defineProperty(message, 'isBinary', { value: isBinary }); // how it came, not what it says
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
  return {
    socket, messages,
    closed: () => within('the WebSocket to close', closed),
    /** Objects go as JSON, strings and buffers as they are. */
    send: (message) => socket.send(typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message)),
    /** The first message, come or coming, that `matches`; `what` is said when it does not come. */
    take(what, matches) {
      const at = messages.findIndex(matches);
      if (at >= 0) return Promise.resolve(messages.splice(at, 1)[0]);
      return within(what, new Promise((resolve) => { waiting.push({ matches, resolve }); }));
    },
  };
}
