// A bare data channel whose both ends are in workers, as Peertide's are. The
// taker's keeps a copy of all that comes and hands it to its page: everything
// that Peertide does with bytes, but to check them.
import { connectBare } from '../browser/harness/bare-channel.mjs';

/** In the page: a worker that takes the channel; `globalThis.received` is resolved to the bytes it has handed on. */
function startWorker(source, total, size) {
  const worker = (globalThis.worker = new Worker(URL.createObjectURL(new Blob([`(${source})()`]))));
  let opened;
  globalThis.passChannel = (channel, gives) => {
    worker.postMessage({ channel, total, size, gives }, [channel]);
    return new Promise((resolve) => { opened = resolve; });
  };
  globalThis.received = new Promise((resolve) => {
    let received = 0;
    worker.onmessage = ({ data }) => {
      if (data === 'open') opened();
      else if ((received += data.bytes.byteLength) >= total) resolve(received);
    };
  });
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

/** Makes both workers, which is not to be measured: they will send `length` bytes in messages of `size`. */
export const startWorkers = (pages, length, size) =>
  Promise.all(pages.map((page) => page.evaluate(startWorker, String(end), length, size)));

/** Connects two pages' workers; resolves to the bytes that the taker's page was handed, once those are all. */
export async function sendBetweenWorkers(giver, taker) {
  await connectBare(giver, taker);
  return taker.evaluate(() => {
    globalThis.worker.postMessage('go');
    return globalThis.received;
  });
}
