// A client of the tracker, as plain as can be: a WebSocket without subprotocol
// and the messages of the WebTorrent dialect.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import WebSocket from 'ws';
import { within } from './server.mjs';

/** Bytes as the dialect has them: a character each. From hex, or at random. */
export const binary = (hex = randomBytes(20).toString('hex')) => Buffer.from(hex, 'hex').toString('latin1');

export const description = (type, text = randomBytes(8).toString('hex')) =>
  ({ type, sdp: `v=0\r\no=- ${text} 2 IN IP4 127.0.0.1\r\n` });

export const offers = (count) =>
  Array.from({ length: count }, () => ({ offer: description('offer'), offer_id: binary() }));

/** Connects; `path` is any. */
export async function connect(context, server, { path = '/', headers } = {}) {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}${path}`,
    { headers, perMessageDeflate: false });
  const messages = [];
  const waiting = [];
  socket.on('message', (data, isBinary) => {
    const message = { ...JSON.parse(data), isBinary };
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

  const next = (what, matches) => {
    const at = messages.findIndex(matches);
    if (at >= 0) return Promise.resolve(messages.splice(at, 1)[0]);
    return within(what, new Promise((resolve) => { waiting.push({ matches, resolve }); }));
  };
  const client = {
    socket, messages, id: binary(),
    closed: () => within('the WebSocket to close', closed),
    send: (message) => socket.send(typeof message === 'string' || Buffer.isBuffer(message)
      ? message : JSON.stringify(message)),
    offer: () => next('an offer', (m) => m.offer),
    answer: () => next('an answer', (m) => m.answer),
    failure: () => next('a failure', (m) => m['failure reason']),
    reply: () => next('a reply', (m) => m.interval !== undefined),
    scraped: () => next('a scrape\'s answer', (m) => m.files),
  };
  client.announce = (info_hash, more = {}) => {
    client.send({ action: 'announce', info_hash, peer_id: client.id, uploaded: 0, downloaded: 0,
      left: 1000, event: 'started', numwant: 5, ...more });
    return client.reply();
  };
  /** Answers an offer that came. */
  client.answerTo = (offer, more = {}) => client.send({ action: 'announce', info_hash: offer.info_hash,
    peer_id: client.id, to_peer_id: offer.peer_id, offer_id: offer.offer_id,
    answer: description('answer'), ...more });
  client.scrape = (info_hash) => {
    client.send({ action: 'scrape', info_hash });
    return client.scraped();
  };
  /** Everything sent before has been handled when this resolves. */
  client.settled = () => client.scrape(binary());
  return client;
}
