// A bare data channel whose both ends are in workers, as Peertide's are. The
// taker's keeps a copy of all that comes and hands it to its page: everything
// that Peertide does with bytes, but to check them.

/** In the page: a worker, and a promise of each thing that it says. */
function startWorker(source) {
  const worker = new Worker(URL.createObjectURL(new Blob([`(${source})()`])));
  const heard = {};
  const hears = (what) => new Promise((resolve) => { heard[what] = resolve; });
  globalThis.end = { worker, opened: hears('open'), done: hears('done'), parts: 0 };
  worker.onmessage = ({ data }) => {
    if (typeof data === 'string') heard[data]();
    else globalThis.end.parts++;
  };
}

/** The worker of either end; the giver's sends when the taker's asks and whenever its queue is empty. */
function end() {
  onmessage = ({ data: { channel, total, size, gives } }) => {
    const kept = new Uint8Array(total);
    if (gives) kept.fill(1);
    let at = 0;
    const giveNext = () => {
      if (at < total) channel.send(kept.subarray(at, (at = Math.min(total, at + size))));
    };
    const take = (message) => {
      kept.set(new Uint8Array(message), at);
      at += message.byteLength;
      postMessage({ bytes: message }, [message]);
      if (at >= total) postMessage('done');
    };
    channel.binaryType = 'arraybuffer';
    channel.bufferedAmountLowThreshold = 0;
    channel.onmessage = ({ data }) => {
      if (gives) giveNext();
      else take(data);
    };
    if (gives) channel.onbufferedamountlow = giveNext;
    onmessage = () => channel.send('go');
    const opened = () => postMessage('open');
    if (channel.readyState === 'open') opened();
    else channel.onopen = opened;
  };
}

/** In the page: a connection whose channel goes to the worker; resolves to the description once all candidates are in it. */
function describe(offer, total, size) {
  const connection = (globalThis.end.connection = new RTCPeerConnection());
  const pass = (channel) => globalThis.end.worker.postMessage({ channel, total, size, gives: !offer }, [channel]);
  connection.ondatachannel = ({ channel }) => pass(channel);
  if (!offer) pass(connection.createDataChannel('bare'));
  const gathered = new Promise((resolve) => { connection.onicecandidate = ({ candidate }) => candidate ?? resolve(); });
  return Promise.resolve(offer && connection.setRemoteDescription({ type: 'offer', sdp: offer }))
    .then(() => connection.setLocalDescription())
    .then(() => gathered)
    .then(() => connection.localDescription.sdp);
}

/** Makes both workers, which is not to be measured. */
export const startWorkers = (...pages) => Promise.all(pages.map((page) => page.evaluate(startWorker, String(end))));

/** Connects two pages' workers and sends `length` bytes from one to the other, in messages of `size`. */
export async function sendBetweenWorkers(giver, taker, length, size) {
  const answer = await taker.evaluate(describe, await giver.evaluate(describe, undefined, length, size), length, size);
  await giver.evaluate((sdp) => globalThis.end.connection.setRemoteDescription({ type: 'answer', sdp }), answer);
  await Promise.all([giver, taker].map((page) => page.evaluate(() => globalThis.end.opened)));
  await taker.evaluate(() => {
    globalThis.end.worker.postMessage('go');
    return globalThis.end.done;
  });
}
