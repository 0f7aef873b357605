// A client of the tracker, as plain as can be: a WebSocket without subprotocol
// and the messages of the WebTorrent dialect.
import { randomBytes } from 'node:crypto';
import { openInbox } from './inbox.mjs';

/** Bytes as the dialect has them: a character each. From hex, or at random. */
export const binary = (hex = randomBytes(20).toString('hex')) => Buffer.from(hex, 'hex').toString('latin1');

export const description = (type, text = randomBytes(8).toString('hex')) =>
  ({ type, sdp: `v=0\r\no=- ${text} 2 IN IP4 127.0.0.1\r\n` });

export const offers = (count) =>
  Array.from({ length: count }, () => ({ offer: description('offer'), offer_id: binary() }));

/** Connects; `path` is any. */
export async function connect(context, server, { path = '/', headers } = {}) {
  const inbox = await openInbox(context, server, path, undefined, { headers });
  const client = {
    ...inbox, id: binary(),
    offer: () => inbox.take('an offer', (m) => m.offer),
    answer: () => inbox.take('an answer', (m) => m.answer),
    failure: () => inbox.take('a failure', (m) => m['failure reason']),
    reply: () => inbox.take('a reply', (m) => m.interval !== undefined),
    scraped: () => inbox.take('a scrape\'s answer', (m) => m.files),
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
